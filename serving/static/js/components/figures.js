// The figures of one film in one window, drawn small: score and its parts, movement, course, mentions, sentiment, forecast.
import { clock, count, duration, number, signed, times } from "../lib/format.js";
import { cls, html } from "../lib/ui.js";
import { Unknown } from "./basics.js";
import { Icon } from "./icons.js";

export const PARTS = [["popularity", "Popularity"], ["mentions", "Mentions"], ["sentiment", "Sentiment"]];
/** Below so many comments a mean says next to nothing: one comment's polarity is right two times in three. */
export const FEW = 5;
/** Seconds of history below which what is expected of a film is what is expected of any film: not yet its own normal. */
export const LEAST_HISTORY = 3600;
const FLAT = 0.5; // points; a smaller change than this rounds away in what is shown

const REACH = 20; // points on either side of the present score that the forecast's bar spans

const percentOf = (value) => `${Math.max(0, Math.min(100, value))}%`;

/** The TrendScore as a bar of its three parts, which add up to it; the track is 100 points long. */
export const ScoreBar = ({ parts, labels = false }) => html`
  <div class="score-bar">
    <div class="track" role="img" aria-label=${`Of 100 points: ${PARTS.map(([key, name]) => `${number(parts[key].points)} from ${name.toLowerCase()}`).join(", ")}`}>
      ${PARTS.map(([key]) => html`<i key=${key} class=${key} style=${{ width: percentOf(parts[key].points) }} />`)}
    </div>
    ${labels && html`<p class="score-sum" aria-hidden="true">${PARTS.map(([key], index) => html`<span key=${key}>${index ? "+ " : ""}<i class=${`key ${key}`} /> ${number(parts[key].points)}</span>`)}</p>`}
  </div>`;

/** Places gained or lost since about an hour before. */
export function RankMove({ move }) {
  if (!move) return html`<span class="move none"><span class="sr-only">No earlier rank known</span><span aria-hidden="true">–</span></span>`;
  if (!move.change) return html`<span class="move none"><span class="sr-only">Same rank as at ${clock(move.since)}</span><span aria-hidden="true">=</span></span>`;
  const gained = move.change > 0;
  return html`<span class=${cls("move", gained ? "gained" : "lost")} title=${`Rank ${move.previous} at ${clock(move.since)}`}>
    <span class="sr-only">${gained ? "Up" : "Down"} ${Math.abs(move.change)} since ${clock(move.since)}</span>
    <svg width="8" height="7" viewBox="0 0 8 7" aria-hidden="true"><path d=${gained ? "M4 0 8 7H0z" : "M4 7 0 0h8z"} fill="currentColor" /></svg><span aria-hidden="true">${Math.abs(move.change)}</span>
  </span>`;
}

/** Points of a line on a box, runs of known values apart. */
function runs(values, width, height, low, high) {
  const step = values.length > 1 ? width / (values.length - 1) : 0;
  const found = [];
  let open = null;
  values.forEach((value, index) => {
    if (value === null) open = null;
    else {
      if (!open) found.push((open = []));
      open.push([index * step, height - ((value - low) / (high - low)) * height]);
    }
  });
  return found;
}

const path = (points) => `M${points.map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`).join("L")}`;
const LEAST_RANGE = 10; // points: without it a film that moves by a tenth of a point would look as wild as a real jump

/** The TrendScore's course. */
export function Sparkline({ line, missing = "too new", width = 120, height = 34 }) {
  const values = line?.values ?? [];
  const known = values.filter((value) => value !== null);
  if (known.length < 2) return html`<${Unknown}>${missing}<//>`;
  const middle = (Math.min(...known) + Math.max(...known)) / 2;
  const half = Math.max(LEAST_RANGE, Math.max(...known) - Math.min(...known)) / 2;
  const inset = 3;
  const found = runs(values, width - 2 * inset, height - 2 * inset, middle - half, middle + half);
  const [x, y] = found.at(-1).at(-1);
  const span = (values.length - 1) * line.step_seconds;
  return html`<svg class="spark" viewBox=${`0 0 ${width} ${height}`} role="img" aria-label=${`TrendScore of the last ${duration(span)}: from ${number(known[0])} to ${number(known.at(-1))}, lowest ${number(Math.min(...known))}, highest ${number(Math.max(...known))}`}>
    <g transform=${`translate(${inset} ${inset})`}>
      ${found.map((points, index) => html`<g key=${index}><path class="fill" d=${`${path(points)}L${points.at(-1)[0].toFixed(1)} ${height}L${points[0][0].toFixed(1)} ${height}Z`} /><path class="line" d=${path(points)} /></g>`)}
      <circle cx=${x} cy=${y} r="2.6" />
    </g>
  </svg>`;
}

