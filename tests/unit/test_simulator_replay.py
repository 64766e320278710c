"""Recorded comments are moved to now, silences shortened, and shown at the speed asked for."""

from pathlib import Path

import pytest

from contracts.errors import ConfigurationError
from simulator.feed import PageRequest
from simulator.ledger import Ledger
from simulator.replay import CHUNK, ReplaySource, compress, read_recording
from tests.unit.simulator_support import START, write_recording

NOW = START.timestamp()


def replay(path: Path, *, speed: float = 1.0, max_gap: int = 600) -> ReplaySource:
    return ReplaySource(read_recording(path), speed=speed, max_gap=max_gap, start=NOW)


def created(source: ReplaySource) -> list[int]:
    return [comment.created for comment in source.feed.all()]


def test_silences_are_shortened_and_busy_times_kept_exact() -> None:
    assert compress([100, 101, 101, 161, 90_000, 90_030], 600) == [0, 1, 1, 61, 661, 691]
    assert compress([], 600) == []


def test_last_comment_is_written_when_the_replay_ends(tmp_path: Path) -> None:
    source = replay(write_recording(tmp_path / "r.jsonl", [1_000, 1_010, 1_070]), speed=10)
    source.advance(NOW)
    # 70 recorded seconds pass in 7: the last is written at the end, the others as long before as recorded
    assert created(source) == [int(NOW) + 7 - 70]
    source.advance(NOW + 1)
    assert created(source) == [int(NOW) + 7 - 70, int(NOW) + 7 - 60]
    source.advance(NOW + 6.9)
    assert source.progress(NOW) == pytest.approx(2 / 3)
    source.advance(NOW + 7)
    assert created(source)[-1] == int(NOW) + 7
    assert source.progress(NOW) == 1


@pytest.mark.parametrize("speed", [0.5, 1, 3, 60, 1_000])
def test_no_comment_is_shown_before_it_is_written(tmp_path: Path, speed: float) -> None:
    source = replay(write_recording(tmp_path / "r.jsonl", list(range(0, 5_000, 97))), speed=speed)
    for step in range(200):
        now = NOW + step * 25
        source.advance(now)
        assert all(at <= now for at in created(source))


def test_original_times_and_ids_stay_known(tmp_path: Path) -> None:
    source = replay(write_recording(tmp_path / "r.jsonl", [1_000, 5_000]), speed=0, max_gap=100)
    source.advance(NOW, PageRequest())
    comments = list(source.feed.all())
    assert [(c.id, c.original_created, c.created) for c in comments] == [
        ("x0000", 1_000, int(NOW) - 100),
        ("x0001", 5_000, int(NOW)),
    ]
    assert all(not comment.truth.known for comment in comments)
    assert comments[0].thread.fullname == "t3_thread1"


def test_at_speed_0_nothing_falls_out_before_it_is_read(tmp_path: Path) -> None:
    source, ledger = replay(write_recording(tmp_path / "r.jsonl", list(range(2_500))), speed=0), Ledger()

    def read(**request: str | None) -> list[str]:
        asked = PageRequest(limit=100, **request)  # type: ignore[arg-type]
        source.advance(NOW, asked)
        page = source.feed.page(asked)
        ledger.record(page.comments)
        return [comment.fullname for comment in page.comments]

    first = read()
    assert len(source.feed) == CHUNK
    # the head alone is not all there is: asking again reveals nothing, nor does walking back
    assert read() == first
    seen = list(first)
    while older := read(after=seen[-1]):
        seen += older
    assert len(seen) == CHUNK == len(source.feed)
    anchor = seen[0]
    while newer := read(before=anchor):
        seen += newer
        anchor = newer[0]
    assert len(seen) == len(set(seen)) == 2_500
    state = source.state(NOW)
    assert (state["served"], state["missed"], state["remaining"], state["done"]) == (2_500, 0, 0, True)
    assert ledger.total == 2_500


def test_a_client_at_the_head_moves_the_replay_on_without_the_past(tmp_path: Path) -> None:
    source = replay(write_recording(tmp_path / "r.jsonl", list(range(2_000))), speed=0)
    source.advance(NOW, PageRequest())
    newest = source.feed.newest
    assert newest is not None
    source.advance(NOW, PageRequest(before=newest.fullname))
    assert source.progress(NOW) == 2 * CHUNK / 2_000
    assert source.state(NOW)["missed"] == 2 * CHUNK - 1_000


def test_a_client_that_lost_its_last_page_finds_it_again(tmp_path: Path) -> None:
    source, ledger = replay(write_recording(tmp_path / "r.jsonl", list(range(3_000))), speed=0), Ledger()

    def read(before: str | None) -> list[str]:
        asked = PageRequest(limit=100, before=before)
        source.advance(NOW, asked)
        page = source.feed.page(asked)
        ledger.record(page.comments)
        return [comment.fullname for comment in page.comments]

    source.advance(NOW, PageRequest())
    kept = "t1_x0000"
    while page := read(kept):
        # every page is read twice, as by a client that is killed before it has kept the first reading
        assert read(kept) == page
        kept = page[0]
    assert kept == "t1_x2999"
    assert ledger.total == 2_999
    assert source.state(NOW)["missed"] == 1


def test_a_client_killed_on_its_first_walk_finds_the_same_listing_again(tmp_path: Path) -> None:
    source, ledger = replay(write_recording(tmp_path / "r.jsonl", list(range(3_000))), speed=0), Ledger()
    for _ in range(3):  # each reads the whole listing, and is killed before it has kept a position
        asked = PageRequest(limit=100)
        source.advance(NOW, asked)
        page = source.feed.page(asked)
        ledger.record(page.comments)
        while page.after:
            asked = PageRequest(limit=100, after=page.after)
            source.advance(NOW, asked)
            page = source.feed.page(asked)
            ledger.record(page.comments)
    assert len(source.feed) == CHUNK == ledger.total
    assert source.state(NOW)["missed"] == 0


def test_what_falls_off_unread_is_told(tmp_path: Path) -> None:
    source = replay(write_recording(tmp_path / "r.jsonl", list(range(1_500))), speed=1)
    source.advance(NOW + 1_500)
    assert source.state(NOW)["missed"] == 500
    assert not source.state(NOW)["done"]


def test_first_hours_and_limit(tmp_path: Path) -> None:
    path = write_recording(tmp_path / "r.jsonl", [0, 1_800, 3_600, 3_601, 90_000])
    assert [line.created for line in read_recording(path, hours=1)] == [0, 1_800, 3_600]
    assert [line.created for line in read_recording(path, limit=2)] == [0, 1_800]


def test_recording_is_sorted_by_time(tmp_path: Path) -> None:
    path = write_recording(tmp_path / "r.jsonl", [30, 10, 20])
    assert [line.id for line in read_recording(path)] == ["x0001", "x0002", "x0000"]


def test_bad_recordings_are_configuration_errors(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot read"):
        read_recording(tmp_path / "absent.jsonl.gz")
    (tmp_path / "empty.jsonl").write_text("")
    with pytest.raises(ConfigurationError, match="no comment"):
        read_recording(tmp_path / "empty.jsonl")
    (tmp_path / "odd.jsonl").write_text('{"id": "x"}\n')
    with pytest.raises(ConfigurationError, match="created_utc"):
        read_recording(tmp_path / "odd.jsonl")
    (tmp_path / "not.jsonl.gz").write_bytes(b"plain")
    with pytest.raises(ConfigurationError, match=r"not\.jsonl\.gz"):
        read_recording(tmp_path / "not.jsonl.gz")
