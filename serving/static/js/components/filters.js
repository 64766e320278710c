// Filters of the ranking; the menus come from the catalogue itself.
import { language } from "../lib/format.js";
import { useResource } from "../lib/resource.js";
import { html } from "../lib/ui.js";

export const FILTER_NAMES = ["genre", "language", "status", "year_from", "year_to", "min_mentions"];
const STATUSES = [["released", "Released"], ["upcoming", "Upcoming"]];

const Menu = ({ name, label, value, options, any, onChange }) => html`<label class="field">${label}
  <select class="select" name=${name} value=${value ?? ""} onChange=${(event) => onChange({ [name]: event.target.value })}>
    <option value="">${any}</option>${options.map(([key, text]) => html`<option key=${key} value=${key} selected=${key === value}>${text}</option>`)}
  </select></label>`;

const Figure = ({ name, label, value, least, most, hint, onChange }) => html`<label class="field">${label}
  <input class="input" type="number" inputmode="numeric" name=${name} min=${least} max=${most} placeholder=${hint} value=${value ?? ""}
    onChange=${(event) => event.target.checkValidity() && onChange({ [name]: event.target.value })} /></label>`;

/** @param {{filters: Record<string, string|null>, onChange: (change: Record<string, string|null>) => void}} props */
export function Filters({ filters, onChange }) {
  const { data } = useResource("/api/v1/genres");
  const genres = (data?.genres ?? []).map((name) => [name, name]);
  const languages = (data?.languages ?? []).map((code) => [code, language(code)]).sort((a, b) => a[1].localeCompare(b[1]));
  return html`<form class="panel" aria-label="Filters" onSubmit=${(event) => event.preventDefault()}>
    <${Menu} name="genre" label="Genre" any="Any genre" value=${filters.genre} options=${genres} onChange=${onChange} />
    <${Menu} name="language" label="Original language" any="Any language" value=${filters.language} options=${languages} onChange=${onChange} />
    <${Menu} name="status" label="Release" any="Released or not" value=${filters.status} options=${STATUSES} onChange=${onChange} />
    <${Figure} name="year_from" label="Year from" least="1870" most="2200" hint="1990" value=${filters.year_from} onChange=${onChange} />
    <${Figure} name="year_to" label="Year to" least="1870" most="2200" hint="2026" value=${filters.year_to} onChange=${onChange} />
    <${Figure} name="min_mentions" label="Mentions, at least" least="0" most="100000" hint="0" value=${filters.min_mentions} onChange=${onChange} />
    <button type="button" class="button quiet" onClick=${() => onChange(Object.fromEntries(FILTER_NAMES.map((name) => [name, null])))}>Clear</button>
  </form>`;
}
