// Reading the API. Errors are RFC 9457 problem details; a browser that gets no answer at all makes a Problem of status 0.
/** What the window hears when the API asks for a key: the stream cannot be had either, and that is no disconnection. */
export const REFUSED = "trendscope-refused";
const TIMEOUT_MS = 15_000; // the slowest answer (a month of history) takes well under a second; a stopped process takes for ever

export class Problem extends Error {
  /** @param {number} status 0 when nothing answered  @param {string} title  @param {string} [detail] */
  constructor(status, title, detail = "") {
    super(detail || title);
    Object.assign(this, { status, title, detail });
  }
}

/** GET a path of the API. @param {string} path @param {AbortSignal} [signal] */
export async function get(path, signal) {
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  let response;
  try {
    response = await fetch(path, { headers: { Accept: "application/json" }, signal: signal ? AbortSignal.any([signal, timeout]) : timeout });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Problem(0, "No answer", "The TrendScope API cannot be reached.");
  }
  return read(response);
}

/** Hand an API key over for a session cookie. */
export async function signIn(key) {
  const response = await fetch("/api/v1/session", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ key }) });
  if (!response.ok) await read(response);
}

async function read(response) {
  const body = await response.json().catch(() => null);
  if (response.ok && body !== null) return body;
  if (response.status === 401) dispatchEvent(new Event(REFUSED));
  throw new Problem(response.status, body?.title ?? `HTTP ${response.status}`, body?.detail ?? "");
}

/** A path with its query; empty values are left out. @param {string} path @param {Record<string, unknown>} query */
export function withQuery(path, query) {
  const pairs = Object.entries(query).filter(([, value]) => value !== null && value !== undefined && value !== "");
  return pairs.length ? `${path}?${new URLSearchParams(pairs.map(([name, value]) => [name, String(value)]))}` : path;
}
