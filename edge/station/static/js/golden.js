// Golden pictures: a supervisor shows intact units of an article, one after the other, and sees whether they suffice.

import { ApiProblem, get, post } from "./api.js";
import { confirmDialog, openDialog } from "./dialogs.js";
import { byId, h, icon, show } from "./dom.js";
import { begin, toast, toastProblem } from "./frame.js";
import { count, say, t, word } from "./i18n.js";
import { attempt, empty } from "./records.js";
import { visible } from "./visible.js";
import { listen } from "./wedge.js";

const READ_EVERY_MS = 4000;
const SUPERVISOR_WANTED = "refused.teach_supervisor";

let sku = null;
let badge = null; // scanned once, for as long as this article is shown
let busy = false;

const query = (values) => new URLSearchParams(values).toString();

// --- who may

function askBadge() {
  const input = h("input", { class: "text-input huge", "data-scan": "take", "data-first": true, autocomplete: "off", maxlength: "200", placeholder: t("change.badge_placeholder"), "aria-label": t("change.badge") });
  return openDialog({
    title: t("teach.badge.title"),
    size: "small",
    body: (close) => {
      const send = (event) => {
        event.preventDefault();
        if (input.value.trim()) close(input.value.trim());
      };
      return h("form", { class: "teach-badge", id: "badge-form", onsubmit: send }, h("p", {}, t("teach.badge.lead")), h("label", {}, input));
    },
    buttons: () => h("button", { type: "submit", form: "badge-form", class: "button primary" }, icon("person"), t("teach.badge.use")),
  });
}

/** Do what takes a supervisor; where none is known yet, ask for the badge and do it then. */
async function asSupervisor(send) {
  for (;;) {
    try {
      return await send(badge);
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      if (error.said.code !== SUPERVISOR_WANTED) {
        toastProblem(error);
        return null;
      }
      if (badge !== null) toastProblem(error);
      badge = await askBadge();
      if (badge === null) return null;
    }
  }
}

// --- the articles

function productButton(product) {
  return h("button", { type: "button", class: "choice", "data-sku": product.sku, onclick: () => open(product.sku) }, icon("box"), h("span", {}, visible(product.name, 60), h("small", {}, `${visible(product.sku, 40)} · ${t("teach.pictures", { n: count(product.pictures) })}`)));
}

function showProducts(products) {
  show(byId("products"), JSON.stringify(products), () => (products.length > 0 ? products.map(productButton) : empty("camera", t("teach.nothing_yet"))));
}

async function find(text) {
  let found = null;
  if (!(await attempt(async () => { found = await post("/api/golden/find", { text }); }))) return;
  byId("find-text").value = "";
  if (found.badge !== null) {
    badge = found.badge;
    toast("info", t("teach.badge.taken"));
  } else if (found.sku !== null) await open(found.sku);
}

// --- one article

const LEVEL_SIGNS = { success: "check", warning: "warning", error: "error" };

function level(view) {
  if (view.standing.code === "teach.two_products" || view.advice.some((one) => one.code === "teach.broken")) return "error";
  if (view.pictures.length === 0) return "";
  return view.compared && view.advice.length === 0 ? "success" : "warning";
}

const pictureUrl = (view, picture) => `/api/golden/picture?${query({ sku, view: view.view, name: picture.name })}`;

function enlarge(view, picture) {
  openDialog({ title: `${word("view", view.view)} · ${t("teach.number", { n: count(picture.number) })}`, size: "wide", body: () => h("div", { class: "teach-large" }, h("img", { src: pictureUrl(view, picture), alt: t("teach.number", { n: count(picture.number) }) })) });
}

async function remove(view, picture) {
  const sure = await confirmDialog({ title: t("teach.remove.title", { n: count(picture.number) }), text: t("teach.remove.text"), yes: t("teach.remove"), sign: "bin" });
  if (!sure) return;
  const product = await asSupervisor((by) => post("/api/golden/remove", { sku, view: view.view, name: picture.name, badge: by }));
  if (product === null) return;
  toast("success", t("teach.removed"));
  showProduct(product);
}

function pictureCard(view, picture) {
  const number = count(picture.number);
  const broken = picture.flaws.includes("broken");
  const image = broken ? h("span", { class: "teach-gone" }, icon("error")) : h("img", { src: pictureUrl(view, picture), alt: "", loading: "lazy", decoding: "async" });
  return h(
    "figure",
    { class: "teach-picture", "data-picture": picture.name, "data-flawed": String(picture.flaws.length > 0) },
    h("button", { type: "button", disabled: broken, "aria-label": t("teach.enlarge", { n: number }), onclick: () => enlarge(view, picture) }, image),
    h("b", { "aria-hidden": "true" }, number),
    h("figcaption", { class: "teach-flaw" }, picture.flaws.map((flaw) => word("teach_flaw", flaw)).join(", ")),
    h("button", { type: "button", class: "button", "data-remove": picture.name, "aria-label": `${t("teach.remove")}: ${t("teach.number", { n: number })}`, onclick: () => remove(view, picture) }, icon("bin"), t("teach.remove")),
  );
}

