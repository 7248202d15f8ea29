// What the list pages share: reading a list again and again, its labels, and the scanner.

import { ApiProblem, get } from "./api.js";
import { DEED_ICONS } from "./decisions.js";
import { byId, h, icon, show } from "./dom.js";
import { begin, toast, toastProblem } from "./frame.js";
import { t, word } from "./i18n.js";
import { visible } from "./visible.js";
import { listen } from "./wedge.js";

const READ_EVERY_MS = 4000;

/** Colour, icon and word of a disposition. */
export const deedTag = (disposition) => h("span", { class: "deed", "data-disposition": disposition }, icon(DEED_ICONS[disposition] ?? "box"), word("disposition", disposition));

const OMS_TAGS = { owed: ["clock", ""], sent: ["sent", ""], confirmed: ["check", "success"], exception: ["warning", "warning"], rejected: ["error", "error"] };

/** How far the OMS is with an inspection. */
export function omsTag(state) {
  const [sign, level] = OMS_TAGS[state] ?? ["info", ""];
  return h("span", { class: "tag", "data-level": level }, icon(sign), word("oms_state", state));
}

export const empty = (sign, text) => h("div", { class: "empty" }, icon(sign), h("p", {}, text));

/** Scans on a list page: a field of an open window takes them; else they belong on the inspection page. */
function scanned(text) {
  const field = document.querySelector("dialog[open] label:not([hidden]) input[data-scan]");
  if (!field) {
    toast("info", t("records.scan_elsewhere", { code: visible(text, 30) }), t("records.scan_elsewhere.next"));
    return;
  }
  field.value = text;
  field.dispatchEvent(new Event("input"));
}

/** Do something and say what went wrong; true when it was done. */
export async function attempt(action) {
  try {
    await action();
    return true;
  } catch (error) {
    if (!(error instanceof ApiProblem)) throw error;
    toastProblem(error);
    return false;
  }
}

/**
 * Begin a page that shows one list: read it (`path`, or what `read` gives), build it with `view(rows, reload)`, and keep it fresh.
 * Returns the function that reads it again.
 */
export async function beginList({ path, read = () => get(path()), area = "list", view, key = JSON.stringify }) {
  let rows = null;
  let asked = 0;
  let shown = 0;
  async function reload() {
    const mine = (asked += 1);
    let found;
    try {
      found = await read();
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      return; // the banner says that the station does not answer
    }
    if (mine < shown) return; // a slow answer, perhaps to the filter before, never replaces a later one
    shown = mine;
    rows = found;
    redraw();
  }
  function redraw() {
    if (rows !== null) show(byId(area), key(rows), () => view(rows, reload));
  }
  listen({ onScan: scanned, onKey: () => false });
  await begin({ onState: reload });
  setInterval(reload, READ_EVERY_MS);
  return { reload, redraw };
}
