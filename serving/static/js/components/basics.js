// The small pieces every page uses: ages, unknowns, choices, and the designed states of loading, emptiness and error.
import { signIn } from "../lib/api.js";
import { useNow } from "../lib/clock.js";
import { UNKNOWN, clock, duration, moment, utc } from "../lib/format.js";
import { html, useId, useState } from "../lib/ui.js";

/** An instant, with its UTC form for those who hover. */
export const Time = ({ at, format = moment }) => (at ? html`<time datetime=${new Date(at).toISOString()} title=${utc(at)}>${format(at)}</time>` : html`<${Unknown} />`);

/** "14:05–14:10" */
export const Span = ({ window }) => html`<span class="nowrap"><${Time} at=${window.start} />–<${Time} at=${window.end} format=${clock} /></span>`;

/** How long ago, ticking. */
export function Ago({ at }) {
  const present = useNow();
  if (!at) return html`<${Unknown} />`;
  const age = (present - new Date(at).getTime()) / 1000;
  return html`<time datetime=${new Date(at).toISOString()} title=${utc(at)} class="nowrap">${age < 1 ? "just now" : `${duration(age)} ago`}</time>`;
}

/** What is not known, said so. */
export const Unknown = ({ children }) => html`<span class="unknown">${children ?? UNKNOWN}</span>`;

/** A choice of one in a row. @param {{label: string, value: string, options: [string, string][], onChange: (value: string) => void}} props */
export function Segmented({ label, value, options, onChange }) {
  const name = useId();
  return html`<fieldset class="segmented"><legend class="sr-only">${label}</legend>
    ${options.map(([key, text]) => html`<label key=${key}><input type="radio" name=${name} value=${key} checked=${key === value} onChange=${() => onChange(key)} /><span>${text}</span></label>`)}
  </fieldset>`;
}

/** A titled card with its definition line. */
export function Card({ title, definition, aside, class: names = "", children }) {
  const id = useId();
  return html`<section class=${`card ${names}`} aria-labelledby=${id}>
    <header><h2 id=${id}>${title}</h2>${aside}</header>
    ${definition && html`<p class="definition">${definition}</p>`}
    ${children}
  </section>`;
}

/** Placeholders of the coming content's size. */
export const Loading = ({ rows = 6, what = "Loading" }) => html`
  <div class="loading" role="status"><span class="sr-only">${what}…</span>
    ${Array.from({ length: rows }, (_, index) => html`<div key=${index} class="bone" />`)}
  </div>`;

/** Nothing to show, and why. */
export const Empty = ({ title, children }) => html`<div class="state"><h2>${title}</h2><p class="definition">${children}</p></div>`;

/** What went wrong, in the API's own words, and what to do. @param {{error: any, retry?: () => void, alone?: boolean}} props alone: the page has no other heading */
export function Failure({ error, retry, alone = false }) {
  if (error.status === 401) return html`<${SignIn} alone=${alone} />`;
  return html`<div class="state bad" role="alert">
    ${alone ? html`<h1 tabindex="-1">${failureTitle(error)}</h1>` : html`<h2>${failureTitle(error)}</h2>`}
    <p class="definition">${error.detail || error.message}${error.status ? html` <span class="faint">(HTTP ${error.status})</span>` : ""}</p>
    ${error.status === 404 ? html`<a class="button" href="/">To the films trending now</a>` : ""}
    ${error.status !== 404 && retry && html`<button type="button" class="button" onClick=${retry}>Try again</button>`}
  </div>`;
}

const failureTitle = (error) => ({ 404: "Not there", 503: "Not ready yet" })[error.status] ?? error.title ?? "Something failed";

function SignIn({ alone }) {
  const [problem, setProblem] = useState("");
  const id = useId();
  const submit = (event) => {
    event.preventDefault();
    signIn(new FormData(event.target).get("key")).then(() => location.reload(), (error) => setProblem(error.status === 401 ? "The platform does not know this key." : error.message));
  };
  const title = "This platform asks for an API key";
  return html`<form class="state" onSubmit=${submit}>
    ${alone ? html`<h1 tabindex="-1">${title}</h1>` : html`<h2>${title}</h2>`}
    <p class="definition">Who runs it gives you one: keys are set in <code>API_KEYS</code>. Yours is kept in a cookie that scripts cannot read, until the browser is closed.</p>
    <label class="field">API key<input class="input" name="key" type="password" autocomplete="current-password" required aria-invalid=${problem ? "true" : undefined} aria-describedby=${id} /></label>
    <button class="button primary">Continue</button>
    <p role="alert" id=${id} class=${problem ? "chip bad" : ""}>${problem}</p>
  </form>`;
}

/** Content for a resource: its placeholder, its error, or what it holds; an error beside old data is a note above it. */
export function Loaded({ resource, rows, alone, children }) {
  const { data, error, reload } = resource;
  if (!data) return error ? html`<${Failure} error=${error} retry=${reload} alone=${alone} />` : html`<${Loading} rows=${rows} />`;
  return html`${error && html`<div class="note bad"><span role="status">Could not refresh (${error.detail || error.message}).</span> Shown as of <${Ago} at=${resource.receivedAt} />. <button type="button" class="linklike" onClick=${reload}>Try again</button></div>`}${children(data)}`;
}