function viewSection(view) {
  const how = level(view);
  return h(
    "section",
    { class: "teach-view", "data-view": view.view, "data-level": how },
    h(
      "div",
      { class: "teach-view-head" },
      h("h3", {}, word("view", view.view)),
      h("span", { class: "tag", "data-level": view.compared ? "success" : "" }, icon(view.compared ? "check" : "info"), t(view.compared ? "teach.compared" : "teach.not_compared")),
      view.attached && h("button", { type: "button", class: "button", "data-take": view.view, onclick: () => take([view.view]) }, icon("camera"), t("teach.take_one")),
    ),
    h("p", { class: "teach-standing" }, say(view.standing)),
    !view.attached && h("p", { class: "soft" }, t("teach.not_attached")),
    view.advice.length > 0 && h("ul", { class: "teach-advice" }, view.advice.map((one) => h("li", { "data-advice": one.code }, icon("warning"), h("span", {}, say(one))))),
    view.pictures.length > 0 && h("div", { class: "teach-pictures" }, view.pictures.map((picture) => pictureCard(view, picture)).reverse()),
  );
}

function showProduct(product) {
  if (sku !== product.sku) return; // another was chosen meanwhile
  show(byId("name"), JSON.stringify([product.sku, product.name]), () => [h("h2", {}, visible(product.name, 80)), h("p", { class: "mono" }, visible(product.sku, 60))]);
  show(byId("views"), JSON.stringify(product.views), () => (product.views.length > 0 ? product.views.map(viewSection) : empty("camera", t("teach.no_cameras"))));
  show(byId("counts"), JSON.stringify(product.views), () => product.views.map((view) => h("span", { class: "tag", "data-count": view.view, "data-level": level(view) }, icon(LEVEL_SIGNS[level(view)] ?? "camera"), t("teach.view_count", { view: view.view, count: count(view.pictures.length) }))));
  byId("take").disabled = busy || !product.views.some((view) => view.attached);
}

function showResults(views) {
  byId("results").replaceChildren(...views.map((one) => h("p", { "data-result": one.view, "data-level": one.kept ? "success" : "warning" }, icon(one.kept ? LEVEL_SIGNS.success : LEVEL_SIGNS.warning), h("span", {}, say(one.message)))));
}

function beBusy(now) {
  busy = now;
  const button = byId("take");
  button.setAttribute("aria-busy", String(now));
  for (const one of document.querySelectorAll("#take, [data-take]")) one.disabled = now;
  button.querySelector("span").textContent = t(now ? "teach.taking" : "teach.take");
}

async function take(views = null) {
  if (busy) return;
  byId("results").replaceChildren();
  const taken = await asSupervisor(async (by) => {
    beBusy(true);
    try {
      return await post("/api/golden/take", { sku, views, badge: by });
    } finally {
      beBusy(false);
    }
  });
  if (taken === null) return;
  showResults(taken.views);
  showProduct(taken.product);
}

// --- the page

function step(name) {
  byId("teaching").dataset.step = name;
  byId("choose").hidden = name !== "choose";
  byId("product").hidden = name !== "product";
}

async function open(chosen) {
  sku = chosen;
  byId("results").replaceChildren();
  history.replaceState(null, "", `/golden?${query({ sku })}`);
  await reload();
}

async function done() {
  sku = null;
  badge = null;
  history.replaceState(null, "", "/golden");
  await reload();
  byId("find-text").focus();
}

async function reload() {
  const wanted = sku;
  try {
    if (wanted === null) {
      showProducts(await get("/api/golden"));
      if (sku === null) step("choose");
    } else {
      const product = await get(`/api/golden/product?${query({ sku: wanted })}`);
      showProduct(product);
      if (sku === wanted) step("product");
    }
  } catch (error) {
    if (!(error instanceof ApiProblem)) throw error;
    if (wanted === null || error.status === 0) return; // the banner says that the station does not answer
    toastProblem(error);
    sku = null;
    await reload();
  }
}

function scanned(text) {
  const field = document.querySelector("dialog[open] input[data-scan]");
  if (field) {
    field.value = text;
    field.form.requestSubmit();
  } else if (!document.querySelector("dialog[open]")) find(text);
}

byId("find").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = byId("find-text").value.trim();
  if (text) find(text);
});
byId("take").addEventListener("click", () => take());
byId("done").addEventListener("click", done);
listen({ onScan: scanned, onKey: () => false });
await begin();
sku = new URLSearchParams(location.search).get("sku");
await reload();
setInterval(reload, READ_EVERY_MS);
