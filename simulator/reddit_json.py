"""A comment as Reddit's JSON: the field set of the recorded responses, escaped or raw as the client asks."""

import html
import json
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import orjson

from simulator.feed import Page
from simulator.model import Comment, Thread, base36

SUBREDDIT_ID = "t5_2qh3s"
"""r/movies. Other simulated subreddits share it: no client here reads it."""
_HOST = "https://www.reddit.com"

_CONSTANT: dict[str, Any] = {
    "approved_at_utc": None,
    "author_is_blocked": False,
    "comment_type": None,
    "mod_reason_by": None,
    "banned_by": None,
    "num_reports": None,
    "author_flair_type": "text",
    "total_awards_received": 0,
    "likes": None,
    "replies": "",
    "user_reports": [],
    "saved": False,
    "banned_at_utc": None,
    "mod_reason_title": None,
    "gilded": 0,
    "archived": False,
    "collapsed_reason_code": None,
    "no_follow": True,
    "num_comments": 0,
    "can_mod_post": False,
    "send_replies": True,
    "over_18": False,
    "report_reasons": None,
    "removal_reason": None,
    "approved_by": None,
    "controversiality": 0,
    "top_awarded_type": None,
    "downs": 0,
    "author_flair_css_class": None,
    "is_submitter": False,
    "collapsed": False,
    "author_flair_richtext": [],
    "author_patreon_flair": False,
    "gildings": {},
    "collapsed_reason": None,
    "distinguished": None,
    "associated_award": None,
    "stickied": False,
    "author_premium": False,
    "can_gild": False,
    "unrepliable_reason": None,
    "author_flair_text_color": None,
    "score_hidden": False,
    "subreddit_type": "public",
    "author_flair_template_id": None,
    "author_flair_text": None,
    "treatment_tags": [],
    "awarders": [],
    "all_awardings": [],
    "locked": False,
    "author_flair_background_color": None,
    "collapsed_because_crowd_control": None,
    "mod_reports": [],
    "quarantine": False,
    "mod_note": None,
}
"""What the recorded comments of an ordinary reader's view all have in common."""


def comment_data(comment: Comment) -> dict[str, Any]:
    """The `data` object of one comment, unescaped (raw_json=1)."""
    return {**_CONSTANT, **_thread_fields(comment.thread), **_own_fields(comment), **comment.extra}


def _own_fields(comment: Comment) -> dict[str, Any]:
    thread = comment.thread
    author_id = {} if comment.author == "[deleted]" else {"author_fullname": f"t2_{_author_id(comment.author)}"}
    return {
        **author_id,
        "id": comment.id,
        "name": comment.fullname,
        "author": comment.author,
        "parent_id": comment.parent or thread.fullname,
        "score": comment.score,
        "ups": comment.score,
        "body": comment.body,
        "body_html": body_html(comment.body),
        "edited": float(comment.edited) if comment.edited is not None else False,
        "permalink": f"{thread.path}{comment.id}/",
        "created": float(comment.created),
        "created_utc": float(comment.created),
    }


@lru_cache(maxsize=1_024)
def _shared_json(thread: Thread) -> bytes:
    """The fields that all comments of a thread have, without the closing brace."""
    return dump({**_CONSTANT, **_thread_fields(thread)})[:-1]


def _thread_fields(thread: Thread) -> dict[str, Any]:
    return {
        "subreddit_id": SUBREDDIT_ID,
        "subreddit": thread.subreddit,
        "subreddit_name_prefixed": f"r/{thread.subreddit}",
        "link_id": thread.fullname,
        "link_title": thread.title,
        "link_author": thread.author,
        "link_permalink": f"{_HOST}{thread.path}",
        "link_url": f"{_HOST}{thread.path}",
    }


def _author_id(author: str) -> str:
    return base36(int.from_bytes(author.encode()[-5:], "big"))


def body_html(body: str) -> str:
    """Paragraphs and quotes; other Markdown stays as typed, which no client here reads."""
    parts = []
    for block in body.split("\n\n"):
        text = f"<p>{html.escape(block.lstrip('> '), quote=False)}</p>"
        parts.append(f"<blockquote>\n{text}\n</blockquote>" if block.startswith(">") else text)
    return '<div class="md">' + "\n\n".join(parts) + "\n</div>"


def escape(value: Any) -> Any:
    """What Reddit does to every string without raw_json=1."""
    if isinstance(value, str):
        return value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return value


def dump(value: Any) -> bytes:
    """JSON bytes; a lone surrogate is written as its escape, as Reddit's own encoder does."""
    try:
        return orjson.dumps(value)
    except (orjson.JSONEncodeError, UnicodeEncodeError):
        return json.dumps(value).encode()


def comment_json(comment: Comment, *, raw: bool) -> bytes:
    """The finished `{"kind": "t1", ...}`, kept with the comment: a page is then a join of bytes."""
    found = comment.rendered.get(raw)
    if found is None:
        found = comment.rendered[raw] = b'{"kind":"t1","data":' + _data_json(comment, raw=raw) + b"}"
    return found


def _data_json(comment: Comment, *, raw: bool) -> bytes:
    if raw and not comment.extra:
        # most of the bytes are the same for the whole thread
        return _shared_json(comment.thread) + b"," + dump(_own_fields(comment))[1:]
    data = comment_data(comment)
    return dump(data if raw else {name: escape(value) for name, value in data.items()})


def listing_json(page: Page, *, raw: bool) -> bytes:
    """A whole page of the comment listing."""
    return wrap_listing(
        [comment_json(comment, raw=raw) for comment in page.comments], after=page.after, before=page.before
    )


def wrap_listing(children: Iterable[bytes], *, after: str | None = None, before: str | None = None) -> bytes:
    """A listing around finished children."""
    items = list(children)
    head = dump({"after": after, "dist": len(items), "modhash": "", "geo_filter": ""})
    tail = dump({"before": before})
    return b'{"kind":"Listing","data":' + head[:-1] + b',"children":[' + b",".join(items) + b"]," + tail[1:-1] + b"}}"
