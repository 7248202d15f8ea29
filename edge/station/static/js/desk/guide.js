// The one big sentence: what to do next; and the notice under it: what happened last.

import { byId, icon, show } from "../dom.js";
import { say, t } from "../i18n.js";

const SIGNS = { idle: "bag", return_open: "inspect", question: "question", inspecting: "camera", proposal: "check", blocked: "stop" };
const NOTICE_SIGNS = { info: "info", success: "check", warning: "warning", error: "error" };

function sentence(desk) {
  if (desk.phase === "proposal" && desk.proposal) {
    return desk.proposal.needs_person ? t("guide.proposal.decide") : t("guide.proposal", { place: desk.proposal.place_label });
  }
  if (desk.phase === "question" && desk.question) return t(`guide.question.${desk.question.kind}`);
  if (desk.phase === "return_open" && desk.current_return) {
    const { lines } = desk.current_return;
    if (lines.length > 0 && lines.every((line) => line.done)) return t("guide.return_open.all_done");
  }
  return t(`guide.${desk.phase}`);
}

function sign(desk) {
  return desk.phase === "proposal" && desk.proposal?.needs_person ? "question" : SIGNS[desk.phase];
}

/** A long notice is said in smaller type rather than cut: its end says what to do next. */
function fit(area) {
  delete area.dataset.long;
  const words = area.querySelector("span");
  if (words && words.scrollHeight > words.clientHeight + 2) area.dataset.long = "true";
}

export function showGuide(desk) {
  const name = sign(desk);
  show(byId("guide-icon"), name, () => icon(name));
  byId("guide").textContent = sentence(desk);
  const area = byId("notice");
  const { notice } = desk;
  area.dataset.level = notice?.level ?? "none";
  const fresh = show(area, JSON.stringify(notice), () => {
    if (!notice) return [];
    const words = document.createElement("span");
    const what = document.createElement("strong");
    what.textContent = say(notice.message);
    words.append(what);
    if (notice.what_next) words.append(` ${say(notice.what_next)}`);
    return [icon(NOTICE_SIGNS[notice.level]), words];
  });
  if (fresh) fit(area);
}
