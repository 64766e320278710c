"""The command line over the registry: what a rollback goes back to, what it leaves behind, and what it says."""

import argparse
from collections.abc import Iterable
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from ml_service import models
from ml_service.errors import VersionError
from ml_service.registry import (
    TAG_ANSWER,
    TAG_CONFIGURATION,
    TAG_LEARNER,
    TAG_LINEAGE,
    TAG_REQUEST,
    TAG_ROLE,
    Registry,
    Version,
    previous,
)

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def version(number: int, role: str, lineage: int, *, learner: str = "abc") -> Version:
    tags = {TAG_ROLE: role, TAG_LINEAGE: str(lineage), TAG_CONFIGURATION: "steady", TAG_LEARNER: learner}
    return Version(number, tags)


class FakeClient:
    """The calls of MLflow's client that are made."""

    def __init__(self, versions: Iterable[Version], champion: int) -> None:
        self.tags = {str(one.number): dict(one.tags) for one in versions}
        self.aliases = {"champion": str(champion)}

    def search_model_versions(self, _: str, max_results: int) -> list[Any]:
        return [SimpleNamespace(version=number, tags=tags) for number, tags in self.tags.items()][:max_results]

    def get_registered_model(self, _: str) -> Any:
        return SimpleNamespace(aliases=self.aliases)

    def get_model_version(self, _: str, number: str) -> Any:
        return SimpleNamespace(version=number, tags=self.tags[number])

    def set_model_version_tag(self, _: str, number: str, name: str, value: str) -> None:
        self.tags[number][name] = value

    def set_registered_model_alias(self, _: str, alias: str, number: str) -> None:
        self.aliases[alias] = number


LOGGED = [
    version(1, "champion", 0), version(2, "challenger", 0), version(3, "champion", 0), version(4, "challenger", 0),
    version(5, "champion", 1), version(6, "challenger", 1), version(7, "champion", 1),
]  # fmt: skip


def test_it_goes_back_to_the_last_champion_before_the_lead_changed() -> None:
    assert previous(LOGGED[6], LOGGED).number == 3
    assert previous(LOGGED[4], LOGGED).number == 3


def test_before_any_change_it_goes_back_to_the_champion_logged_before() -> None:
    assert previous(LOGGED[2], LOGGED[:4]).number == 1
    with pytest.raises(VersionError, match="nothing to go back to"):
        previous(LOGGED[0], LOGGED[:2])


def test_a_rollback_leaves_its_request_before_it_moves_the_alias() -> None:
    client = FakeClient(LOGGED, champion=7)
    found = Registry(client).roll_back(None, lambda: NOW)
    assert found.number == 3
    assert client.tags["3"][TAG_REQUEST] == NOW.isoformat()
    assert client.aliases["champion"] == "3"


def test_after_a_refusal_the_version_leads_that_led_before() -> None:
    client = FakeClient(LOGGED, champion=7)
    registry = Registry(client)
    registry.roll_back(5, lambda: NOW)
    registry.put_back("5")
    assert client.aliases["champion"] == "7"
    client.aliases["champion"] = "3"
    registry.put_back("5")
    assert client.aliases["champion"] == "3", "somebody chose another one meanwhile"


@pytest.mark.parametrize("to", [99, 8])
def test_what_the_service_could_not_lead_with_is_refused_at_once(to: int) -> None:
    without = Version(8, {TAG_ROLE: "champion"})
    client = FakeClient([*LOGGED, without], champion=7)
    with pytest.raises(VersionError, match=f"version {to} is not one"):
        Registry(client).roll_back(to, lambda: NOW)
    assert client.aliases["champion"] == "7"


def test_an_answer_counts_only_for_its_own_request() -> None:
    client = FakeClient(LOGGED, champion=7)
    registry = Registry(client)
    asked = registry.roll_back(5, lambda: NOW)
    assert registry.answer(asked) is None
    client.tags["5"][TAG_ANSWER] = "2026-02-01T00:00:00+00:00 from yesterday"
    assert registry.answer(asked) is None
    client.tags["5"][TAG_ANSWER] = f"{NOW.isoformat()} from 12:05"
    assert registry.answer(asked) == "from 12:05"


def test_without_an_answer_the_command_says_so() -> None:
    client, said = FakeClient(LOGGED, champion=7), list[str]()
    options = argparse.Namespace(command="rollback", to=None, wait=0.0)
    assert models.run(options, Registry(client), said.append) == 69
    assert "did not answer" in said[-1]


def test_the_list_has_a_line_a_version_with_its_aliases() -> None:
    client, said = FakeClient(LOGGED, champion=7), list[str]()
    assert models.run(argparse.Namespace(command="list"), Registry(client), said.append) == 0
    lines = said[0].splitlines()
    assert [line.split()[0] for line in lines[1:]] == ["7", "6", "5", "4", "3", "2", "1"]
    assert lines[1].endswith("champion")
