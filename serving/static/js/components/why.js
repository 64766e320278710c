// Why a film trends: its score spelled out, since when it is spoken of, and the comments behind it.
import { withQuery } from "../lib/api.js";
import { chance, count, duration, number, plural, signed, times } from "../lib/format.js";
import { useResource } from "../lib/resource.js";
import { html } from "../lib/ui.js";
import { Ago, Loading, Span, Time, Unknown } from "./basics.js";
import { Comment, strongest } from "./comments.js";
import { LEAST_HISTORY, PARTS } from "./figures.js";

const READ = 20; // comments looked through for the strongest

/** One sentence a part: what it counts, from when, from how many. */
export function explainPart(key, film) {
  const { popularity, mentions, sentiment } = film;
  if (key === "popularity") {
    if (popularity.value === null) return "TMDB gives no popularity, so this part counts 0";
    return html`TMDB popularity ${number(popularity.value)}, asked <${Ago} at=${popularity.as_of} />${popularity.trending_rank ? `; number ${popularity.trending_rank} of TMDB's own list` : ""}`;
  }
  if (key === "mentions") return `${plural(mentions.count, "comment")} in the window: ${count(mentions.text)} by name, ${count(mentions.thread)} in its thread`;
  if (!sentiment.n) return "No comments, so this part stands at its middle, 50";
  return `Mean ${signed(sentiment.mean)} over ${count(sentiment.n)}: ${count(sentiment.positive)} positive, ${count(sentiment.neutral)} neutral, ${count(sentiment.negative)} negative`;
}

/** The sum that makes the score. */
export const Sum = ({ film }) => html`<dl class="sum">
  ${PARTS.map(([key, name]) => html`<div key=${key}><dt><i class=${`key ${key}`} /> ${name}</dt>
    <dd class="sum-value">${number(film.parts[key].weight, 2)} × ${number(film.parts[key].value)} = <b>${number(film.parts[key].points)}</b></dd>
    <dd class="sum-note">${explainPart(key, film)}</dd></div>`)}
  <div class="total"><dt>TrendScore</dt><dd class="sum-value"><b>${number(film.trend_score)}</b> of 100</dd></div>
</dl>`;

/** Whether the window is one of the time machine's: of those no sparkline is made, of the newest closed one always. */
const isPast = (film, window) => window.is_final && !film.sparkline;

/** Since when, against which normal. */
export function Since({ film, window }) {
  const momentum = film.momentum;
  const past = isPast(film, window);
  const asked = momentum?.in_breakout && !past;
  const { data } = useResource(asked ? withQuery("/api/v1/breakouts", { movie_id: film.movie_id, status: "active", limit: 1 }) : null, ["breakout"]);
  const breakout = asked ? data?.breakouts[0] : null;
  if (breakout)
    return html`<p>Breakout since <b><${Time} at=${breakout.started_at} /></b>: ${count(breakout.mentions)} comments where ${number(breakout.expected)} were to be expected (chance ${chance(breakout.p_value)}).</p>`;
  if (!momentum) return html`<p>Since when: <${Unknown}>${window.is_final ? "too little history to know its normal" : "known when the window closes"}<//></p>`;
  const span = momentum.span_seconds === 3600 ? "hour" : duration(momentum.span_seconds);
  const spoken = `${plural(momentum.mentions, "comment")} in the ${past ? `${span} before` : `last ${span}`}`;
  const share = `${number(momentum.share_of_voice * 100)} % of all films' comments.`;
  if (momentum.history_seconds < LEAST_HISTORY) return html`<p>${spoken}; its normal is <${Unknown}>not known yet<//>, for less than an hour was seen of it. ${share}</p>`;
  const level = momentum.growth >= 1.5 ? "more than" : momentum.growth <= 0.67 ? "less than" : "about";
  return html`<p>${past && momentum.in_breakout ? "In a breakout then. " : ""}Spoken of ${level} normal: ${spoken}, ${number(momentum.expected)} expected (${times(momentum.growth)}; normal learned from ${duration(momentum.history_seconds)}). ${share}</p>`;
}

/** The opened part of a row. */
export function Why({ film, window }) {
  const past = isPast(film, window);
  const path = withQuery(`/api/v1/movies/${film.movie_id}/mentions`, { limit: READ, until: past ? window.end : null });
  const { data: last, error, path: read } = useResource(path, past ? [] : ["trends"]);
  const data = read === path ? last : null; // no comment of now stands beside the past while that is read
  const shown = data ? strongest(data.mentions) : [];
  return html`<div class="why-grid">
    <div class="why-sum"><h3>How the score comes about</h3><${Sum} film=${film} /><p class="definition tiny">Window <${Span} window=${window} />, ${window.is_final ? "closed: these figures are final." : "still open: these figures grow."}</p></div>
    <div class="why-talk"><h3>What is said</h3><div class="definition"><${Since} film=${film} window=${window} /></div>
      ${error && !data ? html`<p class="definition">The comments cannot be read now (${error.detail || error.message}).</p>` : null}
      ${!data && !error ? html`<${Loading} rows=${3} what="Loading comments" />` : null}
      ${data && !shown.length ? html`<p class="definition">No comment about this film ${past ? "from before then " : ""}is kept.</p>` : null}
      ${shown.length ? html`<ul class="comments">${shown.map((mention) => html`<${Comment} key=${mention.comment_id} mention=${mention} />`)}</ul>
        <p class="definition tiny">The strongest ${shown.length} of the ${past ? "last" : "newest"} ${data.mentions.length}${past ? " before the window ended" : ""} (${count(data.page.total)} kept). Sentiment: VADER, −1 to +1; one comment alone is weak evidence.</p>` : null}
    </div>
  </div>`;
}
