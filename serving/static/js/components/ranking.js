// The list of films. When their order changes, rows glide to their new places (not for those who want less motion).
import { html, useCallback, useEffect, useLayoutEffect, useRef, useState } from "../lib/ui.js";
import { FilmRow } from "./row.js";

const GLIDE = { duration: 520, easing: "cubic-bezier(.2, .8, .2, 1)" };
/** Rows of the first picture, a screen's worth: it need not wait for those further down. */
const FIRST_ROWS = 8;
const calm = matchMedia("(prefers-reduced-motion: reduce)");

/** Animate the list's children from where they were when their order changes. */
function useGlide(list, order) {
  const places = useRef(new Map());
  const previous = useRef(order);
  useLayoutEffect(() => {
    const rows = [...(list.current?.children ?? [])];
    const tops = new Map(rows.map((row) => [row.dataset.id, row.offsetTop]));
    if (previous.current !== order && !calm.matches) {
      for (const row of rows) {
        const before = places.current.get(row.dataset.id);
        const moved = before === undefined ? 0 : before - tops.get(row.dataset.id);
        if (moved) row.animate([{ transform: `translateY(${moved}px)` }, { transform: "none" }], GLIDE);
      }
    }
    places.current = tops;
    previous.current = order;
  });
}

/** @param {{films: any[], window: any, lead: boolean}} props lead: the first film says why without being asked */
export function Ranking({ films, window, lead }) {
  const list = useRef(null);
  const [toggled, setToggled] = useState(() => new Map());
  const [rows, setRows] = useState(FIRST_ROWS);
  useEffect(() => setRows(Infinity), []);
  useGlide(list, films.map((film) => film.movie_id).join());
  const isOpen = (film, index) => toggled.get(film.movie_id) ?? (lead && index === 0);
  const toggle = useCallback((id) => {
    setToggled((last) => new Map(last).set(id, !(last.get(id) ?? (lead && films[0]?.movie_id === id))));
  }, [lead, films]);
  return html`<div class="ranking">
    <div class="columns" aria-hidden="true"><span>Rank</span><span /><span>Film</span><span>TrendScore</span><span>Its course</span><span>Mentions and normal</span><span>Sentiment</span><span>Forecast</span><span /></div>
    <ol ref=${list}>${films.slice(0, rows).map((film, index) => html`<${FilmRow} key=${film.movie_id} film=${film} window=${window} open=${isOpen(film, index)} onToggle=${toggle} />`)}</ol>
  </div>`;
}
