"""The listing pages as Reddit's does."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.feed import Feed, PageRequest
from simulator.model import Comment
from simulator.reddit_json import comment_json, listing_json
from tests.unit.simulator_support import make_comment


def feed_of(orders: list[int], capacity: int = 1_000) -> tuple[Feed, list[Comment]]:
    dropped: list[Comment] = []
    feed = Feed(capacity, dropped.append)
    for order in orders:
        feed.add(make_comment(order))
    return feed, dropped


def orders(feed: Feed, **request: object) -> list[int]:
    return [comment.order for comment in feed.page(PageRequest(**request)).comments]  # type: ignore[arg-type]


def name(order: int) -> str:
    return make_comment(order).fullname


def test_head_is_newest_first_whatever_the_order_of_arrival() -> None:
    feed, _ = feed_of([3, 1, 5, 2, 4])
    assert orders(feed) == [5, 4, 3, 2, 1]


def test_limits() -> None:
    feed, _ = feed_of(list(range(300)))
    assert len(orders(feed)) == 25
    assert len(orders(feed, limit=1_024)) == 100
    assert len(orders(feed, limit=0)) == 1


def test_after_gives_the_next_older_items_until_the_end() -> None:
    feed, _ = feed_of(list(range(10)))
    page = feed.page(PageRequest(limit=4))
    assert (page.after, page.before) == (name(6), None)
    assert orders(feed, limit=4, after=name(6)) == [5, 4, 3, 2]
    last = feed.page(PageRequest(limit=4, after=name(2)))
    assert [c.order for c in last.comments] == [1, 0]
    assert last.after is None


def test_before_gives_the_items_next_to_the_anchor_not_the_newest() -> None:
    feed, _ = feed_of(list(range(10)))
    page = feed.page(PageRequest(limit=3, before=name(2)))
    assert [c.order for c in page.comments] == [5, 4, 3]
    assert page.before == name(5)
    assert page.after is None
    last = feed.page(PageRequest(limit=3, before=name(8)))
    assert [c.order for c in last.comments] == [9]
    assert last.before is None
    assert orders(feed, before=name(9)) == []


def test_counting_clients_are_named_the_page_before() -> None:
    feed, _ = feed_of(list(range(10)))
    assert feed.page(PageRequest(limit=3, after=name(6), count=3)).before == name(5)
    assert feed.page(PageRequest(limit=3, after=name(6))).before is None


def test_unknown_fallen_and_deleted_anchors_give_nothing() -> None:
    feed, dropped = feed_of(list(range(10)), capacity=5)
    assert [c.order for c in dropped] == [0, 1, 2, 3, 4]
    assert orders(feed, before="t1_zzz") == []
    assert orders(feed, before=name(4)) == []
    feed.remove(name(7))
    assert orders(feed) == [9, 8, 6, 5]
    assert orders(feed, before=name(7)) == []
    assert orders(feed, before=name(6)) == [9, 8]
    feed.remove(name(7))
    assert len(feed) == 4


def test_a_late_comment_stands_at_the_place_of_its_id() -> None:
    feed, _ = feed_of([1, 2, 4])
    feed.add(make_comment(3))
    assert orders(feed) == [4, 3, 2, 1]
    assert orders(feed, before=name(4)) == []
    assert orders(feed, before=name(2)) == [4, 3]


def test_subreddits_are_told_apart() -> None:
    feed = Feed()
    for order in range(10):
        feed.add(make_comment(order, subreddit="movies" if order % 2 else "boxoffice"))
    assert orders(feed, subreddits=frozenset({"movies"}), limit=3) == [9, 7, 5]
    assert orders(feed, subreddits=frozenset({"boxoffice"}), before=name(3)) == [8, 6, 4]


@given(
    st.lists(st.integers(0, 10_000), unique=True, min_size=1, max_size=150),
    st.integers(1, 100),
    st.integers(5, 120),
)
def test_walking_either_way_meets_every_item_once(numbers: list[int], limit: int, capacity: int) -> None:
    feed, _ = feed_of(numbers, capacity)
    held = sorted(comment.order for comment in feed.all())
    back: list[int] = []
    after = None
    while True:
        page = feed.page(PageRequest(limit=limit, after=after))
        back += [comment.order for comment in page.comments]
        after = page.after
        if after is None:
            break
    assert back == held[::-1]
    forward = [held[0]]
    while page_orders := orders(feed, limit=limit, before=name(forward[-1])):
        forward += reversed(page_orders)
    assert forward == held


def test_json_is_escaped_unless_raw_is_asked_for() -> None:
    comment = make_comment(5, body='AT&T <b>"x"</b>')
    raw = json.loads(comment_json(comment, raw=True))["data"]
    escaped = json.loads(comment_json(comment, raw=False))["data"]
    assert raw["body"] == 'AT&T <b>"x"</b>'
    assert escaped["body"] == 'AT&amp;T &lt;b&gt;"x"&lt;/b&gt;'
    assert raw["body_html"] == '<div class="md"><p>AT&amp;T &lt;b&gt;"x"&lt;/b&gt;</p>\n</div>'
    assert escaped["body_html"].startswith('&lt;div class="md"&gt;&lt;p&gt;AT&amp;amp;T')
    assert set(raw) == set(escaped)


@pytest.mark.parametrize("raw", [True, False])
def test_lone_surrogates_and_overrides_survive(raw: bool) -> None:
    comment = make_comment(5, body="broken \ud83d half", extra={"created_utc": "soon", "score": None})
    data = json.loads(comment_json(comment, raw=raw))["data"]
    assert data["body"] == "broken \ud83d half"
    assert (data["created_utc"], data["score"]) == ("soon", None)


def test_a_page_of_a_hundred_costs_little() -> None:
    """A replay of 44,188 comments is 442 such pages; 15 ms of work each would already be 7 seconds."""
    feed = Feed()
    for order in range(1_000):
        feed.add(
            make_comment(order, body="Twenty one words is what the median comment of the subreddit has to say. " * 2)
        )
    began = time.thread_time()
    listing_json(feed.page(PageRequest(limit=100)), raw=True)
    assert time.thread_time() - began < 0.015


def test_listing_json_names_its_anchors_and_size() -> None:
    feed, _ = feed_of(list(range(10)))
    body = json.loads(listing_json(feed.page(PageRequest(limit=2)), raw=True))
    assert body["kind"] == "Listing"
    assert {key: value for key, value in body["data"].items() if key != "children"} == {
        "after": name(8),
        "before": None,
        "dist": 2,
        "modhash": "",
        "geo_filter": "",
    }
    assert [child["kind"] for child in body["data"]["children"]] == ["t1", "t1"]
