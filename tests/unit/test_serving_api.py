"""The API over a small world in memory: what each operation answers, and what it does when the store is away."""

import gc
import gzip
import inspect
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, get_args

import pytest
from structlog.testing import capture_logs

from contracts.errors import ConfigurationError
from ml_service.events import Kind
from ml_service.metric_rows import EVENTS_VERSION
from monitoring.drift import comparison
from serving import models, platform_models
from serving.security import Keys
from tests.support import records
from tests.support.asgi import AsgiClient
from tests.support.memory_store import MemoryStore
from tests.support.serving import END, FILMS, MINUTE, WINDOW, Process, breakout, world
from tests.support.waiting import wait_until

KEY = "a-key-of-sixteen-or-more"


@pytest.fixture
def process() -> Process:
    return Process(world()).follow()


@pytest.fixture
def client(process: Process) -> Iterator[AsgiClient]:
    with AsgiClient(process.app) as opened:
        yield opened


def get(client: AsgiClient, path: str, **query: Any) -> Any:
    answer = client.get(f"/api/v1{path}", params=query or None)
    assert answer.status_code == 200, answer.text
    return answer.json()


def with_momentum(store: MemoryStore, end: datetime) -> MemoryStore:
    """The momenta of the newest window also for the one that ended then."""
    start = end - WINDOW
    of_window = {"window_start": start, "window_end": end}
    newest = [row for (at, _), row in store.momenta.items() if at == END - WINDOW]
    store.momenta |= {(start, row.movie_id): row.model_copy(update=of_window) for row in newest}
    return store


MODELS = {
    "/trending": models.Trending,
    "/trending?window=live": models.Trending,
    "/trending?at=2026-03-01T11:30:00Z": models.Trending,
    "/movies/3": models.MovieDetail,
    "/movies/3/history": models.History,
    "/movies/3/history?hours=40": models.History,
    "/movies/3/forecast": models.MovieForecast,
    "/movies/3/mentions": models.MovieMentions,
    "/movies/search?q=film": models.SearchResult,
    "/compare?ids=1,2,3": models.Comparison,
    "/breakouts": platform_models.Breakouts,
    "/model": platform_models.ModelReport,
    "/status": platform_models.Status,
    "/genres": models.Choices,
}


@pytest.mark.parametrize(("path", "model"), MODELS.items())
def test_every_answer_is_its_model_with_its_source_first(
    client: AsgiClient, path: str, model: type[models.Answer]
) -> None:
    answer = client.get(f"/api/v1{path}")
    assert answer.status_code == 200, answer.text
    model.model_validate_json(answer.content)
    assert answer.content.startswith(b'{"source":{')
    assert answer.json()["source"]["stale"] is False


