"""The benchmark's own logic: the backlog, the recomputation, and what is read off the samples."""

import os
import random
from collections import Counter

import pytest

from benchmarks.comments import Sent, Text, backlog, invented_texts, known_films, lengths, polled
from benchmarks.latency import Mention, latencies, note, percentiles
from benchmarks.processor import resized
from benchmarks.recompute import Expected, differences, sift, windows
from benchmarks.stages import linkable, measure, native_stage, spoken
from benchmarks.usage import Sample, Usage
from benchmarks.vader import bare_vader
from common.clock import to_millis
from configs.settings import load_settings
from contracts.events import RedditComment, TrendUpdate
from processors.linking.linker import Linker
from tests.support.records import NOON, update

_MINUTE = 60_000
_START = to_millis(NOON)


def _row(movie: int = 1, **fields: object) -> TrendUpdate:
    counts = {"mentions": 2, "mentions_text": 1, "mentions_thread": 1, "positive": 1, "neutral": 0, "negative": 1}
    return update(movie, NOON, **counts | {"sentiment_sum": 0.3} | fields)


def test_a_backlog_is_the_same_again_and_in_time() -> None:
    texts = [Text("one", "a"), Text("two", "")]
    first = list(backlog(texts, 500, 10, NOON))
    assert first == list(backlog(texts, 500, 10, NOON))
    assert len(first) == 500
    assert max(record.created for record in first) <= to_millis(NOON)
    assert min(record.created for record in first if record.created) < to_millis(NOON) - 40_000


def test_a_backlog_has_duplicates_late_ones_and_broken_ones_which_are_told_apart() -> None:
    records = list(backlog([Text("one", "a")], 5_000, 100, NOON))
    kinds = Counter(record.category for record in records)
    assert kinds["dead_letter"] > 0
    assert kinds["not_organic"] > 0
    plain = [record for record in records if not record.category]
    assert len({record.id for record in plain}) < len(plain)
    for record in plain[:50]:
        comment = RedditComment.decode(record.value)
        assert (comment.id, to_millis(comment.created_utc)) == (record.id, record.created)


def test_invented_texts_are_as_long_as_real_ones() -> None:
    words = lengths(invented_texts(2_000))
    assert 15 <= words["median"] <= 27
    assert 28 <= words["mean"] <= 44


def test_a_poll_has_the_most_popular_films_in_order() -> None:
    films = known_films(None, NOON)
    listed = polled(films, 5, NOON)
    assert [film.trending_rank for film in listed] == [1, 2, 3, 4, 5]
    assert min(film.popularity or 0 for film in listed) >= sorted(film.popularity or 0 for film in films)[-5]


def test_catalogues_are_cut_and_blown_up() -> None:
    films = known_films(None, NOON)
    assert len(resized(films, 10)) == 10
    many = resized(films, 3 * len(films))
    assert len({film.movie_id for film in many}) == 3 * len(films)
    assert len({film.title for film in many}) > 2.5 * len(films)


def _sent(name: str, created: int, text: int = 0, category: str = "") -> Sent:
    return Sent(b"", name, _START + created, text, category)


def test_late_is_judged_by_the_batches_before() -> None:
    records = [_sent("a", 0), _sent("b", 300_000), _sent("c", 100_000), _sent("d", 100_000), _sent("e", 200_000)]
    counted, ledger = sift(records, [3, 2], [[(1, "text", 0.5)]], 120_000)
    assert [record.id for record in counted] == ["a", "b", "c", "e"]
    assert ledger == {"counted": 4, "late": 1}


def test_only_the_first_copy_counts_and_each_record_is_in_one_category() -> None:
    records = [_sent("a", 0), _sent("a", 0), _sent("x", 0, category="dead_letter"), _sent("b", 1, text=1)]
    counted, ledger = sift(records, [4], [[(1, "text", 0.5)], []], 120_000)
    assert [record.id for record in counted] == ["a", "b"]
    assert ledger == {"counted": 1, "duplicate": 1, "dead_letter": 1, "without_film": 1}


