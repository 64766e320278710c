"""The producers as processes, with a real broker and the simulator's HTTP: killed, restarted, refused, stopped."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from common.service import EXIT_CONFIGURATION, EXIT_DEPENDENCY
from configs.settings import ROOT
from configs.topics import REDDIT_STREAM, TMDB_STREAM
from contracts.events import RedditComment, TmdbFilm
from tests.support.ports import free_port, free_ports
from tests.support.topics import read_topic

pytestmark = pytest.mark.integration

COMMENTS = 2_500
"""More than one listing holds."""
DEADLINE = 90.0


@contextmanager
def process(module: str, environment: dict[str, str], *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """`python -m module`; killed at the end when it still runs."""
    child = subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield child
    finally:
        if child.poll() is None:
            child.kill()
        child.wait(10)


def get(url: str) -> str:
    with urllib.request.urlopen(url, timeout=5) as answer:
        text: str = answer.read().decode()
        return text


def wait_for(url: str, child: subprocess.Popen[bytes], wanted: str) -> str:
    """Poll a page until it holds `wanted`; fail when the process ends or the deadline passes."""
    end = time.monotonic() + DEADLINE
    text = ""
    while time.monotonic() < end:
        assert child.poll() is None, f"the process ended with {child.returncode}"
        try:
            text = get(url)
        except OSError:
            text = ""
        if wanted in text:
            return text
        time.sleep(0.1)
    pytest.fail(f"{wanted!r} was never in {url}; last seen: {text[-500:]}")


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """Numbered comments; every fiftieth was deleted."""
    file = tmp_path / "numbered.jsonl"
    lines = (
        {
            "id": f"n{number:05d}",
            "created_utc": 1_700_000_000 + number,
            "subreddit": "movies",
            "body": "[deleted]" if number % 50 == 0 else f"Comment number {number}.",
            "link_id": "l1",
            "link_title": "A thread",
            "score": 1,
            "author_hash": f"a{number % 7}",
        }
        for number in range(COMMENTS)
    )
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return file


def environment(servers: str, folder: Path, simulator: int, **more: str) -> dict[str, str]:
    tmdb, reddit = free_ports(2)
    url = f"http://127.0.0.1:{simulator}"
    return {
        "KAFKA_BOOTSTRAP_SERVERS": servers,
        "DATA_DIR": str(folder / "data"),
        "TMDB_API_KEY": "simulated",
        "TMDB_BASE_URL": f"{url}/3",
        "TMDB_FETCH_INTERVAL": "10",
        "TMDB_CATALOGUE_PAGES": "2",
        "REDDIT_CLIENT_ID": "simulated",
        "REDDIT_CLIENT_SECRET": "simulated",
        "REDDIT_URL": url,
        "REDDIT_OAUTH_URL": url,
        "REDDIT_FETCH_INTERVAL": "1",
        "TMDB_PRODUCER_METRICS_PORT": str(tmdb),
        "REDDIT_PRODUCER_METRICS_PORT": str(reddit),
        **more,
    }


def test_no_comment_is_lost_over_kills_and_what_is_sent_again_has_the_same_id(
    kafka: str, tmp_path: Path, recording: Path
) -> None:
    port = free_port()
    settings = environment(kafka, tmp_path, port)
    metrics = f"http://127.0.0.1:{settings['REDDIT_PRODUCER_METRICS_PORT']}/metrics"
    replay = ("--replay", str(recording), "--speed", "0", "--port", str(port))
    with process("simulator", settings, *replay) as simulator:
        wait_for(f"http://127.0.0.1:{port}/_sim/state", simulator, '"mode":"replay"')
        for wanted in ("requests_total", 'published_total{source="reddit"', "duplicates_total"):
            with process("producers.reddit", settings) as producer:
                wait_for(metrics, producer, wanted)
                producer.send_signal(signal.SIGKILL)
                producer.wait(10)
        with process("producers.reddit", settings) as producer:
            wait_for(f"http://127.0.0.1:{port}/_sim/state", producer, '"done":true')
            wait_for(metrics.replace("metrics", "readyz"), producer, "ok")
            with process("producers.reddit", settings) as second:
                assert second.wait(60) == EXIT_CONFIGURATION
            producer.send_signal(signal.SIGTERM)
            assert producer.wait(30) == 0
    sent = Counter(comment.id for comment, _ in read_topic(kafka, REDDIT_STREAM, RedditComment))
    assert set(sent) == {f"n{number:05d}" for number in range(COMMENTS) if number % 50}
    assert max(sent.values()) <= 4


def test_films_of_the_lists_and_the_catalogue_arrive_and_details_enrich_them(
    kafka: str, tmp_path: Path, recording: Path
) -> None:
    port = free_port()
    settings = environment(kafka, tmp_path, port)
    page = f"http://127.0.0.1:{settings['TMDB_PRODUCER_METRICS_PORT']}"
    film = {"year": 1995, "popularity": 50.0, "vote_count": 10, "genre_ids": [28]}
    catalogue = tmp_path / "catalogue.jsonl"
    titles = ({"movie_id": n, "title": f"Film {n}", "alternative_titles": [f"Película {n}"]} for n in range(1, 201))
    catalogue.write_text("".join(json.dumps({**film, **title}) + "\n" for title in titles))
    known = ("--port", str(port), "--catalogue", str(catalogue), "--replay", str(recording))
    with process("simulator", settings, *known) as simulator:
        wait_for(f"http://127.0.0.1:{port}/_sim/state", simulator, '"mode"')
        with process("producers.tmdb", settings) as producer:
            wait_for(f"{page}/readyz", producer, "ok")
            wait_for(f"{page}/metrics", producer, 'polls_total{outcome="ok",source="tmdb"} 2.0')
            producer.send_signal(signal.SIGTERM)
            assert producer.wait(30) == 0
    films = [film for film, _ in read_topic(kafka, TMDB_STREAM, TmdbFilm)]
    ranks = [film.trending_rank for film in films if film.trending_rank]
    assert ranks[:60] == list(range(1, 61))
    assert any(not film.lists for film in films)
    assert any(film.alternative_titles for film in films)
    assert all(film.genres for film in films if film.trending_rank)


@pytest.mark.parametrize("module", ["producers.tmdb", "producers.reddit"])
def test_wrong_keys_and_a_broker_that_is_away_have_exit_codes_of_their_own(
    kafka: str, tmp_path: Path, module: str
) -> None:
    port = free_port()
    wrong = environment(kafka, tmp_path, port, TMDB_API_KEY="wrong", REDDIT_CLIENT_SECRET="wrong")
    with process("simulator", wrong, "--port", str(port)) as simulator:
        wait_for(f"http://127.0.0.1:{port}/_sim/state", simulator, '"mode"')
        with process(module, wrong) as producer:
            assert producer.wait(60) == EXIT_CONFIGURATION
    away = environment(f"127.0.0.1:{free_port()}", tmp_path, port, STARTUP_DEADLINE="2")
    with process(module, away) as producer:
        assert producer.wait(60) == EXIT_DEPENDENCY
