"""Filters and order of a ranking."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from serving.models import TrendingFilm


class Sort(StrEnum):
    """By what films are sorted."""

    SCORE = "score"
    MOMENTUM = "momentum"
    MENTIONS = "mentions"
    SENTIMENT = "sentiment"


class Order(StrEnum):
    """Which end comes first."""

    DESC = "desc"
    ASC = "asc"


class Release(StrEnum):
    """Whether a film is out, as of the window's day."""

    RELEASED = "released"
    UPCOMING = "upcoming"


@dataclass(frozen=True, slots=True)
class Filters:
    """What a film has to be; None: anything. A film of which the fact is not known fits no filter on it."""

    genre: str | None = None
    language: str | None = None
    year_from: int | None = None
    year_to: int | None = None
    min_mentions: int = 0
    release: Release | None = None

    def fit(self, film: TrendingFilm, today: date) -> bool:
        """Whether a film passes all of them."""
        return (
            film.mentions.count >= self.min_mentions
            and self._fits_genre(film)
            and (self.language is None or film.language == self.language)
            and self._fits_year(film)
            and self._fits_release(film, today)
        )

    def _fits_genre(self, film: TrendingFilm) -> bool:
        return self.genre is None or self.genre.casefold() in (genre.casefold() for genre in film.genres)

    def _fits_year(self, film: TrendingFilm) -> bool:
        if self.year_from is None and self.year_to is None:
            return True
        return film.year is not None and (self.year_from or 0) <= film.year <= (self.year_to or 9_999)

    def _fits_release(self, film: TrendingFilm, today: date) -> bool:
        if self.release is None:
            return True
        return film.release_date is not None and (film.release_date <= today) == (self.release is Release.RELEASED)


def select(
    films: tuple[TrendingFilm, ...], filters: Filters, sort: Sort, order: Order, today: date
) -> list[TrendingFilm]:
    """The films that fit, sorted; those whose figure is not known come last in either order, equals by rank."""
    fitting = [film for film in films if filters.fit(film, today)]
    if sort is Sort.SCORE:
        return fitting if order is Order.DESC else fitting[::-1]
    known = [(value, film) for film in fitting if (value := _figure(film, sort)) is not None]
    unknown = [film for film in fitting if _figure(film, sort) is None]
    sign = -1 if order is Order.DESC else 1
    known.sort(key=lambda pair: (sign * pair[0], pair[1].rank))
    return [film for _, film in known] + unknown


def _figure(film: TrendingFilm, sort: Sort) -> float | None:
    if sort is Sort.MOMENTUM:
        return film.momentum.growth if film.momentum else None
    if sort is Sort.MENTIONS:
        return film.mentions.count
    return film.sentiment.mean
