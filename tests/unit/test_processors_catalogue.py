"""Catalogue snapshots: when one is published, which one a record uses, what is kept."""

import gzip
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from kafka.consumer.fetcher import ConsumerRecord

from common.clock import to_millis
from contracts.events import TmdbFilm
from processors.bootstrap import film_of
from processors.catalogue import EFFECTIVE_AFTER, PUBLISH_EVERY, Catalogue
from processors.catalogue_reader import CatalogueReader, NoCatalogueError
from processors.linking.model import CommentText, Film, Links
from processors.parse import Limits
from processors.snapshots import Snapshot, SnapshotFiles

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
T = to_millis(NOW)


def film(movie_id: int = 1, **fields: Any) -> TmdbFilm:
    values: dict[str, Any] = {"movie_id": movie_id, "title": f"Film {movie_id}", "popularity": 10.0, "fetched_at": NOW}
    return TmdbFilm(**(values | fields))


@pytest.fixture
def files(tmp_path: Path) -> SnapshotFiles:
    return SnapshotFiles(tmp_path)


@pytest.fixture
def catalogue(files: SnapshotFiles) -> Catalogue:
    return Catalogue(files)


class TestPublish:
    def test_holds_for_records_that_come_later(self, catalogue: Catalogue, files: SnapshotFiles) -> None:
        catalogue.merge([film(release_date=date(1995, 12, 15), alternative_titles=("Other",), vote_count=3)])
        assert catalogue.publish(T, 0)
        snapshot = files.load(T + EFFECTIVE_AFTER)
        assert snapshot.films == {1: Film(1, "Film 1", None, ("Other",), 1995, 10.0, 3)}
        assert snapshot.observations == {1: ((T, 10.0, None, False),)}
        assert catalogue.version == snapshot.effective_from == snapshot.linking_since

    def test_never_holds_for_a_record_that_was_read(self, catalogue: Catalogue, files: SnapshotFiles) -> None:
        catalogue.merge([film()])
        catalogue.publish(T - 10**6, T)
        assert files.versions() == [T + EFFECTIVE_AFTER], "though the host's clock is behind the broker's"

    def test_nothing_new_publishes_nothing(self, catalogue: Catalogue) -> None:
        assert not catalogue.publish(T, 0), "no film at all"
        catalogue.merge([film()])
        assert catalogue.publish(T, 0)
        catalogue.merge([film()])
        assert not catalogue.publish(T + PUBLISH_EVERY, 0)

    def test_a_poll_in_pieces_makes_one_snapshot(self, catalogue: Catalogue) -> None:
        catalogue.merge([film(1)])
        assert catalogue.publish(T, 0)
        catalogue.merge([film(2)])
        assert not catalogue.publish(T + PUBLISH_EVERY - 1, 0)
        assert catalogue.publish(T + PUBLISH_EVERY, 0)

    @pytest.mark.parametrize(
        ("change", "rebuilt"),
        [
            ({"popularity": 19.0}, False),
            ({"popularity": 30.0}, True),
            ({"title": "New"}, True),
            ({"alternative_titles": ("New",)}, True),
            ({"release_date": date(2001, 1, 1)}, True),
            ({"vote_count": 9}, False),
        ],
    )
    def test_the_linker_is_built_anew_only_when_it_would_link_otherwise(
        self, catalogue: Catalogue, files: SnapshotFiles, change: dict[str, Any], rebuilt: bool
    ) -> None:
        catalogue.merge([film()])
        catalogue.publish(T, 0)
        catalogue.merge([film(fetched_at=NOW + timedelta(minutes=1), **change)])
        catalogue.publish(T + PUBLISH_EVERY, 0)
        first, second = files.versions()
        assert files.load(second).linking_since == (second if rebuilt else first)

    def test_continues_after_a_restart(self, catalogue: Catalogue, files: SnapshotFiles) -> None:
        catalogue.merge([film(1), film(2)])
        catalogue.publish(T, 0)
        again = Catalogue(files)
        assert (len(again), again.title(2), again.version) == (2, "Film 2", T + EFFECTIVE_AFTER)
        again.merge([film(1)])
        assert not again.publish(T + PUBLISH_EVERY, 0), "nothing is new"

    @pytest.mark.parametrize("restarted", [False, True])
    def test_goes_on_when_the_brokers_clock_was_ahead(
        self, catalogue: Catalogue, files: SnapshotFiles, restarted: bool
    ) -> None:
        ahead = 2 * 60 * 60_000
        catalogue.merge([film(1)])
        catalogue.publish(T, T)
        catalogue.merge([film(2)])
        catalogue.publish(T, T + ahead)
        if restarted:
            catalogue = Catalogue(files)
        catalogue.merge([film(3, fetched_at=NOW + timedelta(minutes=1))])
        assert catalogue.publish(T + 60_000, T + 60_000)
        assert files.versions() == [T + EFFECTIVE_AFTER, T + 60_000 + EFFECTIVE_AFTER], "none is left in the future"
        newest = files.load(catalogue.version)
        assert set(newest.films) == {1, 2, 3}
        assert newest.linking_since == catalogue.version, "the linker of before went with its snapshot"

    @pytest.mark.parametrize(
        "content",
        [b"", b"no gzip", gzip.compress(b'{"films": [[1]]}', mtime=0), gzip.compress(b"[]", mtime=0)[:-6]],
        ids=["empty", "no gzip", "another form", "cut off"],
    )
    def test_a_damaged_snapshot_is_set_aside(self, files: SnapshotFiles, tmp_path: Path, content: bytes) -> None:
        files.write(Snapshot(100, 100, {1: Film(1, "Film 1")}, {}))
        (tmp_path / "200.json.gz").write_bytes(content)
        assert Catalogue(files).version == 100
        assert files.versions() == [100]
        assert (tmp_path / "200.json.gz.damaged").read_bytes() == content

    def test_a_linkers_films_that_are_gone_are_published_again(
        self, catalogue: Catalogue, files: SnapshotFiles, tmp_path: Path
    ) -> None:
        catalogue.merge([film(1)])
        catalogue.publish(T, 0)
        catalogue.merge([film(popularity=11.0, fetched_at=NOW + timedelta(minutes=1))])
        catalogue.publish(T + PUBLISH_EVERY, 0)
        (tmp_path / f"{T + EFFECTIVE_AFTER}.json.gz").unlink()
        again = Catalogue(files)
        again.merge([film(popularity=12.0, fetched_at=NOW + timedelta(minutes=2))])
        assert again.publish(T + 2 * PUBLISH_EVERY, 0)
        assert files.load(again.version).linking_since == again.version


