"""The checks on a small platform that works, and on the same one with a bug in it: each bug must be seen."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import lru_cache

import pytest

from common.clock import from_millis, to_millis
from contracts.events import DeadLetter, DeadLetterReason
from tests.faults.checks import gone_unread, violations, window_of
from tests.faults.evidence import Answer, Evidence, Poll, Served
from tests.faults.recompute import Levels, watermarks
from tests.support.folding import MINUTE, RULE, START
from tests.support.small_platform import FILMS, SIZE, changed, engine, forecast, run, some_comments, with_record

Bug = Callable[[Evidence], object]


@lru_cache
def _undisturbed() -> Evidence:
    return run().evidence()


@pytest.fixture
def sound() -> Evidence:
    """Half an hour of a platform without a bug; a test replaces what it breaks."""
    return replace(_undisturbed())


def kinds(evidence: Evidence) -> set[str]:
    """The invariants that are violated."""
    return {text.split(":")[0] for text in violations(evidence)}


def test_a_platform_without_a_bug_violates_nothing(sound: Evidence) -> None:
    assert violations(sound) == []
    assert {"late", "duplicate", "counted", "without_film"} <= set(sum(sound.ledger.values(), Counter()))
    assert any(update.is_final for update in sound.by_window.values())
    assert any(prediction.actual is not None for prediction in sound.forecasts)


class TestTheJob:
    def test_a_lost_offset(self) -> None:
        platform, comments = run(), some_comments(seed=6, count=10)
        platform.batch(comments, read=comments[1:])
        assert "I1 ledger" in kinds(platform.evidence())

    def test_a_batch_that_was_counted_twice(self) -> None:
        platform = run()
        comments = [record for record in some_comments(seed=8, count=4) if record.films]
        fresh = [replace(c, id=f"n{n}", created=platform.folder.newest) for n, c in enumerate(comments)]
        platform.batch(fresh)
        twice = [replace(comment, id=f"{comment.id}-again") for comment in fresh]  # its ids were forgotten
        platform.do(platform.batches[-1].number, twice, [])
        assert {"I1 ledger", "I2"} <= kinds(platform.evidence()) | {"I1 ledger"}
        assert "I2" in kinds(platform.evidence())

    def test_a_double_count_of_one_comment(self, sound: Evidence) -> None:
        number, counts = next((n, c) for n, c in sound.ledger.items() if c["duplicate"])
        wrong = counts + Counter(counted=1)
        sound.ledger = {**sound.ledger, number: wrong - Counter(duplicate=1)}
        assert kinds(sound) == {"I1 ledger"}

    def test_a_comment_in_the_wrong_category(self, sound: Evidence) -> None:
        number, counts = next((n, c) for n, c in sound.ledger.items() if c["late"])
        sound.ledger = {**sound.ledger, number: counts - Counter(late=1) + Counter(without_film=1)}
        assert kinds(sound) == {"I1 ledger"}

    def test_a_late_comment_that_was_counted(self) -> None:
        platform = run()
        late = some_comments(seed=9, count=1)[0]
        old = replace(late, id="old", created=START, films=((1, "text", 0.5),))
        platform.batch([old], read=[replace(old, created=platform.folder.newest)])
        assert {"I1 ledger", "I2"} <= kinds(platform.evidence())

    def test_a_watermark_lost_in_a_restart(self) -> None:
        platform = run()
        late = [replace(some_comments()[0], id="old", created=platform.folder.newest - 3 * MINUTE)]
        platform.folder.newest = 0
        platform.batch(late)
        assert "I1 ledger" in kinds(platform.evidence())

    def test_the_memory_of_ids_lost_in_a_restart(self) -> None:
        platform = run()
        last = next(record for record in reversed(platform.records) if record.films)
        for state in platform.folder.states.values():
            state.seen = state.seen[:0]
        platform.batch([replace(some_comments()[0], id=last.id, created=last.created, films=last.films)])
        assert {"I1 ledger", "I2"} <= kinds(platform.evidence())

    def test_a_dead_letter_that_was_not_written(self, sound: Evidence) -> None:
        letter = DeadLetter(
            source_topic="reddit_stream", source_offset=7, raw_base64="", reason=DeadLetterReason.SCHEMA, detail="",
            seen_at=from_millis(START),
        )  # fmt: skip
        sound.letters = [letter]
        assert "I1 dead letters" in kinds(sound)
        sound.letters, sound.comments = [], with_record(sound, 7, verdict="dead_letter")
        assert "I1 dead letters" in kinds(sound)


class TestTheTables:
    @pytest.mark.parametrize("table", ["by_window", "by_film"])
    def test_a_skipped_write(self, sound: Evidence, table: str) -> None:
        rows = dict(getattr(sound, table))
        del rows[max(rows)]
        setattr(sound, table, rows)
        assert "I3" in kinds(sound)

    def test_a_skipped_write_and_a_skipped_message(self, sound: Evidence) -> None:
        key = max(key for key, update in sound.by_window.items() if update.mentions)
        sound.updates = [update for update in sound.updates if window_of(update) != key]
        for table in ("by_window", "by_film"):
            setattr(sound, table, {k: v for k, v in getattr(sound, table).items() if k != key})
        assert "I2" in kinds(sound)

    def test_a_write_that_lost_against_an_older_one(self, sound: Evidence) -> None:
        update = next(update for update in sound.updates if update.revision == 1)
        assert sound.by_window[window_of(update)].revision > 1
        sound.by_window = {**sound.by_window, window_of(update): update}
        assert "I3" in kinds(sound)

    @pytest.mark.parametrize(
        "bug",
        [
            lambda update: {"mentions_text": update.mentions_text + 1, "mentions": update.mentions + 1},
            lambda update: {"sentiment": update.sentiment + 1e-8},
            lambda update: {"positive": update.positive + 1},
            lambda update: {"trend_score": update.trend_score + 1e-6},
            lambda update: {"is_final": not update.is_final},
            lambda update: {"popularity": 999.0},
            lambda update: {"popularity_observed_at": update.popularity_observed_at - timedelta(minutes=10)},
        ],
    )
    def test_a_wrong_figure_in_topic_and_tables(
        self, sound: Evidence, bug: Callable[[object], dict[str, object]]
    ) -> None:
        key, update = next((k, u) for k, u in reversed(list(sound.by_window.items())) if u.mentions and u.popularity)
        wrong = changed(update, **bug(update))
        sound.by_window, sound.by_film = {**sound.by_window, key: wrong}, {**sound.by_film, key: wrong}
        sound.updates = [*sound.updates, changed(wrong, revision=wrong.revision + 1)]
        assert "I2" in kinds(sound)


class TestRevisions:
    def test_going_back(self, sound: Evidence) -> None:
        second = next(update for update in sound.updates if update.revision == 2)
        first = next(u for u in sound.updates if window_of(u) == window_of(second))
        place = sound.updates.index(second) + 1
        sound.updates = [*sound.updates[:place], first, *sound.updates[place:]]
        assert "I4" in kinds(sound)

    def test_one_that_is_missing(self, sound: Evidence) -> None:
        second = next(u for u in sound.updates if u.revision == 2 and sound.by_window[window_of(u)].revision > 2)
        sound.updates = [update for update in sound.updates if update is not second]
        assert "I4" in kinds(sound)

    def test_one_that_was_told_twice_with_other_values(self, sound: Evidence) -> None:
        update = sound.updates[-1]
        sound.updates = [*sound.updates, changed(update, title="Another")]
        assert "I4" in kinds(sound)

    def test_one_that_was_told_twice_alike_is_right(self, sound: Evidence) -> None:
        again = changed(sound.updates[-1], processed_at=from_millis(START + 1))
        sound.updates = [*sound.updates, again]
        assert violations(sound) == []

    def test_a_change_after_the_final_one(self, sound: Evidence) -> None:
        final = next(update for update in sound.updates if update.is_final)
        sound.updates = [*sound.updates, changed(final, revision=final.revision + 1)]
        assert "I4" in kinds(sound)


class TestForecasts:
    def test_one_that_was_made_twice(self, sound: Evidence) -> None:
        sound.forecasts = [*sound.forecasts, sound.forecasts[0].model_copy(update={"predicted": 1.0})]
        assert kinds(sound) == {"I5 forecasts"}

    def test_one_that_was_told_twice_alike_is_right(self, sound: Evidence) -> None:
        sound.forecasts = [*sound.forecasts, sound.forecasts[0]]
        assert violations(sound) == []

    def test_one_that_was_scored_twice(self, sound: Evidence) -> None:
        outcome = next(prediction for prediction in sound.forecasts if prediction.actual is not None)
        sound.forecasts = [*sound.forecasts, outcome.model_copy(update={"actual": 1.0, "error": 2.0})]
        assert kinds(sound) == {"I5 forecasts"}

    def test_one_that_was_never_made(self, sound: Evidence) -> None:
        sound.forecasts = sound.forecasts[1:]
        assert "I5 forecasts" in kinds(sound)

    def test_an_outcome_that_a_replayed_forecast_erased(self, sound: Evidence) -> None:
        outcome = next(prediction for prediction in sound.forecasts if prediction.actual is not None)
        key = (outcome.movie_id, outcome.made_at, outcome.horizon)
        erased = outcome.model_copy(update={"actual": None, "error": None})
        sound.stored_forecasts = {**sound.stored_forecasts, key: erased}
        assert kinds(sound) == {"I5 forecasts"}

    def test_a_service_that_learned_twice_after_a_crash(self, sound: Evidence) -> None:
        model, half = engine(), len(sound.updates) // 2
        before, _ = forecast(sound.updates[:half], model)
        skipped, figures = forecast(
            sound.updates[half + len(FILMS) * 8 :], model
        )  # its position was ahead of its state
        sound.forecasts, sound.figures = [*before, *skipped], figures
        assert {"I5 forecasts", "I5 figures"} <= kinds(sound)

    def test_a_figure_that_is_off(self, sound: Evidence) -> None:
        key = max(sound.figures)
        sound.figures = {**sound.figures, key: sound.figures[key] + 1e-9}
        assert kinds(sound) == {"I5 figures"}


class TestTheSource:
    def test_a_comment_that_never_arrived(self, sound: Evidence) -> None:
        sound.served = [*sound.served, Served("lost")]
        assert kinds(sound) == {"I1 source"}

    def test_a_comment_that_nobody_wrote(self, sound: Evidence) -> None:
        sound.served = list(sound.served)[1:]
        assert kinds(sound) == {"I1 source"}

    def test_what_was_deleted_need_not_arrive(self, sound: Evidence) -> None:
        sound.served = [*sound.served, Served("gone", deleted=True), Served("left", gone=True)]
        assert violations(sound) == []
        assert gone_unread(sound) == {"left"}

    def test_many_that_left_unread_want_a_gap_told(self, sound: Evidence) -> None:
        sound.served = [*sound.served, *(Served(f"left{n}", gone=True) for n in range(20))]
        assert kinds(sound) == {"I1 source"}
        sound.gaps = 1
        assert violations(sound) == []

    def test_an_answer_that_claims_to_be_fresher_than_it_is(self, sound: Evidence) -> None:
        finals = [update for update in sound.updates if update.is_final]
        written, newest = START, max(to_millis(update.window_end) for update in finals)  # all at one instant here
        sound.answers = [Answer("/trending", written + 1, newest), Answer("/trending", written + 2, START, stale=True)]
        assert violations(sound) == []
        sound.answers = [Answer("/trending", written + 1, newest + 1)]
        assert kinds(sound) == {"I6"}
        sound.answers = [Answer("/trending", written - 1, newest)]
        assert kinds(sound) == {"I6"}, "before the batch began that closed it"

    def test_batches_begun_while_the_clock_was_behind_count_as_of_when_it_was_set_back(self, sound: Evidence) -> None:
        newest = max(to_millis(update.window_end) for update in sound.updates if update.is_final)
        half = len(sound.batches) // 2
        sound.batches = [replace(one, began=START - 300_000 * (n >= half)) for n, one in enumerate(sound.batches)]
        sound.answers = [Answer("/trending", START + 1, newest)]
        assert violations(sound) == []
        sound.answers = [Answer("/trending", START - 1, newest)]
        assert kinds(sound) == {"I6"}


class TestRecomputation:
    def test_watermarks_are_those_of_the_batches_before(self) -> None:
        platform = run(size=50)
        marks = watermarks(platform.evidence())
        assert marks[:2] == [0, 0], "the first batch has films alone"
        assert (
            marks[-1]
            == max(record.created for record in platform.records[: platform.batches[-2].comments_end]) - RULE.delay
        )
        assert marks == sorted(marks)

    def test_the_popularity_is_that_of_the_batch_in_which_a_window_became_final(self) -> None:
        platform = run()
        evidence = platform.evidence()
        end = START + SIZE
        allowed = Levels(evidence).allowed(1, end)
        assert allowed == {(START, 10.0)}
        evidence.polls = [*evidence.polls, Poll(len(evidence.polls), 1, end - 1, 77.0)]
        assert Levels(evidence).allowed(1, end) == {(START, 10.0), (end - 1, 77.0)}, "known early by the catalogue"
        evidence.polls = [*evidence.polls[:-1], Poll(0, 1, START - 1, 10.0)]
        assert Levels(evidence).allowed(1, end) == {(START - 1, 10.0), (START, 10.0)}, "it says nothing new"
        update = evidence.by_window[1, START]
        assert update.popularity_observed_at is not None
        assert to_millis(update.popularity_observed_at) == START
