"""What the commands of the command line do when the platform runs as containers."""

import shutil
import time
from collections.abc import Callable

from rich.console import Console

from common.clock import system_clock
from configs.settings import load_settings
from local import docker
from local.checks import memory_warning
from local.containers.stack import Containers
from local.containers.variables import PASSWORD, complete
from local.envfile import ENV_FILE
from local.ranking import latest_ranking, table_of
from storage.store import Store

_MEMORY_BYTES = 7 * 1024**3
"""All containers together hold 4.5 GB at rest (docs/deployment.md); the rest is for peaks and for files in memory."""


def found() -> Containers | None:
    """The user's containers, running, stopped or but their volumes; None when there is nothing, or no engine."""
    if shutil.which("docker") is None or docker.problem() is not None:
        return None
    stack = Containers(load_settings())
    return stack if stack.exists() else None


def up(say: Callable[[str], None], console: Console) -> None:
    """Bring everything up as containers, wait, and print the films and the addresses.

    Raises:
        ImagesMissingError: an image of the core cannot be pulled or built.
        SetupError: a port is taken, a setting is wrong, a build failed while containers of before run.
        NodeError: the films did not come before the deadline.
    """
    began = time.monotonic()
    if PASSWORD in complete():
        say(f"Grafana's password was made: {PASSWORD} in {ENV_FILE}")
    stack = Containers(load_settings())
    if stack.simulated:
        say("a key is missing in .env: the simulator stands in")
    if warning := memory_warning(needed=_MEMORY_BYTES):
        say(f"warning: {warning}")
    stack.up(say=say)
    stack.wait_ready(say=say)
    say(f"ready after {time.monotonic() - began:.0f} s")
    with Store.open(stack.settings) as store:
        ranking = latest_ranking(store) or latest_ranking(store, live=True)
    if ranking is not None:
        console.print(table_of(ranking, system_clock(), console.width))
    for text, address in stack.urls():
        console.print(f"{text:45} {address}", soft_wrap=True)
    for image, why in stack.left_out.items():
        console.print(f"left out, its image cannot be had: {image} ({why})", soft_wrap=True)
    console.print("\n./setup.sh top | status | logs | stop | --help")
