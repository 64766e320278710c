"""From closed windows to momentum and breakouts: pure, so that the same windows give the same rows again."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from contracts.events import Breakout, TrendUpdate
from momentum.baseline import Baseline, Rates
from momentum.chance import tail
from momentum.hours import Hours
from momentum.rule import (
    CALM_RATIO,
    CAP,
    COOL_DOWN,
    ECHO,
    GROWTH_PRIOR,
    HOUR_SPAN,
    LEARNED_AFTER,
    LEAST_HISTORY_MINUTES,
    LONGEST,
    MIN_MENTIONS,
    MIN_RATIO,
    SPANS,
    SURGE_PRIOR,
    Rule,
)
from storage.records import FilmHour, FilmMomentum

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Lengths:
    """Of a window and its slide."""

    window: timedelta
    slide: timedelta


@dataclass(slots=True)
class Output:
    """What one window gave."""

    momenta: list[FilmMomentum] = field(default_factory=list)
    hours: list[FilmHour] = field(default_factory=list)
    breakouts: list[Breakout] = field(default_factory=list)
    """Every active one as it is now, and those that have just ended."""
    begun: list[Breakout] = field(default_factory=list)
    ended: list[Breakout] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Span:
    """The last windows that follow each other without overlap."""

    start: datetime
    end: datetime
    counts: Mapping[int, int]
    total: int
    exposure: float
    """Minutes, each weighed by its time of day."""


class Engine:
    """Takes closed windows in order."""

    def __init__(self, lengths: Lengths, false_alarms_per_film_day: float) -> None:
        self.lengths = lengths
        self._rule = Rule.of(false_alarms_per_film_day, lengths.slide)
        self.baseline = Baseline()
        self.recent: dict[datetime, dict[int, int]] = {}
        """Mentions by film of the last hour's windows, films without any left out; by window start."""
        self.active: dict[int, Breakout] = {}
        self.echoes: dict[int, tuple[datetime, int]] = {}
        """End and highest window of each film's last breakout, for as long as it echoes."""
        self.hours = Hours(lengths.window)
        self.last: datetime | None = None
        """Start of the newest window taken in."""

    def process(self, rows: Sequence[TrendUpdate], previous: Mapping[int, int], previous_at: datetime | None) -> Output:
        """Take in one window.

        Args:
            rows: all of its films, by rank; not empty, newer than every window before.
            previous: the films' ranks about an hour before.
            previous_at: end of that window; None when there is none.
        """
        start = rows[0].window_start
        counts = {row.movie_id: row.mentions for row in rows if row.mentions}
        out = Output(hours=self.hours.add(start, rows))
        titles = {row.movie_id: row.title for row in rows}
        self.observe(start, counts, len(rows), titles, out)
        ranks = previous if previous_at is not None else {}
        out.momenta = self._momenta(rows, ranks, previous_at)
        return out

    def observe(
        self, start: datetime, counts: dict[int, int], films: int, titles: Mapping[int, str], out: Output
    ) -> None:
        """The part that needs mentions alone: learn what is old enough, then follow and look for breakouts."""
        self.last = start
        self.recent[start] = counts
        self._learn(start, films)
        oldest = start - max(HOUR_SPAN, max(*SPANS, LEARNED_AFTER + 1) * self.lengths.window)
        self.recent = {at: known for at, known in self.recent.items() if at > oldest}
        rates = self.baseline.rates()
        spans = [self.span(windows) for windows in SPANS]
        for film in list(self.active):
            self._follow(film, spans, rates, out)
        if self.baseline.minutes >= LEAST_HISTORY_MINUTES:
            self._detect(spans, rates, titles, out)

    def span(self, windows: int) -> Span:
        """The newest so many windows that are there, back from the last one without a gap."""
        assert self.last is not None  # noqa: S101 - asked for after a window
        sums: dict[int, int] = {}
        exposure, start = 0.0, self.last
        for number in range(windows):
            at = self.last - number * self.lengths.window
            if at not in self.recent:
                break
            start = at
            exposure += self._exposure(at)
            for film, count in self.recent[at].items():
                sums[film] = sums.get(film, 0) + count
        return Span(start, self.last + self.lengths.window, sums, sum(sums.values()), exposure)

    def _exposure(self, start: datetime) -> float:
        return self.lengths.window / _MINUTE * self.baseline.profile(start + self.lengths.window / 2)

    def _learn(self, start: datetime, films: int) -> None:
        """Learn from a window once it is old enough; only from those on whole multiples: they do not overlap."""
        ripe = start - LEARNED_AFTER * self.lengths.window
        if (ripe - _EPOCH) % self.lengths.window or ripe not in self.recent:
            return
        counts, rates = dict(self.recent[ripe]), self.baseline.rates()
        for film, breakout in self.active.items():
            if film in counts and ripe + self.lengths.window > breakout.started_at:
                counts[film] = min(counts[film], round(CAP * rates.of(film) * self._exposure(ripe)))
        self.baseline.learn(
            ripe + self.lengths.window / 2, self.lengths.window / _MINUTE, counts, max(films, self.baseline.films)
        )

    def _detect(self, spans: Sequence[Span], rates: Rates, titles: Mapping[int, str], out: Output) -> None:
        for span in spans:
            surge = self._surge(span, rates)
            for film, count in span.counts.items():
                if film in self.active or count < MIN_MENTIONS:
                    continue
                expected = rates.of(film) * span.exposure * surge(film)
                if count < MIN_RATIO * expected:
                    continue
                if self._is_echo(film, spans[0]):
                    continue
                shape = 1 / (1 / rates.shape(film) + self.baseline.spread)
                p = tail(count, expected, shape)
                if p < self._rule.alpha:
                    self._begin(film, titles.get(film, ""), span, expected, p, out)

    def _is_echo(self, film: int, now: Span) -> bool:
        """Whether a film that broke out a short time ago is not louder than it was then."""
        ended = self.echoes.get(film)
        if ended is None:
            return False
        if now.end - ended[0] >= ECHO:
            del self.echoes[film]
            return False
        return now.counts.get(film, 0) <= ended[1]

    def _surge(self, span: Span, rates: Rates) -> "_Surge":
        """How much busier everything is than expected, by all films that do not break out; at least 1.

        It keeps a source that catches up after a pause from looking like a breakout of every film.
        """
        quiet = [film for film in self.active if film in span.counts]
        seen = span.total - sum(span.counts[film] for film in quiet)
        expected = rates.all * span.exposure - sum(rates.of(film) * span.exposure for film in self.active)
        return _Surge(span, rates, seen, max(0.0, expected))

    def _begin(  # noqa: PLR0913, PLR0917 - what a breakout begins with
        self, film: int, title: str, span: Span, expected: float, p: float, out: Output
    ) -> None:
        inside = {at: counts.get(film, 0) for at, counts in self.recent.items() if at >= span.start}
        peak = max(inside, key=lambda at: (inside[at], -(at - _EPOCH).total_seconds()))
        breakout = Breakout(
            breakout_id=f"{film}-{span.start:%Y%m%dT%H%M%SZ}",
            movie_id=film,
            title=title or str(film),
            status="active",
            started_at=span.start,
            detected_at=span.end,
            last_at=span.end,
            mentions=span.counts[film],
            expected=expected,
            p_value=p,
            peak_mentions=inside[peak],
            peak_at=peak + self.lengths.window,
            total_mentions=span.counts[film],
        )
        self.active[film] = breakout
        out.begun.append(breakout)
        out.breakouts.append(breakout)

    def _follow(self, film: int, spans: Sequence[Span], rates: Rates, out: Output) -> None:
        breakout, now, longest = self.active[film], spans[0], spans[-1]
        in_window = now.counts.get(film, 0)
        changes: dict[str, object] = {}
        if in_window > breakout.peak_mentions:
            changes |= {"peak_mentions": in_window, "peak_at": now.end}
        if not (now.start - breakout.detected_at) % self.lengths.window and now.start >= breakout.detected_at:
            changes["total_mentions"] = breakout.total_mentions + in_window
        count = longest.counts.get(film, 0)
        if count >= max(MIN_MENTIONS, CALM_RATIO * rates.of(film) * longest.exposure):
            changes["last_at"] = now.end
        breakout = breakout.model_copy(update=changes)
        if now.end - breakout.last_at >= COOL_DOWN or now.end - breakout.started_at >= LONGEST:
            breakout = breakout.model_copy(update={"status": "ended", "ended_at": breakout.last_at})
            del self.active[film]
            self.echoes[film] = (breakout.last_at, breakout.peak_mentions)
            out.ended.append(breakout)
        else:
            self.active[film] = breakout
        out.breakouts.append(breakout)

    def _momenta(
        self, rows: Iterable[TrendUpdate], previous: Mapping[int, int], previous_at: datetime | None
    ) -> list[FilmMomentum]:
        span = self.span(HOUR_SPAN // self.lengths.window or 1)
        rates = self.baseline.rates()
        return [self._momentum(row, place, span, rates, previous.get(row.movie_id), previous_at)
                for place, row in enumerate(rows, start=1)]  # fmt: skip

    def _momentum(  # noqa: PLR0913, PLR0917 - one row
        self, row: TrendUpdate, rank: int, span: Span, rates: Rates, previous: int | None, previous_at: datetime | None
    ) -> FilmMomentum:
        count = span.counts.get(row.movie_id, 0)
        expected = rates.of(row.movie_id) * span.exposure
        return FilmMomentum(
            movie_id=row.movie_id,
            window_start=row.window_start,
            window_end=row.window_end,
            mentions=count,
            span_seconds=int((span.end - span.start).total_seconds()),
            expected=expected,
            growth=(count + GROWTH_PRIOR) / (expected + GROWTH_PRIOR),
            share_of_voice=count / span.total if span.total else 0.0,
            history_seconds=self.baseline.minutes * 60,
            in_breakout=row.movie_id in self.active,
            rank=rank,
            previous_rank=previous,
            previous_at=previous_at if previous is not None else None,
        )


@dataclass(frozen=True, slots=True)
class _Surge:
    """All films together against what they are expected to have, one of them left out."""

    span: Span
    rates: Rates
    seen: int
    expected: float

    def __call__(self, film: int) -> float:
        seen = self.seen - self.span.counts.get(film, 0)
        expected = max(0.0, self.expected - self.rates.of(film) * self.span.exposure)
        return max(1.0, (seen + SURGE_PRIOR) / (expected + SURGE_PRIOR))