class TestBootstrap:
    @pytest.mark.parametrize(
        ("fetched_at", "taken"),
        [(NOW, True), (NOW + timedelta(days=2), False), (datetime(9999, 1, 1, tzinfo=UTC), False)],
    )
    def test_takes_in_what_the_query_takes_in(self, fetched_at: datetime, taken: bool) -> None:
        value = film(fetched_at=fetched_at).encode()
        record = ConsumerRecord("tmdb_stream", 0, None, 0, T, 0, None, value, [], None, -1, len(value), -1)
        assert (film_of(record, Limits(1_000, 60_000)) is not None) is taken


class TestMerge:
    def test_an_older_poll_changes_no_film(self, catalogue: Catalogue) -> None:
        catalogue.merge([film(title="New"), film(title="Old", fetched_at=NOW - timedelta(hours=1))])
        assert catalogue.title(1) == "New"

    def test_details_of_the_same_poll_complete_it(self, catalogue: Catalogue, files: SnapshotFiles) -> None:
        catalogue.merge([film(), film(alternative_titles=("Other",))])
        catalogue.publish(T, 0)
        assert files.load(T + EFFECTIVE_AFTER).films[1].alternative_titles == ("Other",)

    def test_a_poll_without_alternative_titles_forgets_none(self, catalogue: Catalogue, files: SnapshotFiles) -> None:
        catalogue.merge([film(alternative_titles=("Other",)), film(fetched_at=NOW + timedelta(minutes=1))])
        catalogue.publish(T, 0)
        assert files.load(T + EFFECTIVE_AFTER).films[1].alternative_titles == ("Other",)

    def test_few_observations_a_film_are_kept(self, catalogue: Catalogue, files: SnapshotFiles) -> None:
        catalogue.merge(film(fetched_at=NOW + timedelta(minutes=n)) for n in range(50))
        catalogue.publish(T, 0)
        rows = files.load(T + EFFECTIVE_AFTER).observations[1]
        assert [row.fetched for row in rows] == [T + n * 60_000 for n in range(42, 50)]


class CountingLinker:
    """Counts how often one is built."""

    built = 0

    def __init__(self, films: Iterable[Film]) -> None:
        self.films = list(films)
        type(self).built += 1

    def link(self, comment: CommentText) -> Links:
        return Links()


