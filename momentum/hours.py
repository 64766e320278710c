"""Hours of films, summed from windows that do not overlap."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from contracts.events import TrendUpdate
from storage.records import FilmHour

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_HOUR = timedelta(hours=1)


@dataclass(slots=True)
class _Sums:
    windows: int = 0
    trend_score: float = 0.0
    popularity_part: float = 0.0
    mentions_part: float = 0.0
    sentiment_part: float = 0.0
    mentions: int = 0
    sentiment_sum: float = 0.0
    positive: int = 0
    neutral: int = 0
    negative: int = 0

    def add(self, row: TrendUpdate) -> None:
        self.windows += 1
        self.trend_score += row.trend_score
        self.popularity_part += row.popularity_part
        self.mentions_part += row.mentions_part
        self.sentiment_part += row.sentiment_part
        self.mentions += row.mentions
        self.sentiment_sum += row.sentiment_sum
        self.positive += row.positive
        self.neutral += row.neutral
        self.negative += row.negative


class Hours:
    """The hour under way of every film."""

    def __init__(self, length: timedelta) -> None:
        """`length` of a window; one that does not fit whole into an hour has no hours."""
        self._length = length
        self._fits = not _HOUR % length
        self._hour: datetime | None = None
        self._films: dict[int, _Sums] = {}

    def add(self, start: datetime, rows: Iterable[TrendUpdate]) -> list[FilmHour]:
        """Take in a closed window; the hours it is part of, so far. Empty for windows between the whole multiples.

        The hour's last window ends it for every film, for those without a row in it too.
        """
        if not self._fits or (start - _EPOCH) % self._length:
            return []
        hour = start - (start - _EPOCH) % _HOUR
        if hour != self._hour:
            self._hour, self._films = hour, {}
        changed = set()
        for row in rows:
            self._films.setdefault(row.movie_id, _Sums()).add(row)
            changed.add(row.movie_id)
        until = start + self._length
        told = self._films if until - hour == _HOUR else changed
        return [_record(film, hour, until, self._films[film]) for film in sorted(told)]

    def dump(self) -> dict[str, Any]:
        """Plain values, for saving."""
        return {"hour": self._hour, "films": {str(film): asdict(sums) for film, sums in self._films.items()}}

    def load(self, saved: dict[str, Any]) -> None:
        """What `dump` gave."""
        self._hour = None if saved["hour"] is None else datetime.fromisoformat(saved["hour"])
        self._films = {int(film): _Sums(**sums) for film, sums in saved["films"].items()}


def _record(movie_id: int, hour: datetime, until: datetime, sums: _Sums) -> FilmHour:
    count = sums.windows
    return FilmHour(
        movie_id=movie_id,
        hour=hour,
        until=until,
        windows=count,
        trend_score=min(100.0, sums.trend_score / count),
        popularity_part=min(100.0, sums.popularity_part / count),
        mentions_part=min(100.0, sums.mentions_part / count),
        sentiment_part=min(100.0, sums.sentiment_part / count),
        mentions=sums.mentions,
        sentiment_sum=sums.sentiment_sum,
        positive=sums.positive,
        neutral=sums.neutral,
        negative=sums.negative,
    )
