"""A film as TMDB's JSON: list items and details, with the fields of the recorded responses."""

from dataclasses import dataclass
from typing import Any

from simulator.catalogue import GENRES, CatalogueFilm


@dataclass(frozen=True, slots=True)
class Figures:
    """What moves about a film; None where nobody knows."""

    popularity: float | None
    vote_average: float | None
    vote_count: int | None


def list_item(film: CatalogueFilm, figures: Figures, *, media_type: bool = False) -> dict[str, Any]:
    """One element of `results`; `media_type` is in trending lists alone. Unknown figures are left out."""
    item: dict[str, Any] = {
        "adult": False,
        "backdrop_path": None,
        "id": film.id,
        "title": film.title,
        "original_title": film.original_title,
        "overview": film.overview,
        "poster_path": None,
        "original_language": film.original_language,
        "genre_ids": list(film.genre_ids),
        "release_date": film.release_date,
        "video": False,
        **_known(figures),
    }
    if media_type:
        item["media_type"] = "movie"
    return item


def _known(figures: Figures) -> dict[str, Any]:
    known = {
        "popularity": figures.popularity,
        "vote_average": figures.vote_average,
        "vote_count": figures.vote_count,
    }
    return {name: value for name, value in known.items() if value is not None}


def details(film: CatalogueFilm, figures: Figures) -> dict[str, Any]:
    """What /movie/{id} gives. Zeros and nulls are TMDB's own way to say that it does not know."""
    return {
        "adult": False,
        "backdrop_path": None,
        "belongs_to_collection": None,
        "budget": 0,
        "genres": [{"id": genre, "name": GENRES[genre]} for genre in film.genre_ids if genre in GENRES],
        "homepage": "",
        "id": film.id,
        "imdb_id": None,
        "origin_country": [],
        "original_language": film.original_language,
        "original_title": film.original_title,
        "overview": film.overview,
        "poster_path": None,
        "production_companies": [],
        "production_countries": [],
        "release_date": film.release_date,
        "revenue": 0,
        "runtime": 0,
        "spoken_languages": [],
        "status": "Released",
        "tagline": "",
        "title": film.title,
        "video": False,
        **_known(figures),
    }


def alternative_titles(film: CatalogueFilm) -> list[dict[str, str]]:
    """The `titles` of /movie/{id}/alternative_titles."""
    return [{"iso_3166_1": "US", "title": title, "type": ""} for title in film.alternative_titles]


CONFIGURATION: dict[str, Any] = {
    "images": {
        "base_url": "http://image.tmdb.org/t/p/",
        "secure_base_url": "https://image.tmdb.org/t/p/",
        "backdrop_sizes": ["w300", "w780", "w1280", "original"],
        "logo_sizes": ["w45", "w92", "w154", "w185", "w300", "w500", "original"],
        "poster_sizes": ["w92", "w154", "w185", "w342", "w500", "w780", "original"],
        "profile_sizes": ["w45", "w185", "h632", "original"],
        "still_sizes": ["w92", "w185", "w300", "original"],
    },
    "change_keys": ["alternative_titles", "genres", "original_title", "overview", "release_dates", "title"],
}
"""What /configuration gives."""


def error(code: int, message: str) -> dict[str, Any]:
    """TMDB's error body."""
    return {"success": False, "status_code": code, "status_message": message}


INVALID_KEY = error(7, "Invalid API key: You must be granted a valid key.")
NOT_FOUND = error(34, "The resource you requested could not be found.")
INVALID_PAGE = error(22, "Invalid page: Pages start at 1 and max at 500. They are expected to be an integer.")
INVALID_ID = error(6, "Invalid id: The pre-requisite id is invalid or not found.")
TOO_MANY = error(25, "Your request count is over the allowed limit.")
INTERNAL = error(11, "Internal error: Something went wrong, contact TMDb.")
OFFLINE = error(9, "Service offline: This service is temporarily offline, try again later.")
BY_STATUS = {400: INVALID_PAGE, 401: INVALID_KEY, 404: NOT_FOUND, 429: TOO_MANY, 500: INTERNAL, 503: OFFLINE}
"""The body that goes with a status; others have none of their own."""
