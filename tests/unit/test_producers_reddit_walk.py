"""Every comment once, whatever the listing does: bursts, lost anchors, late comments, long pauses, crashes."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from contracts.errors import DependencyError
from producers.errors import SourceUnavailableError
from producers.reddit.position import SEEN_LIMIT, Position
from producers.reddit.things import PAGE_SIZE, Page, fullname
from producers.reddit.walk import LATE_LOOK_INTERVAL, Walk
from tests.unit.producers_support import InstantStop, SettableClock

LISTING_LIMIT = 1_000


def comment(number: int, created: float | None = None) -> dict[str, Any]:
    name = f"{number:06d}"
    return {"kind": "t1", "data": {"id": name, "name": f"t1_{name}", "created_utc": created or float(number)}}


@dataclass
class MovingListing:
    """Pages as Reddit's: sorted by id, newest first, 1,000 at most; an anchor that is not there yields nothing."""

    comments: list[dict[str, Any]] = field(default_factory=list)
    """Oldest first."""
    requests: int = 0
    hidden: set[str] = field(default_factory=set)

    def add(self, *numbers: int) -> None:
        self.comments = sorted([*self.comments, *map(comment, numbers)], key=fullname)

    def delete(self, number: int) -> None:
        self.comments = [each for each in self.comments if fullname(each) != fullname(comment(number))]

    def page(self, *, before: str | None = None, after: str | None = None) -> Page:
        self.requests += 1
        shown = [each for each in self.comments if fullname(each) not in self.hidden][-LISTING_LIMIT:]
        names = [fullname(each) for each in shown]
        if before is not None:
            if before not in map(fullname, self.comments):
                return Page([])
            newer = [each for each, name in zip(shown, names, strict=True) if name > before]
            return Page(newer[:PAGE_SIZE][::-1])
        older = [each for each, name in zip(shown, names, strict=True) if after is None or name < after]
        page = older[-PAGE_SIZE:][::-1]
        return Page(page, fullname(page[-1]) if len(older) > PAGE_SIZE else None)


@dataclass
class Reader:
    """A walk with a position that keeps what it was given."""

    listing: MovingListing
    position: Position = field(default_factory=Position)
    delivered: list[str] = field(default_factory=list)
    batches: list[list[str]] = field(default_factory=list)
    gaps: int = 0
    duplicates: int = 0
    crash_after: int | None = None
    clock: SettableClock = field(default_factory=SettableClock)

    def __post_init__(self) -> None:
        self.stop = InstantStop(self.clock)
        self.walk = Walk(
            self.listing,
            self.position,
            self._deliver,
            on_gap=self._gap,
            on_duplicates=self._duplicate,
            stop=self.stop,
            monotonic=self.clock.seconds,
        )

    def _deliver(self, things: list[Any], newest: str | None) -> None:
        names = [fullname(thing) for thing in things]
        self.delivered += names
        self.batches.append(names)
        if self.crash_after is not None and len(self.batches) > self.crash_after:
            raise DependencyError("killed between sending and saving")
        self.position.advance(names, newest)

    def _gap(self) -> None:
        self.gaps += 1

    def _duplicate(self, count: int) -> None:
        self.duplicates += count

    def read_all(self) -> None:
        for _ in range(20):
            if not self.walk.catch_up():
                return
        pytest.fail("the walk never comes to an end")


def names(*numbers: int) -> list[str]:
    return [fullname(comment(number)) for number in numbers]


def test_the_first_start_takes_the_whole_listing_oldest_first() -> None:
    listing = MovingListing()
    listing.add(*range(1, 1_501))
    reader = Reader(listing)
    reader.read_all()
    assert reader.delivered == names(*range(501, 1_501))
    assert reader.gaps == 0


def test_a_quiet_poll_costs_two_requests_and_delivers_nothing() -> None:
    listing = MovingListing()
    listing.add(*range(1, 51))
    reader = Reader(listing)
    reader.read_all()
    before = listing.requests
    reader.read_all()
    assert listing.requests - before == 2
    assert len(reader.delivered) == 50


@pytest.mark.parametrize("burst", [1, 99, 100, 101, 350, 999])
def test_a_burst_arrives_in_order_without_gap(burst: int) -> None:
    listing = MovingListing()
    listing.add(*range(1, 201))
    reader = Reader(listing)
    reader.read_all()
    listing.add(*range(201, 201 + burst))
    reader.read_all()
    assert reader.delivered == names(*range(1, 201 + burst))
    assert reader.gaps == 0


