// The HTTP API, read from the station itself; works without any network.

import { get } from "./api.js";
import { byId, h } from "./dom.js";
import { begin } from "./frame.js";
import { t } from "./i18n.js";
import { listen } from "./wedge.js";

const VERBS = ["get", "post", "put", "patch", "delete"];
const DEEPEST = 6;

/** An example-like sketch of a schema: names with types, references followed. */
export function sketch(schema, all, depth = 0) {
  if (!schema) return "nothing";
  if (schema.$ref) {
    const name = schema.$ref.split("/").pop();
    return depth > DEEPEST ? name : sketch(all[name], all, depth + 1);
  }
  const several = schema.anyOf ?? schema.oneOf;
  if (several) {
    const parts = several.map((part) => sketch(part, all, depth + 1));
    const objects = parts.filter((part) => typeof part === "object");
    return objects.length > 0 ? objects[0] : parts.join(" | ");
  }
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (schema.type === "array") return [sketch(schema.items, all, depth + 1)];
  if (schema.type === "object" && schema.properties) return Object.fromEntries(Object.entries(schema.properties).map(([name, part]) => [name, sketch(part, all, depth + 1)]));
  if (schema.type === "object") return { "…": sketch(schema.additionalProperties || null, all, depth + 1) };
  return [schema.type ?? "any", schema.format, schema.pattern, schema.maxLength && `≤ ${schema.maxLength}`, schema.minimum !== undefined && `≥ ${schema.minimum}`, schema.maximum !== undefined && `≤ ${schema.maximum}`].filter(Boolean).join(" ");
}

const code = (value) => h("pre", { tabindex: "0" }, typeof value === "string" ? value : JSON.stringify(value, null, 2));

function part(title, content) {
  return content ? [h("h4", {}, title), content] : [];
}

/** A parameter in one line: name, where it goes, what it may be, what it is for. */
function parameter(entry, all) {
  const kind = sketch(entry.schema, all);
  const shown = Array.isArray(kind) ? `${kind[0]}, repeated` : typeof kind === "string" ? kind : JSON.stringify(kind);
  return `${entry.name} (${entry.in}${entry.required ? ", required" : ""}): ${shown}${entry.description ? `  ${entry.description}` : ""}`;
}

function operation(path, verb, spec, all) {
  const body = spec.requestBody?.content?.["application/json"]?.schema;
  const parameters = (spec.parameters ?? []).map((entry) => parameter(entry, all));
  const answers = Object.entries(spec.responses ?? {}).map(([status, answer]) => {
    const schema = answer.content?.["application/json"]?.schema;
    return [h("h4", {}, `${status} ${answer.description ?? ""}`), schema && code(sketch(schema, all))];
  });
  return h(
    "details",
    { class: "operation" },
    h("summary", {}, h("span", { class: "verb", "data-verb": verb }, verb.toUpperCase()), h("span", { class: "mono" }, path), h("span", {}, spec.description ?? spec.summary ?? "")),
    h("div", { class: "operation-body" }, part(t("docs.parameters"), parameters.length > 0 && code(parameters.join("\n"))), part(t("docs.body"), body && code(sketch(body, all))), h("h4", {}, t("docs.answers")), answers),
  );
}

listen({ onScan: () => {}, onKey: () => false });
await begin();
const spec = await get("/openapi.json");
const groups = new Map();
for (const [path, verbs] of Object.entries(spec.paths)) {
  for (const verb of VERBS.filter((name) => verbs[name])) {
    const tag = verbs[verb].tags?.[0] ?? "station";
    groups.set(tag, [...(groups.get(tag) ?? []), operation(path, verb, verbs[verb], spec.components.schemas)]);
  }
}
byId("operations").replaceChildren(...[...groups].map(([tag, operations]) => h("section", {}, h("h2", {}, tag), operations)));
