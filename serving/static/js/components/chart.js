// A time chart on uPlot: colours from the theme, a readout in words, and a table for those who cannot see it.
import { clock, count, moment, number } from "../lib/format.js";
import { color, useTheme } from "../lib/theme.js";
import { html, useEffect, useRef, useState } from "../lib/ui.js";
import { Time } from "./basics.js";

const SCRIPT = new URL("../../vendor/uplot.js", import.meta.url);
const STYLE = new URL("../../vendor/uplot.css", import.meta.url);
const TABLE_ROWS = 60; // newest; a longer table helps nobody, and the API has the rest
/** Distances of the ticks in seconds: whole minutes at least, for no window is shorter. */
const TICKS = [60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800, 345_600, 604_800, 1_209_600];
let loading;

/** uPlot and its style sheet, fetched when the first chart is opened. */
function uplot() {
  loading ??= new Promise((resolve, reject) => {
    document.head.append(Object.assign(document.createElement("link"), { rel: "stylesheet", href: STYLE }));
    const script = Object.assign(document.createElement("script"), { src: SCRIPT, onload: () => resolve(globalThis.uPlot), onerror: () => reject(new Error("The chart library could not be read.")) });
    document.head.append(script);
  });
  return loading;
}

/** A resolved colour, more transparent. */
function alpha(rgb, share) {
  const [red, green, blue] = rgb.match(/[\d.]+/g);
  return `rgba(${red}, ${green}, ${blue}, ${share})`;
}

/** One line for uPlot. @param {any} series see `Chart` */
function lineOf(series, uPlot) {
  const stroke = color(series.color ?? "--ink");
  return {
    label: series.label,
    scale: series.scale ?? "y",
    stroke: series.width === 0 ? undefined : stroke,
    width: series.width ?? 2,
    dash: series.dash,
    fill: series.fill ? alpha(stroke, series.fill) : undefined,
    paths: series.bars ? uPlot.paths.bars({ size: [0.85, 24], align: -1 }) : undefined,
    points: series.points ? { show: true, size: 6, fill: stroke, width: 0 } : { show: false },
    spanGaps: Boolean(series.spanGaps),
    value: (_, value) => number(value),
  };
}

function axes({ yScales, xLabel }) {
  const ink = color("--ink-2");
  const grid = { stroke: color("--grid"), width: 1 };
  const font = `12px ${getComputedStyle(document.body).fontFamily}`;
  const base = { stroke: ink, grid, ticks: { show: false }, font };
  const days = [[86_400, "{MMM} {D}", null, null, null, null, null, null, 1], [3600, "{HH}:{mm}", "\n{MMM} {D}", null, "\n{MMM} {D}", null, null, null, 1], [60, "{HH}:{mm}", "\n{MMM} {D}", null, "\n{MMM} {D}", null, null, null, 1], [1, "{HH}:{mm}:{ss}", null, null, null, null, null, null, 1]];
  return [{ ...base, label: xLabel, values: days, space: 64, incrs: TICKS }, ...yScales.map((scale, index) => ({ ...base, scale: scale.key, side: index ? 1 : 3, grid: index ? { show: false } : grid, size: 44, values: (_, ticks) => ticks.map((tick) => number(tick, Number.isInteger(tick) ? 0 : 1)) }))];
}

/** Draws the marks: a dashed line each, with its word at the top where there is room beside the one before. */
function drawMarks(plot, marks) {
  const { ctx, bbox } = plot;
  const unit = devicePixelRatio;
  let free = bbox.left;
  ctx.save();
  ctx.textAlign = "left";
  ctx.textBaseline = "top";
  ctx.font = `${11 * unit}px ${getComputedStyle(document.body).fontFamily}`;
  for (const { at, text, color: token } of marks) {
    const x = plot.valToPos(at, "x", true);
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.strokeStyle = ctx.fillStyle = color(token);
    ctx.lineWidth = 1.5 * unit;
    ctx.setLineDash([4 * unit, 3 * unit]);
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    const width = ctx.measureText(text).width;
    const left = x + width + 6 * unit < bbox.left + bbox.width ? x + 5 * unit : x - width - 5 * unit;
    if (left < free) continue;
    ctx.fillText(text, left, bbox.top + 2 * unit);
    free = left + width;
  }
  ctx.restore();
}

/** A bar stands left of its time, the window's end: the first one needs the room of a step before it. */
const withFirstBar = (plot, from, to) => {
  const [times] = plot.data;
  return [times.length > 1 ? from - (times[1] - times[0]) : from, to];
};

function optionsOf({ series, bands, marks, yScales, height, width, onMove, uPlot }) {
  return {
    width,
    height,
    padding: [8, 24, 0, 0],
    legend: { show: false },
    cursor: { drag: { x: false, y: false }, points: { size: 7 }, y: false },
    scales: { x: { time: true, ...(series.some((each) => each.bars) && { range: withFirstBar }) }, ...Object.fromEntries(yScales.map(({ key, range }) => [key, range ? { range } : {}])) },
    axes: axes({ yScales }),
    series: [{}, ...series.map((each) => lineOf(each, uPlot))],
    bands: bands.map(({ high, low, color: token, share }) => ({ series: [high + 1, low + 1], fill: alpha(color(token), share) })),
    hooks: { setCursor: [(plot) => onMove(plot.cursor.idx)], draw: [(plot) => drawMarks(plot, marks)] },
  };
}

