// Now: the films of one window, best first; filters, sorting and the past in the address, so that a view can be shared.
import { withQuery } from "../lib/api.js";
import { clock, count, percent, plural } from "../lib/format.js";
import { useResource } from "../lib/resource.js";
import { setQuery } from "../lib/router.js";
import { html, useState } from "../lib/ui.js";
import { Ago, Empty, Loaded, Segmented, Span, Time } from "../components/basics.js";
import { downloadCsv } from "../components/export.js";
import { Filters, FILTER_NAMES } from "../components/filters.js";
import { Icon } from "../components/icons.js";
import { Ranking } from "../components/ranking.js";
import { TimeMachine } from "../components/timemachine.js";

const PAGE_SIZE = 50; // a page of rows stays smooth on a phone, and 2,000 films are 40 pages
const SORTS = [["score", "Score"], ["momentum", "Momentum"], ["mentions", "Mentions"], ["sentiment", "Sentiment"]];
const SORT_NOTES = {
  score: "by TrendScore",
  momentum: "by growth of the last hour's mentions over the film's own normal",
  mentions: "by mentions in the window",
  sentiment: "by mean sentiment of the window's mentions",
};

/** What the address asks for. */
function viewOf(query) {
  const page = Math.max(1, Number.parseInt(query.get("page") ?? "1", 10) || 1);
  const filters = Object.fromEntries(FILTER_NAMES.map((name) => [name, query.get(name)]));
  const at = query.get("at");
  return { page, filters, at, window: at ? null : query.get("window"), sort: query.get("sort") ?? "score" };
}

const pathOf = (view) =>
  withQuery("/api/v1/trending", { ...view.filters, at: view.at, window: view.window, sort: view.sort === "score" ? null : view.sort, limit: PAGE_SIZE, offset: view.page > 1 ? (view.page - 1) * PAGE_SIZE : null });

function eventsOf(view) {
  if (view.at) return [];
  return view.window === "live" ? ["live", "trends"] : ["trends", "breakout"];
}

function Definition({ data, view }) {
  const { window, films, page } = data;
  if (!window) return null;
  const weights = films[0]?.parts;
  return html`<p class="definition">
    <b>${count(page.total)} films</b> in the window <${Span} window=${window} /> (${window.is_final ? "closed, final" : "still open, growing"}), ${SORT_NOTES[view.sort]}.
    ${weights && html` TrendScore, 0 to 100: ${percent(weights.popularity.weight)} popularity at TMDB, ${percent(weights.mentions.weight)} mentions on Reddit, ${percent(weights.sentiment.weight)} their sentiment.`}
  </p>`;
}

function Updated({ resource, view }) {
  if (!resource.receivedAt) return null;
  if (view.at) return html`<span class="chip warn"><${Icon} name="clock" size=${13} /> The past: <${Time} at=${view.at} /></span>`;
  return html`<span class="updated">Updated <${Ago} at=${resource.receivedAt} /></span>`;
}

function go(target) {
  setQuery({ page: target > 1 ? target : null });
  scrollTo(0, 0);
}

const pagesOf = (page) => Math.ceil(page.total / PAGE_SIZE);

function Pager({ page }) {
  const pages = pagesOf(page);
  if (pages < 2) return null;
  const current = page.offset / PAGE_SIZE + 1;
  return html`<nav class="pager" aria-label="Pages of films">
    <button type="button" class="button" disabled=${current <= 1} onClick=${() => go(current - 1)}>Previous</button>
    <span>Page <b>${count(current)}</b> of ${count(pages)}</span>
    <button type="button" class="button" disabled=${current >= pages} onClick=${() => go(current + 1)}>Next</button>
  </nav>`;
}

