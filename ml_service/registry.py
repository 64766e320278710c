"""The MLflow registry: what the service writes there and the command line reads."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from common.clock import Clock
from ml_service.errors import VersionError
from ml_service.items import Role

EXPERIMENT = "trendscope"
REGISTERED_MODEL = "trendscope-forecaster"

TAG_ROLE = "role"
"""`champion` or `challenger`, when the version was logged."""
TAG_MODEL_VERSION = "model_version"
"""What its forecasts carry."""
TAG_CONFIGURATION = "configuration"
TAG_LEARNER = "learner"
"""Digest of the learner as the service keeps it."""
TAG_LINEAGE = "lineage"
"""How often another learner had taken the lead before."""
TAG_REQUEST = "rollback_requested"
"""When somebody asked that this version lead again; with the alias `champion` it is a request to the service."""
TAG_FORMER = "rollback_former"
"""The version that led when it was asked for: it leads on when the service refuses."""
TAG_ANSWER = "rollback_answer"
"""The request's time, and from when on the service follows, or why it refuses."""


@dataclass(frozen=True, slots=True)
class Version:
    """A registered version."""

    number: int
    tags: dict[str, str]

    @property
    def lineage(self) -> int:
        """How often another learner had taken the lead when it was logged."""
        return int(self.tags.get(TAG_LINEAGE, "0"))


def previous(champion: Version, versions: Sequence[Version]) -> Version:
    """The version to go back to: the last one that led before the lead changed, else the last champion logged before.

    Raises:
        VersionError: there is none.
    """
    led = [one for one in versions if one.tags.get(TAG_ROLE) == Role.CHAMPION.value and TAG_LEARNER in one.tags]
    before = [one for one in led if one.lineage < champion.lineage]
    before = before or [one for one in led if one.number < champion.number]
    if not before:
        raise VersionError("no version led before the present champion: there is nothing to go back to")
    return max(before, key=lambda one: one.number)


class Registry:
    """The registered model, through MLflow's client."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def versions(self) -> list[Version]:
        """Every version, the newest first."""
        found = self._client.search_model_versions(f"name='{REGISTERED_MODEL}'", max_results=1_000)
        return sorted((Version(int(one.version), dict(one.tags)) for one in found), key=lambda one: -one.number)

    def aliases(self) -> dict[str, int]:
        """Which version each alias names."""
        return {
            name: int(number) for name, number in self._client.get_registered_model(REGISTERED_MODEL).aliases.items()
        }

    def roll_back(self, to: int | None, clock: Clock) -> Version:
        """Move the alias and leave the request; returns the version as it is then.

        Raises:
            VersionError: there is no such version, or none to go back to.
        """
        versions, champion = self.versions(), self.aliases().get(Role.CHAMPION.value)
        known = {one.number: one for one in versions}
        if champion is None or champion not in known:
            raise VersionError("no version leads yet")
        if to is not None and (to not in known or TAG_LEARNER not in known[to].tags):
            raise VersionError(f"version {to} is not one the service can lead with")
        target = known[to] if to is not None else previous(known[champion], versions)
        number, now = str(target.number), clock().isoformat()
        self._client.set_model_version_tag(REGISTERED_MODEL, number, TAG_FORMER, str(champion))
        self._client.set_model_version_tag(REGISTERED_MODEL, number, TAG_REQUEST, now)
        self._client.set_registered_model_alias(REGISTERED_MODEL, Role.CHAMPION.value, number)
        return Version(target.number, target.tags | {TAG_REQUEST: now})

    def put_back(self, refused: str) -> None:
        """Let the version lead that led before this one was asked for; nothing when another one leads meanwhile."""
        if self.aliases().get(Role.CHAMPION.value) != int(refused):
            return
        former = self._client.get_model_version(REGISTERED_MODEL, refused).tags.get(TAG_FORMER)
        if former:
            self._client.set_registered_model_alias(REGISTERED_MODEL, Role.CHAMPION.value, former)

    def answer(self, version: Version) -> str | None:
        """What the service said to the request; None as long as it has not."""
        tags = self._client.get_model_version(REGISTERED_MODEL, str(version.number)).tags
        asked, said = version.tags[TAG_REQUEST], str(tags.get(TAG_ANSWER, ""))
        return said.removeprefix(asked).strip() if said.startswith(asked) else None