def test_a_pause_longer_than_the_listing_is_told_as_a_gap() -> None:
    listing = MovingListing()
    listing.add(*range(1, 201))
    reader = Reader(listing)
    reader.read_all()
    listing.add(*range(201, 1_701))
    reader.read_all()
    assert reader.gaps == 1
    assert reader.delivered == names(*range(1, 201), *range(701, 1_701))


def test_a_deleted_anchor_loses_nothing() -> None:
    listing = MovingListing()
    listing.add(*range(1, 51))
    reader = Reader(listing)
    reader.read_all()
    listing.delete(50)
    listing.add(*range(51, 61))
    reader.read_all()
    assert reader.delivered == names(*range(1, 61))
    assert reader.gaps == 0


@pytest.mark.parametrize("burst", [150, 700, 940])
def test_a_deleted_anchor_and_a_burst_lose_nothing(burst: int) -> None:
    listing = MovingListing()
    listing.add(*range(1, 41))
    reader = Reader(listing)
    reader.read_all()
    listing.add(*range(41, 51))
    reader.read_all()
    listing.delete(50)
    listing.add(*range(51, 51 + burst))
    reader.read_all()
    assert sorted(reader.delivered) == names(*range(1, 51 + burst))
    assert reader.gaps == 0


def test_every_anchor_deleted_falls_back_to_walking_back() -> None:
    listing = MovingListing()
    listing.add(*range(1, 21))
    reader = Reader(listing)
    reader.read_all()
    for anchor in list(reader.position.anchors):
        listing.delete(int(anchor.removeprefix("t1_")))
    listing.add(*range(21, 321))
    reader.read_all()
    assert reader.delivered == names(*range(1, 321))
    assert reader.gaps == 0


def test_a_comment_that_turns_up_below_newer_ones_is_found() -> None:
    listing = MovingListing()
    listing.add(*(number for number in range(1, 101) if number not in {40, 97}))
    reader = Reader(listing)
    reader.read_all()
    listing.add(97, 40)
    reader.read_all()
    assert reader.delivered[-2:] == names(40, 97)


def test_late_comments_further_down_are_looked_for_now_and_then() -> None:
    listing = MovingListing()
    listing.add(*(number for number in range(1, 1_001) if number != 850))
    reader = Reader(listing)
    reader.read_all()
    reader.read_all()
    listing.add(850)
    reader.read_all()
    assert names(850)[0] not in reader.delivered
    reader.clock.advance(LATE_LOOK_INTERVAL)
    reader.read_all()
    assert reader.delivered[-1:] == names(850)


@pytest.mark.parametrize("restarted", [False, True])
def test_after_an_outage_late_comments_are_looked_for_below_what_was_read_before_it(restarted: bool) -> None:
    listing = MovingListing()
    listing.add(*(number for number in range(1, 301) if number != 150))
    reader = Reader(listing)
    reader.read_all()
    listing.add(150, *range(301, 901))
    if restarted:
        reader = Reader(listing, position=reader.position)
    reader.clock.advance(LATE_LOOK_INTERVAL)
    reader.read_all()
    assert reader.delivered[-1:] == names(150)
    before = listing.requests
    reader.clock.advance(LATE_LOOK_INTERVAL)
    reader.read_all()
    assert listing.requests - before == 3, "the next look goes 180 s down again: the two of a quiet poll and one more"


def test_a_comment_served_twice_is_delivered_once_and_counted() -> None:
    listing = MovingListing()
    listing.add(*range(1, 11))
    reader = Reader(listing)
    reader.read_all()
    listing.add(11, 12)
    listing.comments.append(comment(12))
    reader.read_all()
    assert reader.delivered == names(*range(1, 13))
    assert reader.duplicates == 1


def test_an_empty_listing_after_a_full_one_is_a_failed_poll() -> None:
    listing = MovingListing()
    listing.add(*range(1, 11))
    reader = Reader(listing)
    reader.read_all()
    listing.hidden = set(names(*range(1, 11)))
    with pytest.raises(SourceUnavailableError, match="empty"):
        reader.read_all()
    listing.hidden = set()
    listing.add(11)
    reader.read_all()
    assert reader.delivered == names(*range(1, 12))


