"""The fold against the plain recomputation, and each of its promises by itself."""

import random
from collections import defaultdict
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.oracle import OracleComment, popularity, sift, totals
from tests.support.folding import MINUTE, RULE, START, Folder, Poll

SIZE = RULE.slide * RULE.panes
FILMS = st.lists(
    st.tuples(
        st.integers(1, 5), st.sampled_from(["text", "thread"]), st.integers(-10_000, 10_000).map(lambda n: n / 1e4)
    ),
    max_size=3,
    unique_by=lambda film: film[0],
).map(tuple)
COMMENTS = st.builds(
    # A comment's creation time never changes, so it is a function of the id; it wanders over twelve minutes.
    lambda number, films: OracleComment(f"c{number}", START + number * 7_919_000 % (12 * MINUTE), films),
    st.integers(0, 60),
    FILMS,
)
BATCHES = st.lists(st.lists(COMMENTS, max_size=12), max_size=6)


def comment(minute: float, *films: int, name: str = "", compound: float = 0.5) -> OracleComment:
    """A comment `minute` minutes after START that names films."""
    created = START + int(minute * MINUTE)
    return OracleComment(name or f"c{created}", created, tuple((film, "text", compound) for film in films))


def starts(rows: list[dict[str, Any]]) -> list[float]:
    """Window starts in minutes after START."""
    return sorted((row["window"] * MINUTE - START) / MINUTE for row in rows)


@settings(max_examples=80, deadline=None)
@given(BATCHES, st.integers(0, 2**32), st.integers(1, 3))
def test_windows_and_ledger_equal_the_oracle(batches: list[list[OracleComment]], seed: int, buckets: int) -> None:
    folder = Folder(buckets=buckets, shuffle=random.Random(seed))
    for batch in batches:
        folder.feed(batch)
    accepted, ledger = sift(batches, RULE.delay)
    expected = totals(accepted, SIZE, RULE.slide)
    latest = folder.latest()
    assert latest.keys() == expected.keys()
    for key, window in expected.items():
        row = latest[key]
        assert (row["text"], row["thread"]) == (window.text, window.thread)
        assert (row["positive"], row["negative"]) == (window.positive, window.negative)
        assert row["sentiment"] / 1e11 == pytest.approx(window.sentiment_sum, abs=1e-9)
    assert {name: count for name, count in folder.ledger.items() if count} == dict(ledger)


@settings(max_examples=40, deadline=None)
@given(BATCHES, st.integers(0, 2**32))
def test_chunks_and_their_order_change_nothing(batches: list[list[OracleComment]], seed: int) -> None:
    whole, cut = Folder(), Folder(shuffle=random.Random(seed))
    for batch in batches:
        assert whole.feed(batch) == cut.feed(batch)
    assert {b: s.encode() for b, s in whole.states.items()} == {b: s.encode() for b, s in cut.states.items()}


@settings(max_examples=40, deadline=None)
@given(BATCHES)
def test_revisions_count_up_and_nothing_follows_a_final_row(batches: list[list[OracleComment]]) -> None:
    folder = Folder()
    for batch in batches:
        folder.feed(batch, [Poll(movie, START) for movie in range(1, 4)])
    folder.feed([comment(60)])
    folder.feed([comment(61)])
    revisions: dict[tuple[int, int], list[dict[str, Any]]] = defaultdict(list)
    for row in folder.rows:
        revisions[row["movie"], row["window"]].append(row)
    for rows in revisions.values():
        assert [row["revision"] for row in rows] == list(range(1, len(rows) + 1))
        assert [row["final"] for row in rows[:-1]] == [0] * (len(rows) - 1)
        end = (rows[-1]["window"] + RULE.panes) * RULE.slide
        assert bool(rows[-1]["final"]) == (end <= START + 58 * MINUTE)


@given(st.lists(st.tuples(st.integers(0, 20), st.sampled_from([1.5, 2.5, 7.0])), max_size=6), st.integers(1, 14))
def test_popularity_is_the_latest_before_the_end_else_the_earliest(polls: list[tuple[int, float]], minute: int) -> None:
    at = {START + fetched * MINUTE: level for fetched, level in polls}
    folder = Folder(buckets=1)
    folder.feed([comment(minute, 1)], [Poll(1, fetched, level) for fetched, level in at.items()])
    for (_, start), row in folder.latest().items():
        expected = popularity(at.items(), start + SIZE)
        assert row["popularity"] == expected


def _poll(rng: random.Random, movie: int, minute: float) -> Poll:
    """One that is read at `minute`, and was made a moment or minutes before."""
    fetched = minute - rng.random() * rng.choice([0.1, 1, 3])
    at, read = (START + int(moment * MINUTE) for moment in (fetched, minute))
    return Poll(movie, at, float(rng.randint(1, 4)), listed=rng.random() < 0.4, append=read)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32))
