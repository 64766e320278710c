// The frame around every page: bar, banners that say when something is old, footer, search.
import { useNow } from "../lib/clock.js";
import { clockSeconds, duration, moment, zone } from "../lib/format.js";
import { useLive } from "../lib/live.js";
import { navigate } from "../lib/router.js";
import { toggleTheme, useTheme } from "../lib/theme.js";
import { cls, html, useEffect, useState } from "../lib/ui.js";
import { Icon } from "./icons.js";
import { SearchDialog } from "./search.js";

const PAGES = [["/", "Now", "now"], ["/breakouts", "Breakouts", "breakouts"], ["/compare", "Compare", "compare"], ["/model", "Model", "model"], ["/system", "System", "system"]];

/** How old what is shown may be before it counts as frozen although connected. */
const FROZEN_SECONDS = 600; // a window slides each minute and closes minutes after its end; ten of them missed is no delay any more

/** What is wrong with the freshness of what is shown, or null; of it only `age` changes as time goes by. */
export function troubleOf(live, present) {
  if (live.connection === "lost") {
    const heard = live.heardAt ?? live.lostAt;
    return { kind: "lost", look: "bad", title: "Disconnected.", text: live.heardAt ? `What you see is from ${clockSeconds(heard)}. It goes on by itself when the server answers again.` : "No live updates can be had from the server now. They begin by themselves when it gives them.", age: live.heardAt ? `The server was last heard ${duration((present - heard) / 1000)} ago.` : null };
  }
  if (live.stale) {
    const age = live.staleAge === null ? null : live.staleAge + (present - live.staleAt) / 1000;
    return { kind: "stale", look: "warn", title: "The store does not answer.", text: "These are the last known figures. Nothing newer is shown as new.", age: age === null ? null : `They are from ${duration(age)} ago.` };
  }
  const age = live.window ? (present - Date.parse(live.window.end)) / 1000 : 0;
  if (age > FROZEN_SECONDS) return { kind: "stale", look: "warn", title: "No new window.", text: `The newest closed window ended at ${moment(live.window.end, present)}; the pipeline may stand still.`, age: `That was ${duration(age)} ago.`, link: true };
  return null;
}

/** The trouble is announced once: its age, which ticks, stands beside what is read out. */
function Banner({ trouble }) {
  return html`<div class=${trouble ? `banner ${trouble.look}` : ""}><div><p role="status">${trouble && html`<b>${trouble.title}</b> ${trouble.text}`}</p>${trouble?.age && html`<span>${trouble.age}</span>`}${trouble?.link && html`<a href="/system">See the pipeline</a>`}</div></div>`;
}

function Pulse({ live, trouble }) {
  const kind = trouble?.kind ?? live.connection;
  return html`<span class=${`pulse ${kind}`}><i aria-hidden="true" />${{ open: "Live", connecting: "Connecting", lost: "Offline", stale: "Stale", refused: "Signed out" }[kind]}</span>`;
}

function ThemeButton() {
  const theme = useTheme();
  return html`<button type="button" class="icon-button" onClick=${toggleTheme}><span class="sr-only">Use the ${theme === "dark" ? "light" : "dark"} theme</span><${Icon} name=${theme === "dark" ? "sun" : "moon"} /></button>`;
}

/** "/" opens the search unless somebody types. */
function useSearchKey(open) {
  useEffect(() => {
    const press = (event) => {
      const typing = event.target.closest?.("input, select, textarea, [contenteditable]");
      if (event.key === "/" && !typing && !event.metaKey && !event.ctrlKey && !event.altKey) {
        event.preventDefault();
        open();
      }
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, [open]);
}

const isCurrent = (href, path) => (href === "/" ? path === "/" : path.startsWith(href));

export function Shell({ path, children }) {
  const live = useLive();
  const trouble = troubleOf(live, useNow());
  const [searching, setSearching] = useState(false);
  useSearchKey(() => setSearching(true));
  const simulated = live.status?.sources.filter((source) => source.simulated).map((source) => source.name) ?? [];
  return html`<div class=${cls(trouble && "frozen")}>
    <a class="skip" href="#content">Skip to the content</a>
    <header class="bar"><div class="bar-inner">
      <a class="brand" href="/" aria-label="TrendScope, to the start"><span class="mark"><${Icon} name="now" size=${22} width=${2.4} /></span><span>TrendScope</span></a>
      <nav class="nav" aria-label="Pages">${PAGES.map(([href, name, icon]) => html`<a key=${href} href=${href} aria-current=${isCurrent(href, path) ? "page" : undefined}><${Icon} name=${icon} />${name}</a>`)}</nav>
      <div class="bar-end"><${Pulse} live=${live} trouble=${trouble} />
        <button type="button" class="button search-open" aria-label="Search films" onClick=${() => setSearching(true)}><${Icon} name="search" size=${16} /><span>Search films</span><kbd>/</kbd></button>
        <${ThemeButton} /></div>
    </div></header>
    <${Banner} trouble=${trouble} />
    <main id="content" class="page" tabindex="-1">${children}</main>
    <footer class="page-foot"><div>
      <span>Times are in your time zone (${zone()}). ${simulated.length ? html`<b>Simulated sources: ${simulated.join(", ")}</b>; what they say is made up.` : ""}</span>
      <span>This product uses the TMDB API but is not endorsed or certified by TMDB. <a href="/api/v1/openapi.json">API</a></span>
    </div></footer>
    <${SearchDialog} open=${searching} label="Search films" onClose=${() => setSearching(false)} onChoose=${(hit) => navigate(`/film/${hit.movie_id}`)} />
  </div>`;
}
