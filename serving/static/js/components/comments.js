// Example comments. They are strangers' words: shown as text, and a link is followed only when it leads to Reddit.
import { signed } from "../lib/format.js";
import { cls, html } from "../lib/ui.js";
import { Ago } from "./basics.js";
import { Icon } from "./icons.js";

const tone = (value) => (value >= 0.05 ? "positive" : value <= -0.05 ? "negative" : "neutral");

/** The address when it is a web address, else null: no `javascript:`, no other scheme. */
export function safeUrl(url) {
  try {
    const parsed = new URL(url);
    return parsed.protocol === "https:" || parsed.protocol === "http:" ? parsed.href : null;
  } catch {
    return null;
  }
}

/** One comment, with its sentiment, its place and its age. */
export function Comment({ mention }) {
  const url = mention.url && safeUrl(mention.url);
  return html`<li class="comment">
    <blockquote dir="auto">${mention.excerpt}</blockquote>
    <p class="comment-meta"><span class=${cls("tone", tone(mention.sentiment))}><i class=${`key ${tone(mention.sentiment)}`} /> <span class="sr-only">${tone(mention.sentiment)} </span>${signed(mention.sentiment)}</span>
      <span>r/${mention.subreddit}</span><${Ago} at=${mention.created_utc} /><span>${mention.via === "text" ? "names it" : "in its thread"}</span>
      ${url && html`<a href=${url} target="_blank" rel="noopener noreferrer nofollow" class="out">source<span class="sr-only"> of the comment, opens a new tab</span> <${Icon} name="out" size=${12} /></a>`}</p>
  </li>`;
}

/** The most telling comments: strongest feeling first, different words, at most `size`. */
export function strongest(mentions, size = 3) {
  const seen = new Set();
  return [...mentions]
    .sort((a, b) => Math.abs(b.sentiment) - Math.abs(a.sentiment))
    .filter((mention) => !seen.has(mention.excerpt) && seen.add(mention.excerpt))
    .slice(0, size);
}
