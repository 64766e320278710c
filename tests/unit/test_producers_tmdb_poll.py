"""What a poll and the work between polls publish, in which order, and what a restart remembers."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from common.clock import Clock
from configs.topics import TMDB_STREAM
from contracts.errors import ConfigurationError, DependencyError
from contracts.events import DeadLetterReason, TmdbFilm
from producers.errors import SourceRefusedError, SourceUnavailableError
from producers.metrics import ProducerMetrics
from producers.outbox import Outbox
from producers.tmdb.details import RETRY_AFTER
from producers.tmdb.memory import DETAILS_AGE, Memory
from producers.tmdb.poll import TmdbPoll
from tests.unit.producers_support import NOW, KeepingPublisher, SettableClock
from tests.unit.test_producers_tmdb_records import film_item


class FakeTmdb:
    """TMDB as a dictionary of answers; a path in `failing` raises instead."""

    def __init__(self) -> None:
        self.lists: dict[str, list[list[Any]]] = {
            "/trending/movie/day": [[film_item(1), film_item(2)], [film_item(3)]],
            "/movie/now_playing": [[film_item(2), film_item(4)]],
            "/movie/popular": [[film_item(1), film_item(10)], [film_item(11)], [film_item(12)]],
            "/movie/top_rated": [[film_item(20)], [film_item(21)]],
        }
        self.failing: dict[str, Exception] = {}
        self.asked: list[str] = []

    def get(self, path: str, **params: str | int) -> dict[str, Any]:
        self.asked.append(f"{path}?{params.get('page', '')}".rstrip("?"))
        if path in self.failing:
            raise self.failing[path]
        if path == "/genre/movie/list":
            return {"genres": [{"id": 28, "name": "Action"}]}
        if path in self.lists:
            pages, page = self.lists[path], int(params["page"])
            return {"results": pages[page - 1] if page <= len(pages) else [], "total_pages": len(pages)}
        number = int(path.removeprefix("/movie/"))
        assert params == {"append_to_response": "alternative_titles"}
        titles = {"titles": [{"title": f"Other {number}"}]}
        return {**film_item(number, popularity=99.0, genre_ids=None), "alternative_titles": titles}

    def get_once(self, path: str, *, within: float, **params: str | int) -> dict[str, Any]:
        assert within > 0
        return self.get(path, **params)


class Rig:
    """A poll with everything around it; `restart` makes a new one on the same disk."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.api = FakeTmdb()
        self.publisher = KeepingPublisher()
        self.clock = SettableClock()
        self.memory: Memory | None = None
        self.restart()

    def restart(self, pages: int = 5) -> None:
        if self.memory:
            self.memory.close()
        self.memory = Memory.open(self.folder / "films.sqlite3")
        metrics = ProducerMetrics("tmdb")
        clock: Clock = self.clock
        outbox = Outbox(self.publisher, metrics, clock, "tmdb_api")
        self.poll = TmdbPoll(self.api, self.memory, outbox, metrics, "US", catalogue_pages=pages, clock=clock)

    def work(self) -> None:
        for _ in range(1_000):
            if not self.poll.side_work(100):
                return
        pytest.fail("the side work never ends")

    def take(self) -> list[TmdbFilm]:
        films = self.publisher.events(TMDB_STREAM)
        self.publisher.flushed.clear()
        self.api.asked.clear()
        return films


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    made = Rig(tmp_path)
    yield made
    assert made.memory
    made.memory.close()


def test_a_poll_publishes_each_listed_film_once_with_lists_rank_and_genres(rig: Rig) -> None:
    assert rig.poll() is False
    assert rig.api.asked == [
        "/genre/movie/list",
        "/trending/movie/day?1",
        "/trending/movie/day?2",
        "/movie/now_playing?1",
    ]
    found = [(film.movie_id, film.lists, film.trending_rank) for film in rig.publisher.events(TMDB_STREAM)]
    assert found == [
        (1, ("trending_day",), 1),
        (2, ("trending_day", "now_playing"), 2),
        (3, ("trending_day",), 3),
        (4, ("now_playing",), None),
    ]
    assert all(film.genres == ("Action",) and film.fetched_at == NOW for film in rig.take())


def test_at_most_three_trending_and_two_now_playing_pages_are_asked_for(rig: Rig) -> None:
    rig.api.lists["/trending/movie/day"] = [[film_item(number)] for number in range(1, 50)]
    rig.api.lists["/movie/now_playing"] = [[film_item(number)] for number in range(1, 50)]
    rig.poll()
    assert [path for path in rig.api.asked if path.endswith(("?3", "?4"))] == ["/trending/movie/day?3"]
    assert sum(path.startswith("/movie/now_playing") for path in rig.api.asked) == 2


