// Building pages without ever parsing text as HTML: whatever a barcode or the OMS holds is shown as text.

const SVG = "http://www.w3.org/2000/svg";

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "class") element.setAttribute("class", value);
    else if (name === "value" && "value" in element) element.value = value;
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.flat(2).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** An HTML element; strings among the children become text. */
export function h(tag, attributes, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/** An SVG element. */
export function s(tag, attributes, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

/** One of the drawn signs of `icons.html`; never alone, a word always stands beside it. */
export function icon(name) {
  return s("svg", { class: "icon", "aria-hidden": "true" }, s("use", { href: `#i-${name}` }));
}

export function byId(id) {
  return document.getElementById(id);
}

/** Put new content into an area, only where it differs: what stays the same does not flicker or lose the focus. */
export function show(area, key, build) {
  if (area.dataset.key === key) return false;
  area.dataset.key = key;
  area.replaceChildren(...[build()].flat().filter(Boolean));
  return true;
}