/** Why no film is shown. @param {{view: any, data: any}} props view: the one that the answer is of */
function Nothing({ view, data }) {
  if (data.page.total)
    return html`<${Empty} title="This page is past the end">There are ${plural(data.page.total, "film")} on ${plural(pagesOf(data.page), "page")}. <button type="button" class="linklike" onClick=${() => go(1)}>To page 1</button><//>`;
  const filtered = Object.values(view.filters).some(Boolean);
  if (filtered && data.window)
    return html`<${Empty} title="No film fits these filters">In the window that ended at ${clock(data.window.end)} no film has all of these properties. <button type="button" class="linklike" onClick=${() => setQuery(Object.fromEntries(FILTER_NAMES.map((name) => [name, null])))}>Clear the filters</button><//>`;
  if (view.at) return html`<${Empty} title="Nothing is stored for that time">No window ended by then, or its rows are past their retention.<//>`;
  return html`<${Empty} title="No window has closed yet">The first one closes a few minutes after the start: comments are counted for the window's length, then the late ones are waited for. This page fills by itself. <a href="/system">See what runs</a>.<//>`;
}

export default function Now({ query }) {
  const view = viewOf(query);
  const resource = useResource(pathOf(view), eventsOf(view));
  // until a new view's answer is here, the last one's films stay, and so does what is said of them
  const shown = resource.path ? viewOf(new URL(resource.path, location.origin).searchParams) : view;
  const [panel, setPanel] = useState(null);
  const toggle = (name) => setPanel(panel === name ? null : name);
  const active = Object.values(view.filters).filter(Boolean).length;
  const lead = view.page === 1 && view.sort === "score" && !active;
  const change = (next) => setQuery({ page: null, ...next });
  return html`
    <div class="page-head">
      <div><h1 tabindex="-1">${shown.at ? "Trending then" : "Trending now"}</h1>${resource.data && html`<${Definition} data=${resource.data} view=${shown} />`}</div>
      <${Updated} resource=${resource} view=${shown} />
    </div>
    <div class="controls" role="toolbar" aria-label="View">
      ${!view.at && html`<${Segmented} label="Which window" value=${view.window ?? "closed"} options=${[["closed", "Last closed"], ["live", "Live"]]} onChange=${(value) => change({ window: value === "live" ? "live" : null })} />`}
      <${Segmented} label="Sort by" value=${view.sort} options=${SORTS} onChange=${(value) => change({ sort: value === "score" ? null : value })} />
      <span class="controls-end">
        <button type="button" class="button" aria-expanded=${panel === "filters"} onClick=${() => toggle("filters")}><${Icon} name="filter" size=${15} />Filters${active ? html` <b class="badge">${active}</b>` : ""}</button>
        <button type="button" class="button" aria-expanded=${panel === "past"} onClick=${() => toggle("past")}><${Icon} name="clock" size=${15} />Past</button>
        <button type="button" class="button" disabled=${!resource.data?.films.length} onClick=${() => downloadCsv(resource.data)}><${Icon} name="download" size=${15} /><span class="wide">CSV</span><span class="sr-only"> of the films shown</span></button>
      </span>
    </div>
    ${panel === "filters" && html`<${Filters} filters=${view.filters} onChange=${change} />`}
    ${panel === "past" && html`<${TimeMachine} at=${view.at} onChange=${change} />`}
    <${Loaded} resource=${resource} rows=${9}>${(data) =>
      data.films.length
        ? html`<${Ranking} films=${data.films} window=${data.window} lead=${lead} /><${Pager} page=${data.page} />`
        : html`<${Nothing} view=${shown} data=${data} />`}<//>
    <details class="legend"><summary>What the columns are</summary><dl>
      <div><dt>TrendScore</dt><dd>The three parts add up to it. P and M grow with the logarithm of popularity and mentions; S is the mean sentiment, pulled to the middle when comments are few.</dd></div>
      <div><dt>Rank movement</dt><dd>Places gained or lost against the window about an hour earlier; “–” when the film had no rank then.</dd></div>
      <div><dt>Its course</dt><dd>TrendScores of the last windows, each film on its own scale of at least ten points.</dd></div>
      <div><dt>Mentions and normal</dt><dd>Comments of the last hour that mean the film. The mark is what its own history expects at this time of day; the multiple is shrunk, so that three comments cannot top the list.</dd></div>
      <div><dt>Sentiment</dt><dd>Mean VADER compound of the window's comments, −1 to +1, always with their number; under five it is dimmed.</dd></div>
      <div><dt>Forecast</dt><dd>The TrendScore of the next window that does not overlap this one, with the interval that is meant to hold 80 % of the outcomes. The bar spans 20 points on either side of the present score, its mark. <a href="/model">How well it does</a>.</dd></div>
    </dl></details>`;
}
