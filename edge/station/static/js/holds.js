// Units that wait for a decision, the most urgent first.

import { post } from "./api.js";
import { resolveDialog } from "./decisions.js";
import { h, icon } from "./dom.js";
import { stationNow, toast } from "./frame.js";
import { moment, quantity, say, span, t, word } from "./i18n.js";
import { beginList, empty } from "./records.js";
import { visible } from "./visible.js";

const SOON_S = 1800;
const STORAGE_SIGNS = { chilled: "thermo", frozen: "snow" };

function countdown(deadline) {
  if (!deadline) return h("p", { class: "countdown" }, h("small", {}, t("holds.no_deadline")));
  const left = (Date.parse(deadline) - stationNow()) / 1000;
  const level = left <= 0 ? "error" : left < SOON_S ? "warning" : "";
  return h("p", { class: "countdown", "data-level": level }, left <= 0 ? t("holds.late") : span(left), h("small", {}, left <= 0 ? t("holds.overdue", { age: span(-left) }) : t("holds.left")));
}

async function resolve(hold, reload) {
  const done = await resolveDialog({
    hold,
    send: ({ disposition, reason_code, badge }) => post(`/api/holds/${encodeURIComponent(hold.hold_id)}/resolve`, { disposition, reason_code, badge }),
  });
  if (done) toast("success", t("resolve.done"), visible(hold.name));
  reload();
}

function card(hold, reload) {
  return h(
    "article",
    { class: "work", "data-hold": hold.hold_id },
    icon(STORAGE_SIGNS[hold.storage] ?? "hold"),
    h(
      "div",
      { class: "work-text" },
      h("h3", {}, visible(hold.name)),
      h("p", {}, say(hold.reason)),
      h("p", { class: "work-facts" }, h("span", { class: "tag" }, icon("shelf"), visible(hold.place_label, 24)), h("span", { class: "tag" }, t("records.quantity", { quantity: quantity(hold.quantity) })), hold.grade && h("span", { class: "tag" }, t("records.grade", { grade: hold.grade })), h("span", { class: "tag" }, icon("person"), word("owner", hold.owner)), h("span", { class: "tag" }, t("holds.since", { time: moment(hold.since, stationNow()) }))),
    ),
    h("div", { class: "work-side" }, countdown(hold.deadline), h("button", { type: "button", class: "button primary", onclick: () => resolve(hold, reload) }, icon("check"), t("resolve.open"))),
  );
}

await beginList({
  path: () => "/api/holds",
  key: (rows) => JSON.stringify([rows, Math.floor(stationNow() / 20000)]), // the time left is counted down
  view: (rows, reload) => (rows.length === 0 ? empty("check", t("holds.none")) : rows.map((hold) => card(hold, reload))),
});
