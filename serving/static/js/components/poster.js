// A film's poster: TMDB's when the platform may load it, else one drawn from the film's id and title, always the same.
import { html, useState } from "../lib/ui.js";

const HOST = document.documentElement.dataset.posters;
const PALETTES = [
  ["#1f2a44", "#e76f51", "#f4e3c1"], ["#0f3d3e", "#e2b04a", "#f3efe0"], ["#3b1f2b", "#db504a", "#f2d0a4"], ["#22223b", "#9a8c98", "#f2e9e4"],
  ["#10302b", "#6ab187", "#eef4d4"], ["#2b2d42", "#ef8354", "#edf2f4"], ["#3d2645", "#b18fcf", "#f5e6fa"], ["#14213d", "#fca311", "#f0ead6"],
  ["#1b3a4b", "#5fa8d3", "#e6f2f8"], ["#402218", "#d38b5d", "#f3ffb6"], ["#2a1a3a", "#ff6b8b", "#ffe6d9"], ["#26352b", "#c9ada7", "#f2f4ec"],
];

/** Six compositions on 60 × 90. @type {((accent: string) => any)[]} */
const MOTIFS = [
  (accent) => html`<circle cx="30" cy="34" r="19" fill=${accent} /><path d="M0 62 16 46l14 13 12-9 18 15v25H0z" fill="#000" opacity=".35" />`,
  (accent) => html`<path d="M30 0 58 90H2z" fill=${accent} opacity=".85" /><circle cx="30" cy="58" r="6" fill="#000" opacity=".4" />`,
  (accent) => html`<g fill="none" stroke=${accent} stroke-width="5"><circle cx="60" cy="20" r="12" /><circle cx="60" cy="20" r="24" /><circle cx="60" cy="20" r="36" /><circle cx="60" cy="20" r="48" opacity=".55" /></g>`,
  (accent) => html`<g fill=${accent}><rect x="8" y="12" width="10" height="44" /><rect x="22" y="24" width="10" height="32" opacity=".8" /><rect x="36" y="6" width="10" height="50" opacity=".6" /></g><rect y="56" width="60" height="2" fill=${accent} />`,
  (accent) => html`<path d="M0 30Q15 14 30 30t30 0v14Q45 58 30 44T0 44z" fill=${accent} /><path d="M0 52Q15 40 30 52t30 0v6Q45 70 30 58T0 58z" fill=${accent} opacity=".5" />`,
  (accent) => html`<rect x="12" y="12" width="36" height="36" fill=${accent} transform="rotate(45 30 30)" /><circle cx="30" cy="30" r="9" fill="#000" opacity=".45" />`,
];

/** A well-mixed number from an id. */
function mix(id) {
  let value = Math.imul(id + 0x9e3779b9, 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  value = Math.imul(value ^ (value >>> 16), 0x27d4eb2f);
  return (value ^ (value >>> 15)) >>> 0;
}

/** Up to three lines of at most 11 letters. */
function lines(title) {
  const found = [];
  for (const word of title.split(/\s+/)) {
    const last = found.at(-1);
    if (last !== undefined && `${last} ${word}`.length <= 11) found[found.length - 1] = `${last} ${word}`;
    else found.push(word);
  }
  return found.slice(0, 3).map((line, index) => (line.length > 12 || (index === 2 && found.length > 3) ? `${line.slice(0, 10)}…` : line));
}

function Drawn({ id, title, named }) {
  const seed = mix(id);
  const [ground, accent, ink] = PALETTES[seed % PALETTES.length];
  const motif = MOTIFS[Math.floor(seed / PALETTES.length) % MOTIFS.length];
  const text = lines(title);
  return html`<svg class="poster" viewBox="0 0 60 90" aria-hidden="true" preserveAspectRatio="xMidYMid slice">
    <rect width="60" height="90" fill=${ground} />${motif(accent)}
    ${named && html`<rect y="58" width="60" height="32" fill=${ground} opacity=".82" />${text.map((line, index) => html`<text key=${index} x="5" y=${84 - (text.length - 1 - index) * 8} fill=${ink} font-size="7" font-weight="700" letter-spacing="-.1">${line}</text>`)}`}
  </svg>`;
}

/** Decoration: the title stands beside it. @param {{film: {movie_id: number, title: string, poster_path: string|null}, named?: boolean, large?: boolean}} props */
export function Poster({ film, named = false, large = false }) {
  const [failed, setFailed] = useState(false);
  if (!HOST || !film.poster_path || failed) return html`<${Drawn} id=${film.movie_id} title=${film.title} named=${named} />`;
  return html`<img class="poster" src=${`${HOST}/t/p/${large ? "w342" : "w92"}${film.poster_path}`} alt="" loading="lazy" decoding="async" onError=${() => setFailed(true)} />`;
}
