"""Which registered versions go, and that nothing else fails when they do not."""

from types import SimpleNamespace
from typing import Any

import pytest

from ml_service import retention
from ml_service.registry import TAG_LEARNER, TAG_LINEAGE, TAG_ROLE, Version
from ml_service.versions import KEPT


def logged(count: int, lineages: dict[int, int]) -> list[Version]:
    """Champions at odd numbers, challengers at even ones; `lineages` says at which number a lead began."""
    versions = []
    for number in range(1, count + 1):
        lineage = max((lead for lead, first in lineages.items() if first <= number), default=0)
        role = "champion" if number % 2 else "challenger"
        versions.append(Version(number, {TAG_ROLE: role, TAG_LEARNER: "abc", TAG_LINEAGE: str(lineage)}))
    return versions


def numbers(versions: list[Version]) -> list[int]:
    return [one.number for one in versions]


def test_as_many_stay_as_learners_are_kept_whatever_the_order_they_come_in() -> None:
    versions = logged(KEPT + 6, {})
    assert numbers(retention.expired(versions[::-1], set())) == [1, 2, 3, 4, 5, 6]
    assert retention.expired(versions[:KEPT], set()) == []


def test_what_an_alias_names_stays_and_the_last_champion_of_each_of_the_newest_leads(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(retention, "KEPT", 2)
    monkeypatch.setattr(retention, "LEADS", 2)
    versions = logged(12, {1: 5, 2: 9})
    assert numbers(retention.expired(versions, {2})) == [1, 3, 4, 5, 6, 8, 9, 10]


def test_a_server_that_is_away_meanwhile_fails_nothing() -> None:
    def away(*_: Any, **__: Any) -> None:
        raise ConnectionError("nobody listens")

    retention.clean(SimpleNamespace(search_model_versions=away))
