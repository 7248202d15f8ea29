// Every sentence of the page in the person's language. A message is a code and its parameters; a parameter whose
// `name.value` has a sentence of its own (`disposition.SCRAP`) is said in words.

import { visible } from "./visible.js";

const root = document.documentElement;
export const language = root.lang;
const LOCALES = { en: "en-IN", hi: "hi-IN", ta: "ta-IN" };
const locale = LOCALES[language] ?? "en-IN";

let sentences = {};

/** Read the catalogue; a page shows nothing of the work before. */
export async function loadCatalogue() {
  const answer = await fetch(`/api/catalogue/${language}?v=${root.dataset.catalogue}`);
  sentences = await answer.json();
}

export function knows(code) {
  return Object.hasOwn(sentences, code);
}

export function t(code, params = {}) {
  if (!knows(code)) return visible(code);
  return sentences[code].replace(/\{([a-z_][a-z0-9_]*)\}/g, (gap, name) =>
    Object.hasOwn(params, name) ? word(name, params[name]) : gap,
  );
}

/** The sentence of a message, as the station's API gives it. */
export function say(message) {
  return t(message.code, message.params);
}

const counted = (value) => (Number.isFinite(Number(value)) ? number.format(Number(value)) : visible(value));
const listed = (kind) => (value) => String(value).split(", ").map((one) => word(kind, one)).join(", ");
const SHAPED = { quantity: (value) => quantity(value), date: (value) => date(String(value)), cameras: listed("view"), packs: listed("pack"), owed: counted, dead: counted };

/** A value in words where the catalogue has them: `word("storage", "chilled")`; quantities and dates as people write them. */
export function word(kind, value) {
  const code = `${kind}.${value}`;
  if (knows(code)) return sentences[code];
  return (SHAPED[kind] ?? visible)(value);
}

// Times are those of the site, whatever time zone the device is set to.
const SITE_OFFSET_MS = Number(root.dataset.utcOffset) * 60000;
const atSite = (iso) => new Date(Date.parse(iso) + SITE_OFFSET_MS);

const clock = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: "UTC", numberingSystem: "latn" });
const dayAndMonth = new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", timeZone: "UTC", numberingSystem: "latn" });
const day = new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", year: "numeric", timeZone: "UTC", numberingSystem: "latn" });
const month = new Intl.DateTimeFormat(locale, { month: "long", year: "numeric", timeZone: "UTC", numberingSystem: "latn" });
const longDay = new Intl.DateTimeFormat(locale, { day: "numeric", month: "long", year: "numeric", timeZone: "UTC", numberingSystem: "latn" });
const number = new Intl.NumberFormat(locale, { maximumFractionDigits: 3, numberingSystem: "latn" });

export const time = (iso) => clock.format(atSite(iso));

/** A time, with its day where that is not today. */
export function moment(iso, now) {
  const [at, present] = [atSite(iso), new Date(now + SITE_OFFSET_MS)];
  const isToday = at.toISOString().slice(0, 10) === present.toISOString().slice(0, 10);
  return isToday ? clock.format(at) : `${dayAndMonth.format(at)}, ${clock.format(at)}`;
}
export const count = (value) => number.format(value);

/** An ISO date as a day, an ISO month as a month; anything else as it is. */
export function date(iso, { long = false } = {}) {
  if (/^\d{4}-\d{2}$/.test(iso)) return month.format(new Date(`${iso}-01T00:00:00Z`));
  const parsed = new Date(`${iso}T00:00:00Z`);
  return /^\d{4}-\d{2}-\d{2}$/.test(iso) && !Number.isNaN(parsed.valueOf()) ? (long ? longDay : day).format(parsed) : visible(iso);
}

/** "2 C62" as "2" (or "2 pcs" where the unit must stand), "1.25 KGM" as "1.25 kg". */
export function quantity(text, { alwaysUnit = false } = {}) {
  const [amount, unit = "C62"] = String(text).split(" ");
  const name = word("unit", unit);
  const shown = Number.isFinite(Number(amount)) ? number.format(Number(amount)) : visible(amount);
  return unit === "C62" && !alwaysUnit ? shown : `${shown} ${name}`;
}

/** A span of time as people say it: seconds up to a minute, then minutes, hours, days; `short` leaves out the minutes of hours. */
export function span(seconds, { short = false } = {}) {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < 60) return t("span.seconds", { n: whole });
  if (whole < 3600) return t("span.minutes", { n: Math.floor(whole / 60) });
  if (short && whole < 48 * 3600) return t("span.only_hours", { n: Math.floor(whole / 3600) });
  if (whole < 48 * 3600) return t("span.hours", { n: Math.floor(whole / 3600), minutes: Math.floor((whole % 3600) / 60) });
  return t("span.days", { n: Math.floor(whole / 86400) });
}
