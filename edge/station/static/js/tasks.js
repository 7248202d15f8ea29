// What the OMS asked the staff to find, move or recount.

import { post } from "./api.js";
import { h, icon } from "./dom.js";
import { stationNow, toast } from "./frame.js";
import { moment, say, t, word } from "./i18n.js";
import { attempt, beginList, empty } from "./records.js";
import { visible } from "./visible.js";

const SIGNS = { find: "inspect", move: "transfer", recount: "task", repair: "wrench" };

async function finish(task, reload) {
  if (await attempt(() => post(`/api/tasks/${encodeURIComponent(task.task_id)}/done`))) toast("success", t("tasks.finished"));
  reload();
}

function card(task, reload) {
  return h(
    "article",
    { class: "work", "data-task": task.task_id },
    icon(SIGNS[task.kind] ?? "task"),
    h(
      "div",
      { class: "work-text" },
      h("h3", {}, say(task.message)),
      task.what_next && h("p", {}, say(task.what_next)),
      h("p", { class: "work-facts" }, h("span", { class: "tag" }, word("task_kind", task.kind)), task.place_label && h("span", { class: "tag" }, icon("shelf"), visible(task.place_label, 24)), h("span", { class: "tag" }, icon("person"), word("owner", task.owner)), h("span", { class: "tag" }, t("tasks.since", { time: moment(task.created_at, stationNow()) }))),
    ),
    h("div", { class: "work-side" }, h("button", { type: "button", class: "button primary", onclick: () => finish(task, reload) }, icon("check"), t("tasks.done"))),
  );
}

await beginList({
  path: () => "/api/tasks",
  view: (rows, reload) => (rows.length === 0 ? empty("check", t("tasks.none")) : rows.map((task) => card(task, reload))),
});
