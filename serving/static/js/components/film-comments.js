// The comments about a film that are kept as examples.
import { withQuery } from "../lib/api.js";
import { count } from "../lib/format.js";
import { useResource } from "../lib/resource.js";
import { html, useState } from "../lib/ui.js";
import { Card, Loaded, Segmented } from "./basics.js";
import { Comment } from "./comments.js";

const STEP = 12;
const MOST = 100; // what the API gives at once
const KINDS = [["", "All"], ["text", "By name"], ["thread", "In its thread"]];

/** What is not shown: a button for more of it, as long as the API gives more. */
function Rest({ shown, total, onMore }) {
  if (shown >= MOST) return html`<p class="sub">The newest ${MOST} of ${count(total)}.</p>`;
  return html`<p><button type="button" class="button" onClick=${onMore}>More of ${count(total)}</button></p>`;
}

/** @param {{id: string}} props */
export function FilmComments({ id }) {
  const [via, setVia] = useState("");
  const [limit, setLimit] = useState(STEP);
  const resource = useResource(withQuery(`/api/v1/movies/${id}/mentions`, { via, limit }), ["trends"]);
  const aside = html`<${Segmented} label="How it is meant" value=${via} options=${KINDS} onChange=${(value) => { setVia(value); setLimit(STEP); }} />`;
  return html`<${Card} title="What is said" aside=${aside} definition="Example comments, newest first, each with the sentiment of the part that is about this film (VADER, −1 to +1). One comment alone is weak evidence.">
    <${Loaded} resource=${resource} rows=${4}>${(data) =>
      data.mentions.length
        ? html`<ul class="comments">${data.mentions.map((mention) => html`<${Comment} key=${mention.comment_id} mention=${mention} />`)}</ul>
          ${data.page.total > data.mentions.length && html`<${Rest} shown=${data.mentions.length} total=${data.page.total} onMore=${() => setLimit(Math.min(MOST, limit + 2 * STEP))} />`}`
        : html`<p class="definition">No comment of this kind is kept${via ? "" : " about this film"}.</p>`}<//>
  <//>`;
}