def test_a_comment_is_in_every_window_that_holds_it() -> None:
    found = windows([_sent("a", 30_000)], [[(7, "thread", -0.5)]], 5 * _MINUTE, _MINUTE)
    assert sorted(found) == [(7, _START - minutes * _MINUTE) for minutes in (4, 3, 2, 1, 0)]
    assert all((window.text, window.thread, window.compounds) == (0, 1, [-0.5]) for window in found.values())


def test_differences_are_found() -> None:
    right = {(1, _START): Expected(1, 1, [0.8, -0.5])}
    assert differences(right, [_row()]) == []
    assert differences(right, []) == [(1, _START)]
    assert differences(right, [_row(sentiment_sum=0.31)]) == [(1, _START)]
    assert differences(right, [_row(mentions_text=2, mentions_thread=0)]) == [(1, _START)]
    assert differences(right, [_row(), _row(2)]) == [(2, _START)]
    nothing = {"mentions": 0, "mentions_text": 0, "mentions_thread": 0, "positive": 0, "negative": 0}
    assert differences(right, [_row(), _row(2, sentiment_sum=0.0, **nothing)]) == []


def test_every_stage_costs_something_and_what_is_said_is_scored_by_vader_itself() -> None:
    films = known_films(None, NOON)
    linker = Linker(linkable(films))
    texts = [Text(f"I watched {films[0].title} last night. It was great!", ""), Text("Nothing here.", "")]
    (first, *_), nothing = spoken(texts, linker, _START)
    assert (first[0], first[1]) == (films[0].movie_id, "text")
    assert first[2] > 0.5
    assert nothing == []
    records = list(backlog(texts, 3_000, 100, NOON))
    rows: list[TrendUpdate] = []
    stages = measure(records, linker, load_settings(), {films[0].movie_id: films[0].title}, rows.extend)
    assert {row.movie_id for row in rows} == {films[0].movie_id}
    cost = stages.per_million()
    assert set(cost) == {"parse", "link", "score", "aggregate", "sink", "all"}
    assert min(cost["parse"], cost["link"], cost["score"], cost["sink"]) > 0
    assert cost["all"] == pytest.approx(sum(value for name, value in cost.items() if name != "all"), abs=0.5)
    native = native_stage(records, linker, load_settings())
    assert native is None or 0 < native < cost["parse"] + cost["link"] + cost["score"] + cost["aggregate"]
    assert bare_vader(texts) > 0


def test_usage_reads_cpu_and_memory_near_a_time() -> None:
    usage = Usage(
        0, samples=[Sample(0, 1, 100), Sample(10, 5, 300, {"jvm": 5}), Sample(20, 12, 200, {"jvm": 8, "main": 4})]
    )
    assert usage.by_kind_between(9, 21) == {"jvm": 3, "main": 4}
    assert usage.cpu_between(9, 21) == 7
    assert usage.memory_near(1) == 100
    assert usage.peak_memory == 300


def test_usage_counts_this_process() -> None:
    usage = Usage(os.getpid())
    with usage:
        random.Random(1).sample(range(200_000), 100_000)
    usage.look()
    assert usage.samples[-1].memory > 10
    assert usage.samples[-1].cpu > 0
    assert usage.samples[-1].by_kind["main"] > 0


def test_a_mention_has_its_effect_with_the_first_row_that_counts_it() -> None:
    seen: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for when, count in ((1_000, 1), (1_500, 1), (2_000, 3)):
        note(seen, (1, 0), when, count)
    sent = [Mention((1, 0), number, measured=True, append=500) for number in (1, 2, 3, 4)]
    sent.append(Mention((1, 0), 5, measured=False, append=500))
    assert latencies(sent, seen) == ([0.5, 1.5, 1.5], 1)


def test_percentiles_are_of_nearest_rank() -> None:
    assert percentiles([float(value) for value in range(1, 101)]) == {"p50": 50.0, "p95": 95.0, "p99": 99.0}
    assert percentiles([7.0]) == {"p50": 7.0, "p95": 7.0, "p99": 7.0}
    assert percentiles([]) == {}
