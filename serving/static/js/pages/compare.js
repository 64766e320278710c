// Two to five films on one axis; the choice is in the address.
import { withQuery } from "../lib/api.js";
import { clock, count, duration, number, seconds, signed, times } from "../lib/format.js";
import { settled, unsettledNote } from "../lib/points.js";
import { useResource } from "../lib/resource.js";
import { setQuery } from "../lib/router.js";
import { html, useMemo, useRef, useState } from "../lib/ui.js";
import { Card, Empty, Loaded, Segmented, Unknown } from "../components/basics.js";
import { Chart, axisOf, place, roomy } from "../components/chart.js";
import { LEAST_HISTORY, RankMove, SentimentBar } from "../components/figures.js";
import { Icon } from "../components/icons.js";
import { SearchDialog } from "../components/search.js";

const MOST = 5; // what one axis can carry, and the API's own limit
const COLORS = ["--popularity", "--mentions", "--sentiment", "--forecast", "--negative"];
const DASHES = [undefined, [8, 3], [2, 3], [10, 3, 2, 3], [5, 5]]; // so that lines differ without colour
const SPANS = [["6", "6 h"], ["24", "24 h"], ["168", "7 d"], ["720", "30 d"]];
const FIGURES = {
  score: ["TrendScore", (point) => point.trend_score, [0, 100], number],
  mentions: ["Mentions", (point) => point.mentions, (_, low, high) => [0, Math.max(4, (high ?? 0) * 1.1)], count],
  sentiment: ["Sentiment", (point) => point.sentiment, [-1, 1], signed],
};

const idsOf = (query) => [...new Set((query.get("ids") ?? "").split(",").filter((id) => /^\d{1,9}$/.test(id) && Number(id) > 0))].slice(0, MOST);

function Picked({ ids, names, onAdd }) {
  const remove = (id) => setQuery({ ids: ids.filter((each) => each !== id).join(",") });
  return html`<ul class="picked" aria-label="Films compared">
    ${ids.map((id, index) => html`<li key=${id}><i class=${`swatch c${index}`} />${names.get(id) ?? `Film ${id}`}<button type="button" class="icon-button" onClick=${() => remove(id)}><span class="sr-only">Remove ${names.get(id) ?? `film ${id}`}</span><${Icon} name="close" size=${13} /></button></li>`)}
    ${ids.length < MOST && html`<li class="bare"><button type="button" class="button" onClick=${onAdd}>Add a film</button></li>`}
  </ul>`;
}

const ROWS = [
  ["Rank", (film) => html`${film.rank} <${RankMove} move=${film.rank_move} />`],
  ["TrendScore", (film) => html`<b>${number(film.trend_score)}</b>`],
  ["from popularity", (film) => number(film.parts.popularity.points)],
  ["from mentions", (film) => number(film.parts.mentions.points)],
  ["from sentiment", (film) => number(film.parts.sentiment.points)],
  ["Comments in the window", (film) => count(film.mentions.count)],
  ["Comments lately", (film) => (film.momentum ? html`${count(film.momentum.mentions)} <span class="sub">in ${duration(film.momentum.span_seconds)}</span>` : null)],
  ["Normal for that time", (film) => (film.momentum && film.momentum.history_seconds >= LEAST_HISTORY ? html`${number(film.momentum.expected)} <span class="sub">${times(film.momentum.growth)}</span>` : null)],
  ["Share of voice", (film) => (film.momentum ? `${number(film.momentum.share_of_voice * 100)} %` : null)],
  ["Mean sentiment", (film) => (film.sentiment.n ? html`${signed(film.sentiment.mean)} <span class="sub">n = ${count(film.sentiment.n)}</span><${SentimentBar} sentiment=${film.sentiment} />` : null)],
  ["Forecast", (film) => (film.forecast ? html`${number(film.forecast.predicted)} <span class="sub">${number(film.forecast.lower, 0)}–${number(film.forecast.upper, 0)}</span>` : null)],
];

