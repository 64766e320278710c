"""The parts of the API that need no request: event stream, search, the look at other services, caches, spans."""

import asyncio
import gc
import threading
import weakref
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from configs.settings import load_settings
from serving.answers import Answers, Bounded, encode
from serving.heap import settle
from serving.history import MOST_WINDOWS, Step, span_of, window_starts
from serving.models import Choices, Part, Provenance, TrendingFilm
from serving.platform_models import Challenger
from serving.scrape import Scraper, targets
from serving.search import SearchIndex, fold
from serving.state import Catalogue, Ranking
from serving.stream import Hub
from tests.support import records
from tests.support.memory_store import Wall
from tests.support.serving import Process, world

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
SETTINGS = load_settings()


def hello() -> bytes:
    return b'{"window":null}'


async def take(stream: AsyncIterator[bytes], count: int) -> list[str]:
    """The next so many events, by name; several may come at once."""
    names: list[str] = []
    while len(names) < count:
        async with asyncio.timeout(5):
            chunk = await anext(stream)
        names += [line[7:].decode() for line in chunk.splitlines() if line.startswith(b"event: ")]
    return names


def bound(ring: int = 8) -> Hub:
    hub = Hub("run", ring)
    hub.bind(asyncio.get_running_loop())
    return hub


class TestStream:
    def test_a_new_client_is_greeted_and_gets_what_comes(self) -> None:
        async def story() -> None:
            hub = bound()
            hub.publish("trends", b"{}")
            stream = hub.follow(None, hello)
            assert await take(stream, 1) == ["hello"]
            hub.publish("live", b"{}")
            hub.publish("status", b"{}")
            assert await take(stream, 2) == ["live", "status"]

        asyncio.run(story())

    def test_events_from_another_thread_arrive(self) -> None:
        async def story() -> None:
            hub = bound()
            stream = hub.follow(None, hello)
            await take(stream, 1)
            threading.Timer(0.05, hub.publish, ("trends", b"{}")).start()
            assert await take(stream, 1) == ["trends"]

        asyncio.run(story())

    def test_a_client_that_was_away_gets_what_it_missed(self) -> None:
        async def story() -> None:
            hub = bound()
            first = hub.follow(None, hello)
            await take(first, 1)
            for _ in range(3):
                hub.publish("trends", b"{}")
            again = hub.follow("run-1", hello)
            assert await take(again, 3) == ["hello", "trends", "trends"]

        asyncio.run(story())

    def test_a_greeting_does_not_move_the_place(self) -> None:
        """Cut off right after the greeting, a client comes back with its id and must still get what it missed."""

        async def story() -> None:
            hub = bound()
            for _ in range(3):
                hub.publish("trends", b"{}")
            chunk = await anext(hub.follow("run-1", hello))
            assert chunk.startswith(b"id: run-1\nevent: hello\n")

        asyncio.run(story())

    @pytest.mark.parametrize("last_id", ["run-0", "other-2", "run-99", "run-x", "", "-", f"run-{'9' * 6_000}", "run-²"])
    def test_who_missed_more_than_is_held_is_told_to_read_anew(self, last_id: str) -> None:
        async def story() -> None:
            hub = bound(ring=2)
            for _ in range(5):
                hub.publish("trends", b"{}")
            stream = hub.follow(last_id, hello)
            assert await take(stream, 2) == ["hello", "reload"]
            hub.publish("live", b"{}")
            assert await take(stream, 1) == ["live"]

        asyncio.run(story())

    def test_a_slow_client_holds_up_nobody_and_is_told_to_read_anew(self) -> None:
        async def story() -> None:
            hub = bound(ring=2)
            slow, quick = hub.follow(None, hello), hub.follow(None, hello)
            await take(slow, 1)
            await take(quick, 1)
            for _ in range(5):
                hub.publish("trends", b"{}")
                assert await take(quick, 1) == ["trends"]
            assert await take(slow, 1) == ["reload"]

        asyncio.run(story())

    def test_silence_is_broken_by_a_ping(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("serving.stream.PING_SECONDS", 0.01)

        async def story() -> None:
            stream = bound().follow(None, hello)
            await take(stream, 1)
            assert await anext(stream) == b": ping\n\n"

        asyncio.run(story())

    def test_the_end_of_the_process_ends_the_streams(self) -> None:
        async def story() -> None:
            hub = bound()
            stream = hub.follow(None, hello)
            await take(stream, 1)
            hub.close()
            with pytest.raises(StopAsyncIteration):
                await anext(stream)

        asyncio.run(story())

    def test_an_event_is_encoded_once_for_all(self) -> None:
        async def story() -> None:
            hub = bound()
            streams = [hub.follow(None, hello) for _ in range(3)]
            for stream in streams:
                await anext(stream)
            hub.publish("trends", b'{"a":1}')
            chunks = [await anext(stream) for stream in streams]
            assert set(chunks) == {b'id: run-1\nevent: trends\ndata: {"a":1}\n\n'}

        asyncio.run(story())


class TestSearch:
    FILMS = (
        records.film(1, title="Dune", original_title="Dune", alternative_titles=(), popularity=50.0),
        records.film(2, title="Dune: Part Two", original_title=None, alternative_titles=("Dune 2",), popularity=90.0),
        records.film(3, title="Dunkirk", original_title=None, alternative_titles=(), popularity=99.0),
        records.film(4, title="Amélie", original_title="Le Fabuleux Destin d'Amélie Poulain", alternative_titles=()),
        records.film(5, title="Spirited Away", original_title="千と千尋の神隠し", alternative_titles=()),
        records.film(6, title="It", original_title=None, alternative_titles=(), popularity=5.0),
    )

    @pytest.mark.parametrize(
        ("query", "first"),
        [
            ("dune", 1),
            ("DUNE PART TWO", 2),
            ("dune 2", 2),
            ("dnue", 1),
            ("amelie", 4),
            ("fabuleux destin", 4),
            ("千と千尋", 5),
            ("spirted awya", 5),
            ("it", 6),
            ("dunk", 3),
        ],
    )
    def test_the_film_people_mean_comes_first(self, query: str, first: int) -> None:
        assert SearchIndex(self.FILMS).search(query, 3)[0].film.movie_id == first

    def test_a_film_is_found_once_whatever_its_titles(self) -> None:
        hits = SearchIndex(self.FILMS).search("dune", 10)
        assert len({hit.film.movie_id for hit in hits}) == len(hits)
        assert all(0 < hit.similarity <= 1 for hit in hits)

    def test_nothing_is_better_than_anything(self) -> None:
        assert SearchIndex(self.FILMS).search("zzzzqqqq", 5) == []
        assert SearchIndex(()).search("dune", 5) == []
        assert SearchIndex(self.FILMS).search("?!", 5) == []

    def test_folding(self) -> None:
        assert fold("  Amélie:   LE film! ") == "amelie le film"


METRICS = """\
# TYPE trendscope_processor_consumer_lag gauge
trendscope_processor_consumer_lag{{topic="reddit_stream"}} 7
trendscope_processor_consumer_lag{{topic="tmdb_stream"}} 1
# TYPE trendscope_processor_watermark_timestamp_seconds gauge
trendscope_processor_watermark_timestamp_seconds 1000
# TYPE trendscope_processor_records counter
trendscope_processor_records_total{{category="counted"}} {counted}
# TYPE ml_drift_score gauge
ml_drift_score{{feature="mentions"}} 0.25
"""


class TestScraper:
    def scraper(self, texts: dict[int, str | None]) -> tuple[Scraper, Wall]:
        clock = Wall(NOON)

        def get(url: str) -> str:
            text = texts.get(int(url.rsplit(":", 1)[1].split("/", maxsplit=1)[0]))
            if text is None:
                raise requests.ConnectionError
            return text

        return Scraper(SETTINGS, clock, get=get, reaches=lambda _, port: port == SETTINGS.mlflow_port), clock

    def test_a_service_tells_how_it_keeps_up(self) -> None:
        texts: dict[int, str | None] = {SETTINGS.processor_metrics_port: METRICS.format(counted=100)}
        scraper, clock = self.scraper(texts)
        first = {each.name: each for each in scraper.look().services}["trend-processor"]
        assert (first.up, first.lag, first.rate) == (True, 8, None)
        assert first.last_event == datetime.fromtimestamp(1_000, UTC) + SETTINGS.watermark_delay
        clock.forward(5)
        texts[SETTINGS.processor_metrics_port] = METRICS.format(counted=150)
        assert {each.name: each for each in scraper.look().services}["trend-processor"].rate == 10.0
        clock.forward(5)
        texts[SETTINGS.processor_metrics_port] = METRICS.format(counted=3)
        again = {each.name: each for each in scraper.look().services}["trend-processor"]
        assert again.rate is None, "it was started anew: its counters are back at zero"
        clock.forward(10)
        texts[SETTINGS.processor_metrics_port] = METRICS.format(counted=23)
        assert {each.name: each for each in scraper.look().services}["trend-processor"].rate == 2.0, "since then"

    def test_a_rate_is_that_of_the_last_minute(self) -> None:
        """What comes once a minute, as forecasts do, is no peak and then nothing."""
        texts: dict[int, str | None] = {}
        scraper, clock = self.scraper(texts)
        rates = []
        for second in range(0, 300, 5):
            texts[SETTINGS.processor_metrics_port] = METRICS.format(counted=600 * (second // 60))
            rates.append({each.name: each for each in scraper.look().services}["trend-processor"].rate)
            clock.forward(5)
        assert set(rates[13:]) == {10.0}

    def test_one_that_does_not_answer_is_down_and_nothing_else_is_known(self) -> None:
        scraper, _ = self.scraper({})
        services = scraper.look().services
        assert [each.name for each in services] == [target.name for target in targets(SETTINGS)]
        assert all(each.up is False and each.lag is None and each.last_event is None for each in services)

    def test_nonsense_is_no_answer(self) -> None:
        scraper, _ = self.scraper({SETTINGS.ml_metrics_port: "<html>"})
        assert {each.name: each for each in scraper.look().services}["ml-service"].up is False

    def test_drift_sources_and_links(self) -> None:
        found = self.scraper({SETTINGS.processor_metrics_port: METRICS.format(counted=1)})[0].look()
        assert found.drift == {"ml_drift_score{feature=mentions}": 0.25}
        assert [source.name for source in found.sources] == ["TMDB", "Reddit"]
        assert [link.name for link in found.links] == ["MLflow"]

    def test_the_challenger_is_told_by_the_forecaster(self) -> None:
        role = 'ml_model_info{{version="{}",role="{}"}} {}\n'
        text = "# TYPE ml_model_info gauge\n" + "".join(
            role.format(version, kind, int((version == "a") == (kind == "champion")))
            for version in ("a", "b")
            for kind in ("champion", "challenger")
        )
        errors = (
            '# TYPE ml_challenger_mae gauge\nml_challenger_mae{horizon="1"} 2.5\nml_challenger_mae{horizon="12"} NaN\n'
        )
        found = self.scraper({SETTINGS.ml_metrics_port: text + errors})[0].look().challenger
        assert found == Challenger(version="b", mae={"1": 2.5}, as_of=NOON)
        assert self.scraper({})[0].look().challenger is None, "nothing is invented while it does not answer"

    def test_a_simulated_source_is_called_so(self) -> None:
        settings = load_settings(tmdb_base_url="http://127.0.0.1:8090/3", reddit_oauth_url="https://oauth.reddit.com")

        def silent(_: str) -> str:
            raise requests.ConnectionError

        found = Scraper(settings, Wall(NOON), get=silent, reaches=lambda *_: False).look()
        assert {source.name: source.simulated for source in found.sources} == {"TMDB": True, "Reddit": False}

    @pytest.mark.parametrize(("told", "simulated"), [(1, True), (0, False)])
    def test_a_producer_that_has_the_keys_knows_better(self, told: int, simulated: bool) -> None:
        text = f'# TYPE trendscope_producer_simulated gauge\ntrendscope_producer_simulated{{source="tmdb"}} {told}\n'
        found = self.scraper({SETTINGS.tmdb_producer_metrics_port: text})[0].look()
        assert {source.name: source.simulated for source in found.sources} == {"TMDB": simulated, "Reddit": False}

    def test_in_containers_services_have_names(self) -> None:
        asked: list[str] = []
        settings = load_settings(metrics_host="{service}")

        def get(url: str) -> str:
            asked.append(url)
            return ""

        Scraper(settings, Wall(NOON), get=get, reaches=lambda *_: False).look()
        assert f"http://trend-processor:{settings.processor_metrics_port}/metrics" in asked

    def test_in_containers_links_go_to_the_ports_of_the_machine(self) -> None:
        reached: list[tuple[str, int]] = []

        def reaches(host: str, port: int) -> bool:
            reached.append((host, port))
            return True

        settings = load_settings(metrics_host="{service}", published_ports="mlflow=5001,trend-processor=4041")
        links = Scraper(settings, Wall(NOON), get=lambda _: "", reaches=reaches).look().links
        found = {link.name: link.url for link in links}
        assert ("mlflow", settings.mlflow_port) in reached
        assert found["MLflow"] == "http://127.0.0.1:5001/"
        assert found["Spark"] == "http://127.0.0.1:4041/StreamingQuery/"
        assert found["Prometheus"] == f"http://127.0.0.1:{settings.prometheus_port}/"


class TestSpans:
    @pytest.mark.parametrize("hours", [1, 2, 6, 12, 24, 100, 744])
    def test_no_span_has_too_many_points(self, hours: int) -> None:
        span = span_of(NOON, hours, Step.WINDOW, SETTINGS)
        starts = window_starts(span, SETTINGS)
        assert 1 < len(starts) <= MOST_WINDOWS
        assert span.step % SETTINGS.trend_slide_duration == timedelta(0)
        assert starts[0] + SETTINGS.trend_window_duration <= NOON
        assert starts[-1] >= span.start - SETTINGS.trend_window_duration

    def test_days_are_shown_by_the_hour(self) -> None:
        assert span_of(NOON, 24, Step.AUTO, SETTINGS).resolution == "window"
        assert span_of(NOON, 25, Step.AUTO, SETTINGS).resolution == "hour"
        assert span_of(NOON, 2, Step.HOUR, SETTINGS).resolution == "hour"

    def test_windows_are_those_the_processor_makes(self) -> None:
        odd = NOON + timedelta(seconds=42)
        starts = window_starts(span_of(odd, 1, Step.AUTO, SETTINGS), SETTINGS)
        assert all(start.second == 0 for start in starts)


class TestCaches:
    def test_the_least_used_goes_first(self) -> None:
        cache = Bounded[str, bytes](10, lambda _, value: len(value))
        cache.put("a", b"1234")
        cache.put("b", b"1234")
        assert cache.get("a") == b"1234"
        cache.put("c", b"1234")
        assert (cache.get("a"), cache.get("b"), cache.get("c")) == (b"1234", None, b"1234")

    def test_what_is_replaced_counts_once_and_what_is_too_large_is_not_kept(self) -> None:
        cache = Bounded[str, bytes](10, lambda _, value: len(value))
        for _ in range(5):
            cache.put("a", b"12345678")
        assert cache.get("a") is not None
        cache.put("b", b"x" * 11)
        assert cache.get("b") is None

    def test_an_answer_counts_with_what_it_is_kept_by(self) -> None:
        known = Provenance(as_of=NOON, read_at=NOON, stale=False, age_seconds=None)
        answers = Answers(most_bytes=100_000)

        def is_kept(key: str) -> bool:
            answers.keep(key, Choices(source=known, genres=(), languages=()))
            return answers.kept(key) is not None

        assert is_kept("x" * 90_000)
        assert not is_kept("x" * 100_000)
        for number in range(1_000):
            assert is_kept(str(number))
        assert 50 < sum(answers.kept(str(number)) is not None for number in range(1_000)) < 100

    def test_an_aged_answer_differs_in_its_source_alone(self) -> None:
        known = Provenance(as_of=NOON, read_at=NOON, stale=False, age_seconds=None)
        body = encode(Choices(source=known, genres=("Drama", "}"), languages=()))
        later = body.aged(Provenance(as_of=NOON, read_at=NOON, stale=True, age_seconds=7))
        answer: Any = Choices.model_validate_json(later.raw)
        assert answer.source.age_seconds == 7
        assert answer.genres == ("Drama", "}")
        assert later.etag != body.etag
        assert body.aged(known) is body

    def test_what_is_large_is_kept_packed_and_aged_all_the_same(self) -> None:
        known = Provenance(as_of=NOON, read_at=NOON, stale=False, age_seconds=None)
        answer = Choices(source=known, genres=("Drama",) * 500, languages=())
        body = encode(answer)
        assert body.is_packed
        assert len(body.content) < len(body.raw) / 10
        assert Choices.model_validate_json(body.raw) == answer
        late = Provenance(as_of=NOON, read_at=NOON, stale=True, age_seconds=7)
        later: Any = Choices.model_validate_json(body.aged(late).raw)
        assert (later.source, later.genres) == (late, answer.genres)


class TestHeap:
    def test_what_is_kept_is_out_of_the_collectors_sight(self) -> None:
        """A full collection stops every request while it looks at all films of all rankings that are kept."""
        gc.unfreeze()
        process = Process(world()).follow()
        ranking = process.context.board.state.closed
        assert ranking is not None
        watched = {id(each) for each in gc.get_objects()}
        assert not watched & {id(film) for film in ranking.films}
        assert gc.get_freeze_count() > len(ranking.films)
        gc.unfreeze()

    def test_what_became_garbage_after_it_was_put_away_is_freed(self) -> None:
        """The driver's requests and their timers are such cycles, each with the rows that it read."""

        class Request:
            timer: object

        request = Request()
        request.timer = [request]
        settle()
        gone = weakref.ref(request)
        del request
        settle()
        assert gone() is None
        gc.unfreeze()

    def test_parts_of_one_kind_share_the_names_of_their_fields(self) -> None:
        first, second = (Part(value=value, weight=0.4, points=1.0) for value in (1.0, 2.0))
        assert first.model_fields_set is second.model_fields_set
        assert first.model_fields_set == {"value", "weight", "points"}
        assert first.model_copy(update={"value": 2.0, "points": 1.0}) == second

    def test_a_ranking_needs_no_collector_to_be_freed(self) -> None:
        """It refers to nothing that refers back: else it would stay until the next window, beside its successor."""
        board = Process(world()).follow().context.board
        gc.unfreeze()
        closed, live, catalogue = board.state.closed, board.state.live, board.state.catalogue
        assert closed is not None
        assert live is not None
        assert catalogue is not None
        kept = {id(each) for each in (closed, live, catalogue, catalogue.index, *closed.films, *live.films)}
        del closed, live, catalogue
        gc.disable()
        try:
            assert _kept_at(kept) == len(kept)
            board.put(closed=None, live=None, catalogue=None)
            assert _kept_at(kept) == 0
        finally:
            gc.enable()


def _kept_at(places: set[int]) -> int:
    """How many of what a state keeps for long live at these addresses."""
    kinds = (Ranking, Catalogue, SearchIndex, TrendingFilm)
    return sum(id(each) in places and isinstance(each, kinds) for each in gc.get_objects())
