// A film's course: the TrendScore with its three parts stacked under it, then how much and how it is spoken of.
import { count, duration, seconds, signed } from "../lib/format.js";
import { settled, unsettledNote } from "../lib/points.js";
import { html, useMemo } from "../lib/ui.js";
import { Card, Empty } from "./basics.js";
import { Chart, Keys, roomy } from "./chart.js";

const PARTS = ["popularity", "mentions", "sentiment"];

/** Times and values as the charts want them; gaps longer than two steps are kept as gaps. */
function columns(points, step) {
  const x = [];
  const rows = [];
  for (const point of points) {
    const at = seconds(point.end);
    const last = x.at(-1);
    if (last !== undefined && at - last > 2 * Math.max(step, usualStep(points))) {
      x.push(last + step);
      rows.push(null);
    }
    x.push(at);
    rows.push(point);
  }
  return { x, rows, of: (read) => rows.map((row) => (row === null ? null : read(row))) };
}

/** The median distance of neighbours: history may be kept more coarsely than windows slide. */
function usualStep(points) {
  const steps = points.slice(1, 200).map((point, index) => seconds(point.end) - seconds(points[index].end)).sort((a, b) => a - b);
  return steps[Math.floor(steps.length / 2)] ?? 0;
}

function stacked(table, weights) {
  const points = PARTS.map((part) => table.of((row) => row[`${part}_part`] * weights[part].weight));
  const sums = points.map((_, level) => table.x.map((_at, index) => (table.rows[index] === null ? null : points.slice(0, level + 1).reduce((sum, each) => sum + each[index], 0))));
  return { points, sums };
}

function scoreSeries(table, weights) {
  const score = { label: "TrendScore", values: table.of((row) => row.trend_score), color: "--ink", width: 2 };
  if (!weights) return { series: [score], bands: [] };
  const { points, sums } = stacked(table, weights);
  const named = (index, label) => ({ label, values: sums[index], raw: points[index], color: `--${PARTS[index]}`, width: 1 });
  return {
    series: [named(2, "sentiment"), named(1, "mentions"), { ...named(0, "popularity"), fill: 0.28 }, score],
    bands: [{ high: 0, low: 1, color: "--sentiment", share: 0.28 }, { high: 1, low: 2, color: "--mentions", share: 0.28 }],
  };
}

/** @param {{history: any, trend: any, aside: any}} props */
export function FilmHistory({ history, trend, aside }) {
  const weights = trend?.parts;
  const points = useMemo(() => settled(history.points, history), [history]);
  const table = useMemo(() => columns(points, history.step_seconds), [points]);
  const score = useMemo(() => scoreSeries(table, weights), [table, weights]);
  const talk = useMemo(() => [
    { label: "mentions", values: table.of((row) => row.mentions), color: "--mentions", bars: true, width: 0, fill: 0.65, format: count },
  ], [table]);
  const mood = useMemo(() => [
    { label: "mean sentiment", values: table.of((row) => row.sentiment), color: "--sentiment", width: 1.5, spanGaps: true, points: table.x.length < 80, format: signed },
  ], [table]);
  const unit = history.resolution === "hour" ? "hour" : "window";
  const span = duration(seconds(history.end) - seconds(history.start));
  const about = history.resolution === "hour" ? "Each point is an hour: the mean of its windows" : `Each point is one window${history.step_seconds ? `, at least ${duration(history.step_seconds)} apart` : ""}`;
  if (!points.length) return html`<${Card} title="Its course" aside=${aside}><${Empty} title="No history in this span">No ${history.resolution === "hour" ? "past hour" : "closed window"} of the last ${span} has a row for this film. Choose another span.<//><//>`;
  return html`<${Card} title="Its course" aside=${aside} definition=${`TrendScore of the last ${span}, and the three parts that add up to it. ${about}; ${unsettledNote(history.resolution)}. ${count(points.length)} points; a gap is a time of which nothing is known.`}>
      <${Chart} what="TrendScore and its parts" x=${table.x} series=${score.series} bands=${score.bands} yScales=${[{ key: "y", range: [0, 100] }]} height=${300} keys=${html`<${Keys} entries=${[["ink", "TrendScore"], ["popularity", "Popularity"], ["mentions", "Mentions"], ["sentiment", "Sentiment"]]} />`} />
    <//>
    <div class="grid-2">
      <${Card} title="Mentions" definition=${`Comments that mean the film, per ${unit}. Windows overlap, so neighbouring bars share comments${history.resolution === "hour" ? "; hours do not" : ""}.`}>
        <${Chart} what=${`Mentions per ${unit}`} x=${table.x} series=${talk} yScales=${[{ key: "y", range: (_, low, high) => [0, Math.max(4, (high ?? 0) * 1.1)] }]} height=${200} /><//>
      <${Card} title="Sentiment" definition=${`Mean VADER compound per ${unit}, −1 to +1; ${count(points.reduce((sum, point) => sum + (point.sentiment === null ? 0 : 1), 0))} of ${count(points.length)} points have comments, the line spans the others.`}>
        <${Chart} what=${`Mean sentiment per ${unit}`} x=${table.x} series=${mood} yScales=${[{ key: "y", range: [-1, 1] }]} height=${200} /><//>
    </div>`;
}

export const scoreRange = roomy(12, 0, 100);