class TestTrending:
    def test_films_come_by_score_with_everything_about_them(self, client: AsgiClient) -> None:
        answer = get(client, "/trending", limit=3)
        assert [film["movie_id"] for film in answer["films"]] == [1, 2, 3]
        assert answer["window"] == {"start": "2026-03-01T11:55:00Z", "end": "2026-03-01T12:00:00Z", "is_final": True}
        assert answer["source"]["as_of"] == "2026-03-01T12:00:00Z"
        assert answer["page"] == {"total": FILMS, "limit": 3, "offset": 0, "next": "/api/v1/trending?limit=3&offset=3"}
        first = answer["films"][0]
        assert first["rank_move"] == {"previous": 2, "change": 1, "since": "2026-03-01T11:00:00Z"}
        assert first["forecast"]["horizon"] == 1
        assert first["forecast"]["made_at"] == "2026-03-01T12:00:00Z"
        assert first["momentum"]["growth"] == 1.0
        weights = [part["weight"] for part in first["parts"].values()]
        assert sum(weights) == pytest.approx(1)
        for part in first["parts"].values():
            assert part["points"] == pytest.approx(part["value"] * part["weight"], abs=1e-3)

    def test_the_sparkline_ends_with_the_newest_window_on_a_whole_multiple(self) -> None:
        store = world()
        del store.rows[END - 24 * WINDOW, 1]
        with AsgiClient(Process(store).follow().app) as client:
            line = get(client, "/trending", limit=1)["films"][0]["sparkline"]
        assert line["step_seconds"] == 300
        assert len(line["values"]) == 24
        assert line["values"][1:] == [89.0] * 23
        assert line["values"][0] is None, "it had no row there"
        begin = datetime.fromisoformat(line["start"])
        assert begin + 23 * WINDOW == END

    @pytest.mark.parametrize(
        ("query", "first", "total"),
        [
            ({"sort": "momentum"}, FILMS, FILMS),
            ({"sort": "momentum", "order": "asc"}, 1, FILMS),
            ({"sort": "mentions"}, 6, FILMS),
            ({"sort": "sentiment"}, 4, FILMS),
            ({"order": "asc"}, FILMS, FILMS),
            ({"genre": "comedy"}, 2, FILMS // 2),
            ({"language": "fr"}, 3, FILMS // 3),
            ({"min_mentions": 7}, 6, 4),
            ({"status": "upcoming"}, 1, 9),
            ({"status": "released"}, 10, FILMS - 9),
            ({"year": 2025}, None, 0),
            ({"year_from": 2026, "year_to": 2026}, 1, FILMS),
            ({"genre": "comedy", "language": "fr"}, 6, FILMS // 6),
        ],
    )
    def test_filters_and_order(self, client: AsgiClient, query: dict[str, Any], first: int | None, total: int) -> None:
        answer = get(client, "/trending", **query)
        assert answer["page"]["total"] == total
        assert (answer["films"][0]["movie_id"] if answer["films"] else None) == first

    def test_pages_join_without_gap_or_repetition(self, client: AsgiClient) -> None:
        path: str | None = "/api/v1/trending?limit=7&genre=Drama"
        seen: list[int] = []
        while path:
            answer = client.get(path).json()
            seen += [film["movie_id"] for film in answer["films"]]
            path = answer["page"]["next"]
        assert seen == list(range(1, FILMS + 1))

    def test_the_open_window_is_the_one_that_ends_now(self, client: AsgiClient) -> None:
        window = get(client, "/trending", window="live")["window"]
        assert window["is_final"] is False
        assert window["start"] == "2026-03-01T11:57:00Z"

    def test_the_time_machine_finds_the_window_that_had_ended(self, process: Process, client: AsgiClient) -> None:
        answer = get(client, "/trending", at="2026-03-01T11:20:30+00:00")
        assert answer["window"]["end"] == "2026-03-01T11:20:00Z"
        assert answer["films"][0]["sparkline"] is None
        reads = len(process.store.reads)
        get(client, "/trending", at="2026-03-01T11:20:10Z", sort="mentions")
        assert "trends.window" not in process.store.reads[reads:], "a past ranking is kept"
        assert get(client, "/trending", at="2199-01-01T00:00:00Z")["window"]["end"] == "2026-03-01T12:00:00Z"

    def test_a_page_of_the_past_is_kept_without_its_ranking(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("serving.past._KEPT_FILMS", 0)
        process = Process(with_momentum(world(), END - 8 * WINDOW)).follow()
        with AsgiClient(process.app) as other:
            first = other.get("/api/v1/trending?at=2026-03-01T11:20:30Z")
            reads = process.store.reads.count("trends.window")
            again = other.get("/api/v1/trending?at=2026-03-01T11:20:30Z")
            assert again.content == first.content
            assert process.store.reads.count("trends.window") == reads
            other.get("/api/v1/trending?at=2026-03-01T11:20:30Z&limit=5")
            assert process.store.reads.count("trends.window") == reads + 1, "another page is read anew"

    def test_a_past_window_is_kept_for_good_once_it_is_complete(self) -> None:
        """Read soon after its end it has no outcome yet, and no momentum while that service is behind."""
        store, end = world(), END - WINDOW
        process = Process(store).follow()
        with AsgiClient(process.app) as client:

            def film() -> Any:
                return get(client, "/trending", at=f"{end:%Y-%m-%dT%H:%M:%SZ}")["films"][0]

            assert (film()["momentum"], film()["forecast"]["actual"]) == (None, None)
            known = {"actual": 50.0, "error": 8.5}
            store.forecasts[end, 1, 1] = records.prediction(1, end, 1, **known)
            with_momentum(store, end)
            assert film()["momentum"] is None, "for a minute it is as it was read"
            process.forward(60)
            assert film()["momentum"]["mentions"] == 10
            assert film()["forecast"]["actual"] == 50.0
            store.forecasts[end, 1, 1] = records.prediction(1, end, 1, actual=51.0, error=7.5)
            process.forward(20 * 60)
            assert film()["forecast"]["actual"] == 51.0, "it was not complete yet"
            reads = store.reads.count("trends.window")
            process.forward(3_600)
            film()
            assert store.reads.count("trends.window") == reads

    def test_answers_hold_no_ranking(self, process: Process, client: AsgiClient) -> None:
        """An answer is kept for long, and a ranking is a thousand times as large as a page of it."""
        get(client, "/trending")
        get(client, "/movies/3")
        get(client, "/movies/search", q="film 3")
        get(client, "/breakouts")
        first = process.context.board.state.closed
        assert first is not None
        start = END - WINDOW + MINUTE
        for number in range(1, FILMS + 1):
            process.store.put(records.update(number, start, is_final=True))
        process.follow(12)
        assert process.context.board.state.closed is not first
        gc.unfreeze()  # what is frozen is no referrer to `gc`
        holders = [each for each in gc.get_referrers(first) if not inspect.isframe(each)]
        assert holders == []

    def test_before_the_first_window_there_is_nothing(self, client: AsgiClient) -> None:
        answer = client.get("/api/v1/trending", params={"at": "0001-01-01T00:00:00+14:00"})
        assert answer.status_code in {404, 422}
        assert client.get("/api/v1/trending?at=2020-01-01T00:00:00Z").status_code == 404

    def test_a_window_is_shown_with_its_forecasts_or_after_a_while_without(self) -> None:
        store = world()
        store.forecasts.clear()
        process = Process(store).follow(4)
        assert process.context.board.state.closed is None
        process.follow(8)
        closed = process.context.board.state.closed
        assert closed is not None
        assert closed.films[0].forecast is None
        row = records.prediction(1, END, 1)
        store.forecasts[END, 1, 1] = row
        process.follow(3)
        closed = process.context.board.state.closed
        assert closed is not None
        assert closed.films[0].forecast is not None, "a forecast that comes late is shown when it comes"

    def test_the_next_closed_window_replaces_it(self, process: Process, client: AsgiClient) -> None:
        start = END - WINDOW + MINUTE
        for number in range(1, FILMS + 1):
            process.store.put(records.update(number, start, trend_score=number / 1.0, is_final=True))
        process.follow(12)
        answer = get(client, "/trending")
        assert answer["window"]["start"] == "2026-03-01T11:56:00Z"
        assert answer["films"][0]["movie_id"] == FILMS


class TestFilms:
    def test_one_film(self, client: AsgiClient) -> None:
        answer = get(client, "/movies/3")
        assert answer["facts"]["title"] == "Film 3"
        assert answer["trend"]["rank"] == 3
        assert answer["trend"]["momentum"]["in_breakout"] is True
        assert {each["what"] for each in answer["freshness"]} >= {"facts", "popularity", "momentum", "forecast"}
        assert all(each["as_of"] for each in answer["freshness"])

    @pytest.mark.parametrize("path", ["", "/history", "/forecast", "/mentions"])
    def test_a_film_nobody_knows_is_not_found(self, client: AsgiClient, path: str) -> None:
        answer = client.get(f"/api/v1/movies/4242{path}")
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["title"] == "Not Found"
        assert answer.json()["instance"] == f"/api/v1/movies/4242{path}"

    def test_a_history_of_windows(self, client: AsgiClient) -> None:
        answer = get(client, "/movies/3/history", hours=1)
        assert answer["resolution"] == "window"
        ends = [datetime.fromisoformat(point["end"]) for point in answer["points"]]
        assert ends == sorted(ends)
        steps = {later - sooner for sooner, later in pairwise(ends)}
        assert steps == {timedelta(seconds=answer["step_seconds"])}
        assert len(ends) == 60

    def test_a_day_has_few_enough_points(self, client: AsgiClient) -> None:
        answer = get(client, "/movies/3/history", hours=24)
        assert answer["step_seconds"] == 300
        assert answer["resolution"] == "window"

    def test_a_history_of_hours_counts_every_mention(self, client: AsgiClient) -> None:
        answer = get(client, "/movies/3/history", hours=30)
        assert answer["resolution"] == "hour"
        assert len(answer["points"]) == 29, "the live window's end is past the last whole hour"
        assert answer["points"][0]["mentions"] == 24
        assert answer["points"][0]["sentiment"] == 0.25

    def test_forecasts_with_their_past(self, client: AsgiClient) -> None:
        answer = get(client, "/movies/3/forecast", past=20)
        assert [each["horizon"] for each in answer["current"]] == [1, 3, 12]
        assert all(each["actual"] is None for each in answer["current"])
        assert set(answer["current"][0]["baselines"]) == {"persistence", "ewma"}
        assert len(answer["past"]) == 20
        assert all(each["actual"] == 50.0 for each in answer["past"])

    def test_past_forecasts_of_one_horizon(self, client: AsgiClient) -> None:
        past = get(client, "/movies/3/forecast", past=30, horizon=12)["past"]
        assert {each["horizon"] for each in past} == {12}
        assert len(past) == 30

    def test_a_horizon_nobody_forecasts_is_refused_unread(self, process: Process, client: AsgiClient) -> None:
        reads = len(process.store.reads)
        for horizon in ("2", "10000", "-1"):
            answer = client.get("/api/v1/movies/3/forecast", params={"horizon": horizon})
            assert answer.status_code == 422
            assert answer.json()["errors"] == [{"where": ["query", "horizon"], "what": "Value error, one of 1, 3, 12"}]
        assert len(process.store.reads) == reads

    def test_answers_are_read_once_a_window(self, process: Process, client: AsgiClient) -> None:
        def reads() -> int:
            return process.store.reads.count("trends.sample")

        for _ in range(3):
            get(client, "/movies/3/history")
        assert reads() == 1
        process.forward(61)
        process.context.board.answered()
        get(client, "/movies/3/history")
        assert reads() == 2, "nothing is kept for longer than a minute"

    def test_when_a_window_closes_the_busy_give_the_last_answer_and_renew_it(
        self, process: Process, client: AsgiClient
    ) -> None:
        for movie_id in (3, 4):
            get(client, f"/movies/{movie_id}/history", hours=1)
        start = END - WINDOW + MINUTE
        for number in range(1, FILMS + 1):
            process.store.put(records.update(number, start, is_final=True))
        process.follow(12)
        assert get(client, "/movies/3/history", hours=1)["source"]["as_of"] == "2026-03-01T12:02:00Z"
        before = get(client, "/movies/4/history", hours=1)
        assert before["source"]["read_at"] < "2026-03-01T12:03:05Z", "read before the window closed"

        def read_at() -> str:
            return str(get(client, "/movies/4/history", hours=1)["source"]["read_at"])

        wait_until(lambda: read_at() > before["source"]["read_at"], 10)
        assert process.store.reads.count("trends.sample") == 4

    def test_mentions_page_and_filter(self, client: AsgiClient) -> None:
        answer = get(client, "/movies/3/mentions", limit=10, via="thread")
        assert answer["page"]["total"] == 16
        assert answer["page"]["next"] == "/api/v1/movies/3/mentions?via=thread&limit=10&offset=10"
        assert answer["mentions"][0]["url"].startswith("https://www.reddit.com/r/")

    def test_mentions_of_the_past_are_those_written_before(self, client: AsgiClient) -> None:
        answer = get(client, "/movies/3/mentions", until="2026-03-01T11:50:00Z", limit=5)
        assert answer["mentions"][0]["created_utc"] == answer["source"]["as_of"] == "2026-03-01T11:49:00Z"
        assert answer["page"]["total"] == 14
        following = client.get(answer["page"]["next"]).json()
        assert following["mentions"][0]["created_utc"] == "2026-03-01T11:44:00Z"

    def test_a_link_is_none_when_the_source_gives_something_else(self, process: Process, client: AsgiClient) -> None:
        process.store.examples = [records.example("t1_x", 3, permalink="javascript:alert(1)")]
        assert get(client, "/movies/3/mentions")["mentions"][0]["url"] is None

    def test_search_forgives(self, client: AsgiClient) -> None:
        assert get(client, "/movies/search", q="flim 7")["films"][0]["movie_id"] == 7
        hit = get(client, "/movies/search", q="der film nummer 12")["films"][0]
        assert (hit["movie_id"], hit["matched"]) == (12, "Der Film Nummer 12")
        assert get(client, "/movies/search", q="???")["films"] == []

    def test_a_comparison(self, client: AsgiClient) -> None:
        answer = get(client, "/compare", ids="1,5,1", hours=2)
        assert [film["movie_id"] for film in answer["films"]] == [1, 5]
        assert answer["films"][0]["points"]
        assert answer["window"] == get(client, "/trending")["window"]
        assert answer["source"]["as_of"] == answer["window"]["end"]
        assert client.get("/api/v1/compare?ids=1").status_code == 422
        assert client.get("/api/v1/compare?ids=1,999").status_code == 404


class TestPlatform:
    def test_breakouts_newest_first_and_filtered(self, client: AsgiClient) -> None:
        answer = get(client, "/breakouts")
        assert answer["page"]["total"] == 2
        assert answer["false_alarms_per_film_day"] == 0.001
        assert [each["movie_id"] for each in get(client, "/breakouts", status="ended")["breakouts"]] == [4]
        assert get(client, "/breakouts", movie_id=3)["page"]["total"] == 1

    def test_breakouts_of_a_span_are_those_that_went_on_in_it(self, client: AsgiClient) -> None:
        """Both began at 10:00; one ended at 11:00, the other goes on."""

        def films(since: str) -> list[int]:
            return [each["movie_id"] for each in get(client, "/breakouts", since=since)["breakouts"]]

        assert films("2026-03-01T09:00:00Z") == [3, 4]
        assert films("2026-03-01T11:00:00Z") == [3, 4]
        assert films("2026-03-01T11:01:00Z") == [3]

    def test_breakouts_are_as_of_the_last_window_with_momentum(self, process: Process, client: AsgiClient) -> None:
        assert get(client, "/breakouts")["source"]["as_of"] == "2026-03-01T12:00:00Z"
        start = END - WINDOW + MINUTE
        for number in range(1, FILMS + 1):
            process.store.put(records.update(number, start, is_final=True))
        process.follow(12)
        assert get(client, "/trending")["source"]["as_of"] == "2026-03-01T12:01:00Z"
        assert get(client, "/breakouts")["source"]["as_of"] == "2026-03-01T12:00:00Z"
        with AsgiClient(Process(process.store).follow(12).app) as anew:
            assert get(anew, "/trending")["source"]["as_of"] == "2026-03-01T12:01:00Z"
            assert get(anew, "/breakouts")["source"]["as_of"] == "2026-03-01T12:00:00Z"

    def test_the_model_beside_its_baselines(self, process: Process, client: AsgiClient) -> None:
        process.forward(20)
        process.follow()
        answer = get(client, "/model")
        assert answer["version"] == "7"
        assert [each["horizon"] for each in answer["horizons"]] == [1, 3, 12]
        assert answer["horizons"][0]["mae"] == 0.5
        assert answer["horizons"][0]["baseline_mae"] == {"persistence": 0.5, "ewma": 0.5}
        assert [point["value"] for point in answer["series"][0]["skill"]] == [2.5, 1.5, 0.5]
        assert answer["challenger"] is None, "the forecaster was not asked"

    def test_a_forecaster_that_stands_still_keeps_its_figures(self, process: Process, client: AsgiClient) -> None:
        before = get(client, "/model")
        process.store.figures += [records.metric(END + MINUTE, metric="mae", horizon=1, value=0.25)]
        start = END - WINDOW + MINUTE
        for number in range(1, FILMS + 1):
            process.store.put(records.update(number, start, is_final=True))
        process.follow(30)
        assert get(client, "/trending")["films"][0]["forecast"] is None
        later = get(client, "/model")
        assert later["horizons"][0].pop("mae") == 0.25, "what comes late is read"
        assert later["horizons"][0].pop("as_of") == later["source"]["as_of"] == "2026-03-01T12:01:00Z"
        assert before["horizons"][0].pop("mae") == 0.5
        assert before["horizons"][0].pop("as_of") == "2026-03-01T12:00:00Z"
        for name in ("version", "versions", "horizons"):
            assert later[name] == before[name]
        with AsgiClient(Process(process.store).follow(12).app) as anew:
            assert get(anew, "/model")["version"] == "7"

    def test_what_happened_to_the_model_is_marked_there_and_at_its_forecasts(
        self, process: Process, client: AsgiClient
    ) -> None:
        happened = {"promotion": 90, "data_drift": 15, "drift": 40, "contest": 600}
        process.store.figures += [
            records.metric(END - ago * MINUTE, model_version=EVENTS_VERSION, metric=kind, horizon=1, value=0.5)
            for kind, ago in happened.items()
        ]
        process.forward(20)
        process.follow()
        events = get(client, "/model")["events"]
        assert [event["kind"] for event in events] == ["data_drift", "drift", "promotion", "contest"]
        assert events[0] == {"kind": "data_drift", "at": "2026-03-01T11:45:00Z", "value": 0.5}
        shown = get(client, "/movies/3/forecast", past=50)
        assert shown["past"][-1]["made_at"] < "2026-03-01T11:20:00Z"
        assert [event["kind"] for event in shown["events"]] == ["data_drift", "drift"]

    def test_every_event_that_is_written_can_be_shown(self) -> None:
        written = {kind.value for kind in Kind} | {comparison.MARK}
        assert written == set(get_args(models.EventKind))
        assert comparison.EVENTS_VERSION == EVENTS_VERSION

    def test_the_status(self, client: AsgiClient) -> None:
        answer = get(client, "/status")
        assert answer["films"] == FILMS
        assert answer["store_answers"] is True
        assert answer["ledger"]["total"] == 140


class TestWhenTheStoreIsAway:
    def test_the_last_state_is_shown_with_its_age(self, process: Process, client: AsgiClient) -> None:
        fresh = get(client, "/trending")
        get(client, "/movies/3/history")
        process.store.away = True
        process.follow(30)
        for path in ("/trending", "/movies/3", "/movies/3/history", "/breakouts", "/movies/search?q=film"):
            source = get(client, path)["source"]
            assert source["stale"] is True, path
            assert source["age_seconds"] >= 25, path
        stale = get(client, "/trending")
        assert stale["films"] == fresh["films"]
        assert stale["source"]["as_of"] == fresh["source"]["as_of"]
        assert stale["source"]["read_at"] == fresh["source"]["read_at"]
        assert get(client, "/status")["store_answers"] is False

    def test_what_was_never_read_is_a_503_at_once(self, process: Process, client: AsgiClient) -> None:
        process.store.away = True
        process.follow(10)
        reads = len(process.store.reads)
        answer = client.get("/api/v1/movies/9/history")
        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "5"
        assert len(process.store.reads) == reads, "nobody waits for a store that is known to be away"

    def test_the_first_failed_read_already_answers_with_what_is_kept(
        self, process: Process, client: AsgiClient
    ) -> None:
        get(client, "/movies/3/history")
        process.forward(90)
        process.context.board.answered()
        process.store.away = True
        source = get(client, "/movies/3/history")["source"]
        assert source["stale"] is True
        assert source["age_seconds"] == 90
        past = client.get("/api/v1/trending?at=2026-03-01T11:00:00Z")
        assert past.status_code == 503

    def test_it_is_fresh_again_when_the_store_is_back(self, process: Process, client: AsgiClient) -> None:
        process.store.away = True
        process.follow(10)
        assert get(client, "/trending")["source"]["stale"] is True
        process.store.away = False
        process.follow(1)
        assert get(client, "/trending")["source"]["stale"] is False

    def test_before_anything_was_read_it_says_so(self) -> None:
        store = world()
        store.away = True
        process = Process(store).follow(2)
        with AsgiClient(process.app) as client:
            for path in ("/trending", "/movies/3", "/breakouts", "/model", "/movies/search?q=a", "/genres"):
                assert client.get(f"/api/v1{path}").status_code == 503, path
            assert client.get("/readyz").status_code == 503
            assert client.get("/healthz").status_code == 200
            assert get(client, "/status")["store_answers"] is False

    def test_a_catalogue_that_could_not_be_read_is_read_as_soon_as_it_can_be(self) -> None:
        store = world()
        store.away = True
        process = Process(store).follow(2)
        store.away = False
        process.follow(3)
        assert process.context.board.state.catalogue is not None

    def test_a_window_that_could_not_be_read_is_not_called_none(self) -> None:
        store = world()
        process = Process(store).follow(1)
        assert process.context.board.state.closed is None, "its forecasts are looked at once more"
        store.away = True
        process.follow(10)
        with AsgiClient(process.app) as client:
            assert client.get("/api/v1/trending").status_code == 503

    def test_an_empty_store_has_no_window_yet(self) -> None:
        store = world()
        store.rows.clear()
        with AsgiClient(Process(store).follow().app) as client:
            answer = get(client, "/trending")
            assert answer["window"] is None
            assert answer["films"] == []


class TestHttp:
    def test_what_has_not_changed_is_not_sent_again(self, process: Process, client: AsgiClient) -> None:
        first = client.get("/api/v1/trending")
        assert first.headers["cache-control"] == "no-cache"
        again = client.get("/api/v1/trending", headers={"If-None-Match": first.headers["etag"]})
        assert again.status_code == 304
        assert again.content == b""
        process.store.away = True
        process.follow(10)
        assert client.get("/api/v1/trending", headers={"If-None-Match": first.headers["etag"]}).status_code == 200

    def test_a_past_window_may_be_kept(self, client: AsgiClient) -> None:
        assert client.get("/api/v1/trending?at=2026-03-01T11:00:00Z").headers["cache-control"] == "max-age=60"

    def test_answers_are_packed_for_who_can_unpack(self, client: AsgiClient) -> None:
        plain = client.get("/api/v1/trending", headers={"Accept-Encoding": "identity"})
        assert "content-encoding" not in plain.headers
        packed = client.get("/api/v1/trending", headers={"Accept-Encoding": "gzip"})
        assert packed.headers["content-encoding"] == "gzip"
        assert int(packed.headers["content-length"]) < len(plain.content) / 4
        assert packed.json() == plain.json()
        assert len(gzip.compress(plain.content, 9)) < int(packed.headers["content-length"]) * 1.3

    @pytest.mark.parametrize("path", ["/api/v1/trending", "/api/v1/nothing", "/healthz", "/metrics", "/"])
    def test_every_answer_has_the_headers(self, client: AsgiClient, path: str) -> None:
        headers = client.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "unsafe-inline" not in headers["content-security-policy"]
        assert "access-control-allow-origin" not in headers
        assert "server" not in headers

    def test_errors_are_problems(self, client: AsgiClient) -> None:
        for path, status in (("/api/v1/nothing", 404), ("/api/v1/movies/x", 422), ("/api/v1/trending?limit=0", 422)):
            answer = client.get(path)
            assert answer.status_code == status
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.json()["status"] == status
        assert client.post("/api/v1/trending").status_code == 405

    def test_an_address_beyond_all_measure_is_refused(self, client: AsgiClient) -> None:
        assert client.get("/api/v1/trending", params={"x": "y" * 4_000}).status_code == 200
        assert client.get("/api/v1/movies/search", params={"q": "\N{CLAPPER BOARD}" * 200}).status_code == 200
        for path in (f"/api/v1/trending?x={'y' * 4_100}", f"/{'y' * 4_100}"):
            answer = client.get(path)
            assert answer.status_code == 414
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.headers["x-frame-options"] == "DENY"

    def test_a_defect_is_one_problem_and_no_stack_trace(
        self, process: Process, client: AsgiClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("serving.views.choices", lambda _: 1 / 0)
        with capture_logs() as logged:
            answer = client.get("/api/v1/genres")
        assert [entry["event"] for entry in logged] == ["request_failed"]
        assert answer.status_code == 500
        assert answer.headers["content-type"] == "application/problem+json"
        assert "ZeroDivision" not in answer.text
        assert answer.headers["x-frame-options"] == "DENY"

    def test_other_origins_only_when_they_are_named(self) -> None:
        process = Process(world(), cors_origins="https://fans.example").follow()
        with AsgiClient(process.app) as client:
            ask = {"Origin": "https://fans.example"}
            assert client.get("/api/v1/genres", headers=ask).headers["access-control-allow-origin"] == ask["Origin"]
            other = client.get("/api/v1/genres", headers={"Origin": "https://other.example"})
            assert "access-control-allow-origin" not in other.headers

    def test_requests_are_counted_by_route_and_not_by_film(self, client: AsgiClient) -> None:
        client.get("/api/v1/movies/3")
        text = client.get("/metrics").text
        assert 'route="/api/v1/movies/{movie_id}",status="200"' in text
        assert 'route="/api/v1/movies/3"' not in text


class TestKeys:
    @pytest.fixture
    def locked(self) -> Iterator[AsgiClient]:
        process = Process(world(), api_keys=f"alice:{KEY},bob:{KEY}-2", api_rate_limit="3/minute").follow()
        with AsgiClient(process.app, base_url="http://127.0.0.1") as opened:
            yield opened

    def test_without_a_key_there_is_no_answer(self, locked: AsgiClient) -> None:
        for headers in ({}, {"X-API-Key": "wrong"}, {"Authorization": "Bearer é"}, {"Cookie": "trendscope_key=x"}):
            answer = locked.get("/api/v1/trending", headers={k: v.encode() for k, v in headers.items()})
            assert answer.status_code == 401
            assert answer.headers["www-authenticate"].startswith("ApiKey")
        assert locked.get("/healthz").status_code == 200
        assert locked.get("/").status_code == 200

    def test_each_way_of_carrying_a_key_counts(self, locked: AsgiClient) -> None:
        assert locked.get("/api/v1/genres", headers={"X-API-Key": KEY}).status_code == 200
        assert locked.get("/api/v1/genres", headers={"Authorization": f"Bearer {KEY}"}).status_code == 200
        assert locked.post("/api/v1/session", json={"key": "wrong"}).status_code == 401
        opened = locked.post("/api/v1/session", json={"key": KEY})
        assert opened.status_code == 204
        assert "httponly" in opened.headers["set-cookie"].lower()
        assert "samesite=strict" in opened.headers["set-cookie"].lower()
        assert locked.get("/api/v1/genres").status_code == 200

    def test_each_key_has_its_own_limit(self, locked: AsgiClient) -> None:
        alice, bob = {"X-API-Key": KEY}, {"X-API-Key": f"{KEY}-2"}
        assert [locked.get("/api/v1/genres", headers=alice).status_code for _ in range(4)] == [200, 200, 200, 429]
        refused = locked.get("/api/v1/genres", headers=alice)
        assert 1 <= int(refused.headers["retry-after"]) <= 61
        assert locked.get("/api/v1/genres", headers=bob).status_code == 200

    def test_wrong_keys_have_a_limit_on_both_ways_together(
        self, locked: AsgiClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def guess(at: int) -> int:
            if at % 2:
                return locked.post("/api/v1/session", json={"key": f"guess {at}"}).status_code
            return locked.get("/api/v1/genres", headers={"X-API-Key": f"guess {at}"}).status_code

        assert {guess(at) for at in range(60)} == {401}
        assert [guess(60), guess(61)] == [429, 429]
        refused = locked.get("/api/v1/genres", headers={"X-API-Key": KEY})
        assert refused.status_code == 429, "else the answer would say which guess was right"
        assert refused.headers["content-type"] == "application/problem+json"
        assert 1 <= int(refused.headers["retry-after"]) <= 61
        assert 1 <= int(locked.post("/api/v1/session", json={"key": KEY}).headers["retry-after"]) <= 61
        monkeypatch.setattr("serving.security.network_of", lambda _: "another")
        assert locked.get("/api/v1/genres", headers={"X-API-Key": KEY}).status_code == 200

    def test_a_page_without_a_key_has_guessed_nothing(self, locked: AsgiClient) -> None:
        assert {locked.get("/api/v1/genres").status_code for _ in range(70)} == {401}
        assert locked.get("/api/v1/genres", headers={"X-API-Key": KEY}).status_code == 200

    @pytest.mark.parametrize(
        ("base", "headers", "secure"),
        [
            ("http://127.0.0.1", {}, False),
            ("https://trends.example", {}, True),
            ("http://127.0.0.1", {"X-Forwarded-Proto": "https, http"}, True),
        ],
    )
    def test_the_cookie_stays_on_tls_when_it_came_by_it(
        self, base: str, headers: dict[str, str], *, secure: bool
    ) -> None:
        process = Process(world(), api_keys=f"alice:{KEY}").follow()
        with AsgiClient(process.app, base_url=base) as client:
            opened = client.post("/api/v1/session", json={"key": KEY}, headers=headers)
        assert ("; secure" in opened.headers["set-cookie"].lower()) == secure

    @pytest.mark.parametrize("wrong", ["short:abc", "nokey", f":{KEY}", f"a:{KEY},a:{KEY}x", f"a:{KEY},b:{KEY}"])
    def test_wrong_keys_are_refused_without_showing_them(self, wrong: str) -> None:
        with pytest.raises(ConfigurationError, match="API_KEYS") as caught:
            Process(world(), api_keys=wrong)
        assert KEY not in str(caught.value)

    def test_no_keys_ask_for_none(self) -> None:
        assert not Keys.of(None)


def test_a_page_follows_the_one_of_the_same_window(process: Process, client: AsgiClient) -> None:
    events = dict(_events(process))
    for name, query in (("trends", "limit=20"), ("live", "window=live&limit=20")):
        answer = json.loads(events[name])
        assert answer["page"]["next"] == f"/api/v1/trending?{query}&offset=20"
        assert client.get(answer["page"]["next"]).json()["window"] == answer["window"]


def _events(process: Process) -> list[tuple[str, str]]:
    """Names and data of what the stream holds."""
    lines = [sent.payload.decode().splitlines() for sent in process.context.hub._ring]
    return [(event.removeprefix("event: "), data.removeprefix("data: ")) for _, event, data, *_ in lines]


def test_new_breakouts_go_to_the_stream(process: Process) -> None:
    hub = process.context.hub
    before = hub._number
    again = breakout(5)
    process.store.known[again.breakout_id] = again
    process.follow(3)
    payloads = [sent.payload for sent in hub._ring if sent.number > before]
    assert any(b"event: breakout" in payload and b'"movie_id":5' in payload for payload in payloads)