/** Mentions of the last hour beside the film's normal. */
export function MentionsFigure({ momentum, missing = "no history yet" }) {
  if (!momentum) return html`<${Unknown}>${missing}<//>`;
  const known = momentum.history_seconds >= LEAST_HISTORY;
  const top = Math.max(momentum.mentions, momentum.expected, 1);
  return html`<div class="figure"><p><b>${count(momentum.mentions)}</b> <span class="unit">/ ${momentum.span_seconds === 3600 ? "h" : duration(momentum.span_seconds)}</span>
      ${momentum.in_breakout && html` <span class="chip hot">breakout</span>`}</p>
    ${known
      ? html`<div class="bullet" aria-hidden="true"><i style=${{ width: percentOf((momentum.mentions / top) * 100) }} /><u style=${{ left: percentOf((momentum.expected / top) * 100) }} /></div><p class="sub">normal ${number(momentum.expected)} · ${times(momentum.growth)}</p>`
      : html`<p class="sub">normal <${Unknown}>not known yet<//></p>`}</div>`;
}

/** Positive, neutral and negative comments, with their mean and n. */
export function SentimentFigure({ sentiment }) {
  if (!sentiment.n) return html`<${Unknown}>no comments<//>`;
  const few = sentiment.n < FEW;
  return html`<div class=${cls("figure", few && "weak")}><p><b>${signed(sentiment.mean)}</b> <span class="unit">n = ${count(sentiment.n)}</span></p>
    <${SentimentBar} sentiment=${sentiment} />
    <p class="sub">${few ? "too few to judge" : `${count(sentiment.positive)} pos · ${count(sentiment.negative)} neg`}</p></div>`;
}

export const SentimentBar = ({ sentiment }) => html`
  <div class="split" role="img" aria-label=${`${sentiment.positive} positive, ${sentiment.neutral} neutral, ${sentiment.negative} negative`}>
    ${["positive", "neutral", "negative"].map((key) => sentiment[key] > 0 && html`<i key=${key} class=${key} style=${{ flexGrow: sentiment[key] }} />`)}
  </div>`;

/** The nearest forecast with its interval. */
export function ForecastFigure({ forecast, missing = "none yet" }) {
  if (!forecast) return html`<${Unknown}>${missing}<//>`;
  const change = forecast.predicted - forecast.current;
  const way = change > FLAT ? "up" : change < -FLAT ? "down" : "flat";
  const spot = (value) => percentOf(50 + ((value - forecast.current) / REACH) * 50);
  const text = { up: "rising", down: "falling", flat: "steady" }[way];
  return html`<div class="figure forecast"><p><${Icon} name=${way} size=${14} width=${2.2} /><span class="sr-only">${text}: </span><b>${number(forecast.predicted)}</b> <span class="unit">${number(forecast.lower, 0)}–${number(forecast.upper, 0)}</span></p>
    <div class="whisker" aria-hidden="true"><i style=${{ left: spot(forecast.lower), right: `calc(100% - ${spot(forecast.upper)})` }} /><u style=${{ left: "50%" }} /><b style=${{ left: spot(forecast.predicted) }} /></div>
    <p class="sub">at ${clock(forecast.target_end)}</p></div>`;
}
