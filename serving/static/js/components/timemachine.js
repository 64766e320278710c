// The time machine: any past window's ranking, by the reader's own clock.
import { now } from "../lib/clock.js";
import { zone } from "../lib/format.js";
import { html } from "../lib/ui.js";

const MINUTE = 60_000;
const STEPS = [[-1440, "−1 day"], [-60, "−1 h"], [-5, "−5 min"], [5, "+5 min"], [60, "+1 h"], [1440, "+1 day"]];

/** Milliseconds as a `datetime-local` field wants them. */
function local(at) {
  const date = new Date(at - new Date(at).getTimezoneOffset() * MINUTE);
  return date.toISOString().slice(0, 16);
}

const iso = (milliseconds) => `${new Date(milliseconds).toISOString().slice(0, 16)}:00Z`;

/** @param {{at: string|null, onChange: (change: {at: string|null}) => void}} props */
export function TimeMachine({ at, onChange }) {
  const present = now();
  const shown = Date.parse(at ?? "") || present;
  const go = (milliseconds) => onChange({ at: milliseconds >= present ? null : iso(milliseconds), window: null });
  return html`<form class="panel" aria-label="Past rankings" onSubmit=${(event) => event.preventDefault()}>
    <label class="field">The newest window that had ended by (${zone()})
      <input class="input" type="datetime-local" step="60" max=${local(present)} value=${local(shown)} onChange=${(event) => event.target.value && go(new Date(event.target.value).getTime())} /></label>
    <div class="steps">${STEPS.map(([minutes, text]) => html`<button key=${minutes} type="button" class="button" disabled=${minutes > 0 && shown + minutes * MINUTE > present} onClick=${() => go(shown + minutes * MINUTE)}>${text}</button>`)}</div>
    <button type="button" class="button primary" disabled=${!at} onClick=${() => onChange({ at: null })}>Back to now</button>
  </form>`;
}