def test_a_poll_with_a_page_missing_publishes_nothing(rig: Rig) -> None:
    rig.api.failing["/movie/now_playing"] = SourceUnavailableError("503")
    with pytest.raises(SourceUnavailableError):
        rig.poll()
    assert rig.take() == []
    assert rig.poll.side_work(100) is False


def test_a_film_without_a_title_is_set_aside_whole(rig: Rig) -> None:
    rig.api.lists["/trending/movie/day"][0] += [film_item(5, title=None), {"title": "no id"}]
    rig.poll()
    letters = rig.publisher.dead_letters()
    assert [(letter.source_topic, letter.source_key) for letter in letters] == [("tmdb_api", None), ("tmdb_api", "5")]
    assert {letter.reason for letter in letters} == {DeadLetterReason.SOURCE_RECORD}
    assert len(rig.take()) == 4


def test_a_list_without_results_is_a_failed_poll(rig: Rig) -> None:
    rig.api.get = lambda path, **_: {"results": None} if "trending" in path else {}  # type: ignore[method-assign]
    with pytest.raises(SourceUnavailableError, match="no results"):
        rig.poll()


def test_the_genres_may_be_missing_and_are_kept(rig: Rig) -> None:
    rig.api.failing["/genre/movie/list"] = SourceUnavailableError("503")
    rig.poll()
    assert all(film.genres == () for film in rig.take())
    del rig.api.failing["/genre/movie/list"]
    rig.poll()
    assert all(film.genres == ("Action",) for film in rig.take())
    rig.restart()
    rig.poll()
    assert "/genre/movie/list" not in rig.api.asked
    rig.clock.advance(DETAILS_AGE.total_seconds() + 1)
    rig.poll()
    assert "/genre/movie/list" in rig.api.asked


def test_between_polls_the_catalogue_comes_first_then_details_of_listed_films_then_the_rest(rig: Rig) -> None:
    rig.poll()
    rig.take()
    rig.clock.advance(1)
    rig.work()
    assert rig.api.asked[:5] == [
        "/movie/popular?1",
        "/movie/popular?2",
        "/movie/popular?3",
        "/movie/top_rated?1",
        "/movie/top_rated?2",
    ]
    assert rig.api.asked[5:9] == ["/movie/1", "/movie/2", "/movie/3", "/movie/4"]
    assert sorted(rig.api.asked[9:]) == ["/movie/10", "/movie/11", "/movie/12", "/movie/20", "/movie/21"]
    films = rig.take()
    walked, detailed = films[:5], films[5:]
    assert [film.movie_id for film in walked] == [10, 11, 12, 20, 21]
    assert all(film.lists == () and film.trending_rank is None for film in films if film.movie_id >= 10)
    assert all(film.alternative_titles == (f"Other {film.movie_id}",) for film in detailed)
    assert [(film.lists, film.trending_rank) for film in detailed[1:2]] == [(("trending_day", "now_playing"), 2)]
    assert all(film.popularity == 99.0 and film.fetched_at == NOW + timedelta(seconds=1) for film in detailed)


def test_what_is_known_is_used_in_the_next_poll_and_not_asked_for_again(rig: Rig) -> None:
    rig.poll()
    rig.work()
    rig.restart()
    rig.take()
    rig.poll()
    rig.work()
    assert [path for path in rig.api.asked if path.startswith(("/movie/1", "/movie/2", "/movie/popular"))] == []
    assert [film.alternative_titles for film in rig.take()] == [(f"Other {number}",) for number in (1, 2, 3, 4)]


def test_after_a_week_details_and_after_a_day_the_catalogue_are_fetched_again(rig: Rig) -> None:
    rig.poll()
    rig.work()
    rig.clock.advance(timedelta(days=1).total_seconds())
    rig.take()
    rig.work()
    assert [path.split("?")[0] for path in rig.api.asked] == ["/movie/popular"] * 3 + ["/movie/top_rated"] * 2
    rig.clock.advance(DETAILS_AGE.total_seconds())
    rig.take()
    rig.work()
    assert sum(path.removeprefix("/movie/").isdigit() for path in rig.api.asked) == 9


def test_the_walk_goes_on_where_a_restart_left_it(rig: Rig) -> None:
    rig.poll()
    rig.poll.side_work(100)
    rig.poll.side_work(100)
    rig.restart()
    rig.poll()
    rig.take()
    rig.work()
    assert rig.api.asked[:3] == ["/movie/popular?3", "/movie/top_rated?1", "/movie/top_rated?2"]


def test_the_walk_is_as_long_as_asked_for_or_as_the_list(rig: Rig) -> None:
    rig.restart(pages=0)
    rig.poll()
    rig.work()
    assert not any("popular" in path or "top_rated" in path for path in rig.api.asked)
    rig.restart(pages=2)
    rig.poll()
    rig.take()
    rig.work()
    assert rig.api.asked[:2] == ["/movie/popular?1", "/movie/top_rated?1"]
    rig.clock.advance(timedelta(days=1).total_seconds())
    rig.restart(pages=20)
    rig.poll()
    rig.take()
    rig.work()
    assert [path for path in rig.api.asked if "?" in path] == [
        *(f"/movie/popular?{page}" for page in (1, 2, 3)),
        *(f"/movie/top_rated?{page}" for page in (1, 2)),
    ]


