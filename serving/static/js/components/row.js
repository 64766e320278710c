// One film of the ranking; opened, it says why.
import { language, number } from "../lib/format.js";
import { cls, html } from "../lib/ui.js";
import { ForecastFigure, MentionsFigure, RankMove, ScoreBar, SentimentFigure, Sparkline } from "./figures.js";
import { Icon } from "./icons.js";
import { Poster } from "./poster.js";
import { Why } from "./why.js";

const facts = (film) => [film.year, film.genres.slice(0, 2).join(", "), film.language && film.language !== "en" ? language(film.language) : null].filter(Boolean).join(" · ");

/** @param {{film: any, window: any, open: boolean, onToggle: (id: number) => void}} props */
export function FilmRow({ film, window, open, onToggle }) {
  const missing = window.is_final ? undefined : "once it closes";
  const panel = `why-${film.movie_id}`;
  return html`<li class=${cls("row", open && "open")} data-id=${film.movie_id}>
    <div class="row-main">
      <div class="cell rank"><b><span class="sr-only">Rank </span>${film.rank}</b><${RankMove} move=${film.rank_move} /></div>
      <div class="cell poster-cell"><${Poster} film=${film} /></div>
      <div class="cell title"><h2><a href=${`/film/${film.movie_id}`}>${film.title}</a></h2><p class="sub">${facts(film)}</p></div>
      <div class="cell score"><p class="score-value"><span class="sr-only">TrendScore </span>${number(film.trend_score)}</p><${ScoreBar} parts=${film.parts} labels=${true} /></div>
      <div class="cell course"><${Sparkline} line=${film.sparkline} missing=${missing} /></div>
      <div class="cell"><span class="cell-name">Mentions</span><${MentionsFigure} momentum=${film.momentum} missing=${missing} /></div>
      <div class="cell"><span class="cell-name">Sentiment</span><${SentimentFigure} sentiment=${film.sentiment} /></div>
      <div class="cell"><span class="cell-name">Forecast</span><${ForecastFigure} forecast=${film.forecast} missing=${missing} /></div>
      <div class="cell toggle"><button type="button" class="icon-button" aria-expanded=${open} aria-controls=${panel} onClick=${() => onToggle(film.movie_id)}>
        <span class="sr-only">Why ${film.title} trends</span><${Icon} name="chevron" /></button></div>
    </div>
    <div id=${panel} class="why" hidden=${!open}>${open && html`<${Why} film=${film} window=${window} />`}</div>
  </li>`;
}