/** The range of the known values with some air, at least `least` wide, inside [low, high]. */
export const roomy = (least, low = 0, high = Infinity) => (_, from, to) => {
  if (from === null || to === null) return [low, Math.min(high, low + least)];
  const half = Math.max(least, (to - from) * 1.15) / 2;
  const middle = (from + to) / 2;
  return [Math.max(low, middle - half), Math.min(high, middle + half)];
};

/** What the cursor is on, else the newest: "14:05 · TrendScore 72.3 · …". */
function Readout({ x, series, index }) {
  const at = index ?? x.findLastIndex((_, place) => series.some((each) => each.spoken !== false && each.values[place] !== null && each.values[place] !== undefined));
  if (at < 0 || x[at] === undefined) return html`<p class="readout" />`;
  const parts = series.filter((each) => each.spoken !== false && each.values[at] !== null && each.values[at] !== undefined);
  return html`<p class="readout">${moment(x[at] * 1000)}${parts.map((each) => html` · ${each.label} <b>${(each.format ?? number)((each.raw ?? each.values)[at])}</b>`)}</p>`;
}

function Values({ x, series, what }) {
  const shown = series.filter((each) => each.spoken !== false);
  const first = Math.max(0, x.length - TABLE_ROWS);
  return html`<details class="chart-table"><summary>As a table${first ? `, the newest ${TABLE_ROWS} of ${count(x.length)} rows` : ""}</summary><div class="scroll" tabindex="0" role="region" aria-label=${`${what}, as a table`}><table class="table">
    <thead><tr><th scope="col">Time</th>${shown.map((each) => html`<th scope="col" key=${each.label}>${each.label}</th>`)}</tr></thead>
    <tbody>${x.slice(first).map((at, row) => html`<tr key=${at}><td><${Time} at=${at * 1000} /></td>${shown.map((each) => {
      const value = (each.raw ?? each.values)[first + row];
      return html`<td key=${each.label}>${value === null || value === undefined ? "–" : (each.format ?? number)(value)}</td>`;
    })}</tr>`).reverse()}</tbody></table></div></details>`;
}

/**
 * @param {{what: string, x: number[], series: {label: string, values: (number|null)[], color?: string, width?: number, dash?: number[], fill?: number,
 *   bars?: boolean, points?: boolean, spanGaps?: boolean, scale?: string, spoken?: boolean, raw?: (number|null)[], format?: (value: number) => string}[],
 *   bands?: {high: number, low: number, color: string, share: number}[], marks?: {at: number, text: string, color: string}[], yScales?: {key: string, range?: any}[], height?: number, keys?: any}} props
 */
export function Chart({ what, x, series, bands = [], marks = [], yScales = [{ key: "y" }], height = 280, keys }) {
  const box = useRef(null);
  const plot = useRef(null);
  const theme = useTheme();
  const [index, setIndex] = useState(null);
  const [failed, setFailed] = useState(null);
  const shape = JSON.stringify([theme, height, bands, marks, yScales.map((scale) => scale.key), series.map(({ values, raw, ...rest }) => rest)]);

  useEffect(() => {
    let wanted = true;
    let observer;
    uplot().then((uPlot) => {
      if (!wanted || !box.current) return; // gone before the library came
      const options = optionsOf({ series, bands, marks, yScales, height, width: box.current.clientWidth, onMove: setIndex, uPlot });
      plot.current = new uPlot(options, [x, ...series.map((each) => each.values)], box.current);
      observer = new ResizeObserver(([entry]) => plot.current?.setSize({ width: entry.contentRect.width, height }));
      observer.observe(box.current);
    }, (error) => wanted && setFailed(error));
    return () => {
      wanted = false;
      observer?.disconnect();
      plot.current?.destroy();
      plot.current = null;
    };
  }, [shape]);

  useEffect(() => {
    plot.current?.setData([x, ...series.map((each) => each.values)]);
  }, [x, series]);

  return html`<div class="chart"><div class="chart-head">${keys ?? html`<span />`}<${Readout} x=${x} series=${series} index=${index} /></div>
    ${failed ? html`<p class="note bad">${failed.message} The values are in the table.</p>` : null}
    <div ref=${box} class="canvas" role="img" aria-label=${`${what}: ${x.length ? `${x.length} points from ${clock(x[0] * 1000)} to ${clock(x.at(-1) * 1000)}` : "nothing yet"}; the values are in the table below`} style=${{ minHeight: `${height}px` }} />
    <${Values} x=${x} series=${series} what=${what} /></div>`;
}

/** The legend of a chart. @param {{entries: [string, string][]}} props key class and text */
export const Keys = ({ entries }) => html`<div class="keys">${entries.map(([name, text]) => html`<span key=${text}><i class=${name.startsWith("c") && name.length === 2 ? `swatch ${name}` : `key ${name}`} />${text}</span>`)}</div>`;

/** Values at given times, placed on a common time axis; null where there is none. */
export function place(axis, times, values) {
  const at = new Map(times.map((time, index) => [time, values[index]]));
  return axis.map((time) => at.get(time) ?? null);
}

/** All times, sorted, each once. */
export const axisOf = (...lists) => [...new Set(lists.flat())].sort((a, b) => a - b);
