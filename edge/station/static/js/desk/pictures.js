// The middle of the page: the item's pictures, or what to do so that there are some.

import { openDialog } from "../dialogs.js";
import { byId, h, icon, show } from "../dom.js";
import { t, word } from "../i18n.js";
import { flaw, viewLayers } from "./views.js";

function enlarge(view, findings) {
  openDialog({ title: word("view", view.view), size: "wide", body: () => h("div", { class: "zoom" }, viewLayers(view, findings)) });
}

function viewButton(view, findings) {
  const wrong = flaw(view);
  return h(
    "button",
    { type: "button", class: "view", "data-view": view.view, "aria-label": t("view.enlarge", { view: word("view", view.view) }), onclick: () => view.url && enlarge(view, findings) },
    view.url ? viewLayers(view, findings) : h("span", { class: "view-lost" }, icon("camera")),
    h("span", { class: "view-name" }, word("view", view.view)),
    wrong && h("span", { class: "view-flaw" }, icon("warning"), wrong),
  );
}

function stage(desk) {
  if (desk.phase === "inspecting") return h("div", { class: "stage working" }, icon("camera"), h("p", {}, t("stage.inspecting")));
  if (desk.phase === "question") return h("div", { class: "stage" }, icon("box"), h("p", {}, t("stage.question")));
  if (desk.phase === "return_open") return h("div", { class: "stage" }, icon("inspect"), h("p", {}, t("stage.return_open")));
  if (desk.phase === "blocked") return h("div", { class: "stage" }, icon("stop"), h("p", {}, t("stage.blocked")));
  if (desk.phase === "proposal") return h("div", { class: "stage" }, icon("camera"), h("p", {}, t("stage.no_pictures")));
  const step = (number, code) => h("li", {}, h("b", {}, number), h("span", {}, t(code)));
  return h("div", { class: "stage" }, icon("bag"), h("ol", { class: "steps" }, step(1, "stage.step1"), step(2, "stage.step2"), step(3, "stage.step3")));
}

export function showPictures(desk) {
  const area = byId("pictures");
  const { proposal } = desk;
  if (proposal && proposal.views.length > 0) {
    show(area, JSON.stringify([proposal.inspection_id, proposal.views, proposal.findings]), () => proposal.views.map((view) => viewButton(view, proposal.findings)));
    return;
  }
  show(area, desk.phase, () => stage(desk));
}
