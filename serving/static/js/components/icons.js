// Line icons on a grid of 20, drawn for this dashboard; decoration only, their text stands beside them.
import { html } from "../lib/ui.js";

const PATHS = {
  now: "M3 14.5 8 9.5l3 2.5 6-7M12.5 5H17v4.5",
  breakouts: "M10 2.5v3M10 14.5v3M2.5 10h3M14.5 10h3M4.7 4.7l2.1 2.1M13.2 13.2l2.1 2.1M15.3 4.7l-2.1 2.1M6.8 13.2l-2.1 2.1",
  compare: "M3 16V9M8 16V4M13 16v-5M17.5 16V7",
  model: "M3 15c3 0 3.5-10 7-10s4 10 7 10M3 10h2M15 10h2",
  system: "M3 5h5v4H3zM12 11h5v4h-5zM8 7h3.500a2 2 0 0 1 2 2v2",
  search: "M9 3.500a5.5 5.5 0 1 0 0 11a5.5 5.5 0 0 0 0-11M13 13l4 4",
  sun: "M10 6.500a3.5 3.5 0 1 0 0 7a3.5 3.5 0 0 0 0-7M10 2v1.500M10 16.500V18M2 10h1.500M16.5 10H18M4.3 4.300l1.1 1.100M14.6 14.600l1.1 1.100M15.7 4.300l-1.1 1.100M5.4 14.600l-1.1 1.1",
  moon: "M16.5 12A7 7 0 0 1 8 3.500a7 7 0 1 0 8.5 8.5",
  chevron: "m5.5 8 4.5 4.500L14.5 8",
  up: "M4 14.5 15 5.500M9 5h6.500v6.5",
  down: "M4 5.500l11 9M15.5 8.500V15H9",
  flat: "M3 10h13.500M12 5.500l4.5 4.5-4.5 4.5",
  out: "M8 4H4v12h12v-4M11 4h5v5M16 4l-7 7",
  close: "m5 5 10 10M15 5 5 15",
  filter: "M3 5h14M6 10h8M8.5 15h3",
  download: "M10 3v9M6 8.500l4 4 4-4M4 16.500h12",
  clock: "M10 3a7 7 0 1 0 0 14a7 7 0 0 0 0-14M10 6v4.300l2.8 1.7",
};

/** @param {{name: keyof PATHS, size?: number, width?: number}} props */
export const Icon = ({ name, size = 18, width = 1.7 }) => html`
  <svg width=${size} height=${size} viewBox="0 0 20 20" aria-hidden="true" fill="none" stroke="currentColor" stroke-width=${width} stroke-linecap="round" stroke-linejoin="round">
    <path d=${PATHS[name]} />
  </svg>`;
