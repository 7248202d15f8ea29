// Today's returns: each unit with its decision and what the OMS knows of it.

import { get, post } from "./api.js";
import { confirmDialog, openDialog } from "./dialogs.js";
import { byId, h, icon } from "./dom.js";
import { viewLayers } from "./desk/views.js";
import { toast } from "./frame.js";
import { count, date, quantity, say, t, time, word } from "./i18n.js";
import { attempt, beginList, deedTag, empty, omsTag } from "./records.js";
import { visible } from "./visible.js";

const FILTERS = { all: "", open: "&oms=owed&oms=sent", trouble: "&oms=rejected&oms=exception" };
const PAGE = 100;
let filter = "all";
let pages = 1;
let more = false; // whether there are earlier ones than those that are shown

function row(entry, reload) {
  return h(
    "tr",
    { class: `touchable ${entry.corrected ? "corrected" : ""}`, tabindex: "0", "data-inspection": entry.inspection_id, onclick: () => open(entry.inspection_id, reload), onkeydown: (event) => event.key === "Enter" && open(entry.inspection_id, reload) },
    h("td", { class: "number" }, time(entry.saved_at)),
    h("td", {}, h("span", { class: "name" }, visible(entry.name)), h("small", {}, [visible(entry.sku ?? "", 24), quantity(entry.quantity) !== "1" && t("records.quantity", { quantity: quantity(entry.quantity) }), entry.overridden && t("records.overridden"), entry.corrected && t("records.corrected")].filter(Boolean).join(" · "))),
    h("td", {}, entry.grade ? h("span", { class: "grade-small", title: t(`grade_means.${entry.grade}`) }, entry.grade) : "–"),
    h("td", {}, deedTag(entry.disposition)),
    h("td", { class: "where" }, visible(entry.place_label, 40)),
    h("td", {}, omsTag(entry.oms_state), entry.oms_note && h("small", {}, say(entry.oms_note))),
  );
}

function table(rows, reload) {
  if (rows.length === 0) return empty("check", t(filter === "all" ? "returns.none" : "returns.none_of_these"));
  const groups = new Map();
  for (const entry of rows) groups.set(entry.return_id, [...(groups.get(entry.return_id) ?? []), entry]);
  const head = ["time", "item", "grade", "disposition", "place", "oms"].map((name) => h("th", { scope: "col" }, t(`returns.${name}`)));
  const groupRow = ([first, ...others]) => h("tr", { class: "group" }, h("td", { colspan: "6" }, icon("bag"), visible(first.reference, 60), h("span", { class: "soft" }, ` · ${t("returns.units", { n: count(others.length + 1) })}`)));
  const earlier = () => {
    pages += 1;
    reload();
  };
  const sheet = h("div", { class: "sheet" }, h("table", { class: "returns" }, h("thead", {}, h("tr", {}, head)), h("tbody", {}, [...groups.values()].map((entries) => [groupRow(entries), ...entries.map((entry) => row(entry, reload))]))));
  return more ? [sheet, h("button", { type: "button", class: "button more", onclick: earlier }, t("returns.more"))] : sheet;
}

/** The newest units, page by page as far as the person asked for. */
async function readPages() {
  const rows = [];
  for (let page = 0; page < pages; page += 1) {
    const before = rows.length > 0 ? `&before=${encodeURIComponent(rows.at(-1).inspection_id)}` : "";
    const found = await get(`/api/inspections?limit=${PAGE}${FILTERS[filter]}${before}`);
    rows.push(...found);
    more = found.length === PAGE;
    if (!more) break;
  }
  return rows;
}

function movement({ from_state, to_state, to_place, quantity: amount }) {
  return h("li", {}, t("detail.movement", { amount: quantity(amount, { alwaysUnit: true }), from: word("state", from_state), to: word("state", to_state), place: visible(to_place, 24) }));
}

