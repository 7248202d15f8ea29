// A question to the person: big choices with digits, or a field with a keypad for gloves.

import { h, icon } from "../dom.js";
import { date, say, t } from "../i18n.js";

const MANY = 6;

function choiceButton(choice, index, onAnswer) {
  const digit = index < 9 ? index + 1 : null;
  return h("button", { type: "button", class: "choice", "data-digit": digit, "data-value": choice.value, onclick: () => onAnswer(choice.value) }, digit && h("kbd", { "aria-hidden": "true" }, digit), h("span", {}, say(choice.label)));
}

/**
 * Digits typed for a date, shown as 31-03-2027; other signs are dropped. Where only month and year are printed they
 * are typed alone, 03-2027: no month begins with 20, so the two are told apart.
 */
export function dateMask(text) {
  const digits = text.replace(/\D/g, "").slice(0, 8);
  if (digits.slice(2, 4) === "20") return `${digits.slice(0, 2)}-${digits.slice(2, 6)}`;
  return [digits.slice(0, 2), digits.slice(2, 4), digits.slice(4)].filter(Boolean).join("-");
}

/** 31-03-2027 as 2027-03-31, 03-2027 as 2027-03; null where there is no such day or month. */
export function isoDate(text) {
  const month = /^(0[1-9]|1[0-2])-(20\d{2})$/.exec(text);
  if (month) return `${month[2]}-${month[1]}`;
  const found = /^(\d{2})-(\d{2})-(\d{4})$/.exec(text);
  if (!found) return null;
  const iso = `${found[3]}-${found[2]}-${found[1]}`;
  const day = new Date(`${iso}T00:00:00Z`);
  return !Number.isNaN(day.valueOf()) && day.toISOString().startsWith(iso) ? iso : null;
}

const FIELDS = {
  date: { mask: dateMask, value: isoDate, keypad: true, placeholder: "question.date_placeholder", echo: (text) => date(text, { long: true }) },
  decimal: { mask: (text) => text.replace(",", ".").replace(/[^\d.]/g, "").replace(/(\..*)\./g, "$1").slice(0, 9), value: (text) => (/^\d+(\.\d+)?$/.test(text) && Number(text) > 0 ? text : null), keypad: true, point: true, placeholder: "question.decimal_placeholder" },
  integer: { mask: (text) => text.replace(/\D/g, "").slice(0, 5), value: (text) => (Number(text) > 0 ? String(Number(text)) : null), keypad: true, placeholder: "question.integer_placeholder" },
  text: { mask: (text) => text.slice(0, 200), value: (text) => text.trim() || null, keypad: false, placeholder: "question.text_placeholder" },
};

function keypad(kind, input) {
  const press = (edit) => () => {
    input.value = edit(input.value);
    input.dispatchEvent(new Event("input"));
    input.focus();
  };
  const key = (sign) => (sign ? h("button", { type: "button", class: "key", "data-sign": sign, tabindex: "-1", onclick: press((text) => text + sign) }, sign) : h("span"));
  const back = h("button", { type: "button", class: "key", tabindex: "-1", "aria-label": t("page.delete"), onclick: press((text) => text.replace(/-?.$/, "")) }, icon("back"));
  const row = (digits, last) => [[...digits].map(key), last];
  return h("div", { class: "keypad" }, row("123", back), row("456", key(kind.point ? "." : null)), row("789", key("0")));
}

function fieldForm(question, onAnswer) {
  const kind = FIELDS[question.input] ?? FIELDS.text;
  const isText = kind === FIELDS.text;
  const input = h("input", { class: "text-input huge", name: "answer", autocomplete: "off", maxlength: "200", "data-first": true, "aria-label": say(question.prompt), inputmode: isText ? "text" : "none", placeholder: t(kind.placeholder), "data-scan": isText ? "take" : null });
  const echo = h("span", { class: "answer-echo", "aria-live": "polite" });
  const send = h("button", { class: "button primary", disabled: true }, icon("check"), t("question.send"));
  input.addEventListener("input", () => {
    const masked = kind.mask(input.value);
    if (masked !== input.value) input.value = masked;
    const value = kind.value(input.value);
    send.disabled = value === null;
    echo.textContent = value !== null && kind.echo ? kind.echo(value) : "";
  });
  const form = h("form", {}, h("div", { class: "answer-row" }, h("div", { class: `answer-field ${kind.echo ? "echoed" : ""}` }, input, echo), send), kind.keypad && keypad(kind, input));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const value = kind.value(input.value);
    if (value !== null) onAnswer(value);
  });
  return form;
}

/** Counts that all have a button need no field; counts that go further need no buttons. */
function parts(question) {
  const { input, choices } = question;
  if (input !== "integer" || choices.length === 0) return { field: input !== "none", choices };
  const most = Number(question.prompt.params.most ?? choices.length);
  return most > choices.length ? { field: true, choices: [] } : { field: false, choices };
}

export function questionView(question, onAnswer) {
  const { field, choices } = parts(question);
  const send = (value) => onAnswer(question.question_id, value);
  return h(
    "div",
    { class: "question" },
    h("h3", {}, say(question.prompt)),
    field && fieldForm(question, send),
    choices.length > 0 && h("div", { class: `question-choices ${question.input === "integer" ? "counts" : choices.length > MANY ? "many" : ""}` }, choices.map((choice, index) => choiceButton(choice, index, send))),
  );
}
