// The right side: the item, what becomes of it, and its place; a question where one is open; else the unit saved last.

import { DEED_ICONS } from "../decisions.js";
import { byId, h, icon, show } from "../dom.js";
import { count, date, quantity, say, t, time, word } from "../i18n.js";
import { visible } from "../visible.js";
import { questionView } from "./question.js";

// Characters of a place's label that fit on one line in the biggest type, and in the next smaller one.
const HUGE_PLACE = 10;
const BIG_PLACE = 18;

function fact(name, value) {
  return value ? h("span", {}, `${t(`fact.${name}`)} `, h("b", {}, value)) : null;
}

function itemView(item) {
  return h(
    "div",
    { class: "item" },
    h("h2", {}, visible(item.name)),
    h(
      "p",
      { class: "item-facts" },
      item.unit && h("b", {}, unitWords(item.unit)),
      item.quantity !== "1 C62" && fact("quantity", quantity(item.quantity)),
      item.expiry && fact("expiry", date(item.expiry)),
      item.lot && fact("lot", visible(item.lot, 20)),
      item.serial && item.serial !== item.unit && fact("serial", visible(item.serial, 24)),
      item.sku && fact("sku", visible(item.sku, 20)),
    ),
  );
}

function unitWords(unit) {
  const counted = /^(\d+) (?:of|\/) (\d+)$/.exec(unit);
  return counted ? t("fact.unit", { number: counted[1], of: counted[2] }) : visible(unit, 24);
}

export function gradeBadge(grade) {
  return grade && h("span", { class: "grade", title: t(`grade_means.${grade}`) }, h("small", {}, t("decision.grade")), h("b", {}, grade));
}

function deed(disposition, grade, place) {
  const label = visible(place, 40);
  return h(
    "div",
    { "data-disposition": disposition },
    h("div", { class: "verdict" }, icon(DEED_ICONS[disposition] ?? "box"), h("span", { class: "verdict-word" }, word("disposition", disposition)), gradeBadge(grade)),
    h("div", { class: "place" }, h("span", {}, t("decision.place")), h("strong", { class: label.length <= HUGE_PLACE ? "" : label.length <= BIG_PLACE ? "big" : "long" }, label)),
  );
}

function proposalView(desk) {
  const { proposal, item } = desk;
  return [
    item && itemView(item),
    deed(proposal.disposition, proposal.grade, proposal.place_label),
    proposal.needs_person && h("p", { class: "person-needed" }, icon("person"), t("decision.needs_person")),
    h("div", { class: "reasons", tabindex: "0", "data-disposition": proposal.disposition }, h("h3", {}, t("decision.reasons"), h("span", { class: "decided" }, t("decision.decided_in", { ms: count(Math.round(proposal.decided_ms)) }))), h("ul", {}, proposal.reasons.map((reason) => h("li", {}, say(reason))))),
  ];
}

function savedView(saved) {
  return [
    h("p", { class: "saved-head" }, icon("check"), t("saved.title"), h("span", { class: "saved-time" }, time(saved.saved_at))),
    h("div", { class: "item" }, h("h2", {}, visible(saved.name))),
    deed(saved.disposition, saved.grade, saved.place_label),
    h("p", { class: "saved-note" }, t("saved.note")),
  ];
}

const nothing = (code, sign) => h("div", { class: "nothing" }, icon(sign), h("p", {}, t(code)));

export function showDecision(desk, { onAnswer }) {
  const area = byId("decision");
  if (desk.question) {
    const fresh = show(area, `question ${desk.question.question_id}`, () => [desk.item && h("div", { class: "item compact" }, h("h2", {}, visible(desk.item.name))), questionView(desk.question, onAnswer)]);
    if (fresh) area.querySelector("[data-first]")?.focus({ preventScroll: true });
  } else if (desk.proposal) show(area, JSON.stringify([desk.proposal, desk.item]), () => proposalView(desk));
  else if (desk.phase === "inspecting") show(area, JSON.stringify(["inspecting", desk.item]), () => [desk.item && itemView(desk.item), nothing("decision.inspecting", "camera")]);
  else if (desk.last_saved) show(area, JSON.stringify(desk.last_saved), () => savedView(desk.last_saved));
  else show(area, `nothing ${desk.phase}`, () => nothing("decision.nothing", "shelf"));
}
