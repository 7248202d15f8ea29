// What every page has: the catalogue, the wire to the station, the connection's state, language and theme, toasts.

import { byId, h, icon } from "./dom.js";
import { count, loadCatalogue, say, span, t } from "./i18n.js";
import { connect } from "./live.js";

const COOKIE = "; path=/; max-age=31536000; samesite=strict";
const THEMES = ["auto", "light", "dark"];
const THEME_ICONS = { auto: "auto", light: "sun", dark: "moon" };
const TOAST_MS = 4500;

const root = document.documentElement;
let connection = null;
let clockOffset = 0; // station's clock minus this browser's, ms

/** The station's time now; ages are counted by its clock, not by the screen's. */
export const stationNow = () => Date.now() + clockOffset;

function showTheme() {
  const button = byId("theme");
  const theme = root.dataset.theme;
  button.replaceChildren(icon(THEME_ICONS[theme]));
  const label = t(`theme.${theme}`);
  button.setAttribute("aria-label", label);
  button.title = label;
}

function wireChoices() {
  byId("language").addEventListener("change", (event) => {
    document.cookie = `darkstore_language=${event.target.value}${COOKIE}`;
    location.reload();
  });
  byId("theme").addEventListener("click", () => {
    const theme = THEMES[(THEMES.indexOf(root.dataset.theme) + 1) % THEMES.length];
    root.dataset.theme = theme;
    document.cookie = `darkstore_theme=${theme}${COOKIE}`;
    showTheme();
  });
  showTheme();
}

function linkState(state) {
  if (state.session_taken_over) return ["trouble", "cloud-off", "link.taken_over"];
  if (!state.broker_connected) return ["away", "cloud-off", "link.no_network"];
  if (!state.oms_present) return ["away", "cloud-off", "link.oms_away"];
  return ["online", "cloud", "link.online"];
}

function showConnection() {
  if (!connection) return;
  const [state, sign, title] = linkState(connection);
  const box = byId("link-state");
  box.dataset.state = connection.dead > 0 && state === "online" ? "trouble" : state;
  box.querySelector(".link-icon").replaceChildren(icon(sign));
  const age = connection.oldest_owed_at ? span((stationNow() - Date.parse(connection.oldest_owed_at)) / 1000, { short: true }) : null;
  let detail = connection.owed > 0 ? t("link.owed", { n: count(connection.owed), age: age ?? "" }) : t("link.nothing_owed");
  let headline = t(title);
  if (connection.dead > 0 && state === "online") [headline, detail] = [t("link.dead", { n: count(connection.dead) }), headline];
  byId("link-title").textContent = headline;
  byId("link-detail").textContent = detail;
}

function showCounts(counts) {
  for (const name of ["holds", "tasks"]) {
    const badge = byId(`count-${name}`);
    badge.hidden = counts[name] === 0;
    badge.textContent = count(counts[name]);
  }
}

/** Say something for a few seconds without moving anything. */
export function toast(level, title, detail = null) {
  const sign = { success: "check", error: "error" }[level] ?? "info";
  const element = h("div", { class: "toast", "data-level": level }, icon(sign), h("span", {}, title, detail && h("small", {}, detail)));
  byId("toasts").replaceChildren(element);
  setTimeout(() => element.remove(), level === "error" ? TOAST_MS * 2 : TOAST_MS);
}

/** Show why something was refused, and what to do next. */
export function toastProblem(problem) {
  if (!problem.said) throw problem;
  toast("error", say(problem.said), problem.whatNext && say(problem.whatNext));
}

/**
 * Begin a page. `onState` gets desk, counts, connection and devices, all or the changed ones; `onWire` whether the
 * station answers.
 */
export async function begin({ onState = () => {}, onWire = () => {} } = {}) {
  await loadCatalogue();
  wireChoices();
  setInterval(showConnection, 5000);
  connect({
    onWire(there) {
      byId("offline").hidden = there;
      root.dataset.wire = there ? "up" : "down";
      onWire(there);
    },
    onMessage(message) {
      const news = message.type === "state" ? message.state : message;
      if (news.now) clockOffset = Date.parse(news.now) - Date.now();
      if (news.connection) connection = news.connection;
      if (news.counts) showCounts(news.counts);
      showConnection();
      if (message.type !== "tick") onState(news, message.type === "state");
    },
  });
}
