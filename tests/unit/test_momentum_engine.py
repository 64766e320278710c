"""Momentum's arithmetic and the breakout detector, on seeded streams with exact or bounded outcomes."""

import math
import random
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats  # type: ignore[import-untyped]

from contracts.events import Breakout
from momentum import state
from momentum.baseline import PROFILE_PRIOR_MINUTES, Baseline
from momentum.chance import tail
from momentum.engine import Engine, Lengths, Output
from momentum.hours import Hours
from momentum.rule import COOL_DOWN, SPANS, Rule
from storage.records import FilmHour
from tests.support.records import update

BEGIN = datetime(2026, 3, 1, tzinfo=UTC)
MINUTE, WINDOW = timedelta(minutes=1), timedelta(minutes=5)
LENGTHS = Lengths(WINDOW, MINUTE)
STATED = 0.001


class TestTail:
    @given(
        count=st.integers(0, 300),
        mean=st.floats(0.01, 100, allow_nan=False),
        shape=st.floats(0.2, 500, allow_nan=False),
    )
    def test_it_is_the_negative_binomials(self, count: int, mean: float, shape: float) -> None:
        truth = stats.nbinom.sf(count - 1, shape, shape / (shape + mean))
        assert tail(count, mean, shape) == pytest.approx(truth, rel=1e-6, abs=1e-12)

    def test_with_a_large_shape_it_is_poissons(self) -> None:
        assert tail(12, 4.0, 1e9) == pytest.approx(stats.poisson.sf(11, 4.0), rel=1e-5)

    def test_no_mention_is_certain_and_one_where_none_can_be_impossible(self) -> None:
        assert tail(0, 3.0, 1.0) == 1.0
        assert tail(1, 0.0, 1.0) == 0.0


class TestBaseline:
    def learned(self, days: int, per_window: Mapping[int, float], busy: float = 0.0) -> Baseline:
        """Windows of expected counts, with `busy` as the day's swing around noon."""
        baseline = Baseline(films=len(per_window))
        for number in range(days * 288):
            middle = BEGIN + number * WINDOW + WINDOW / 2
            swing = 1 + busy * math.sin((middle.hour + middle.minute / 60 - 6) / 24 * 2 * math.pi)
            counts = {film: round(mean * swing) for film, mean in per_window.items()}
            baseline.learn(middle, 5.0, counts, len(per_window))
        return baseline

    def test_a_steady_film_is_expected_at_its_own_rate(self) -> None:
        rates = self.learned(4, {1: 10, 2: 1}).rates()
        assert rates.of(1) * 5 == pytest.approx(10, rel=0.02)
        assert rates.of(2) * 5 == pytest.approx(1, rel=0.02)

    def test_a_film_nobody_mentioned_is_expected_near_zero_and_not_at_zero(self) -> None:
        rates = self.learned(4, {1: 10, 2: 0}).rates()
        assert 0 < rates.of(2) * 60 < 0.05
        assert rates.of(2) == rates.of(999), "unknown films were not mentioned either"

    def test_without_history_an_average_film_is_assumed(self) -> None:
        baseline = Baseline(films=4)
        baseline.learn(BEGIN, 5.0, {1: 10, 2: 10, 3: 10, 4: 10}, 4)
        assert baseline.rates().of(5) * 5 == pytest.approx(10 / 11, rel=0.02), "one mention's weight of 10 per window"

    def test_the_time_of_day_is_learned(self) -> None:
        baseline = self.learned(10, {1: 40}, busy=0.6)
        noon, midnight = (baseline.profile(BEGIN + timedelta(hours=hours)) for hours in (12, 24))
        known = baseline.hour_minutes[12] / (baseline.hour_minutes[12] + PROFILE_PRIOR_MINUTES)
        assert 0.7 < known < 0.8
        assert noon == pytest.approx(1 + 0.6 * known, abs=0.03)
        assert midnight == pytest.approx(1 - 0.6 * known, abs=0.03)

    def test_without_history_every_hour_is_alike(self) -> None:
        assert {Baseline().profile(BEGIN + timedelta(minutes=each)) for each in range(0, 1_440, 7)} == {1.0}

    def test_clustering_is_told_from_chance(self) -> None:
        rng = random.Random(5)
        even, wild = Baseline(films=5), Baseline(films=5)
        for number in range(2_000):
            middle = BEGIN + number * WINDOW
            poisson = {film: sum(rng.random() < 0.01 for _ in range(1_000)) for film in range(1, 6)}
            even.learn(middle, 5.0, poisson, 5)
            wild.learn(middle, 5.0, {film: round(10 * rng.gammavariate(2, 0.5)) for film in poisson}, 5)
        assert even.clustering < 0.05
        assert wild.clustering == pytest.approx(0.5, abs=0.15)


