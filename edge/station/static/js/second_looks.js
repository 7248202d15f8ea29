// Units graded from their pictures by a person who doesn't know what the station said; its answer is shown afterwards.

import { post } from "./api.js";
import { byId, h, icon, show } from "./dom.js";
import { toast } from "./frame.js";
import { count, t, word } from "./i18n.js";
import { attempt, beginList, empty } from "./records.js";
import { visible } from "./visible.js";

const GRADES = ["A", "B", "C", "D"];
const KINDS = ["deformation", "penetration", "opening", "breakage", "spillage", "superficial", "missing_part", "wrong_item"];
const seen = new Set();

async function give(look, grade, reload) {
  const kinds = [...seen];
  let answer = null;
  if (!(await attempt(async () => { answer = await post(`/api/second-looks/${encodeURIComponent(look.inspection_id)}`, { grade, kinds }); }))) return;
  seen.clear();
  const found = answer.kinds.length > 0 ? answer.kinds.map((kind) => word("kind", kind)).join(", ") : t("second_looks.nothing");
  toast(answer.same_grade ? "success" : "info", t("second_looks.answer", { grade: answer.grade ?? "–", found }));
  reload();
}

function kindButton(kind) {
  const press = (event) => {
    if (!seen.delete(kind)) seen.add(kind);
    event.currentTarget.setAttribute("aria-pressed", String(seen.has(kind)));
  };
  return h("button", { type: "button", class: "button", "aria-pressed": String(seen.has(kind)), "data-kind": kind, onclick: press }, word("kind", kind));
}

function lookView(look, more, reload) {
  const picture = (view) => h("img", { src: `/api/inspections/${encodeURIComponent(look.inspection_id)}/pictures/${encodeURIComponent(view)}`, alt: word("view", view) });
  return [
    h("h3", { "data-look": look.inspection_id }, visible(look.name, 60)),
    h("div", { class: "look-views" }, look.views.map(picture)),
    h("p", {}, t("second_looks.kinds")),
    h("div", { class: "filters" }, KINDS.map(kindButton)),
    h("p", {}, t("second_looks.grade")),
    h("div", { class: "filters" }, GRADES.map((grade) => h("button", { type: "button", class: "button primary", "data-grade": grade, onclick: () => give(look, grade, reload) }, h("b", {}, grade), word("grade_means", grade)))),
    more > 0 && h("p", {}, t("second_looks.more", { n: count(more) })),
  ];
}

function agreementView(agreement) {
  if (agreement.looked === 0) return h("p", {}, t("second_looks.none_yet"));
  const line = (name, code, figures) => h("tr", {}, h("td", {}, name), h("td", {}, t(code, figures)));
  const grades = agreement.by_category.map((each) => line(word("category", each.category), "second_looks.by_category", { looked: count(each.looked), same: count(each.same), missed: count(each.missed) }));
  const kinds = agreement.by_kind.map((each) => line(word("kind", each.kind), "second_looks.by_kind", { both: count(each.both), person: count(each.person_only), alone: count(each.station_only) }));
  return h("div", { class: "sheet" }, h("table", {}, h("tbody", {}, grades, kinds)));
}

await beginList({
  path: () => "/api/second-looks",
  key: (now) => JSON.stringify(now),
  view: (now, reload) => {
    show(byId("agreement"), JSON.stringify(now.agreement), () => agreementView(now.agreement));
    if (now.waiting.length > 0) return lookView(now.waiting[0], now.waiting.length - 1, reload);
    return empty("check", t(now.share > 0 ? "second_looks.none" : "second_looks.off"));
  },
});
