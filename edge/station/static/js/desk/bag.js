// The open return: its lines and how far it is. Without a return: the day so far.

import { byId, h, icon, show } from "../dom.js";
import { count, quantity, t, word } from "../i18n.js";
import { shortName } from "../names.js";
import { visible } from "../visible.js";
import { DEED_ICONS } from "../decisions.js";

const ROOMY = 7; // so many lines may take two rows each
const STORAGE_SIGNS = { chilled: "thermo", frozen: "snow" };

function lineRow(line, currentId) {
  const sign = line.done ? "check" : (STORAGE_SIGNS[line.storage] ?? "box");
  const state = [line.done && "done", line.line_id === currentId && "current"].filter(Boolean).join(" ");
  const storage = word("storage", line.storage);
  return h(
    "li",
    { class: `line ${state}`, "data-storage": line.storage, "data-line": line.line_id, title: `${visible(line.name)} · ${storage}` },
    icon(sign),
    shortName(line.name),
    line.storage !== "ambient" && h("span", { class: "hidden" }, storage),
    h("span", { class: "line-count" }, t("bag.count", { received: quantity(line.received).split(" ")[0], expected: quantity(line.expected) })),
  );
}

function bagView(current, currentId) {
  const done = current.lines.filter((line) => line.done).length;
  const bar = h("i");
  bar.style.width = `${current.lines.length ? (100 * done) / current.lines.length : 0}%`;
  return [
    h(
      "div",
      { class: "bag-head" },
      h("div", { class: "bag-title" }, h("h2", {}, visible(current.reference, 40)), current.lines.length > 0 && h("b", { "aria-label": t("bag.lines_done", { done, lines: current.lines.length }) }, `${count(done)}/${count(current.lines.length)}`)),
      h("p", { class: "bag-kind" }, [!current.blind && word("return_type", current.return_type), current.custody && word("custody", current.custody)].filter(Boolean).join(" · ")),
      current.lines.length > 0 && h("div", { class: "progress", "aria-hidden": "true" }, bar),
    ),
    current.blind && h("p", { class: "blind" }, icon("warning"), h("span", {}, t("bag.blind"))),
    h("ul", { class: current.lines.length <= ROOMY ? "lines roomy" : "lines", tabindex: "0", "aria-label": t("bag.lines") }, current.lines.map((line) => lineRow(line, currentId))),
  ];
}

function dayView(counts, recent) {
  const cell = (value, label, href) => h(href ? "a" : "div", { href }, h("strong", {}, count(value)), h("span", {}, label));
  return [
    h("div", { class: "day" }, cell(counts.inspected_today, t("day.inspected")), cell(counts.returns_today, t("day.returns"), "/returns"), cell(counts.holds, t("day.holds"), "/holds"), cell(counts.tasks, t("day.tasks"), "/tasks")),
    recent.length > 0 && h("p", { class: "recent-title" }, t("day.recent")),
    h("ul", { class: "recent" }, recent.map((entry) => h("li", {}, icon(DEED_ICONS[entry.disposition] ?? "box"), shortName(entry.name), h("small", {}, visible(entry.place_label, 40))))),
  ];
}

export function showBag(desk, counts, recent) {
  const area = byId("bag");
  const currentId = desk.item?.line_id ?? null;
  if (desk.current_return) {
    const fresh = show(area, JSON.stringify([desk.current_return, currentId]), () => bagView(desk.current_return, currentId));
    if (fresh) area.querySelector(".line.current")?.scrollIntoView({ block: "nearest" });
    return;
  }
  if (counts) show(area, JSON.stringify([counts, recent]), () => dayView(counts, recent));
}
