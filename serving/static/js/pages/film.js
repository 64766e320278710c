// One film: what it is, how it stands and why, its course, its forecasts and how they did, and what is said of it.
import { withQuery } from "../lib/api.js";
import { clock, count, date, language, number, seconds } from "../lib/format.js";
import { useResource } from "../lib/resource.js";
import { setQuery } from "../lib/router.js";
import { html, useEffect, useState } from "../lib/ui.js";
import { Ago, Card, Loaded, Segmented, Span, Unknown } from "../components/basics.js";
import { ForecastFigure, MentionsFigure, RankMove, ScoreBar, SentimentFigure } from "../components/figures.js";
import { FilmComments } from "../components/film-comments.js";
import { FilmForecast } from "../components/film-forecast.js";
import { FilmHistory } from "../components/film-history.js";
import { Poster } from "../components/poster.js";
import { Since, Sum } from "../components/why.js";

const HOUR = 3600;
const PAST = 300; // earlier forecasts of one horizon; the API gives 500 at most
export const SPANS = [["1", "1 h"], ["6", "6 h"], ["24", "24 h"], ["168", "7 d"], ["720", "30 d"]];

function Head({ detail }) {
  const { facts, trend } = detail;
  return html`<div class="film-head">
    <${Poster} film=${{ ...facts, movie_id: detail.movie_id }} named=${true} large=${true} />
    <div class="film-facts">
      <h1 tabindex="-1">${facts.title}</h1>
      ${facts.original_title && facts.original_title !== facts.title && html`<p class="muted">${facts.original_title}</p>`}
      <p class="chips">${facts.year && html`<span class="chip">${facts.year}</span>`}${facts.genres.map((genre) => html`<span class="chip" key=${genre}>${genre}</span>`)}${facts.language && html`<span class="chip">${language(facts.language)}</span>`}
        ${trend?.momentum?.in_breakout && html`<a class="chip hot" href="/breakouts">In a breakout now</a>`}</p>
      <p class="overview">${facts.overview || html`<${Unknown}>TMDB has no description<//>`}</p>
      ${trend && html`<div class="film-figures"><div><h2>Mentions</h2><${MentionsFigure} momentum=${trend.momentum} /></div><div><h2>Sentiment</h2><${SentimentFigure} sentiment=${trend.sentiment} /></div><div><h2>Forecast</h2><${ForecastFigure} forecast=${trend.forecast} /></div></div>
      <div class="definition"><${Since} film=${trend} window=${detail.window} /></div>`}
      <p><a class="button" href=${`/compare?ids=${detail.movie_id}`}>Compare with others</a></p>
    </div>
    <${Standing} detail=${detail} />
  </div>`;
}

function Standing({ detail }) {
  const { trend, window } = detail;
  if (!trend) return html`<${Card} title="Not ranked now" definition=${window ? html`It has no row in the window <${Span} window=${window} />: nobody polled or mentioned it. Its history is below.` : "No window has closed yet."} />`;
  return html`<section class="card score-card" aria-label="How it stands">
    <div class="score-head"><div><p class="small muted">TrendScore</p><p class="big">${number(trend.trend_score)}</p></div>
      <div><p class="small muted">Rank</p><p class="score-value">${trend.rank} <${RankMove} move=${trend.rank_move} /></p></div></div>
    <${ScoreBar} parts=${trend.parts} /><${Sum} film=${trend} />
    <p class="definition tiny">Window <${Span} window=${window} />, ${window.is_final ? "closed" : "open"}. Rank against about an hour before.</p></section>`;
}

const Fact = ({ name, children }) => html`<dt>${name}</dt><dd>${children ?? html`<${Unknown} />`}</dd>`;

function Facts({ detail }) {
  const { facts, freshness } = detail;
  return html`<${Card} title="Facts" definition=${html`From TMDB, asked <${Ago} at=${facts.as_of} />.`}><dl class="facts">
      <${Fact} name="Released">${facts.release_date ? date(facts.release_date) : facts.year}<//>
      <${Fact} name="Original language">${facts.language ? language(facts.language) : null}<//>
      <${Fact} name="TMDB votes">${facts.vote_average === null ? null : `${number(facts.vote_average)} of 10, n = ${count(facts.vote_count)}`}<//>
      <${Fact} name="TMDB popularity">${facts.popularity === null ? null : number(facts.popularity)}<//>
      <${Fact} name="Also called">${facts.alternative_titles.slice(0, 4).join(", ") || null}<//>
    </dl></${Card}>
    <${Card} title="How fresh it is" definition="The newest moment each kind of figure knows of."><dl class="facts">
      ${freshness.map((each) => html`<${Fact} key=${each.what} name=${html`<span title=${each.origin}>${each.what}</span>`}>${each.as_of ? html`<${Ago} at=${each.as_of} />` : null}<//>`)}
    </dl></${Card}>`;
}

export default function Film({ id, query }) {
  const [isYoung, setYoung] = useState(false);
  const asked = SPANS.some(([value]) => value === query.get("hours")) ? query.get("hours") : null;
  const hours = asked ?? (isYoung ? "1" : "6");
  const base = `/api/v1/movies/${id}`;
  const detail = useResource(base, ["trends"]);
  const history = useResource(detail.data && withQuery(`${base}/history`, { hours }), ["trends"]);
  const [horizon, setHorizon] = useState(null);
  const forecast = useResource(detail.data && withQuery(`${base}/forecast`, { past: PAST, horizon }), ["trends"]);
  // until another horizon's answer is here, the last one's forecasts stay, and so does what is said of them
  const shown = forecast.path && new URL(forecast.path, location.origin).searchParams.get("horizon");
  const first = history.data?.points[0];
  // With less than an hour known, six would be a handful of points.
  useEffect(() => setYoung(Boolean(first) && seconds(history.data.end) - seconds(first.end) < HOUR), [history.data]);
  useEffect(() => setYoung(false), [id]);
  const title = detail.data?.facts.title;
  useEffect(() => {
    if (title) document.title = `${title} · TrendScope`;
  }, [title]);
  const spans = html`<${Segmented} label="How far back" value=${hours} options=${SPANS} onChange=${(value) => setQuery({ hours: value })} />`;
  return html`<${Loaded} resource=${detail} rows=${4} alone=${true}>${(data) => html`
    <${Head} detail=${data} />
    <${Loaded} resource=${history} rows=${4}>${(past) => html`<${FilmHistory} history=${past} trend=${data.trend} aside=${spans} />`}<//>
    <${Loaded} resource=${forecast} rows=${4}>${(made) => html`<${FilmForecast} forecast=${made} history=${history.data} horizon=${horizon} shown=${shown} onChoose=${setHorizon} />`}<//>
    <div class="split-2-1"><${FilmComments} id=${id} /><div class="stack"><${Facts} detail=${data} /></div></div>
    <p class="faint tiny">Read <${Ago} at=${data.source.read_at} />; figures count up to ${data.source.as_of ? clock(data.source.as_of) : "an unknown time"}.</p>`}<//>`;
}
