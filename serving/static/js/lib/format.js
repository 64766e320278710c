// Numbers and times as people read them. `null` is unknown and is said so; it never becomes a zero.
export const UNKNOWN = "unknown";
const known = (value) => value !== null && value !== undefined && !Number.isNaN(value);
const cache = new Map();

function numberFormat(options) {
  const key = JSON.stringify(options);
  if (!cache.has(key)) cache.set(key, new Intl.NumberFormat("en", options));
  return cache.get(key);
}

/** @param {number|null} value @param {number} [digits] */
export const number = (value, digits = 1) =>
  known(value) ? numberFormat({ minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value).replace("-", "−") : UNKNOWN;
export const count = (value) => (known(value) ? numberFormat({ maximumFractionDigits: 0 }).format(value) : UNKNOWN);
export const compact = (value) => (known(value) ? numberFormat({ notation: "compact", maximumFractionDigits: 1 }).format(value) : UNKNOWN);
export const signed = (value, digits = 2) => (known(value) ? (value > 0 ? "+" : "") + number(value, digits) : UNKNOWN);
export const percent = (share, digits = 0) => (known(share) ? `${number(share * 100, digits)} %` : UNKNOWN);
/** How often more than expected: 5.9 → "5.9×". */
export const times = (value) => (known(value) ? `${number(value, value < 9.95 ? 1 : 0)}×` : UNKNOWN);
/** 1 → "1 comment", 2 → "2 comments". */
export const plural = (value, noun) => `${count(value)} ${noun}${value === 1 ? "" : "s"}`;
/** A probability that may be very small. */
export const chance = (p) => (!known(p) ? UNKNOWN : p < 1e-12 ? "under 1 in a trillion" : p < 0.001 ? `1 in ${compact(1 / p)}` : percent(p, 1));

const UNITS = [[86_400, "d"], [3600, "h"], [60, "min"], [1, "s"]];

/** Seconds as at most two units: 3725 → "1 h 2 min". */
export function duration(seconds) {
  if (!known(seconds)) return UNKNOWN;
  let left = Math.max(0, Math.round(seconds));
  if (left >= 3600) left = Math.round(left / 60) * 60;
  const parts = [];
  for (const [size, name] of UNITS) {
    if (left >= size) parts.push(`${Math.floor(left / size)} ${name}`);
    left %= size;
    if (parts.length === 2) break;
  }
  return parts.join(" ") || "0 s";
}

const clockFormat = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const secondFormat = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
const dayFormat = new Intl.DateTimeFormat("en", { day: "numeric", month: "short" });
const dateFormat = new Intl.DateTimeFormat("en", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });

/** 14:05 in the reader's time zone. @param {string|number} at ISO or milliseconds */
export const clock = (at) => clockFormat.format(new Date(at));
export const clockSeconds = (at) => secondFormat.format(new Date(at));
/** The clock, with the day when that is not today. */
export function moment(at, today = Date.now()) {
  const date = new Date(at);
  const sameDay = date.toDateString() === new Date(today).toDateString();
  return sameDay ? clock(date) : `${dayFormat.format(date)}, ${clock(date)}`;
}
export const day = (at) => dayFormat.format(new Date(at));
/** A calendar date such as a release: "27 Feb 2024"-like, never shifted by the time zone. */
export const date = (iso) => (iso ? dateFormat.format(new Date(iso)) : UNKNOWN);
export const utc = (at) => `${new Date(at).toISOString().slice(0, 19).replace("T", " ")} UTC`;
export const zone = () => Intl.DateTimeFormat().resolvedOptions().timeZone;
export const seconds = (iso) => Date.parse(iso) / 1000;

let languageNames;
/** "ko" → "Korean". */
export function language(code) {
  if (!code) return UNKNOWN;
  try {
    languageNames ??= new Intl.DisplayNames(["en"], { type: "language" });
    return languageNames.of(code) ?? code;
  } catch {
    return code;
  }
}
