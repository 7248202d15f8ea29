// Windows in which a person decides otherwise: change a proposal, set aside, resolve a hold.

import { ApiProblem, get } from "./api.js";
import { openDialog, pickOne, problemLine } from "./dialogs.js";
import { h, icon } from "./dom.js";
import { t } from "./i18n.js";

export const DEED_ICONS = {
  RESTOCK: "shelf",
  RESTOCK_MARKDOWN: "tag",
  REFURBISH: "wrench",
  RETURN_TO_VENDOR: "truck",
  LIQUIDATE: "coins",
  DONATE: "gift",
  SCRAP: "bin",
  HOLD_FOR_REVIEW: "hold",
  HAND_BACK: "hand",
  TRANSFER: "transfer",
};
const DEEDS = Object.keys(DEED_ICONS);

/** Every disposition, those that are forbidden too: a person sees that it is not theirs to choose. */
function deedOptions({ allowed, allowed_with_supervisor: supervised }) {
  const rank = (deed) => (allowed.includes(deed) ? 0 : supervised.includes(deed) ? 1 : 2);
  return [...DEEDS].sort((one, other) => rank(one) - rank(other)).map((deed) => {
    const needsBadge = !allowed.includes(deed) && supervised.includes(deed);
    const forbidden = !allowed.includes(deed) && !needsBadge;
    return {
      value: deed,
      sign: forbidden ? "stop" : DEED_ICONS[deed],
      disabled: forbidden,
      note: forbidden ? t("change.forbidden") : needsBadge ? t("change.needs_supervisor") : null,
      needsBadge,
    };
  });
}

async function readReasons(kind) {
  return (await get("/api/reasons"))[kind].map((value) => ({ value }));
}

function badgeField() {
  const input = h("input", { class: "text-input", name: "badge", "data-scan": "take", autocomplete: "off", maxlength: "200", placeholder: t("change.badge_placeholder") });
  const field = h("label", { class: "field", hidden: true }, h("span", {}, t("change.badge")), input);
  return { field, input };
}

/** Ask for disposition, reason and perhaps badge; `send` does it and may be refused. */
async function decide({ title, deeds, grade, why, reasonKind, send, yes }) {
  const reasons = await readReasons(reasonKind);
  const { field, input } = badgeField();
  const problem = problemLine();
  const needsBadge = new Set(deeds.filter((deed) => deed.needsBadge).map((deed) => deed.value));
  const grades =
    grade === undefined
      ? null
      : pickOne({ title: t("change.grade"), kind: "grade", className: "grades", pressed: "", options: [{ value: "", label: grade ? t("change.grade_stays", { grade }) : t("change.no_grade") }, ..."ABCD".split("").map((value) => ({ value, label: value }))], onPick: update });
  const deed = pickOne({
    title: t("change.disposition"),
    kind: "disposition",
    options: deeds,
    onPick: (value) => {
      field.hidden = !needsBadge.has(value);
      if (!field.hidden) input.focus();
      update();
    },
  });
  const reason = pickOne({ title: why, kind: "reason", options: reasons, onPick: update });
  const save = h("button", { type: "button", class: "button primary", disabled: true }, icon("check"), yes);
  input.addEventListener("input", update);

  function values() {
    return { grade: grades?.read() || null, disposition: deed.read(), reason_code: reason.read(), badge: field.hidden ? null : input.value.trim() || null };
  }

  function update() {
    const now = values();
    const something = now.disposition !== null || now.grade !== null;
    save.disabled = !(something && now.reason_code && (field.hidden || now.badge));
  }

  return openDialog({
    title,
    size: "wide",
    body: () => [h("div", { class: "deciding" }, h("div", {}, grades?.group, deed.group, field), h("div", {}, reason.group)), problem.line],
    buttons: (close) => {
      save.addEventListener("click", async () => {
        save.disabled = true;
        try {
          close(await send(values()));
        } catch (error) {
          if (!(error instanceof ApiProblem)) throw error;
          problem.show(error);
          update();
        }
      });
      return [h("button", { type: "button", class: "button", onclick: () => close(null) }, t("page.cancel")), save];
    },
  });
}

export function changeDialog({ proposal, send }) {
  return decide({ title: t("change.title"), deeds: deedOptions(proposal), grade: proposal.grade, why: t("change.reason"), reasonKind: "override", send, yes: t("change.save") });
}

export function resolveDialog({ hold, send }) {
  return decide({ title: t("resolve.title", { name: hold.name }), deeds: deedOptions(hold).filter((deed) => deed.value !== "HOLD_FOR_REVIEW"), why: t("resolve.reason"), reasonKind: "resolve", send, yes: t("resolve.save") });
}

/** Why the unit is put aside; one touch is enough. */
export async function setAsideDialog() {
  const reasons = await readReasons("set_aside");
  return openDialog({
    title: t("set_aside.title"),
    size: "small",
    body: (close) => [
      h("p", { class: "soft" }, t("set_aside.lead")),
      h("div", { class: "question-choices" }, reasons.map(({ value }, index) => h("button", { type: "button", class: "choice", "data-digit": index + 1, "data-value": value, onclick: () => close(value) }, h("kbd", { "aria-hidden": "true" }, index + 1), h("span", {}, t(`reason.${value}`))))),
    ],
  });
}