def test_popularity_over_hours_of_films_that_come_and_go(seed: int) -> None:
    rng, minute = random.Random(seed), 0.0
    folder, known = Folder(buckets=rng.randint(1, 3)), defaultdict[int, dict[int, float]](dict)
    for batch in range(60):
        minute += rng.choice([0.2, 0.5, 1, 1, 2, 5, 20])
        polls = [_poll(rng, movie, minute) for movie in range(1, 6) if rng.random() < 0.15]
        for poll in polls:
            known[poll.movie].setdefault(poll.fetched, poll.popularity)
        comments = [
            comment(minute - rng.random() * 1.5, *rng.sample(range(1, 6), rng.randint(0, 2)), name=f"c{batch}-{number}")
            for number in range(rng.randint(0, 3))
        ]
        for row in folder.feed(comments, polls):
            expected = popularity(known[row["movie"]].items(), row["window"] * RULE.slide + SIZE)
            assert row["popularity"] == expected


def test_a_comment_is_in_every_window_that_contains_it_and_in_no_other() -> None:
    rows = Folder().feed([comment(10, 7)])
    assert starts(rows) == [6, 7, 8, 9, 10]
    assert starts(Folder().feed([comment(10.999, 7)])) == [6, 7, 8, 9, 10]


def test_only_changed_windows_get_a_new_revision() -> None:
    folder = Folder()
    folder.feed([comment(10, 7)])
    again = folder.feed([comment(12, 7)])
    assert starts(again) == [8, 9, 10, 11, 12]
    assert {(row["window"] * MINUTE - START) // MINUTE: row["revision"] for row in again} == {
        8: 2, 9: 2, 10: 2, 11: 1, 12: 1
    }  # fmt: skip


def test_a_listed_film_nobody_mentions_gets_its_windows_when_stream_time_passes_their_end() -> None:
    folder = Folder()
    polls = [Poll(1, START, 12.0), Poll(2, START, listed=False)]
    assert folder.feed([comment(0)], polls) == []
    assert folder.feed([comment(3)]) == [], "stream time is still that of the first batch"
    rows = folder.feed([comment(3.1)])
    assert [(row["movie"], row["text"], row["revision"], row["popularity"]) for row in rows] == [(1, 0, 1, 12.0)] * 3
    assert starts(rows) == [-4, -3, -2], "ends in (0, 3]"
    assert {row["final"] for row in rows} == {0, 1}, "the watermark, two minutes behind, has passed one of the ends"
    assert folder.feed([comment(3.2)]) == [], "once"


def test_a_film_stays_active_for_a_while_after_it_left_the_lists() -> None:
    folder = Folder()
    folder.feed([comment(0)], [Poll(1, START - 60 * MINUTE), Poll(1, START, listed=False)])
    folder.feed([comment(3)])
    assert {row["movie"] for row in folder.feed([comment(4)])} == {1}
    folder.feed([comment(24 * 60)])
    rows = folder.feed([comment(24 * 60 + 1)])
    assert all(row["final"] for row in rows), "what was open is closed"
    assert max(starts(rows)) < 10, "nothing new: last listed more than 24 hours before"


def test_a_long_silence_emits_at_most_its_last_hour() -> None:
    folder = Folder(buckets=1)
    folder.feed([comment(0)], [Poll(1, START)])
    folder.feed([comment(600)])
    rows = folder.feed([comment(601)])
    assert len(rows) == 60
    assert max(starts(rows)) == 595
    assert sum(row["final"] for row in rows) == 58, "all but the ends within the watermark's delay"


def test_final_rows_come_for_every_emitted_window() -> None:
    folder = Folder()
    folder.feed([comment(10, 7)])
    folder.feed([comment(30)])
    rows = folder.feed([comment(31)])
    assert starts(rows) == [6, 7, 8, 9, 10]
    assert [(row["final"], row["revision"], row["text"]) for row in rows] == [(1, 2, 1)] * 5
    assert all(not len(state.panes) and not len(state.emitted) for state in folder.states.values())


def test_new_popularity_revises_the_windows_it_holds_for() -> None:
    folder = Folder(buckets=1)
    folder.feed([comment(10, 7)], [Poll(7, START, 5.0)])
    assert folder.feed([], [Poll(7, START + 1, 5.0)]) == [], "the same figure, observed again"
    rows = folder.feed([], [Poll(7, START + 13 * MINUTE, 6.0)])
    assert starts(rows) == [9, 10], "windows that end after the poll"
    assert {row["popularity"] for row in rows} == {6.0}