def feed(engine: Engine, minutes: int, mean: Mapping[int, float], seed: int = 1, films: int = 50) -> list[Output]:
    """One window a minute after the last one; mentions of each film come independently each minute."""
    rng = np.random.default_rng(seed)
    start = BEGIN if engine.last is None else engine.last + MINUTE
    recent: list[dict[int, int]] = []
    outs = []
    for number in range(minutes):
        recent.append({film: int(rng.poisson(each)) for film, each in mean.items()})
        counts = {film: total for film in mean if (total := sum(row[film] for row in recent[-5:]))}
        out = Output()
        engine.observe(start + number * MINUTE, counts, films, {film: f"Film {film}" for film in mean}, out)
        outs.append(out)
    return outs


def begun(outs: list[Output]) -> list[Breakout]:
    return [breakout for out in outs for breakout in out.begun]


class TestBreakouts:
    def test_a_jump_is_found_within_minutes_and_alerts_once(self) -> None:
        engine = Engine(LENGTHS, STATED)
        assert begun(feed(engine, 600, {1: 0.2, 2: 0.5, 3: 0.05})) == []
        outs = feed(engine, 60, {1: 4.0, 2: 0.5, 3: 0.05}, seed=2)
        (found,) = begun(outs)
        assert found.movie_id == 1
        assert found.title == "Film 1"
        assert next(n for n, out in enumerate(outs) if out.begun) < 6
        assert found.mentions >= 3 * found.expected
        assert found.p_value < Rule.of(STATED, MINUTE).alpha

    def test_it_ends_after_the_cool_down_as_of_when_it_was_last_loud(self) -> None:
        engine = Engine(LENGTHS, STATED)
        feed(engine, 600, {1: 0.2, 2: 0.5})
        loud_until = (engine.last or BEGIN) + WINDOW + 30 * MINUTE
        feed(engine, 30, {1: 4.0, 2: 0.5}, seed=2)
        outs = feed(engine, 150, {1: 0.2, 2: 0.5}, seed=3)
        ended = [breakout for out in outs for breakout in out.ended]
        assert len(ended) == 1
        assert ended[0].status == "ended"
        assert ended[0].ended_at == ended[0].last_at
        assert abs(ended[0].last_at - loud_until) <= 35 * MINUTE, "the longest span still holds it for half an hour"
        assert begun(outs) == []
        assert engine.active == {}
        moment = next(n for n, out in enumerate(outs) if out.ended) * MINUTE
        assert moment >= COOL_DOWN - WINDOW

    def test_its_echo_is_no_second_one_but_something_louder_is(self) -> None:
        engine = Engine(LENGTHS, STATED)
        feed(engine, 600, {1: 0.2, 2: 0.5})
        feed(engine, 30, {1: 4.0, 2: 0.5}, seed=2)
        feed(engine, 180, {1: 0.2, 2: 0.5}, seed=3)
        assert begun(feed(engine, 30, {1: 2.0, 2: 0.5}, seed=4)) == []
        feed(engine, 60, {1: 0.2, 2: 0.5}, seed=5)
        assert [each.movie_id for each in begun(feed(engine, 30, {1: 12.0, 2: 0.5}, seed=6))] == [1]

    def test_total_and_peak_count_every_mention_once(self) -> None:
        engine = Engine(LENGTHS, STATED)
        quiet: dict[int, int] = {2: 3}
        for number in range(300):
            engine.observe(BEGIN + number * MINUTE, dict(quiet), 50, {}, Output())
        begin = BEGIN + 300 * MINUTE
        # twelve mentions a minute for twenty minutes: a window that ends k minutes in holds 12 · min(k, 5)
        for number in range(25):
            inside = max(0, min(number + 1, 20) - max(0, number - 4))
            counts = quiet | ({1: 12 * inside} if inside else {})
            engine.observe(begin + (number - 4) * MINUTE + 4 * MINUTE, counts, 50, {}, Output())
        breakout = engine.active[1]
        assert breakout.peak_mentions == 60
        assert breakout.total_mentions >= 12 * 15
        assert breakout.total_mentions <= 12 * 20

    def test_a_source_that_catches_up_is_no_breakout_of_everything(self) -> None:
        engine = Engine(LENGTHS, STATED)
        usual = dict.fromkeys(range(1, 31), 0.2)
        assert begun(feed(engine, 600, usual)) == []
        assert begun(feed(engine, 20, dict.fromkeys(usual, 1.4), seed=2)) == []

    def test_nothing_is_said_before_there_is_a_history(self) -> None:
        engine = Engine(LENGTHS, STATED)
        assert begun(feed(engine, 12, {1: 50.0, 2: 0.1})) == []

    @pytest.mark.parametrize("seed", range(12))
    def test_the_first_hours_raise_no_alarm_for_films_that_are_simply_popular(self, seed: int) -> None:
        engine = Engine(LENGTHS, STATED)
        popular = {film: 3.0 / film**1.5 for film in range(1, 51)}
        assert begun(feed(engine, 180, popular, seed=seed)) == []

    def test_false_alarms_stay_below_the_stated_rate(self) -> None:
        """Twelve days of twenty films without any event: at the stated rate 0.24 alarms are expected at most."""
        engine = Engine(LENGTHS, STATED)
        outs = feed(engine, 3 * 1_440, {film: 1.5 / film for film in range(1, 81)}, films=80)
        assert len(begun(outs)) <= 1

    def test_the_tests_of_a_day_share_the_stated_rate(self) -> None:
        assert Rule.of(STATED, MINUTE).alpha * 1_440 * len(SPANS) == pytest.approx(STATED)


