"""`python -m common.probe PORT [PATH]`: a container's health check: exit 0 when the service on PORT is ready.

Nothing beyond the standard library's HTTP client is imported, so that a check every few seconds costs little.
"""

import http.client
import sys

_SECONDS = 5.0
"""A service that is too busy to answer for longer is not healthy."""


def problem(port: int, path: str = "/readyz") -> str | None:
    """None when the service answers 2xx, else what it says, in one line."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_SECONDS)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        text = answer.read(500).decode(errors="replace").strip()
    except (OSError, http.client.HTTPException) as error:
        return f"no answer: {error!r}"
    finally:
        connection.close()
    return None if answer.status // 100 == 2 else f"{answer.status} {text}"


def main(arguments: list[str]) -> None:
    """Exit with 0 or, after one line that says why, with 1."""
    reason = problem(int(arguments[0]), *arguments[1:])
    if reason is not None:
        sys.stderr.write(reason + "\n")
        sys.exit(1)


if __name__ == "__main__":
    main(sys.argv[1:])