def test_popularity_nobody_knows_has_no_time_either() -> None:
    row = Folder().feed([comment(10, 7)])[0]
    assert (row["popularity"], row["observed"], row["rank"]) == (None, 0, 0)


def test_the_first_copy_wins_even_when_the_second_names_other_films() -> None:
    folder = Folder(buckets=2)
    first, second = comment(10, 2, name="same"), comment(10, 3, name="same")
    folder.feed([first])
    assert folder.feed([second]) == []
    assert folder.ledger == {
        "counted": 1,
        "duplicate": 1,
        "late": 0,
        "without_film": 0,
        "dead_letter": 0,
        "not_organic": 0,
    }


def test_what_is_late_is_decided_by_the_batches_before() -> None:
    folder = Folder()
    folder.feed([comment(10, 1), comment(0, 1)])
    assert folder.ledger["late"] == 0, "no watermark in the first batch"
    folder.feed([comment(7.99, 1), comment(8, 1)])
    assert folder.ledger["late"] == 1
    assert folder.ledger["counted"] == 3


def test_ids_are_forgotten_once_every_copy_would_be_late() -> None:
    folder = Folder()
    for minute in range(200):
        folder.feed([comment(minute)])
    assert all(len(state.seen) <= 4 for state in folder.states.values())


def test_state_does_not_grow_with_polls_while_no_comment_comes() -> None:
    folder = Folder(buckets=1)
    for hour in range(30):
        minutes = range(hour * 60, hour * 60 + 60)
        folder.feed([], [Poll(movie, START + m * MINUTE, listed=movie == 1) for movie in (1, 2) for m in minutes])
    assert len(folder.states[0].observations) <= 2 * 12 * 60


def test_popularity_of_windows_that_were_open_in_an_outage_is_that_of_their_end() -> None:
    folder = Folder(buckets=1)
    folder.feed([comment(0, 1)], [Poll(1, START - MINUTE, 1.0)])
    polls = {START + second * 1_000: float(second) for second in range(0, 3_600, 10)}
    folder.feed([comment(minute, 1) for minute in range(1, 60)], [Poll(1, at, level) for at, level in polls.items()])
    folder.feed([comment(70, 1)])
    finals = {row["window"]: row for row in folder.rows if row["final"]}
    assert len(finals) > 50
    for window, row in finals.items():
        end = (window + RULE.panes) * RULE.slide
        assert row["popularity"] == popularity([(START - MINUTE, 1.0), *polls.items()], end)


def test_of_polls_within_a_pane_the_state_keeps_the_last_and_the_earliest_of_all() -> None:
    folder = Folder(buckets=1)
    folder.feed([comment(0, 1)], [Poll(1, START + second * 1_000) for second in range(0, 600, 10)])
    assert len(folder.states[0].observations) == 11


def test_a_window_from_before_the_first_poll_keeps_that_poll() -> None:
    folder = Folder(buckets=1)
    folder.feed([comment(0, 1)], [Poll(1, START + 10 * MINUTE, 1.0), Poll(1, START + 10 * MINUTE + 10_000, 2.0)])
    folder.feed([comment(8, 1)])
    folder.feed([comment(20, 1)])
    before = [
        row for row in folder.rows if row["final"] and (row["window"] + RULE.panes) * RULE.slide <= START + 10 * MINUTE
    ]
    assert before
    assert {row["popularity"] for row in before} == {1.0}


def test_films_nobody_needs_leave_the_state() -> None:
    folder = Folder(buckets=1)
    folder.feed([comment(0)], [Poll(movie, START, listed=False) for movie in range(1, 50)])
    folder.feed([comment(24 * 60)], [Poll(50, START + 24 * 60 * MINUTE, listed=False)])
    assert len(folder.states[0].observations) == 50, "known for a day"
    folder.feed([comment(24 * 60 + 10)])
    folder.feed([comment(24 * 60 + 11)])
    assert folder.states[0].observations["movie"].tolist() == [50]


def test_a_film_that_comes_back_has_the_popularity_from_before_in_windows_that_ended_before() -> None:
    folder = Folder(buckets=1)
    folder.feed([comment(0, 1)], [Poll(1, START - MINUTE, 1.0, listed=False)])
    for minute in (10, 20, 30):  # its windows close, and nobody speaks of it any more
        folder.feed([comment(minute)], [Poll(2, START + minute * MINUTE)])
    folder.feed([comment(40)], [Poll(1, START + 40 * MINUTE, 2.0)])
    rows = folder.feed([comment(40.1)])
    ended_before = [
        row for row in rows if row["movie"] == 1 and (row["window"] + RULE.panes) * RULE.slide <= START + 40 * MINUTE
    ]
    assert ended_before
    assert {(row["popularity"], row["observed"]) for row in ended_before} == {(1.0, START - MINUTE)}
