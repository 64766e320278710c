// The forecaster: how much better than not trying, per horizon; whether its intervals hold; drift and versions.
import { count, duration, number, percent, seconds } from "../lib/format.js";
import { useLive } from "../lib/live.js";
import { useResource } from "../lib/resource.js";
import { html, useMemo } from "../lib/ui.js";
import { Ago, Card, Empty, Loaded, Unknown } from "../components/basics.js";
import { Chart, Keys, axisOf, place } from "../components/chart.js";
import { baselineName } from "../components/film-forecast.js";
import { Links } from "../components/links.js";
import { Events, marksOf } from "../components/marks.js";

const COLORS = ["--popularity", "--mentions", "--sentiment", "--forecast", "--negative"];
const DASHES = [undefined, [8, 3], [2, 3], [10, 3, 2, 3], [5, 5]];
const NO_BETTER = 0.01; // a skill under one percent is within what an hour's weather of comments does

/** The skill as a sentence that may also say no. */
function verdict(skill) {
  if (skill === null) return html`<${Unknown}>no outcomes yet<//>`;
  if (Math.abs(skill) < NO_BETTER) return "no better";
  return `${number(Math.abs(skill) * 100)} % ${skill > 0 ? "better" : "worse"}`;
}

function Errors({ figures }) {
  if (figures.mae === null) return null;
  const naive = figures.baseline_mae.persistence;
  // Before the history reaches a day or a week back, "as a day ago" is "no change", to the last digit.
  const known = Object.entries(figures.baseline_mae).filter(([name, mae]) => !(name.startsWith("seasonal_") && mae === naive));
  const unknown = Object.keys(figures.baseline_mae).filter((name) => !known.some(([each]) => each === name)).map(baselineName);
  const rows = [["own", "This model", figures.mae], ...known.map(([name, mae]) => [name, baselineName(name), mae])].sort((a, b) => a[2] - b[2]);
  const top = Math.max(...rows.map((row) => row[2]));
  return html`<ul class="bars">${rows.map(([key, name, mae]) => html`<li key=${key}><span class="name">${key === "own" ? html`<b>${name}</b>` : name}</span><span class="rail"><i class=${key === "own" ? "own" : ""} style=${{ width: `${(100 * mae) / (top || 1)}%` }} /></span><span>${number(mae, 2)}</span></li>`)}</ul>${unknown.length ? html`<p class="sub">Not yet, for want of history: ${unknown.join(", ")}.</p>` : null}`;
}

function Coverage({ value, target }) {
  if (value === null) return html`<p class="definition">Coverage: <${Unknown} /></p>`;
  return html`<div class="stat"><div class="gauge" role="img" aria-label=${`${percent(value, 1)} of the outcomes inside, ${percent(target)} wanted`}><i style=${{ width: percent(value, 1).replace(" ", "") }} /><u style=${{ left: percent(target).replace(" ", "") }} /></div>
    <p class="sub">${percent(value, 1)} of the outcomes fell inside their interval; the mark is the promise, ${percent(target)}.</p></div>`;
}

function Horizon({ figures, target }) {
  const title = `${duration(figures.ahead_seconds)} ahead`;
  if (figures.mae === null)
    return html`<${Card} class="horizon" title=${title}><div class="stat"><${Unknown}>no outcomes yet<//><p class="sub">The first forecast can be judged when the window ${duration(figures.ahead_seconds)} after it has closed.</p></div><//>`;
  return html`<${Card} class="horizon" title=${title}><div class="stack">
    <div class="stat"><b>${verdict(figures.skill)}</b><p class="sub">than “no change” (skill: 1 − MAE / MAE of persistence), over ${figures.labels === null ? "an unknown number of" : count(figures.labels)} outcomes, older ones fading; as of <${Ago} at=${figures.as_of} /></p></div>
    <div><h3>Mean absolute error, points of TrendScore</h3><${Errors} figures=${figures} /></div>
    <${Coverage} value=${figures.coverage} target=${target} />
    <p class="sub">RMSE ${number(figures.rmse, 2)} · R² ${number(figures.r2, 2)} · intervals ${number(figures.width)} points wide on average</p>
  </div><//>`;
}

function Course({ data }) {
  const lines = useMemo(() => {
    const begun = data.series.filter((each) => each.skill.length);
    const timesOf = begun.map((each) => each.skill.map((point) => seconds(point.at)));
    const x = axisOf(...timesOf);
    const series = begun.map((each, index) => ({ label: `${duration(data.horizons.find((row) => row.horizon === each.horizon)?.ahead_seconds ?? null)} ahead`, values: place(x, timesOf[index], each.skill.map((point) => point.value * 100)), color: COLORS[index % 5], dash: DASHES[index % 5], width: 1.75, spanGaps: true, format: (value) => `${number(value)} %` }));
    return { x, series: [...series, { label: "no change", values: x.map(() => 0), color: "--ink-3", width: 1, spoken: false }] };
  }, [data]);
  if (!lines.x.length) return html`<p class="definition">No figures yet: they begin with the first outcome.</p>`;
  return html`<${Chart} what="Skill against no change, percent" x=${lines.x} series=${lines.series} marks=${marksOf(data.events)} yScales=${[{ key: "y", range: (_, low, high) => [Math.min(-2, (low ?? 0) - 1), Math.max(5, (high ?? 0) + 1)] }]} height=${260} keys=${html`<${Keys} entries=${lines.series.slice(0, -1).map((each, index) => [`c${index}`, each.label])} />`} />`;
}

