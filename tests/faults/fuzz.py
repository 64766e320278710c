"""Nonsense for every parser of outside input: `python -m tests.faults.fuzz [--examples N] [--seed S]`.

A parser may take an input or refuse it with the errors its interface names; anything else is a crash. One line of JSON
a parser: inputs tried, refused, crashes; the exit code is 1 when one crashed. The same table is a unit test.
"""

import argparse
import json
import sys
import traceback
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings

from configs.logging import configure_logging
from tests.faults.parsers import PARSERS, Parser

Told = dict[str, Any]


def try_out(parser: Parser, examples: int, number: int) -> Told:
    """Feed a parser with `examples` inputs; what came of them, with the first crash if there was one."""
    outcome: Counter[str] = Counter()
    crash = ""

    @seed(number)
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(parser.inputs)
    def attempt(value: Any) -> None:
        nonlocal crash
        outcome["inputs"] += 1
        try:
            parser.read(value)
        except parser.refuses:
            outcome["refused"] += 1
        except Exception:  # noqa: BLE001 - whatever it is, it is a crash
            outcome["crashes"] += 1
            crash = crash or f"{value!r:.300}: {traceback.format_exc(limit=-3)}"

    attempt()
    told = {name: outcome[name] for name in ("inputs", "refused", "crashes")}
    return {"parser": parser.name, **told, **({"first_crash": crash} if crash else {})}


def main(arguments: Sequence[str] | None = None, tell: Callable[[str], object] = sys.stdout.write) -> int:
    """Try every parser; 0 when none crashed."""
    command = argparse.ArgumentParser(prog="python -m tests.faults.fuzz", description=__doc__)
    command.add_argument("--examples", type=int, default=2_000)
    command.add_argument("--seed", type=int, default=1)
    options = command.parse_args(arguments)
    configure_logging("fuzz", "ERROR")
    total: Counter[str] = Counter()
    for parser in PARSERS:
        told = try_out(parser, options.examples, options.seed)
        total.update({name: value for name, value in told.items() if isinstance(value, int)})
        tell(json.dumps(told) + "\n")
    tell(json.dumps({"parsers": len(PARSERS), "seed": options.seed, **total}) + "\n")
    return 1 if total["crashes"] else 0


if __name__ == "__main__":
    sys.exit(main())
