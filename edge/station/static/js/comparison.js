// What comparing with the OMS has shown: the verdict in figures, and by name what needs a look.

import { h, icon } from "./dom.js";
import { stationNow } from "./frame.js";
import { count, span, t, word } from "./i18n.js";
import { visible } from "./visible.js";

const cell = (value, label, level) => h("div", { "data-level": level }, h("strong", {}, value), h("span", {}, label));

/** One message, with a link to what was inspected. */
function named(message) {
  const place = h("td", { class: "number mono" }, visible(`${message.epoch}/${message.sequence}`, 40));
  const subject = message.inspection_id ? h("a", { href: `/returns#${encodeURIComponent(message.inspection_id)}` }, visible(message.subject, 40)) : visible(message.subject, 40);
  return h("tr", { "data-compared": message.message_id }, place, h("td", {}, word("message_type", message.type)), h("td", {}, subject), h("td", { class: "mono" }, visible(message.message_id, 40)));
}

function table(kind, messages, all) {
  if (messages.length === 0) return null;
  const more = all > messages.length ? h("p", {}, t("comparison.more", { n: count(all - messages.length) })) : null;
  return h("section", { "data-named": kind }, h("h3", {}, t(`comparison.named.${kind}`)), h("div", { class: "sheet" }, h("table", {}, h("tbody", {}, messages.map(named)))), more);
}

/** The whole panel. */
export function comparisonView(found) {
  const parts = [];
  if (found.finished_at !== null) {
    const verdict = t("comparison.verdict", { missing: count(found.missing), doubled: count(found.doubled) });
    const level = found.missing + found.doubled + found.foreign > 0 ? "error" : "success";
    const when = t("comparison.when", { age: span((stationNow() - Date.parse(found.finished_at)) / 1000), n: count(found.compared) });
    parts.push(h("div", { class: "summary" }, cell(verdict, when, level), found.resent > 0 && cell(count(found.resent), t("comparison.resent"), "success"), found.foreign > 0 && cell(count(found.foreign), t("comparison.foreign"), "error")));
  }
  if (found.state !== "done") parts.push(h("p", { class: found.state === "unanswered" ? "strip" : "", "data-comparison": found.state }, t(`comparison.state.${found.state}`)));
  if (found.forgotten > 0) parts.push(h("p", { class: "strip", "data-forgotten": found.forgotten }, icon("warning"), t("comparison.forgotten", { n: count(found.forgotten) })));
  parts.push(table("missing", found.named_missing, found.missing), table("doubled", found.named_doubled, found.doubled), table("foreign", found.named_foreign, found.foreign));
  return parts;
}
