"""The momentum service over tables in memory: order of effects, repetition after a crash, windows in their order."""

import threading
import time
from collections.abc import Callable
from datetime import timedelta

import pytest
import requests
from pydantic import SecretStr

from configs.settings import load_settings
from configs.topics import BREAKOUTS_STREAM
from contracts.errors import DependencyError
from contracts.events import Breakout, Event
from momentum.engine import Engine
from momentum.service import FIRST_LOOK, Service
from momentum.start import end_unfollowed, restore
from momentum.webhook import Webhook, text_of
from tests.support import records
from tests.support.memory_store import MemoryStore
from tests.support.serving import END, MINUTE, breakout
from tests.support.waiting import wait_until

SETTINGS = load_settings()
QUIET, LOUD = 200, 10


class Sink:
    """A topic in memory that can fail once."""

    def __init__(self) -> None:
        self.sent: list[Event] = []
        self.fails = False

    def send(self, topic: str, event: Event) -> None:
        assert topic == BREAKOUTS_STREAM
        self.sent.append(event)

    def flush(self) -> None:
        if self.fails:
            self.fails = False
            raise DependencyError("no broker")


class Teller:
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.told: list[Breakout] = []

    def tell(self, found: Breakout) -> None:
        self.told.append(found)


def put_window(store: MemoryStore, number: int, mentions: dict[int, int], *, is_final: bool = True) -> None:
    """A window; number 0 ends at `END`."""
    start = END - timedelta(minutes=5) + number * MINUTE
    store.put(
        *(
            records.update(
                film, start, title=f"Film {film}", mentions=count, trend_score=50.0 + film, is_final=is_final
            )
            for film, count in mentions.items()
        )
    )


def story(windows: int = QUIET + LOUD) -> MemoryStore:
    """Quiet windows, then a film that grows."""
    store = MemoryStore()
    for number in range(windows):
        put_window(store, number, {1: 12 * max(0, number - QUIET + 1) or number % 2, 2: 4, 3: 0})
    return store


def service_of(store: MemoryStore, sink: Sink | None = None, teller: Teller | None = None) -> Service:
    engine = restore(store.as_store(), SETTINGS)
    return Service(engine, store.as_store(), sink or Sink(), teller or Teller())


def run_through(service: Service) -> int:
    """Steps until nothing is left; the newest window needs a step more than the others."""
    taken, idle = 0, 0
    while idle < 2:
        now = service.step()
        taken += now
        idle = 0 if now else idle + 1
    return taken


def test_every_closed_window_is_taken_in_once_and_in_order() -> None:
    store, sink, teller = story(), Sink(), Teller()
    service = service_of(store, sink, teller)
    assert run_through(service) == QUIET + LOUD
    assert {start for start, _ in store.momenta} == {start for start, _ in store.rows}
    (found,) = teller.told
    assert found.movie_id == 1
    assert [event for event in sink.sent if isinstance(event, Breakout)] == [found]
    assert list(store.known) == [found.breakout_id]
    assert store.known[found.breakout_id].total_mentions > found.total_mentions, "the table follows it"


def test_an_open_window_waits_and_so_does_what_comes_after_it() -> None:
    store = story(20)
    put_window(store, 20, {1: 1, 2: 1}, is_final=False)
    put_window(store, 21, {1: 1, 2: 1})
    service = service_of(store)
    assert run_through(service) == 20
    put_window(store, 20, {1: 1, 2: 1})
    assert run_through(service) == 2


def test_the_newest_window_is_taken_in_a_step_later_with_all_of_its_rows() -> None:
    store = story(20)
    service = service_of(store)
    run_through(service)
    put_window(store, 20, {1: 1})
    assert service.step() == 0
    put_window(store, 20, {2: 7})
    assert service.step() == 1
    start = END - timedelta(minutes=5) + 20 * MINUTE
    assert {row.movie_id: row.mentions for row in store.momenta.values() if row.window_start == start} == {
        1: service.engine.span(12).counts[1],
        2: service.engine.span(12).counts[2],
    }


def test_ranks_are_those_of_an_hour_before() -> None:
    store = story(70)
    run_through(service_of(store))
    last = END - timedelta(minutes=5) + 69 * MINUTE
    row = store.momenta[last, 3]
    assert (row.rank, row.previous_rank) == (1, 1)
    assert row.previous_at == END + 9 * MINUTE
    assert store.momenta[END - timedelta(minutes=5), 3].previous_rank is None


CRASHES: list[tuple[str, Callable[[MemoryStore, Sink], None]]] = [
    ("store", lambda store, _: setattr(store, "away", True)),
    ("topic", lambda _, sink: setattr(sink, "fails", True)),
]


@pytest.mark.parametrize(("where", "crash"), CRASHES)
def test_a_crash_anywhere_changes_no_result_and_tells_nobody_twice(
    where: str, crash: Callable[[MemoryStore, Sink], None]
) -> None:
    undisturbed = story()
    run_through(service_of(undisturbed))

    store, sink, teller = story(), Sink(), Teller()
    service = service_of(store, sink, teller)
    for _ in range(4):  # up to just before the breakout
        service.step()
    crash(store, sink)
    with pytest.raises(DependencyError):
        run_through(service)
    store.away = False
    run_through(service_of(store, sink, teller))
    assert store.momenta == undisturbed.momenta
    assert store.known == undisturbed.known
    assert store.film_hours == undisturbed.film_hours
    assert len({event.breakout_id for event in sink.sent if isinstance(event, Breakout)}) == 1
    assert len(teller.told) <= 1
    assert where in {"store", "topic"}


