// The server's clock as this browser sees it, and one tick a second for every age on the page.
import { useEffect, useState } from "./ui.js";

let skew = 0;
const listeners = new Set();

/** Note the server's time, so that ages hold on a machine whose clock is wrong. @param {string} serverTime ISO */
export function setServerTime(serverTime) {
  skew = Date.parse(serverTime) - Date.now();
}

/** Milliseconds since 1970 by the server's clock. */
export const now = () => Date.now() + skew;

setInterval(() => listeners.forEach((listener) => listener(now())), 1000);

/** Render again each second; gives the present. */
export function useNow() {
  const [at, setAt] = useState(now);
  useEffect(() => {
    listeners.add(setAt);
    return () => listeners.delete(setAt);
  }, []);
  return at;
}
