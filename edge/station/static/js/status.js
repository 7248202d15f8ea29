// The station itself: what it owes, its devices, its checks, its outbox.

import { ApiProblem, get, post } from "./api.js";
import { byId, h, icon, show } from "./dom.js";
import { stationNow, toast } from "./frame.js";
import { count, moment, say, span, t, word } from "./i18n.js";
import { attempt, beginList, empty } from "./records.js";
import { comparisonView } from "./comparison.js";
import { visible } from "./visible.js";

const CHECK_SIGNS = { disk: "disk", clock: "clock", broker: "cloud", model: "brain", policy: "task", backlog: "sent", database: "disk", calibration: "person" };
const LEVELS = { ok: "success", warning: "warning", failed: "error", live: "success", ready: "success", starting: "", stalled: "warning", lost: "error" };
const OUTBOX_FILTERS = { all: "", owed: "state=PENDING&state=SENT", dead: "state=DEAD" };
const REMEDIES = { stalled: "device.stalled", lost: "device.lost" };
const ROW_LEVELS = { SETTLED: "success", DEAD: "error" };
let filter = "all";

const statusTag = (state) => h("span", { class: "tag", "data-level": LEVELS[state] ?? "" }, icon({ success: "check", warning: "warning", error: "error" }[LEVELS[state]] ?? "info"), word("health_state", state));

function checkCard(check) {
  return h("article", { class: "card", "data-level": LEVELS[check.state], "data-check": check.name }, icon(CHECK_SIGNS[check.name] ?? "info"), h("h3", {}, word("check", check.name)), statusTag(check.state), h("p", {}, say(check.message)), check.what_next && h("p", { class: "next" }, say(check.what_next)));
}

function deviceCard(device) {
  const seen = device.last_seen_s === null ? t("device.never") : t(device.kind === "camera" ? "device.picture_age" : "device.read_age", { age: span(device.last_seen_s) });
  const restarts = device.restarts > 0 ? ` · ${t("device.restarts", { n: device.restarts })}` : "";
  return h("article", { class: "card", "data-level": LEVELS[device.state], "data-device": device.name }, icon(device.kind === "camera" ? "camera" : "scanner"), h("h3", {}, device.kind === "camera" ? word("view", device.name) : visible(device.name)), statusTag(device.state), h("p", {}, `${word("device_kind", device.kind)} · ${visible(device.driver)} · ${seen}${restarts}`), REMEDIES[device.state] && h("p", { class: "next" }, t(REMEDIES[device.state])), device.last_error && h("p", { class: "detail-line", lang: "en" }, say(device.last_error)));
}

function deliveryView(connection) {
  const cell = (value, label, level = "", style = "") => h("div", { "data-level": level }, h("strong", { class: style }, value), h("span", {}, label));
  const age = connection.oldest_owed_at ? span((stationNow() - Date.parse(connection.oldest_owed_at)) / 1000) : "–";
  return [
    h("div", { class: "summary" }, cell(t(connection.broker_connected ? "status.connected" : "status.away"), t("status.broker"), connection.broker_connected ? "success" : "warning", "words"), cell(t(connection.oms_present ? "status.connected" : "status.away"), t("status.oms"), connection.oms_present ? "success" : "warning", "words"), cell(count(connection.owed), t("status.owed")), cell(age, t("status.oldest")), cell(count(connection.dead), t("status.dead"), connection.dead > 0 ? "error" : "")),
    connection.session_taken_over && h("p", { class: "strip" }, icon("warning"), t("status.taken_over")),
    connection.last_error && h("p", { class: "strip" }, icon("warning"), say(connection.last_error)),
  ];
}

