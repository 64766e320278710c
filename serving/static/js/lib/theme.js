// The theme: the system's, or the one chosen, kept in this browser.
import { useEffect, useState } from "./ui.js";

const CHANGED = "trendscope:theme";
const dark = matchMedia("(prefers-color-scheme: dark)");

/** light or dark, as shown now. */
export const shownTheme = () => document.documentElement.dataset.theme ?? (dark.matches ? "dark" : "light");

/** Show the other theme and remember it. */
export function toggleTheme() {
  const next = shownTheme() === "dark" ? "light" : "dark";
  document.documentElement.dataset.theme = next;
  try {
    localStorage.setItem("theme", next);
  } catch {
    // Storage is switched off: it holds for this page.
  }
  dispatchEvent(new Event(CHANGED));
}

/** The theme shown; re-rendered when it changes. */
export function useTheme() {
  const [theme, setTheme] = useState(shownTheme);
  useEffect(() => {
    const update = () => setTheme(shownTheme());
    addEventListener(CHANGED, update);
    dark.addEventListener("change", update);
    return () => {
      removeEventListener(CHANGED, update);
      dark.removeEventListener("change", update);
    };
  }, []);
  return theme;
}

/** A colour token as the canvas wants it. `light-dark()` is resolved by the browser on a probe. @param {string} token e.g. "--ink" */
export function color(token) {
  const probe = document.createElement("span");
  probe.style.color = `var(${token})`;
  document.body.append(probe);
  const resolved = getComputedStyle(probe).color;
  probe.remove();
  return resolved;
}