/** "trendscope_drift_score{column=mentions}" → ["trendscope_drift_score", "mentions"] */
function parseGauge(name) {
  const found = name.match(/^([^{]+)(?:\{(?:[^=]+=)?(.*)\})?$/);
  return [found?.[1] ?? name, found?.[2] ?? ""];
}

function Drift({ data }) {
  const gauges = Object.entries(data.drift).map(([name, value]) => [...parseGauge(name), value]);
  const of = (name, column) => gauges.find((gauge) => gauge[0] === `trendscope_drift_${name}` && gauge[1] === column)?.[2] ?? null;
  const until = of("window_timestamp_seconds", "");
  if (!until) return html`<${Card} title="Drift" definition="Whether recent windows look unlike earlier ones."><p class="definition">Unknown: the drift service has not compared anything yet, or does not answer.</p><//>`;
  const columns = gauges.filter((gauge) => gauge[0] === "trendscope_drift_score").map((gauge) => gauge[1]).sort((a, b) => of("score", b) - of("score", a));
  const whole = of("data_detected", "");
  const chip = whole === null ? null : html`<span class=${`chip ${whole ? "warn" : "good"}`}>${whole ? "drift found" : "no drift"}</span>`;
  return html`<${Card} title="Drift" aside=${chip} definition=${html`Whether recent windows look unlike earlier ones: each column's distance in deviations, by Evidently. ${percent(of("share", ""))} of the columns have drifted. Compared up to the window that ended <${Ago} at=${until * 1000} />.`}>
    <div class="scroll tall" tabindex="0" role="region" aria-label="Drift by column"><table class="table"><thead><tr><th scope="col">Column</th><th scope="col">Distance</th><th scope="col">Drifted</th></tr></thead>
      <tbody>${columns.map((column) => html`<tr key=${column}><th scope="row">${column.replaceAll("_", " ")}</th><td>${number(of("score", column), 2)}</td><td>${of("detected", column) === null ? "unknown" : of("detected", column) ? "yes" : "no"}</td></tr>`)}</tbody></table></div><//>`;
}

/** Who forecasts, and who would like to. */
function Versions({ data, links }) {
  const { challenger, horizons } = data;
  const shares = horizons.map(({ horizon, ahead_seconds: ahead, mae }) => [ahead, challenger?.mae[horizon] === undefined || !mae ? null : challenger.mae[horizon] / mae]);
  return html`<${Card} title="Versions and reports" definition="Runs, parameters and models are kept by MLflow; drift reports by Evidently."><dl class="facts">
      <dt>Newest forecasts by</dt><dd><b>${data.version}</b></dd>
      ${data.versions.length > 1 && html`<dt>Also in the newest forecasts</dt><dd>${data.versions.slice(1).join(", ")}</dd>`}
      <dt>Learns in shadow</dt><dd>${challenger ? html`<b>${challenger.version}</b>` : html`<${Unknown} />`}</dd>
      ${challenger && shares.map(([ahead, share]) => html`<dt key=${ahead} class="inset">its error, ${duration(ahead)} ahead</dt><dd>${share === null ? html`<${Unknown} />` : `${percent(share, 1)} of the model’s`}</dd>`)}
    </dl><${Links} links=${links} only=${/mlflow|evidently|drift|report/i} /><//>`;
}

export default function Model() {
  const live = useLive();
  const resource = useResource("/api/v1/model", ["trends"]);
  return html`<div class="page-head"><div><h1 tabindex="-1">Model</h1><p class="definition">Forecasts of the TrendScore, made when a window closes, scored when their target window has closed, learned from after that. Beside it always the simple forecasts it has to beat.</p></div></div>
    <${Loaded} resource=${resource} rows=${5}>${(data) =>
      data.version === null
        ? html`<${Empty} title="No forecast yet">The forecaster has not read a closed window yet, or does not run. <a href="/system">See what runs</a>.<//>`
        : html`<div class="grid-3">${data.horizons.map((figures) => html`<${Horizon} key=${figures.horizon} figures=${figures} target=${data.coverage_target} />`)}</div>
          <${Card} title="Skill over time" definition="Per cent less error than “no change”; above zero the model earns its keep. One point each time a window closes; dashed uprights mark what happened to it."><${Course} data=${data} /><//>
          <div class="grid-2 loose"><${Drift} data=${data} /><div class="stack">
            <${Card} title="What happened" definition="Drifts, contests between the model and its challenger, promotions and rollbacks, newest first."><${Events} events=${data.events} empty="Nothing yet: no drift was found, and no contest has ended." /><//>
            <${Versions} data=${data} links=${live.status?.links} /></div></div>`}<//>`;
}
