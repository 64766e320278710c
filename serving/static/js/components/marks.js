// What happened to the forecaster: marks on its charts, and the same in words.
import { count, percent, seconds, times } from "../lib/format.js";
import { html } from "../lib/ui.js";
import { Ago, Time } from "./basics.js";

/** By kind: the mark's word, its colour, and the sentence. A contest that changed nothing is told, not drawn. */
const KINDS = {
  drift: ["error grew", "--negative", ({ value }) => `The model’s error grew to ${times(value)} its usual size; the challenger started anew.`],
  data_drift: ["data drift", "--mentions", ({ value }) => `Recent windows look unlike earlier ones: ${percent(value)} of the columns have drifted.`],
  promotion: ["promoted", "--sentiment", ({ value }) => `The challenger leads from here on: its error was ${percent(value, 1)} of the champion’s.`],
  contest: ["champion stays", null, ({ value }) => `A contest ended and the champion stays: the challenger’s error was ${percent(value, 1)} of its own.`],
  rollback: ["rolled back", "--ink-2", ({ value }) => `Registered version ${count(value)} leads again, by order.`],
};

const SHOWN = 12; // the API has the others

const known = (events) => (events ?? []).filter((event) => event.kind in KINDS);

/** Vertical lines for a chart, oldest first. */
export const marksOf = (events) =>
  known(events)
    .filter((event) => KINDS[event.kind][1])
    .map((event) => ({ at: seconds(event.at), text: KINDS[event.kind][0], color: KINDS[event.kind][1] }))
    .sort((a, b) => a.at - b.at);

/** The events as sentences, newest first. @param {{events: any[], empty: string}} props */
export function Events({ events, empty }) {
  const shown = known(events).slice(0, SHOWN);
  if (!shown.length) return html`<p class="definition">${empty}</p>`;
  return html`<ol class="happened">${shown.map((event) => html`<li key=${`${event.kind}${event.at}`}><i class=${`pip ${event.kind}`} /><p>${KINDS[event.kind][2](event)} <span class="sub"><${Time} at=${event.at} />, <${Ago} at=${event.at} /></span></p></li>`)}</ol>`;
}