const Side = ({ films }) => html`<div class="scroll tall" tabindex="0" role="region" aria-label="Figures side by side"><table class="table"><thead><tr><td><span class="sr-only">Figure</span></td>${films.map((film, index) => html`<th scope="col" key=${film.movie_id}><i class=${`swatch c${index} inline`} /> <a href=${`/film/${film.movie_id}`}>${film.title}</a></th>`)}</tr></thead>
  <tbody>${ROWS.map(([name, read]) => html`<tr key=${name}><th scope="row">${name}</th>${films.map((film) => html`<td key=${film.movie_id}>${(film.trend && read(film.trend)) ?? html`<${Unknown} />`}</td>`)}</tr>`)}</tbody></table></div>`;

function Lines({ data, figure }) {
  const [name, read, range, format] = FIGURES[figure];
  const lines = useMemo(() => {
    const pointsOf = data.films.map((film) => settled(film.points, data));
    const timesOf = pointsOf.map((points) => points.map((point) => seconds(point.end)));
    const x = axisOf(...timesOf);
    return { x, series: data.films.map((film, index) => ({ label: film.title, values: place(x, timesOf[index], pointsOf[index].map(read)), color: COLORS[index], dash: DASHES[index], width: 2, spanGaps: figure === "sentiment" || data.resolution === "window", format })) };
  }, [data, figure]);
  const scale = figure === "score" ? roomy(20, 0, 100) : range;
  return html`<${Chart} key=${figure} what=${`${name} of ${data.films.map((film) => film.title).join(", ")}`} x=${lines.x} series=${lines.series} yScales=${[{ key: "y", range: scale }]} height=${340} />`;
}

export default function Compare({ query }) {
  const ids = idsOf(query);
  const hours = SPANS.some(([value]) => value === query.get("hours")) ? query.get("hours") : "24";
  const [figure, setFigure] = useState("score");
  const [adding, setAdding] = useState(false);
  const names = useRef(new Map()).current; // once known, a film is named also while it is read anew
  const resource = useResource(ids.length > 1 ? `${withQuery("/api/v1/compare", { hours })}&ids=${ids.join(",")}` : null, ["trends"]);
  const single = useResource(ids.length === 1 ? `/api/v1/movies/${ids[0]}` : null);
  const isOfChosen = resource.data?.films.map((film) => film.movie_id).join() === ids.map(Number).join();
  if (single.data) names.set(String(single.data.movie_id), single.data.facts.title);
  resource.data?.films.forEach((film) => names.set(String(film.movie_id), film.title));
  const add = (hit) => {
    names.set(String(hit.movie_id), hit.title);
    setQuery({ ids: [...ids.filter((id) => id !== String(hit.movie_id)), hit.movie_id].slice(0, MOST).join(",") });
  };
  const controls = html`<span class="links"><${Segmented} label="Figure" value=${figure} options=${Object.entries(FIGURES).map(([key, [name]]) => [key, name])} onChange=${setFigure} />
    <${Segmented} label="How far back" value=${hours} options=${SPANS} onChange=${(value) => setQuery({ hours: value })} /></span>`;
  return html`<div class="page-head"><div><h1 tabindex="-1">Compare</h1><p class="definition">Two to five films over the same span, on the same axis.</p></div></div>
    <${Picked} ids=${ids} names=${names} onAdd=${() => setAdding(true)} />
    ${ids.length < 2
      ? html`<${Empty} title=${ids.length ? "One more film, and there is something to compare" : "Choose two films"}>The address keeps the choice, so a comparison can be shared. <button type="button" class="linklike" onClick=${() => setAdding(true)}>Search for a film</button><//>`
      : html`<${Loaded} resource=${isOfChosen ? resource : { ...resource, data: null }} rows=${5}>${(data) => html`
        <${Card} title=${FIGURES[figure][0]} aside=${controls} definition=${`Last ${duration(seconds(data.end) - seconds(data.start))}; each point is ${data.resolution === "hour" ? "an hour" : `one window, ${duration(data.step_seconds)} apart or more`}; ${unsettledNote(data.resolution)}. A film without a point there has no row for that time.`}><${Lines} data=${data} figure=${figure} /><//>
        <${Card} title="Side by side" definition=${data.window ? `The newest closed window, which ended at ${clock(data.window.end)}.` : "No window has closed yet."}><${Side} films=${data.films} /><//>`}<//>`}
    <${SearchDialog} open=${adding} label="Add a film" onClose=${() => setAdding(false)} onChoose=${add} />`;
}
