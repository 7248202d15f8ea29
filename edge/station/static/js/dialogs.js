// Windows over the page: they hold the focus, close with Escape, and give it back.

import { h, icon } from "./dom.js";
import { say, t, word } from "./i18n.js";

/**
 * Open a window. `body(close)` builds the content, `buttons(close)` the row of buttons.
 * Resolves with what `close(value)` was given, or null when it was dismissed.
 */
export function openDialog({ title, body, buttons = () => [], size = "" }) {
  return new Promise((resolve) => {
    let result = null;
    const close = (value) => {
      result = value;
      dialog.close();
    };
    const dialog = h(
      "dialog",
      { class: size, "aria-label": title },
      h("div", { class: "dialog-head" }, h("h2", {}, title), h("button", { type: "button", class: "square", "aria-label": t("page.close"), onclick: () => close(null) }, icon("close"))),
      h("div", { class: "dialog-body" }, body(close)),
      h("div", { class: "dialog-foot" }, buttons(close)),
    );
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(result);
    });
    document.body.append(dialog);
    dialog.showModal();
    dialog.querySelector("[data-first]")?.focus();
  });
}

export const dialogIsOpen = () => document.querySelector("dialog[open]") !== null;

/** A yes-or-no question about something that is not easily taken back. */
export function confirmDialog({ title, text, list = [], yes, sign }) {
  return openDialog({
    title,
    size: "small",
    body: () => [list.length > 0 && h("ul", { class: "confirm-list" }, list.map((entry) => h("li", {}, entry))), h("p", {}, text)],
    buttons: (close) => [
      h("button", { type: "button", class: "button", onclick: () => close(false) }, t("page.no")),
      h("button", { type: "button", class: "button primary", "data-first": true, onclick: () => close(true) }, icon(sign), yes),
    ],
  });
}

/** A group of buttons of which one is pressed; returns the group and a way to read it. */
export function pickOne({ title, kind, options, pressed = null, onPick = () => {}, className = "" }) {
  let chosen = pressed;
  const buttons = options.map((option) => {
    const { value, label, note, sign, disabled } = option;
    const button = h(
      "button",
      { type: "button", class: "button", "aria-pressed": String(value === chosen), "data-value": value, disabled: disabled ?? false },
      sign && icon(sign),
      h("span", {}, label ?? word(kind, value), note && h("small", {}, note)),
    );
    button.addEventListener("click", () => {
      chosen = value;
      for (const other of buttons) other.setAttribute("aria-pressed", String(other === button));
      onPick(value);
    });
    return button;
  });
  const group = h("div", { role: "group", "aria-label": title }, h("p", { class: "group-title" }, title), h("div", { class: `picker ${className}` }, buttons));
  return { group, read: () => chosen };
}

/** A place for what was refused, inside a window. */
export function problemLine() {
  const line = h("p", { class: "dialog-error", role: "alert", hidden: true });
  return {
    line,
    show(problem) {
      line.hidden = false;
      line.textContent = [say(problem.said), problem.whatNext && say(problem.whatNext)].filter(Boolean).join(" ");
    },
  };
}