function outboxRow(entry, reload) {
  const retry = async () => {
    if (await attempt(() => post(`/api/outbox/${encodeURIComponent(entry.message_id)}/retry`))) toast("success", t("status.retried"));
    reload();
  };
  return h(
    "tr",
    { "data-message": entry.message_id },
    h("td", { class: "number" }, moment(entry.created_at, stationNow())),
    h("td", { class: "number mono" }, visible(`${entry.epoch}/${entry.sequence}`, 40)),
    h("td", {}, h("span", { class: "name" }, word("message_type", entry.type)), h("small", {}, visible(entry.subject, 40))),
    h("td", {}, h("span", { class: "tag", "data-level": ROW_LEVELS[entry.state] ?? "" }, word("outbox_state", entry.state)), entry.answer && h("small", {}, say(entry.answer))),
    h("td", { class: "number" }, count(entry.attempts)),
    h("td", {}, entry.state === "DEAD" && h("button", { type: "button", class: "button", onclick: retry }, icon("sent"), t("status.retry"))),
  );
}

function outboxView(rows, reload) {
  if (rows.length === 0) return empty("check", t("status.outbox_empty"));
  const head = ["time", "number", "message", "state", "attempts", "act"].map((name) => h("th", { scope: "col" }, name === "act" ? h("span", { class: "hidden" }, t("status.retry")) : t(`status.column.${name}`)));
  return h("div", { class: "sheet" }, h("table", {}, h("thead", {}, h("tr", {}, head)), h("tbody", {}, rows.map((entry) => outboxRow(entry, reload)))));
}

const STANDINGS = { calibrated: "success", tightened: "warning", alarmed: "error", uncalibrated: "" };

function calibrationCard(pack) {
  return h("article", { class: "card", "data-level": STANDINGS[pack.standing] ?? "", "data-calibration": pack.policy }, icon(pack.standing === "calibrated" ? "check" : "person"), h("h3", {}, word("pack", pack.policy)), h("p", {}, say(pack.message)));
}

async function readHealth() {
  try {
    const [health, state, comparison, calibration] = await Promise.all([get("/api/health"), get("/api/state"), get("/api/comparison"), get("/api/calibration")]);
    show(byId("calibration"), JSON.stringify(calibration), () => calibration.map(calibrationCard));
    show(byId("comparison"), JSON.stringify([comparison, Math.floor(stationNow() / 5000)]), () => comparisonView(comparison));
    show(byId("delivery"), JSON.stringify([state.connection, Math.floor(stationNow() / 5000)]), () => deliveryView(state.connection));
    show(byId("checks"), JSON.stringify(health.checks), () => health.checks.map(checkCard));
    show(byId("devices"), JSON.stringify(health.devices), () => health.devices.map(deviceCard));
    show(byId("versions"), JSON.stringify(health.versions), () => Object.entries(health.versions).map(([name, value]) => h("div", {}, h("dt", {}, t(`version.${name}`)), h("dd", { class: "mono" }, visible(value).split(", ").map((part) => h("span", {}, part))))));
  } catch (error) {
    if (!(error instanceof ApiProblem)) throw error; // the banner says that the station does not answer
  }
}

const { reload } = await beginList({
  area: "outbox",
  path: () => `/api/outbox?limit=50&${OUTBOX_FILTERS[filter]}`,
  key: (rows) => JSON.stringify([filter, rows]),
  view: outboxView,
});
byId("outbox-tools").replaceChildren(
  ...Object.keys(OUTBOX_FILTERS).map((name) =>
    h("button", {
      type: "button",
      class: "button",
      "aria-pressed": String(name === filter),
      onclick(event) {
        filter = name;
        for (const button of byId("outbox-tools").children) button.setAttribute("aria-pressed", String(button === event.currentTarget));
        reload();
      },
    }, t(`status.filter.${name}`)),
  ),
);
byId("empty-station").addEventListener("click", async () => {
  let taken = null;
  if (await attempt(async () => { taken = await post("/api/cameras/empty-station"); })) toast("success", t("status.empty_station.done", { views: visible(taken.views.join(", ")) }));
});
byId("compare").addEventListener("click", async () => {
  if (await attempt(() => post("/api/comparison"))) toast("info", t("comparison.asked"));
  await readHealth();
});
await readHealth();
setInterval(readHealth, 3000);
