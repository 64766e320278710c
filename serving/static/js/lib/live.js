// The one stream of server-sent events: connection state, and who wants to hear which event.
import { REFUSED, get } from "./api.js";
import { now, setServerTime } from "./clock.js";
import { useEffect, useState } from "./ui.js";

const EVENTS = ["hello", "trends", "live", "breakout", "status", "stale", "reload"];
const SILENCE_MS = 25_000; // `status` comes every 5 s: five missed ones mean that the process or the network stands still
const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 10_000;

/** connection: connecting | open | lost | refused (a key is asked for; signing in loads the page anew). lostAt, heardAt: milliseconds by the server's clock. */
let state = { connection: "connecting", heardAt: null, lostAt: null, stale: false, staleAge: null, staleAt: null, status: null, window: null };
const watchers = new Set();
const subscribers = new Map(EVENTS.map((name) => [name, new Set()]));
let source = null;
let retry = FIRST_RETRY_MS;
let retryTimer = 0;
let started = false;

export const liveState = () => state;

function set(change) {
  state = { ...state, ...change };
  watchers.forEach((watcher) => watcher(state));
}

function lose() {
  if (state.connection !== "lost" && state.connection !== "refused") set({ connection: "lost", lostAt: now() });
}

function reconnect() {
  source?.close();
  source = null;
  clearTimeout(retryTimer);
  if (state.connection === "refused") return;
  retryTimer = setTimeout(open, retry);
  retry = Math.min(retry * 1.6, LAST_RETRY_MS);
}

function staleness(data) {
  set({ stale: Boolean(data.stale), staleAge: data.age_seconds ?? null, staleAt: now() });
}

const handlers = {
  hello(data) {
    setServerTime(data.server_time);
    const wasLost = state.connection === "lost";
    retry = FIRST_RETRY_MS;
    set({ connection: "open", lostAt: null, window: data.window });
    staleness(data);
    if (wasLost) emit("reload", {});
  },
  stale: staleness,
  status: (data) => set({ status: data }),
  trends: (data) => set({ window: data.window }),
};

function emit(name, data) {
  subscribers.get(name).forEach((subscriber) => subscriber(data));
}

function receive(name, event) {
  const data = JSON.parse(event.data);
  handlers[name]?.(data);
  set({ heardAt: now() });
  emit(name, data);
}

function open() {
  source = new EventSource("/api/v1/stream");
  for (const name of EVENTS) source.addEventListener(name, (event) => receive(name, event));
  source.onerror = () => {
    lose();
    // While it is CONNECTING the browser tries again itself, and sends the last event's id, so that nothing is missed.
    if (source.readyState !== EventSource.CLOSED) return;
    get("/api/v1/status").catch(() => {}); // a stream does not say what it was answered; if it is a 401, `REFUSED` follows
    reconnect();
  };
}

/** Connect; once a page. */
export function startLive() {
  if (started) return;
  started = true;
  open();
  setInterval(() => {
    if (state.connection === "open" && now() - state.heardAt > SILENCE_MS) {
      lose();
      reconnect();
    }
  }, 1000);
  addEventListener(REFUSED, () => {
    const wasLive = state.connection !== "refused" && state.heardAt !== null;
    set({ connection: "refused", lostAt: null });
    reconnect(); // which now only closes
    if (wasLive) emit("reload", {}); // so that what is on screen says that it cannot be refreshed
  });
  addEventListener("online", () => state.connection === "lost" && reconnect());
}

/** The connection's state, re-rendered when it changes. */
export function useLive() {
  const [current, setCurrent] = useState(state);
  useEffect(() => {
    watchers.add(setCurrent);
    setCurrent(state);
    return () => watchers.delete(setCurrent);
  }, []);
  return current;
}

/** Call `handler` on each event of these names. @param {string[]} names @param {(data: unknown) => void} handler */
export function useEvents(names, handler) {
  const key = names.join();
  useEffect(() => {
    names.forEach((name) => subscribers.get(name).add(handler));
    return () => names.forEach((name) => subscribers.get(name).delete(handler));
  }, [key, handler]);
}
