// Addresses without reloads: links to the dashboard's own pages change the history, everything else stays the browser's.
import { useEffect, useState } from "./ui.js";

const CHANGED = "trendscope:address";
const OWN = /^\/(?:$|(?:film\/\d+|compare|breakouts|model|system)$)/;

const current = () => ({ path: location.pathname, query: new URLSearchParams(location.search) });

/** Go to an address of the dashboard. @param {string} href @param {{replace?: boolean}} [how] replace: no new history entry */
export function navigate(href, { replace = false } = {}) {
  history[replace ? "replaceState" : "pushState"](null, "", href);
  dispatchEvent(new CustomEvent(CHANGED, { detail: { replace } }));
}

/** Change some query parameters of the present address; empty ones go. */
export function setQuery(change) {
  const { path, query } = current();
  for (const [name, value] of Object.entries(change)) {
    if (value === null || value === undefined || value === "") query.delete(name);
    else query.set(name, String(value));
  }
  const text = query.toString().replaceAll("%2C", ",");
  navigate(text ? `${path}?${text}` : path, { replace: true });
}

function follow(event) {
  const link = event.target.closest?.("a[href]");
  if (!link || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const url = new URL(link.href);
  if (link.target || link.hasAttribute("download") || url.origin !== location.origin || url.hash || !OWN.test(url.pathname)) return;
  event.preventDefault();
  navigate(url.pathname + url.search);
}

/** The present address; re-rendered when it changes. */
export function useAddress() {
  const [address, setAddress] = useState(current);
  useEffect(() => {
    const update = (event) => {
      setAddress(current());
      if (event.type === CHANGED && !event.detail.replace) scrollTo(0, 0);
    };
    addEventListener("popstate", update);
    addEventListener(CHANGED, update);
    document.addEventListener("click", follow);
    return () => {
      removeEventListener("popstate", update);
      removeEventListener(CHANGED, update);
      document.removeEventListener("click", follow);
    };
  }, []);
  return address;
}