def test_it_goes_on_from_the_saved_state() -> None:
    store = story()
    service = service_of(store)
    run_through(service)
    service.save()
    again = service_of(store)
    assert again.engine.last == service.engine.last
    assert run_through(again) == 0


def test_without_a_state_the_last_hours_are_learned_from() -> None:
    store = story()
    old = END - timedelta(days=2)
    store.put(records.update(1, old, is_final=True))
    run_through(service_of(store))
    assert (old, 1) not in store.momenta
    assert timedelta(hours=1) < FIRST_LOOK < timedelta(days=1)


def test_without_a_state_no_hour_is_begun_in_its_middle() -> None:
    store = MemoryStore()
    for number in range(-int(FIRST_LOOK / MINUTE) - 90, 20):
        put_window(store, number, {1: 2})
    service = service_of(store)
    run_through(service)
    first = min(start for start, _ in store.momenta)
    assert first.minute == 0
    assert first <= END + 14 * MINUTE - FIRST_LOOK < first + timedelta(hours=1)


def test_a_state_of_other_windows_is_left_aside() -> None:
    store = story(20)
    store.saved = (END, b"something else")
    assert isinstance(restore(store.as_store(), SETTINGS), Engine)
    assert restore(store.as_store(), SETTINGS).last is None


class TestUnfollowed:
    """Breakouts that are going on when the service starts."""

    def test_a_lost_state_ends_them_where_they_were_last_seen(self) -> None:
        store, sink = story(), Sink()
        run_through(service_of(store))
        (before,) = store.known.values()
        assert (before.status, before.ended_at) == ("active", None)

        store.saved = None
        end_unfollowed(restore(store.as_store(), SETTINGS), store.as_store(), sink)

        (after,) = store.known.values()
        assert after == before.model_copy(update={"status": "ended", "ended_at": before.last_at})
        assert sink.sent == [after]

    def test_a_saved_state_goes_on_following_them(self) -> None:
        store, sink = story(), Sink()
        service = service_of(store)
        run_through(service)
        service.save()
        end_unfollowed(restore(store.as_store(), SETTINGS), store.as_store(), sink)
        assert [each.status for each in store.known.values()] == ["active"]
        assert not sink.sent

    def test_one_that_is_over_stays_as_it_is(self) -> None:
        store, sink = MemoryStore(), Sink()
        over = breakout(3, status="ended", ended_at=END)
        store.known[over.breakout_id] = over
        end_unfollowed(restore(store.as_store(), SETTINGS), store.as_store(), sink)
        assert store.known == {over.breakout_id: over}
        assert not sink.sent


class TestWebhook:
    def test_the_text_says_how_many_where_how_many_are_normal(self) -> None:
        text = text_of(breakout(3, title="Fast & <Furious>"))
        assert text.startswith("Fast &amp; &lt;Furious&gt; is breaking out: 20 mentions in 5 minutes")
        assert "1.5 are normal" in text
        assert "2026-03-01 10:05 UTC" in text

    def test_it_is_sent_in_slacks_form_and_again_when_it_fails(self) -> None:
        sent: list[tuple[str, bytes]] = []

        def send(url: str, body: bytes) -> None:
            sent.append((url, body))
            if len(sent) < 3:
                raise requests.ConnectionError

        webhook = Webhook(SecretStr("https://hooks.example/x"), send=send, pause=0.001)
        webhook.tell(breakout(3))
        wait_until(lambda: len(sent) == 3, 10)
        webhook.close(10)
        assert sent[0][0] == "https://hooks.example/x"
        assert sent[2][1].startswith(b'{"text":"Film 3 is breaking out')

    def test_it_gives_up_and_goes_on_with_the_next(self) -> None:
        bodies: list[bytes] = []

        def send(_: str, body: bytes) -> None:
            bodies.append(body)
            if b"Film 3" in body:
                raise requests.Timeout

        webhook = Webhook(SecretStr("https://hooks.example/x"), send=send, pause=0.001)
        webhook.tell(breakout(3))
        webhook.tell(breakout(4))
        webhook.close(10)
        assert [b"Film 3" in body for body in bodies] == [True, True, True, True, False]

    def test_a_slow_receiver_holds_up_nobody(self) -> None:
        gate = threading.Event()

        def send(*_: object) -> None:
            gate.wait(10)

        webhook = Webhook(SecretStr("https://hooks.example/x"), send=send, pause=0.001)
        began = time.monotonic()
        for _ in range(300):
            webhook.tell(breakout(3))
        assert time.monotonic() - began < 5
        gate.set()
        webhook.close(10)

    def test_without_an_address_nothing_is_sent(self) -> None:
        def send(*_: object) -> None:
            raise AssertionError

        webhook = Webhook(None, send=send)
        webhook.tell(breakout(3))
        webhook.close(1)