def test_a_server_that_ignores_the_anchor_does_not_hold_the_walk() -> None:
    class Stubborn(MovingListing):
        def page(self, *, before: str | None = None, after: str | None = None) -> Page:
            return super().page(after=after)

    listing = Stubborn()
    listing.add(*range(1, 301))
    reader = Reader(listing)
    reader.read_all()
    listing.add(*range(301, 451))
    reader.read_all()
    assert sorted(reader.delivered) == names(*range(1, 451))


def test_the_stop_signal_ends_the_walk_after_a_whole_batch() -> None:
    listing = MovingListing()
    listing.add(*range(1, 11))
    reader = Reader(listing)
    reader.read_all()
    listing.add(*range(11, 611))
    reader.walk.on_duplicates = lambda _: reader.stop.set() if len(reader.batches) > 2 else None
    reader.read_all()
    assert len(reader.delivered) < 610
    resumed = Reader(listing, position=reader.position)
    resumed.read_all()
    assert reader.delivered + resumed.delivered == names(*range(1, 611))


def test_the_memory_of_ids_is_bounded() -> None:
    position = Position()
    for start in range(0, 10_000, 100):
        position.advance(names(*range(start, start + 100)), names(start + 99)[0])
    assert len(position.seen) == SEEN_LIMIT
    assert position.knows(names(9_999)[0])
    assert not position.knows(names(9_999 - SEEN_LIMIT)[0])
    assert position.anchors == names(9_999, 9_899, 9_799, 9_699, 9_599)


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.integers(1, 260)),
        st.tuples(st.just("late"), st.integers(1, 60)),
        st.tuples(st.just("delete"), st.integers(0, 3)),
        st.tuples(st.just("crash"), st.integers(0, 2)),
        st.tuples(st.just("restart"), st.just(0)),
        st.tuples(st.just("poll"), st.just(0)),
    ),
    min_size=1,
    max_size=25,
)


@settings(max_examples=150, deadline=None)
@given(STEPS)
@example([("add", 49), ("crash", 1), ("late", 1), ("delete", 1), ("add", 1), ("add", 162)])
def test_no_comment_is_missed_and_only_a_crash_sends_one_twice(steps: list[tuple[str, int]]) -> None:
    """Arrivals, late ones, deletions of the newest, crashes and restarts, in any order, within the listing's size."""
    listing, reader = MovingListing(), Reader(MovingListing())
    reader.walk.listing = listing
    owed, deleted, held, unread, number = set[str](), set[str](), list[int](), 0, 0
    delivered, crashed = list[str](), False

    def poll() -> None:
        nonlocal unread
        reader.clock.advance(LATE_LOOK_INTERVAL)
        if listing.comments:
            reader.read_all()
        unread = 0

    for kind, amount in [*steps, ("poll", 0)]:
        if kind == "add" and unread + amount < LISTING_LIMIT - 200:
            new = range(number + 1, number + amount + 1)
            number, unread = number + amount, unread + amount
            held += [each for each in new if each % 50 == 7]
            listing.add(*(each for each in new if each % 50 != 7))
            owed.update(names(*(each for each in new if each % 50 != 7)))
        elif kind == "late":
            appearing = [each for each in held if number - each < 90]
            listing.add(*appearing)
            owed.update(names(*appearing))
            held = [each for each in held if each not in appearing]
        elif kind == "delete":
            for each in listing.comments[-amount:] if amount else []:
                deleted.add(fullname(each))
                listing.comments.remove(each)
        elif kind == "poll":
            poll()
        elif kind in {"crash", "restart"}:
            reader.crash_after = amount + len(reader.batches) if kind == "crash" else None
            try:
                if kind == "crash" and listing.comments:
                    reader.read_all()
            except DependencyError:
                crashed = True
            except SourceUnavailableError:
                """Everything was deleted."""
            delivered += reader.delivered
            saved = Position(list(reader.position.anchors), dict(reader.position.seen))
            reader = Reader(listing, position=saved, clock=reader.clock)
    delivered += reader.delivered
    assert owed - deleted <= set(delivered)
    assert set(delivered) <= owed
    if not crashed:
        assert len(delivered) == len(set(delivered))
        assert reader.gaps == 0 or deleted
