// The pipeline with its live rates, how fresh each source is, and what became of every comment.
import { useNow } from "../lib/clock.js";
import { count, number, percent, plural } from "../lib/format.js";
import { useLive } from "../lib/live.js";
import { useResource } from "../lib/resource.js";
import { html } from "../lib/ui.js";
import { Ago, Card, Loaded, Span, Unknown } from "../components/basics.js";
import { Links } from "../components/links.js";

/** The data's way, column by column; services by their compose names. */
const FLOW = [
  [["source", "TMDB", "The film catalogue and its popularity"], ["source", "Reddit", "Comments, as they are written"]],
  [["service", "tmdb-producer", "Polls TMDB into Kafka"], ["service", "reddit-producer", "Polls Reddit into Kafka"]],
  [["service", "trend-processor", "Spark: links, scores, counts by window"]],
  [["service", "ml-service", "River: forecasts and learns"], ["service", "momentum", "Growth and breakouts"], ["service", "drift", "Compares recent windows with earlier ones"]],
  [["own", "serving", "This API and dashboard"]],
];
/** What carries the data into each column. */
const VIA = ["", "HTTP", "Kafka", "Kafka", "Cassandra"];
const CATEGORIES = {
  counted: "Means a film, and was counted", without_film: "Means no film", duplicate: "Seen before", late: "Too late for its window",
  not_organic: "Found by searching for a film", dead_letter: "Set aside as unreadable",
};
/** What a service's lag counts, where that is not records of a topic. */
const WAITING = { momentum: (lag) => `${plural(lag, "window")} open or waiting` };
const SMALL_RATE = 0.1; // below, a rate a second is read better by the minute

function rateOf(service) {
  if (service.rate === null || service.rate === undefined) return null;
  const [unit] = (service.rate_unit ?? "/s").split("/");
  return service.rate < SMALL_RATE ? `${number(service.rate * 60, service.rate ? 1 : 0)} ${unit}/min` : `${number(service.rate)} ${unit}/s`;
}

const Dot = ({ up }) => html`<i class=${`dot ${up === true ? "up" : up === false ? "down" : ""}`} /><span class="sr-only">${up === true ? "runs" : up === false ? "does not answer" : "not known"}</span>`;

function Service({ name, what, service }) {
  const rate = service && rateOf(service);
  return html`<div class=${`node ${service?.up === false ? "down" : ""}`}><h3><${Dot} up=${service?.up ?? null} />${name}</h3><p>${what}</p>
    ${(rate || service?.rate_unit) && html`<p class="rate">${rate ?? html`<${Unknown}>rate unknown<//>`}</p>`}
    <p>${service?.up === false ? html`<b>Does not answer</b> (looked <${Ago} at=${service.checked_at} />)` : html`Newest event <${Ago} at=${service?.last_event} />`}</p>
    ${service && service.lag !== null && html`<p>${WAITING[name]?.(service.lag) ?? (service.lag ? `${plural(service.lag, "record")} behind` : "Not behind")}</p>`}</div>`;
}

function Source({ name, what, source }) {
  return html`<div class="node"><h3>${name} ${source?.simulated ? html`<span class="chip warn">simulated</span>` : ""}</h3><p>${what}</p>
    <p>Newest event <${Ago} at=${source?.last_event} /></p><p>Last asked <${Ago} at=${source?.last_poll} /></p></div>`;
}

function Node({ entry: [kind, name, what], status }) {
  if (kind === "source") return html`<${Source} name=${name} what=${what} source=${status.sources.find((each) => each.name === name)} />`;
  if (kind === "service") return html`<${Service} name=${name} what=${what} service=${status.services.find((each) => each.name === name)} />`;
  return html`<div class="node"><h3><${Dot} up=${true} />${name}</h3><p>${what}</p><p class="rate">${plural(status.films, "film")}</p><p>Read from the store <${Ago} at=${status.source.read_at} /></p></div>`;
}

function Ledger({ ledger }) {
  if (!ledger) return html`<${Card} title="The ledger" definition="What became of the comments the job has read."><p class="definition">No comment has been processed yet.</p><//>`;
  const rows = Object.entries(ledger.categories).sort((a, b) => b[1] - a[1]);
  return html`<${Card} title="The ledger" definition=${html`What became of the comments the job has read: ${count(ledger.total)} are in the ledger, each in one category. Read <${Ago} at=${ledger.as_of} />.`}>
    <div class="ledger-bar" aria-hidden="true">${rows.map(([name, value]) => value > 0 && html`<i key=${name} class=${name} style=${{ flexGrow: value }} />`)}</div>
    <table class="table"><thead><tr><th scope="col">Became</th><th scope="col">Comments</th><th scope="col">Share</th></tr></thead><tbody>${rows.map(([name, value]) => html`<tr key=${name}><th scope="row">${CATEGORIES[name] ?? name}</th><td>${count(value)}</td><td>${percent(ledger.total ? value / ledger.total : null, 1)}</td></tr>`)}</tbody></table><//>`;
}

const DAY = 86_400;
const TICKS = [["now", 0], ["1 min", 60], ["1 h", 3600], ["1 d", DAY]];
/** Where an age stands between now and a day, in percent: by its logarithm, so that seconds and hours can both be told apart. */
const rung = (age) => `${Math.min(100, (100 * Math.log1p(Math.max(0, age))) / Math.log1p(DAY))}%`;

function Age({ name, at }) {
  const present = useNow();
  return html`<li><span class="name">${name}</span><span class="ladder" aria-hidden="true">${at && html`<i style=${{ left: rung((present - Date.parse(at)) / 1000) }} />`}</span><span class="age"><${Ago} at=${at} /></span></li>`;
}

const Freshness = ({ status }) => html`<${Card} title="Freshness" definition=${html`How old the newest event is that each part knows of, in the time of the events. Newest closed window: ${status.window ? html`<${Span} window=${status.window} />` : html`<${Unknown}>none yet<//>`}.`}>
  <ul class="ages"><${Age} name="closed window" at=${status.window?.end} />
    ${[...status.sources, ...status.services].map((each) => html`<${Age} key=${each.name} name=${each.name} at=${each.last_event} />`)}
    <li aria-hidden="true"><span /><span class="ticks">${TICKS.map(([text, age]) => html`<span key=${text} style=${{ left: rung(age) }}>${text}</span>`)}</span><span /></li></ul><//>`;

export default function System() {
  const live = useLive();
  const resource = useResource("/api/v1/status");
  const newest = live.status ?? resource.data;
  return html`<div class="page-head"><div><h1 tabindex="-1">System</h1><p class="definition">The pipeline from its sources to this page, as each part tells of itself every five seconds. Rates are those of the last minute.</p></div></div>
    <${Loaded} resource=${newest ? { ...resource, data: newest } : resource} rows=${5}>${(status) => html`
      <${Card} title="Pipeline" definition="From left to right: sources, producers, Kafka, the Spark job, Cassandra, the forecaster and the watchers beside it, this process."><div class="flow">${FLOW.map((column, index) => html`<div class="flow-column" key=${index}>${VIA[index] && html`<span class="via">${VIA[index]}</span>`}${column.map((entry) => html`<${Node} key=${entry[1]} entry=${entry} status=${status} />`)}</div>`)}</div><//>
      <div class="grid-2 loose"><${Ledger} ledger=${status.ledger} /><div class="stack"><${Freshness} status=${status} /><${Card} title="Look inside" definition="Pages of the other parts that answer now."><${Links} links=${status.links} /><//></div></div>`}<//>`;
}
