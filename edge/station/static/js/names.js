// Names of articles in a narrow place: what tells two of a brand apart stands at the end, and is never cut off.

import { h } from "./dom.js";
import { visible } from "./visible.js";

const SIZE_AT_THE_END = /^(.*\S)(, [^,]{1,16})$/;

/** "CHAIRANG Assam tea, 250 g" so that it may be shortened to "CHAIRANG As…, 250 g". */
export function shortName(name) {
  const [, head, tail] = SIZE_AT_THE_END.exec(visible(name)) ?? [null, visible(name), ""];
  const size = tail.replace(/(\d) (?=\S)/g, "$1\u00a0");
  return h("span", { class: "line-name" }, h("span", { class: "name-head" }, head), size && h("span", { class: "name-tail" }, size));
}