class TestRows:
    def rows(self, engine: Engine, number: int, mentions: Mapping[int, int]) -> Output:
        start = BEGIN + number * WINDOW
        rows = [
            update(film, start, mentions=count, trend_score=float(count), title=f"Film {film}")
            for film, count in mentions.items()
        ]
        rows.sort(key=lambda row: -row.trend_score)
        return engine.process(rows, {1: 5}, start - timedelta(minutes=55))

    def test_growth_share_and_rank_are_of_the_last_hour(self) -> None:
        engine = Engine(Lengths(WINDOW, WINDOW), STATED)
        for number in range(40):
            self.rows(engine, number, {1: 2, 2: 6})
        out = self.rows(engine, 40, {1: 14, 2: 6})
        first, second = out.momenta
        assert (first.movie_id, first.rank, second.rank) == (1, 1, 2)
        assert first.mentions == 2 * 11 + 14
        assert first.span_seconds == 3_600
        assert first.share_of_voice == pytest.approx(36 / (36 + 72))
        assert first.expected == pytest.approx(24, rel=0.1)
        assert first.growth == pytest.approx((36 + 2) / (first.expected + 2))
        assert (first.previous_rank, second.previous_rank) == (5, None)
        assert second.previous_at is None

    def test_hours_count_every_mention_once(self) -> None:
        hours = Hours(WINDOW)
        last: list[FilmHour] = []
        for minute in range(60):
            start = BEGIN + minute * MINUTE
            last = hours.add(start, [update(1, start, mentions=3, trend_score=minute / 1.0)]) or last
        assert last[0].windows == 12
        assert last[0].mentions == 36
        assert last[0].until == BEGIN + timedelta(hours=1)
        assert last[0].trend_score == pytest.approx(sum(range(0, 60, 5)) / 12)
        following = BEGIN + timedelta(hours=1)
        assert hours.add(following, [update(1, following, mentions=4)])[0].mentions == 4

    def test_the_last_window_ends_the_hour_of_films_without_a_row_in_it(self) -> None:
        hours, told = Hours(WINDOW), list[FilmHour]()
        for minute in range(0, 60, 5):
            start = BEGIN + timedelta(minutes=minute)
            films = (1, 2) if minute < 10 else (1,)
            told += hours.add(start, [update(film, start, mentions=3) for film in films])
        of_film = [(hour.until - BEGIN, hour.windows, hour.mentions) for hour in told if hour.movie_id == 2]
        assert of_film == [
            (timedelta(minutes=5), 1, 3), (timedelta(minutes=10), 2, 6), (timedelta(hours=1), 2, 6),
        ]  # fmt: skip


class TestState:
    def test_a_restored_engine_goes_on_bit_for_bit(self) -> None:
        engine = Engine(LENGTHS, STATED)
        feed(engine, 400, {1: 0.2, 2: 0.5})
        feed(engine, 10, {1: 4.0, 2: 0.5}, seed=2)
        engine.echoes[9] = (BEGIN, 4)
        restored = state.load(state.dump(engine), LENGTHS, STATED)
        assert restored is not None
        assert restored.active == engine.active
        assert 1 in restored.active
        assert restored.echoes == engine.echoes
        assert feed(engine, 120, {1: 1.0, 2: 0.5}, seed=4) == feed(restored, 120, {1: 1.0, 2: 0.5}, seed=4)
        assert state.dump(engine) == state.dump(restored)

    def test_a_state_that_does_not_fit_is_left_aside(self) -> None:
        payload = state.dump(Engine(LENGTHS, STATED))
        assert state.load(payload, Lengths(WINDOW, WINDOW), STATED) is None
        assert state.load(b"damaged", LENGTHS, STATED) is None