function facts(detail) {
  const { item, summary } = detail;
  const entries = [
    ["fact.sku", item.sku && visible(item.sku)],
    ["fact.gtin", item.gtin && visible(item.gtin)],
    ["fact.lot", item.lot && visible(item.lot)],
    ["fact.expiry", item.expiry && date(item.expiry)],
    ["fact.serial", item.serial && visible(item.serial)],
    ["returns.place", visible(summary.place_label)],
    ["detail.decided_by", detail.decided_by === "station" ? t("detail.station") : visible(detail.decided_by)],
    ["detail.reason", detail.reason_code && word("reason", detail.reason_code.replace("set_aside.", ""))],
    ["detail.model", visible(detail.model_version)],
    ["detail.policy", visible(detail.policy_version)],
  ];
  return h("dl", { class: "facts" }, entries.filter(([, value]) => value).map(([code, value]) => h("div", {}, h("dt", {}, t(code)), h("dd", {}, value))));
}

function putAwayForm(inspectionId, reload) {
  const input = h("input", { class: "text-input", "data-scan": "take", autocomplete: "off", maxlength: "200", placeholder: t("putaway.placeholder"), "aria-label": t("putaway.placeholder") });
  return h(
    "form",
    {
      class: "putaway",
      async onsubmit(event) {
        event.preventDefault();
        if (input.value.trim() === "") return;
        const done = await attempt(() => post(`/api/inspections/${encodeURIComponent(inspectionId)}/put-away`, { place_code: input.value.trim() }));
        if (done) toast("success", t("putaway.done"));
        if (done) input.value = "";
        reload();
      },
    },
    h("label", { class: "field" }, h("span", { class: "hidden" }, t("putaway.placeholder")), input),
    h("button", { class: "button" }, icon("shelf"), t("putaway.send")),
  );
}

async function undo({ summary }, close, reload) {
  const text = t("undo.text", { name: summary.name, disposition: summary.disposition, place: visible(summary.place_label, 20) });
  if (!(await confirmDialog({ title: t("undo.title"), text, yes: t("undo.yes"), sign: "undo" }))) return;
  if (await attempt(() => post(`/api/inspections/${encodeURIComponent(summary.inspection_id)}/undo`))) close(null);
  reload();
}

async function open(inspectionId, reload) {
  await attempt(async () => {
    const detail = await get(`/api/inspections/${encodeURIComponent(inspectionId)}`);
    const { summary } = detail;
    const views = detail.views.map((view) => h("div", { class: "zoom" }, viewLayers(view, detail.findings)));
    await openDialog({
      title: visible(summary.name),
      size: "wide",
      body: () =>
        h(
          "div",
          { class: "detail" },
          h("div", { class: "detail-views" }, views.length > 0 ? views : h("div", { class: "empty" }, icon("camera"), h("p", {}, t("detail.no_pictures")))),
          h(
            "div",
            { class: "detail-facts" },
            h("p", { class: "detail-deed" }, deedTag(summary.disposition), summary.grade && h("span", { class: "tag" }, t("records.grade", { grade: summary.grade })), omsTag(summary.oms_state)),
            summary.oms_note && h("p", {}, say(summary.oms_note)),
            h("div", { class: "reasons" }, h("h3", {}, t("decision.reasons")), h("ul", {}, detail.reasons.map((reason) => h("li", {}, say(reason))))),
            h("div", { class: "reasons" }, h("h3", {}, t("detail.movements")), h("ul", {}, detail.movements.map(movement))),
            facts(detail),
            putAwayForm(summary.inspection_id, reload),
          ),
        ),
      buttons: (close) => [
        summary.undoable && h("button", { type: "button", class: "button", onclick: () => undo(detail, close, reload) }, icon("undo"), t("action.undo")),
        h("button", { type: "button", class: "button primary", "data-first": true, onclick: () => close(null) }, t("page.close")),
      ].filter(Boolean),
    });
  });
}

const { reload } = await beginList({ read: readPages, key: (rows) => JSON.stringify([filter, more, rows]), view: table });
byId("tools").replaceChildren(
  ...Object.keys(FILTERS).map((name) =>
    h("button", {
      type: "button",
      class: "button",
      "aria-pressed": String(name === filter),
      onclick(event) {
        [filter, pages] = [name, 1];
        for (const button of byId("tools").children) button.setAttribute("aria-pressed", String(button === event.currentTarget));
        reload();
      },
    }, t(`returns.filter.${name}`)),
  ),
);
if (location.hash.length > 1) open(decodeURIComponent(location.hash.slice(1)), reload);
