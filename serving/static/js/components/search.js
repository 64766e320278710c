// Search from anywhere: "/" opens it, arrows choose, Enter goes. Also the picker of the comparison.
import { get, withQuery } from "../lib/api.js";
import { number } from "../lib/format.js";
import { html, useEffect, useId, useRef, useState } from "../lib/ui.js";
import { Icon } from "./icons.js";
import { Poster } from "./poster.js";

const PAUSE_MS = 120; // between two keys of somebody who types
const HITS = 8;

/** Films for a text, as it is typed. */
function useHits(text) {
  const [state, setState] = useState({ films: null, query: "", error: null });
  useEffect(() => {
    const query = text.trim();
    if (!query) {
      setState({ films: null, query: "", error: null });
      return undefined;
    }
    const controller = new AbortController();
    const timer = setTimeout(() => {
      get(withQuery("/api/v1/movies/search", { q: query, limit: HITS }), controller.signal).then(
        (data) => setState({ films: data.films, query, error: null }),
        (error) => controller.signal.aborted || setState({ films: [], query, error }),
      );
    }, PAUSE_MS);
    return () => {
      clearTimeout(timer);
      controller.abort();
    };
  }, [text]);
  return state;
}

const Hit = ({ hit, id, selected, onChoose, onHover }) => html`<li role="option" id=${id} aria-selected=${selected} onClick=${onChoose} onMouseMove=${onHover}>
  <${Poster} film=${hit} /><span class="grow"><b>${hit.title}</b> ${hit.year && html`<span class="faint">${hit.year}</span>`}
    ${hit.matched !== hit.title && html`<br /><span class="sub">also “${hit.matched}”</span>`}</span>
  <span class="sub nowrap">${hit.rank ? `#${hit.rank} · ${number(hit.trend_score)}` : "not ranked now"}</span></li>`;

function note({ films, query, error }) {
  if (error) return `Search does not answer: ${error.detail || error.message}`;
  if (!query) return "Type a title. Original and alternative titles and small typos are understood.";
  return films?.length ? null : `No film is called anything like “${query}”.`;
}

/** Field and list. @param {{label: string, onChoose: (hit: any) => void}} props */
export function Picker({ label, onChoose }) {
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const state = useHits(text);
  const films = state.films ?? [];
  const id = useId();
  useEffect(() => setAt(0), [state.films]);
  const isOfText = state.query === text.trim(); // until then the hits are those of the text before
  const move = (next) => {
    setAt(next);
    document.getElementById(`${id}-${next}`)?.scrollIntoView({ block: "nearest" });
  };
  const keys = (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && films.length) {
      event.preventDefault();
      move((at + step + films.length) % films.length);
    } else if (event.key === "Enter" && films[at]) {
      event.preventDefault();
      if (!isOfText) return;
      onChoose(films[at]);
      setText("");
    }
  };
  const message = note(state);
  return html`<div class="search-field"><${Icon} name="search" />
      <input type="text" role="combobox" aria-label=${label} aria-expanded=${films.length > 0} aria-controls=${id} aria-autocomplete="list" aria-activedescendant=${films.length ? `${id}-${at}` : undefined}
        placeholder=${label} autocomplete="off" spellcheck=${false} maxlength="200" value=${text} onInput=${(event) => setText(event.target.value)} onKeyDown=${keys} /></div>
    <ul id=${id} class="search-list" role="listbox" aria-label="Films found" hidden=${!films.length}>${films.map((hit, index) => html`<${Hit} key=${hit.movie_id} hit=${hit} id=${`${id}-${index}`} selected=${index === at} onHover=${() => setAt(index)} onChoose=${() => { onChoose(hit); setText(""); }} />`)}</ul>
    <p class="search-note" role="status" hidden=${!message}>${message}</p>`;
}

/** The overlay. @param {{open: boolean, label: string, onClose: () => void, onChoose: (hit: any) => void}} props */
export function SearchDialog({ open, label, onClose, onChoose }) {
  const dialog = useRef(null);
  useEffect(() => {
    if (open && !dialog.current.open) {
      dialog.current.showModal();
      dialog.current.querySelector("input")?.focus();
    }
    if (!open) dialog.current.close();
  }, [open]);
  const outside = (event) => event.target === dialog.current && onClose();
  return html`<dialog ref=${dialog} class="search" aria-label=${label} onClose=${onClose} onClick=${outside}>
    ${open && html`<${Picker} label=${label} onChoose=${(hit) => { onClose(); onChoose(hit); }} />`}</dialog>`;
}
