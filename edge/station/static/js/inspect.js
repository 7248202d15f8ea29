// The inspection page: shows the desk, and turns scans, keys and touches into requests. It decides nothing.

import { ApiProblem, get, post } from "./api.js";
import { changeDialog, setAsideDialog } from "./decisions.js";
import { showBag } from "./desk/bag.js";
import { showDecision } from "./desk/decision.js";
import { showGuide } from "./desk/guide.js";
import { showPictures } from "./desk/pictures.js";
import { confirmDialog, dialogIsOpen } from "./dialogs.js";
import { byId } from "./dom.js";
import { begin, toast, toastProblem } from "./frame.js";
import { quantity, t } from "./i18n.js";
import { visible } from "./visible.js";
import { listen } from "./wedge.js";

let desk = null;
let counts = null;
let recent = [];
let wired = false;
let queue = Promise.resolve(); // scans and answers go out one after the other, in the order of the hand
let busy = 0;
let savedShown = null;

function available() {
  const none = { accept: false, change: false, retake: false, "set-aside": false, "no-code": false, "bag-empty": false, leave: false, undo: false };
  if (!desk || !wired) return none;
  const proposed = desk.phase === "proposal" && desk.proposal !== null;
  const open = desk.current_return !== null && desk.phase === "return_open";
  return { accept: proposed, change: proposed, retake: proposed && desk.proposal.views.length > 0, "set-aside": proposed, "no-code": open, "bag-empty": open, leave: open || (desk.current_return !== null && desk.phase === "question"), undo: desk.last_saved?.undoable === true && desk.phase !== "inspecting" };
}

function render() {
  if (!desk) return;
  const area = byId("desk");
  area.dataset.phase = desk.phase;
  area.dataset.attention = String(desk.proposal?.needs_person === true);
  area.dataset.version = desk.version;
  showGuide(desk);
  showBag(desk, counts, recent);
  showPictures(desk);
  showDecision(desk, { onAnswer: (question_id, value) => send("/api/answers", { question_id, value }) });
  const can = available();
  for (const button of document.querySelectorAll("[data-action]")) button.disabled = !can[button.dataset.action];
}

function take(next, fresh = false) {
  if (!fresh && desk && next.version < desk.version) return;
  const saved = next.last_saved;
  if (!fresh && saved && saved.inspection_id !== savedShown && desk) {
    toast("success", t("saved.toast", { disposition: saved.disposition, place: visible(saved.place_label, 20) }), visible(saved.name));
  }
  savedShown = saved?.inspection_id ?? null;
  desk = next;
  render();
  if (!desk.current_return) readRecent();
}

async function readRecent() {
  try {
    recent = await get("/api/inspections?limit=12");
    render();
  } catch (error) {
    if (!(error instanceof ApiProblem)) throw error; // the wire's banner says it already
  }
}

/** Ask the station for something; it answers with the desk. */
function send(path, body = null) {
  queue = queue.then(async () => {
    busy += 1;
    byId("desk").setAttribute("aria-busy", "true");
    try {
      take(await post(path, body));
      return true;
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      toastProblem(error);
      return false;
    } finally {
      busy -= 1;
      if (busy === 0) byId("desk").removeAttribute("aria-busy");
    }
  });
  return queue;
}

function scanned(text) {
  if (dialogIsOpen()) {
    const field = document.querySelector("dialog[open] label:not([hidden]) input[data-scan]");
    if (!field) return;
    field.value = text;
    field.dispatchEvent(new Event("input"));
    return;
  }
  byId("scan-text").value = "";
  send("/api/scans", { text });
}

function missingLines() {
  const count = (line) => t("bag.count", { received: quantity(line.received).split(" ")[0], expected: quantity(line.expected) });
  return desk.current_return.lines.filter((line) => !line.done).map((line) => `${visible(line.name, 60)} · ${count(line)}`);
}

const ACTIONS = {
  accept: () => send("/api/proposal/accept", { inspection_id: desk.proposal.inspection_id }),
  retake: () => send("/api/proposal/retake", { inspection_id: desk.proposal.inspection_id }),
  "no-code": () => send("/api/item-without-code"),
  leave: () => send("/api/return/leave"),
  async change() {
    const { proposal } = desk;
    const next = await changeDialog({ proposal, send: (values) => post("/api/proposal/override", { inspection_id: proposal.inspection_id, ...values }) });
    if (next) take(next);
  },
  async "set-aside"() {
    const { inspection_id } = desk.proposal;
    const reason_code = await setAsideDialog();
    if (reason_code) send("/api/proposal/set-aside", { inspection_id, reason_code });
  },
  async "bag-empty"() {
    const list = missingLines();
    const sure = list.length === 0 || (await confirmDialog({ title: t("close.title"), text: t("close.missing"), list, yes: t("close.yes"), sign: "bag" }));
    if (sure) send("/api/return/close");
  },
  async undo() {
    const { inspection_id, name, disposition, place_label } = desk.last_saved;
    const text = t("undo.text", { name, disposition, place: visible(place_label, 20) });
    if (await confirmDialog({ title: t("undo.title"), text, yes: t("undo.yes"), sign: "undo" })) send(`/api/inspections/${encodeURIComponent(inspection_id)}/undo`);
  },
};

function act(name) {
  // A second touch while the first is on its way would be meant for a desk that is no longer there.
  if (busy > 0 || !available()[name]) return false;
  ACTIONS[name]().catch(reportTrouble);
  return true;
}

function reportTrouble(error) {
  if (error instanceof ApiProblem) toastProblem(error);
  else throw error;
}

/** A key pressed by hand; answers whether it did something. */
function pressed(key) {
  const dialog = document.querySelector("dialog[open]");
  if (/^[1-9]$/.test(key)) {
    const choice = (dialog ?? byId("decision")).querySelector(`[data-digit="${key}"]`);
    choice?.click();
    if (choice) return true;
  }
  if (dialog) return false;
  const field = byId("decision").querySelector("input[name=answer]");
  if (field && /^[\d.]$/.test(key)) {
    field.value += key;
    field.dispatchEvent(new Event("input"));
    field.focus();
    return true;
  }
  const button = document.querySelector(`[data-action][data-key="${CSS.escape(key.length === 1 ? key.toLowerCase() : key)}"]`);
  return button !== null && !button.disabled && act(button.dataset.action);
}

for (const button of document.querySelectorAll("[data-action]")) button.addEventListener("click", () => act(button.dataset.action));
byId("scan-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = byId("scan-text").value;
  if (text.trim() === "") return;
  byId("scan-text").blur();
  scanned(text);
});
listen({ onScan: scanned, onKey: pressed });

await begin({
  onWire(there) {
    wired = there;
    render();
  },
  onState(news, fresh) {
    counts = news.counts ?? counts;
    if (news.desk) take(news.desk, fresh);
    else render();
  },
});
