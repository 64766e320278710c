"""`python -m processors.cluster.health PORT`: exit 0 when the Spark daemon with this web UI does its work.

A master must be the one in charge (it may also be standing by, or reading what an earlier one knew); a worker must
have been taken in by a master.
"""

import http.client
import json
import sys
from typing import Any

_SECONDS = 5.0
_ALIVE = "ALIVE"


def problem(state: dict[str, Any]) -> str | None:
    """None when a daemon whose `/json/` says this does its work, else the reason why not."""
    if "masterurl" in state:
        return None if state["masterurl"] else "the worker has no master yet"
    status = state.get("status")
    return None if status == _ALIVE else f"the master is {status}"


def ask(port: int) -> dict[str, Any]:
    """What the daemon says of itself.

    Raises:
        OSError, HTTPException, ValueError: it does not answer, or not as a daemon would.
    """
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_SECONDS)
    try:
        connection.request("GET", "/json/")
        found = json.loads(connection.getresponse().read())
    finally:
        connection.close()
    if not isinstance(found, dict):
        raise TypeError("not a JSON object")
    return found


def main(arguments: list[str]) -> None:
    """Exit with 0 or, after one line that says why, with 1."""
    try:
        reason = problem(ask(int(arguments[0])))
    except (OSError, http.client.HTTPException, ValueError, TypeError) as error:
        reason = f"no answer: {error!r}"
    if reason is not None:
        sys.stderr.write(reason + "\n")
        sys.exit(1)


if __name__ == "__main__":
    main(sys.argv[1:])
