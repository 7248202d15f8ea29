// Pictures with the findings drawn in: frames in the picture's own pixels, scaled with it.

import { h, s } from "../dom.js";
import { say, t, word } from "../i18n.js";

const ruler = document.createElement("canvas").getContext("2d");

function textWidth(text, size) {
  ruler.font = `700 ${size}px ${getComputedStyle(document.body).fontFamily}`;
  return ruler.measureText(text).width;
}

/** Where a finding's label stands: above its frame, below it where there is no room, and clear of other labels. */
function labelPlace(finding, view, size, taken) {
  const height = size * 1.45;
  const text = word("kind", finding.kind);
  const width = Math.min(view.width, textWidth(text, size) + size * 0.9);
  const x = Math.max(0, Math.min(finding.x, view.width - width));
  const tries = [finding.y - height - 6, finding.y + finding.height + 6, finding.y + 6];
  const clear = (y) => y >= 0 && y + height <= view.height && !taken.some((box) => x < box.x + box.width && box.x < x + width && y < box.y + box.height && box.y < y + height);
  const y = tries.find(clear) ?? Math.max(0, Math.min(finding.y + 6, view.height - height));
  const place = { x, y, width, height, text };
  taken.push(place);
  return place;
}

function findingMark(finding, view, size, taken) {
  const { x, y, width, height } = finding;
  const label = labelPlace(finding, view, size, taken);
  const words = `${label.text}, ${word("severity", finding.severity)}`;
  return s(
    "g",
    { class: "finding", "data-severity": finding.severity, "data-kind": finding.kind },
    s("title", {}, words),
    s("rect", { class: "halo", x, y, width, height, rx: 8 }),
    s("rect", { class: "box", x, y, width, height, rx: 8 }),
    s("rect", { class: "plate", x: label.x, y: label.y, width: label.width, height: label.height, rx: 8 }),
    s("text", { x: label.x + label.width / 2, y: label.y + label.height * 0.72, "font-size": size, "text-anchor": "middle" }, label.text),
  );
}

/** The drawing over a view's picture; `findings` are those of this view. */
export function overlay(view, findings) {
  const size = view.height / 19;
  const taken = [];
  const labels = findings.map((finding) => `${word("kind", finding.kind)}, ${word("severity", finding.severity)}`);
  return s(
    "svg",
    { viewBox: `0 0 ${view.width} ${view.height}`, preserveAspectRatio: "xMidYMid meet", role: "img", "aria-label": labels.join("; ") || t("view.no_findings") },
    findings.map((finding) => findingMark(finding, view, size, taken)),
  );
}

/** Picture and drawing, for a frame that gives them their size. */
export function viewLayers(view, findings) {
  if (!view.url) return [];
  const image = h("img", { src: view.url, alt: t("view.picture", { view: word("view", view.view) }), width: view.width, height: view.height, decoding: "async" });
  return [image, overlay(view, findings.filter((finding) => finding.view === view.view))];
}

/** What is wrong with a view's picture, or null. */
export function flaw(view) {
  return view.usable ? null : say(view.quality);
}
