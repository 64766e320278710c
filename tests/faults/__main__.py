"""Shoot at the platform: `python -m tests.faults --rounds N --seed S [--only NAME] [--grade quick|full]`.

With `--soak MINUTES` it makes load for so long instead, and looks at memory, file handles and lag.

Each round starts from a platform at rest, makes comments flow, injects a fault, waits until the platform has come back
and everything is processed, and holds what is in the topics and tables against the invariants of docs/reliability.md.
One line of JSON a round, then one with the summary; the exit code is 1 when an invariant was violated.
"""

import argparse
import json
import random
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

from configs.logging import configure_logging
from tests.faults import kinds
from tests.faults.fault import REGISTRY, Grade
from tests.faults.rounds import Round, play, summary
from tests.faults.soak import soak
from tests.faults.world import World, open_world

assert kinds  # the import registers the faults


def main(arguments: Sequence[str] | None = None) -> int:
    """Play the rounds; 0 when no invariant was violated."""
    options = _parse(arguments)
    configure_logging("faults", "ERROR")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # or the platform would be left running
    if options.soak:
        with open_world(options.seed, frozenset(), _say) as world:
            told = soak(world, options.soak)
        _tell(told)
        return 1 if told["violations"] else 0
    played: list[Round] = []
    for one in _rounds(options):
        played.append(one)
        _tell(one.line())
    _tell({"seed": options.seed, "grade": options.grade, **summary(played)})
    return 1 if any(one.violations for one in played) else 0


def plan(rounds: int, seed: int, names: Sequence[str]) -> list[str]:
    """The fault of each round: seeded, every one about as often, those that need the same world side by side."""
    rng = random.Random(f"plan:{seed}")
    chosen: list[str] = []
    while len(chosen) < rounds:
        chosen += rng.sample(list(names), len(names))
    return sorted(chosen[:rounds], key=lambda name: sorted(_needs(name)))


def _needs(name: str) -> frozenset[str]:
    return REGISTRY[name]().needs


def _rounds(options: argparse.Namespace) -> Iterator[Round]:
    end = time.monotonic() + options.minutes * 60 if options.minutes else None
    names = options.only or sorted(REGISTRY)
    lacking = {name: why for name in names if (why := REGISTRY[name]().missing())}
    for name, why in sorted(lacking.items()):
        _say(f"{name} is left out: {why}")
    usable = [name for name in names if name not in lacking]
    if not usable:
        return
    with ExitStack() as stack:
        world: World | None = None
        needs: frozenset[str] = frozenset()
        for number, name in enumerate(plan(options.rounds, options.seed, usable)):
            if end is not None and time.monotonic() > end:
                _say(f"the time is over after {number} rounds")
                return
            if world is None or not needs >= _needs(name):
                stack.close()
                needs = _needs(name)
                world = stack.enter_context(open_world(options.seed, needs, _say))
                world.settle()
            _say(f"round {number}: {name}")
            rng = random.Random(f"{options.seed}:{number}")
            one = play(world, number, REGISTRY[name](), rng, Grade(options.grade), options.keep)
            yield one
            if one.world_is_lost:
                world = None


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.faults", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--rounds", type=int, default=20)
    add("--seed", type=int, default=1)
    add("--only", action="append", choices=sorted(REGISTRY), metavar="NAME", help=", ".join(sorted(REGISTRY)))
    add("--grade", choices=[str(grade) for grade in Grade], default=str(Grade.QUICK))
    add("--soak", type=float, metavar="MINUTES", help="no faults: load for so long")
    add("--minutes", type=float, help="begin no round after so many")
    add("--keep", type=Path, help="folder for evidence and logs of rounds that violated an invariant")
    return parser.parse_args(arguments)


def _tell(line: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def _say(text: str) -> None:
    sys.stderr.write(f"{time.strftime('%H:%M:%S', time.gmtime())} {text}\n")


if __name__ == "__main__":
    sys.exit(main())