def test_a_page_that_is_refused_is_passed_over(rig: Rig) -> None:
    rig.poll()
    rig.api.failing["/movie/popular"] = SourceRefusedError("400", 400)
    rig.work()
    assert [path for path in rig.api.asked if "top_rated" in path] == ["/movie/top_rated?1", "/movie/top_rated?2"]


def test_a_film_that_is_gone_is_not_asked_for_again_and_again(rig: Rig) -> None:
    rig.api.failing["/movie/2"] = SourceRefusedError("404", 404)
    rig.poll()
    rig.work()
    assert rig.api.asked.count("/movie/2") == 1
    rig.work()
    assert rig.api.asked.count("/movie/2") == 1
    assert rig.poll.memory.titles(2) == ()


@pytest.mark.parametrize("error", [SourceUnavailableError("503"), ConfigurationError("401")])
def test_trouble_between_polls_ends_the_work_until_the_next_poll(rig: Rig, error: Exception) -> None:
    rig.api.failing["/movie/1"] = error
    rig.poll()
    rig.work()
    assert rig.api.asked.count("/movie/1") == 1
    assert rig.poll.side_work(100) is False
    del rig.api.failing["/movie/1"]
    rig.clock.advance(RETRY_AFTER.total_seconds() + 1)
    rig.poll()
    rig.work()
    assert rig.poll.memory.titles(1) == ("Other 1",)


def test_a_film_that_tmdb_fails_to_answer_for_keeps_no_other_waiting(rig: Rig) -> None:
    rig.restart(pages=0)
    rig.api.failing["/movie/1"] = SourceUnavailableError("500")
    for _ in range(3):
        rig.poll()
        rig.work()
    assert [path for path in rig.api.asked if path.removeprefix("/movie/").isdigit()] == [
        f"/movie/{number}" for number in (1, 2, 3, 4)
    ]


def test_a_page_that_always_fails_is_given_up_for_the_day(rig: Rig) -> None:
    rig.api.failing["/movie/popular"] = SourceUnavailableError("500")
    for _ in range(2):
        rig.poll()
        rig.work()
    assert not any("top_rated" in path for path in rig.api.asked)
    for _ in range(7):
        rig.poll()
        rig.work()
    assert [path for path in rig.api.asked if "popular" in path] == [
        f"/movie/popular?{page}" for page in (1, 2, 3) for _ in range(3)
    ]
    assert [path for path in rig.api.asked if "top_rated" in path] == ["/movie/top_rated?1", "/movie/top_rated?2"]


def test_no_request_is_begun_shortly_before_a_poll(rig: Rig) -> None:
    rig.poll()
    rig.take()
    assert rig.poll.side_work(0.9) is False
    assert rig.api.asked == []


def test_details_kafka_did_not_take_are_fetched_again(rig: Rig) -> None:
    rig.restart(pages=0)
    rig.poll()
    rig.publisher.fail_flushes = 1
    with pytest.raises(DependencyError):
        rig.poll.side_work(100)
    rig.restart(pages=0)
    rig.poll()
    rig.take()
    rig.work()
    assert [film.movie_id for film in rig.take()] == [1, 2, 3, 4]


def test_a_catalogue_page_kafka_did_not_take_is_walked_again(rig: Rig) -> None:
    rig.poll()
    rig.publisher.fail_flushes = 1
    with pytest.raises(DependencyError):
        rig.poll.side_work(100)
    rig.take()
    rig.poll.side_work(100)
    assert [film.movie_id for film in rig.take()] == [10]


def test_a_damaged_memory_is_set_aside(tmp_path: Path) -> None:
    file = tmp_path / "films.sqlite3"
    file.write_bytes(b"this is no database at all" * 100)
    memory = Memory.open(file)
    memory.note([1])
    assert memory.next_due(NOW) == 1
    memory.close()
    assert (tmp_path / "films.sqlite3.damaged").exists()


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(DependencyError, match="cannot open"):
        Memory.open(tmp_path / "absent" / "films.sqlite3")


def test_a_memory_damaged_within_is_set_aside(tmp_path: Path) -> None:
    file = tmp_path / "films.sqlite3"
    memory = Memory.open(file)
    memory.note(range(5_000))
    memory.close()
    content = bytearray(file.read_bytes())
    content[8_192:40_960] = bytes(32_768)
    file.write_bytes(content)
    memory = Memory.open(file)
    assert memory.next_due(NOW) is None
    memory.close()
    assert (tmp_path / "films.sqlite3.damaged").exists()
