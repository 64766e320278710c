"""`python -m local.kubernetes`: write every manifest."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from configs.settings import ROOT
from local.containers.variables import read
from local.envfile import EXAMPLE
from local.kubernetes.network import policies
from local.kubernetes.objects import objects
from local.kubernetes.pods import AGENT, Service

FOLDER = ROOT / "deploy" / "kubernetes"
_HEAD = "# Made by `python -m local.kubernetes` from docker-compose.yml; change that.\n"
BASE = "base"


def compose_services() -> Mapping[str, Service]:
    """The services of docker-compose.yml, anchors resolved, variables not."""
    services: Mapping[str, Service] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    return services


def part_of(service: Service) -> str:
    """The folder: a profile of compose is one to take or leave here as well."""
    return str(service.get("profiles", [BASE])[0])


def files(services: Mapping[str, Service]) -> dict[Path, str]:
    """Every file's text by its path below `deploy/kubernetes`."""
    variables = {name: value for name, value in read(EXAMPLE).items() if name.endswith("_IMAGE")}
    made: dict[Path, str] = {}
    claimed: set[str] = set()
    for name in services:
        if name == AGENT:
            continue
        documents = [one for one in objects(name, services, variables) if _first(one, claimed)]
        made[Path(part_of(services[name])) / f"{name}.yaml"] = _text(documents)
    made[Path(BASE) / "network.yaml"] = _text(policies(services))
    return made


def _text(documents: Iterable[Mapping[str, Any]]) -> str:
    return _HEAD + yaml.safe_dump_all(documents, sort_keys=False, width=120)


def _first(document: Mapping[str, Any], claimed: set[str]) -> bool:
    """Whether it is no claim, or one that no earlier service brought."""
    if document["kind"] != "PersistentVolumeClaim":
        return True
    name = document["metadata"]["name"]
    known = name in claimed
    claimed.add(name)
    return not known


def main(folder: Path = FOLDER) -> None:
    """Write the files; the `kustomization.yaml` beside them are kept by hand."""
    for path, text in files(compose_services()).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)


if __name__ == "__main__":
    main()
