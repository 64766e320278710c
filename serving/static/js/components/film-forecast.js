// A film's forecasts: the fan ahead, earlier forecasts laid over what came, and how many intervals held.
import { clock, count, duration, number, percent, seconds, signed } from "../lib/format.js";
import { settled } from "../lib/points.js";
import { html, useMemo } from "../lib/ui.js";
import { Ago, Card, Empty, Segmented, Time } from "./basics.js";
import { Chart, Keys, axisOf, place } from "./chart.js";
import { scoreRange } from "./film-history.js";
import { Events, marksOf } from "./marks.js";

const BASELINES = { persistence: "No change", ewma: "Running mean", holt: "Damped trend", blend: "Day and week means", seasonal_day: "As a day ago", seasonal_week: "As a week ago" };
const AHEAD_SHARE = 2; // the past shown is at least twice as long as the fan, so that the fan is read against something

export const baselineName = (name) => BASELINES[name] ?? name;
export const aheadOf = (forecast) => seconds(forecast.target_end) - seconds(forecast.made_at);

/** Lines of the chart: what came, what was said of it before, the fan from the newest score, and the baselines in it. */
function linesOf(current, past, history) {
  const made = current[0];
  const fanTimes = [seconds(made.made_at), ...current.map((each) => seconds(each.target_end))];
  const reach = fanTimes.at(-1) - fanTimes[0];
  const oldest = fanTimes[0] - Math.max(AHEAD_SHARE * reach, 3600);
  const earlier = past.filter((each) => seconds(each.target_end) >= oldest).sort((a, b) => seconds(a.target_end) - seconds(b.target_end));
  const points = (history?.resolution === "window" ? settled(history.points, history) : []).filter((point) => seconds(point.end) >= oldest);
  const actualTimes = points.length ? points.map((point) => seconds(point.end)) : earlier.map((each) => seconds(each.target_end));
  const actual = points.length ? points.map((point) => point.trend_score) : earlier.map((each) => each.actual);
  const times = earlier.map((each) => seconds(each.target_end));
  const x = axisOf(actualTimes, times, fanTimes);
  const fan = (read) => place(x, fanTimes, [made.current, ...current.map(read)]);
  const was = (read) => place(x, times, earlier.map(read));
  return {
    x,
    series: [
      { label: "upper", values: was((each) => each.upper), width: 0, spoken: false, spanGaps: true, color: "--forecast" },
      { label: "lower", values: was((each) => each.lower), width: 0, spoken: false, spanGaps: true, color: "--forecast" },
      { label: "had been forecast", values: was((each) => each.predicted), color: "--forecast", width: 1.25, spanGaps: true },
      { label: "fan upper", values: fan((each) => each.upper), width: 0, spoken: false, spanGaps: true, color: "--forecast" },
      { label: "fan lower", values: fan((each) => each.lower), width: 0, spoken: false, spanGaps: true, color: "--forecast" },
      ...Object.keys(made.baselines).map((name) => ({ label: baselineName(name), values: fan((each) => each.baselines[name] ?? null), color: "--ink-3", width: 1, dash: [2, 3], spanGaps: true })),
      { label: "forecast", values: fan((each) => each.predicted), color: "--forecast", width: 2, dash: [5, 4], spanGaps: true, points: true },
      { label: "came", values: place(x, actualTimes, actual), color: "--ink", width: 2, spanGaps: true },
    ],
    bands: [{ high: 0, low: 1, color: "--forecast", share: 0.14 }, { high: 3, low: 4, color: "--forecast", share: 0.26 }],
    n: earlier.length,
  };
}

function Outcomes({ past, coverage }) {
  if (!past.length) return html`<p class="definition">No forecast of this horizon has an outcome yet: its target window must close first.</p>`;
  const inside = past.filter((each) => each.actual >= each.lower && each.actual <= each.upper).length;
  const mae = past.reduce((sum, each) => sum + Math.abs(each.error), 0) / past.length;
  const naive = past.filter((each) => each.baselines.persistence !== undefined);
  const naiveMae = naive.reduce((sum, each) => sum + Math.abs(each.baselines.persistence - each.actual), 0) / naive.length;
  return html`<p class="definition">Of the newest ${count(past.length)} forecasts of this horizon whose outcome is known, <b>${count(inside)}</b> (${percent(inside / past.length)}) fell inside their interval; ${percent(coverage)} are meant to.
    They missed by <b>${number(mae, 2)}</b> points on average${naive.length ? html`; “no change” missed by <b>${number(naiveMae, 2)}</b>` : ""}.</p>`;
}

function Ahead({ current }) {
  const names = Object.keys(current[0].baselines);
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Forecasts by horizon"><table class="table"><thead><tr><th scope="col">For</th><th scope="col">Forecast</th><th scope="col">Interval</th><th scope="col">Change</th>${names.map((name) => html`<th scope="col" key=${name}>${baselineName(name)}</th>`)}</tr></thead>
    <tbody>${current.map((each) => html`<tr key=${each.horizon}><th scope="row"><${Time} at=${each.target_end} /> <span class="sub">in ${duration(aheadOf(each))}</span></th><td><b>${number(each.predicted)}</b></td><td>${number(each.lower)} to ${number(each.upper)}</td><td>${signed(each.predicted - each.current, 1)}</td>${names.map((name) => html`<td key=${name}>${number(each.baselines[name])}</td>`)}</tr>`)}</tbody></table></div>`;
}

/**
 * @param {{forecast: any, history: any, horizon: string|null, shown: string|null, onChoose: (horizon: string) => void}} props
 *   horizon: the one chosen; shown: the one that the answer's past forecasts are of; null: the nearest
 */
export function FilmForecast({ forecast, history, horizon, shown, onChoose }) {
  const { current, past } = forecast;
  const nearest = String(current[0]?.horizon ?? "");
  const made = current.find((each) => String(each.horizon) === (shown ?? nearest)) ?? current[0];
  const lines = useMemo(() => (current.length ? linesOf(current, past, history) : null), [current, past, history]);
  if (!lines) return html`<${Card} title="Where it is heading"><${Empty} title="No forecast yet">The first one is made when the film has a closed window that the forecaster has read.<//><//>`;
  const happened = forecast.events.filter((event) => seconds(event.at) >= lines.x[0]);
  const options = current.map((each) => [String(each.horizon), duration(aheadOf(each))]);
  const choice = html`<${Segmented} label="Horizon of the past forecasts" value=${horizon ?? nearest} options=${options} onChange=${onChoose} />`;
  return html`<${Card} title="Where it is heading" aside=${choice} definition=${html`TrendScore of the windows ahead, made at ${clock(current[0].made_at)} (<${Ago} at=${current[0].made_at} />) by model version ${current[0].model_version}. Shaded: the interval meant to hold ${percent(current[0].coverage)} of the outcomes. Left of it, ${count(lines.n)} forecasts made ${duration(aheadOf(made))} ahead, over what came in the windows that have closed.`}>
    <${Chart} what="Forecasts and outcomes" x=${lines.x} series=${lines.series} bands=${lines.bands} marks=${marksOf(happened)} yScales=${[{ key: "y", range: scoreRange }]} height=${280} keys=${html`<${Keys} entries=${[["ink", "What came"], ["forecast", "Forecast, with its interval"], ["ink-3", "The baselines"]]} />`} />
    <div class="stack">${happened.length ? html`<${Events} events=${happened} />` : null}<${Outcomes} past=${past} coverage=${current[0].coverage} /><${Ahead} current=${current} /></div>
  <//>`;
}