class TestReader:
    @pytest.fixture(autouse=True)
    def _zero(self) -> None:
        CountingLinker.built = 0

    def write(self, files: SnapshotFiles, version: int, linking: int) -> None:
        files.write(Snapshot(version, linking, {1: Film(1, str(version))}, {}))

    def test_no_snapshot_is_an_error(self, files: SnapshotFiles) -> None:
        reader = CatalogueReader(files, CountingLinker)
        reader.refresh()
        with pytest.raises(NoCatalogueError):
            reader.at(T)

    def test_intervals_are_half_open_and_cover_all_time(self, files: SnapshotFiles) -> None:
        for version in (100, 200, 300):
            self.write(files, version, 100)
        reader = CatalogueReader(files, CountingLinker)
        reader.refresh()
        views = [reader.at(append) for append in (0, 99, 100, 199, 200, 299, 300, 10**15)]
        assert [(view.since, view.until) for view in views] == [
            *[(0, 200)] * 4, *[(200, 300)] * 2, *[(300, 1 << 62)] * 2
        ]  # fmt: skip
        assert all(view.since <= append < view.until for append, view in zip((0, 99, 100, 199), views, strict=False))

    def test_one_linker_serves_all_snapshots_that_link_alike(self, files: SnapshotFiles) -> None:
        for version, linking in ((100, 100), (200, 100), (300, 100), (400, 400)):
            self.write(files, version, linking)
        reader = CatalogueReader(files, CountingLinker)
        reader.refresh()
        for append in (350, 150, 250, 350, 150):
            reader.at(append)
        assert CountingLinker.built == 1
        for append in (400, 399, 400, 399):
            reader.at(append)
        assert CountingLinker.built == 2

    def test_the_next_catalogue_is_prepared_before_it_holds(self, files: SnapshotFiles) -> None:
        self.write(files, 100, 100)
        reader = CatalogueReader(files, CountingLinker)
        reader.refresh()
        reader.at(150)
        self.write(files, 200, 200)
        reader.refresh()
        reader.wait()
        assert CountingLinker.built == 2, "nobody asked for it yet"
        linker = reader.at(250).linker
        assert isinstance(linker, CountingLinker)
        assert [film.title for film in linker.films] == ["200"]
        assert CountingLinker.built == 2

    def test_a_backlog_keeps_its_linker_while_newer_catalogues_come(self, files: SnapshotFiles) -> None:
        reader = CatalogueReader(files, CountingLinker)
        for version in (100, 200, 300, 400):
            self.write(files, version, version)
            reader.refresh()
            reader.wait()
            reader.at(150)
        assert CountingLinker.built == 4, "each once"

    def test_a_snapshot_pruned_while_it_is_prepared_is_no_fault(self, files: SnapshotFiles) -> None:
        self.write(files, 100, 100)
        reader = CatalogueReader(files, CountingLinker)
        reader.refresh()
        self.write(files, 200, 150)  # the linker's own snapshot is gone
        reader.refresh()
        reader.wait()
        assert reader.at(150).since == 0

    def test_a_new_snapshot_is_seen_at_the_next_refresh(self, files: SnapshotFiles) -> None:
        self.write(files, 100, 100)
        reader = CatalogueReader(files, CountingLinker)
        reader.refresh()
        self.write(files, 200, 200)
        assert reader.at(250).until == 1 << 62
        reader.refresh()
        assert reader.at(250).since == 200


class TestPrune:
    def test_keeps_what_later_records_use_and_what_their_linkers_need(self, files: SnapshotFiles) -> None:
        for version, linking in ((100, 100), (200, 200), (300, 200), (400, 400), (500, 200), (600, 200), (700, 200)):
            files.write(Snapshot(version, linking, {}, {}))
        files.prune(550)
        assert files.versions() == [200, 500, 600, 700]

    def test_keeps_the_last_few_however_new_the_records_are(self, files: SnapshotFiles) -> None:
        for version in range(100, 600, 100):
            files.write(Snapshot(version, version, {}, {}))
        files.prune(10_000)
        assert files.versions() == [300, 400, 500]

    def test_without_comments_nothing_is_known_to_be_old(self, files: SnapshotFiles) -> None:
        for version in range(100, 600, 100):
            files.write(Snapshot(version, version, {}, {}))
        files.prune(0)
        assert len(files.versions()) == 5
