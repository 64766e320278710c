"""The parameters of the API's operations, each with its bounds."""

import re
from collections.abc import Callable, Collection
from typing import Annotated

from fastapi import Path, Query
from pydantic import BeforeValidator

from contracts.events import Instant
from serving.query import Filters, Order, Release, Sort

_WRITTEN = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d")


def _written(value: object) -> object:
    """Only what is written as an instant: pydantic itself would also take seconds since 1970."""
    if not isinstance(value, str) or not _WRITTEN.match(value):
        raise ValueError("write it like 2026-03-01T12:00:00Z")
    return value


def one_of(known: Collection[int]) -> Callable[[int | None], int | None]:
    """A check that a number is one of those known, or not given."""

    def check(value: int | None) -> int | None:
        if value is not None and value not in known:
            raise ValueError(f"one of {', '.join(map(str, known))}")
        return value

    return check


Moment = Annotated[Instant, BeforeValidator(_written)]
_YEARS = {"ge": 1800, "le": 2200}
MovieId = Annotated[int, Path(ge=1, lt=2**31, description="TMDB's id of the film.", examples=[83533])]
Limit = Annotated[int, Query(ge=1, le=200, description="Entries in a page.")]
Offset = Annotated[int, Query(ge=0, le=100_000, description="Entries before the page.")]
Hours = Annotated[int, Query(ge=1, le=744, description="Length of the span.")]
At = Annotated[
    Moment | None,
    Query(
        description="A moment in the past: the newest window that had ended by then.", examples=["2026-11-20T21:00:00Z"]
    ),
]
Since = Annotated[Moment | None, Query(description="None that had ended before; what goes on is always there.")]
Until = Annotated[
    Moment | None, Query(description="Only comments written before it.", examples=["2026-11-20T21:00:00Z"])
]
End = Annotated[Moment | None, Query(description="End of the span; without it the newest window's.")]


async def filters(  # noqa: PLR0913, PLR0917 - one a filter
    genre: Annotated[str | None, Query(max_length=50, examples=["Drama"])] = None,
    language: Annotated[str | None, Query(pattern="^[a-z]{2,3}$", examples=["en"])] = None,
    year: Annotated[int | None, Query(description="The year of release.", **_YEARS)] = None,
    year_from: Annotated[int | None, Query(**_YEARS)] = None,
    year_to: Annotated[int | None, Query(**_YEARS)] = None,
    min_mentions: Annotated[int, Query(ge=0, lt=2**31)] = 0,
    status: Annotated[Release | None, Query(description="As of the window's day.")] = None,
) -> Filters:
    """The filters of a ranking. A coroutine, because FastAPI calls a plain function in a thread of its own."""
    return Filters(
        genre=genre,
        language=language,
        year_from=year if year is not None else year_from,
        year_to=year if year is not None else year_to,
        min_mentions=min_mentions,
        release=status,
    )


SortBy = Annotated[Sort, Query(description="By what; films whose figure is not known come last.")]
Direction = Annotated[Order, Query()]
