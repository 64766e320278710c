// Links to the other parts of the platform that answer.
import { html } from "../lib/ui.js";
import { safeUrl } from "./comments.js";
import { Icon } from "./icons.js";

/** The address as the reader's browser reaches it: the platform names its own machine, which is theirs only when they sit at it. */
function reachable(url) {
  const address = safeUrl(url) && new URL(url);
  if (address && address.hostname === "127.0.0.1") address.hostname = location.hostname;
  return address?.href;
}

/** @param {{links?: {name: string, url: string}[], only?: RegExp}} props links: undefined before they are known; only: whose names fit */
export function Links({ links, only = /./ }) {
  if (!links) return html`<p class="definition">Which of these parts answer is not known yet.</p>`;
  const shown = links.filter((link) => only.test(link.name) && safeUrl(link.url));
  if (!shown.length) return html`<p class="definition">None of these parts answers now.</p>`;
  return html`<p class="links">${shown.map((link) => html`<a key=${link.name} class="button" href=${reachable(link.url)} target="_blank" rel="noopener noreferrer">${link.name}<span class="sr-only">, opens a new tab</span> <${Icon} name="out" size=${13} /></a>`)}</p>`;
}
