// Breakouts: films that were suddenly spoken of far more than their own normal, as a timeline and one by one.
import { withQuery } from "../lib/api.js";
import { now } from "../lib/clock.js";
import { chance, clock, count, day, duration, moment, number, times } from "../lib/format.js";
import { useResource } from "../lib/resource.js";
import { setQuery } from "../lib/router.js";
import { cls, html } from "../lib/ui.js";
import { Card, Empty, Loaded, Segmented, Time } from "../components/basics.js";
import { Poster } from "../components/poster.js";

const LIMIT = 100;
const SPANS = [["24", "24 h"], ["168", "7 d"], ["720", "30 d"]];
const KINDS = [["", "All"], ["active", "Going on"], ["ended", "Ended"]];
const HOUR = 3_600_000;
const LANES = 14; // what a timeline can show at a glance; the list below has all

const sinceOf = (hours) => `${new Date(Math.floor((now() - hours * HOUR) / HOUR) * HOUR).toISOString().slice(0, 19)}Z`;

/** Where a stretch lies on the axis, in percent. */
function stretch(breakout, from, to) {
  const start = Math.max(from, Date.parse(breakout.started_at));
  const end = Math.min(to, breakout.ended_at ? Date.parse(breakout.ended_at) : to);
  return { left: `${(100 * (start - from)) / (to - from)}%`, width: `${(100 * Math.max(0, end - start)) / (to - from)}%` };
}

function Timeline({ breakouts, hours }) {
  const to = now();
  const from = to - hours * HOUR;
  const films = [...new Map(breakouts.map((each) => [each.movie_id, each.title]))].slice(0, LANES);
  const label = hours > 48 ? day : clock;
  return html`<div class="lanes">
    ${films.map(([id, title]) => html`<div class="lane" key=${id}><a href=${`/film/${id}`}>${title}</a><div class="lane-track">
      ${breakouts.filter((each) => each.movie_id === id).map((each) => html`<i key=${each.breakout_id} role="img" class=${cls(each.status)} style=${stretch(each, from, to)} title=${`${moment(each.started_at)} to ${each.ended_at ? moment(each.ended_at) : "now"}`} aria-label=${`From ${moment(each.started_at)} to ${each.ended_at ? moment(each.ended_at) : "now"}`} />`)}</div></div>`)}
    <div class="lane-axis" aria-hidden="true"><span /><div>${Array.from({ length: 7 }, (_, index) => html`<span key=${index}>${index === 6 ? "now" : label(from + ((to - from) * index) / 6)}</span>`)}</div></div>
  </div>`;
}

const Event = ({ breakout }) => html`<li class="event">
  <${Poster} film=${{ ...breakout, poster_path: null }} />
  <div><h3><a href=${`/film/${breakout.movie_id}`}>${breakout.title}</a> ${breakout.status === "active" ? html`<span class="chip hot">going on</span>` : html`<span class="chip">ended</span>`}</h3>
    <p class="small">Since <${Time} at=${breakout.started_at} />${breakout.ended_at ? html`, until <${Time} at=${breakout.ended_at} /> (${duration((Date.parse(breakout.ended_at) - Date.parse(breakout.started_at)) / 1000)})` : html`, last above normal at <${Time} at=${breakout.last_at} />`}.</p>
    <p class="definition">Detected at <${Time} at=${breakout.detected_at} />: ${count(breakout.mentions)} comments where ${number(breakout.expected)} were expected; if nothing had happened, the chance of so many was ${chance(breakout.p_value)}. Peak: ${count(breakout.peak_mentions)} in the window that ended at <${Time} at=${breakout.peak_at} />. ${count(breakout.total_mentions)} comments since it began.</p></div>
  <div class="event-figure"><b>${breakout.expected > 0 ? times(breakout.mentions / breakout.expected) : count(breakout.mentions)}</b><span class="sub">${breakout.expected > 0 ? "its normal" : "where none were expected"}</span></div>
</li>`;

const rate = (perDay) => (perDay > 0 ? `one false alarm in ${count(1 / perDay)} days of one film` : "no false alarms");

export default function Breakouts({ query }) {
  const hours = SPANS.some(([value]) => value === query.get("hours")) ? query.get("hours") : "24";
  const status = query.get("status") ?? "";
  const resource = useResource(withQuery("/api/v1/breakouts", { status, since: sinceOf(Number(hours)), limit: LIMIT }), ["breakout", "trends"]); // with each window the axis ends at another "now"
  return html`<div class="page-head"><div><h1 tabindex="-1">Breakouts</h1>
      <p class="definition">Films spoken of far more than their own normal at this time of day: a Poisson test of the last comments against the film's history${resource.data ? `, set to ${rate(resource.data.false_alarms_per_film_day)} when nothing happens` : ""}. One event alerts once.${resource.data ? html` As of <${Time} at=${resource.data.source.as_of} />.` : ""}</p></div>
      <span class="links"><${Segmented} label="Which" value=${status} options=${KINDS} onChange=${(value) => setQuery({ status: value })} /><${Segmented} label="How far back" value=${hours} options=${SPANS} onChange=${(value) => setQuery({ hours: value === "24" ? null : value })} /></span></div>
    <${Loaded} resource=${resource} rows=${5}>${(data) =>
      data.breakouts.length
        ? html`<${Card} title="Timeline" definition="A bar from its start to its end; solid: it goes on."><${Timeline} breakouts=${data.breakouts} hours=${Number(hours)} /><//>
          <${Card} title=${`${count(data.page.total)} breakout${data.page.total === 1 ? "" : "s"}`} definition=${data.page.total > LIMIT ? `The newest ${LIMIT}.` : "Newest first."}><ol class="events">${data.breakouts.map((each) => html`<${Event} key=${each.breakout_id} breakout=${each} />`)}</ol><//>`
        : html`<${Empty} title="Nothing broke out">No film was spoken of so much above its normal that chance would not explain it. A film needs some history before it has a normal.<//>`}<//>`;
}
