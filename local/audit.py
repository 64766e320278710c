"""Two checks of `./setup.sh test`: no secret in the repository; dependencies pinned and without known holes.

`python -m local.audit secrets [--accept]` compares what looks like a secret in the committed files with
`.secrets.baseline`: what is there was looked at and is none (a test's made-up key, a digest). `--accept` makes it anew.
`python -m local.audit dependencies` looks that the lock files pin every package with its hash, and asks for the known
vulnerabilities of each; without network that half is said to be missing and does not fail.
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterable, Sequence

from configs.settings import ROOT

BASELINE = ROOT / ".secrets.baseline"
LOCKS = ("requirements.lock", "requirements-dev.lock")
_NOT_READ = re.compile(
    r"(\.lock|\.secrets\.baseline|vendor\.json|weights\.json|dashboards/\w+\.json"
    r"|\.(gz|png|ico|svg|woff2|wasm|min\.js|ipynb|jsonl|csv))$"
)
"""Lock files and lists of vendored files are digests by nature; tables and what is made from code have no room for a
key; the rest is no text of ours."""
_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]+")
_PINNED = re.compile(r"^[A-Za-z0-9._-]+(\[[A-Za-z0-9,._-]+\])?==[^\s;]+(\s*;[^\\]+)?\s*\\$")
_AUDIT_SECONDS = 300.0

Finding = tuple[str, str, str]
"""File, kind, and the SHA-1 of what was found: a line may move, a secret stays what it is."""


def secrets_in(files: Iterable[str]) -> dict[Finding, int]:
    """What looks like a secret in files below the project's folder, with its line."""
    from detect_secrets.core.secrets_collection import SecretsCollection  # noqa: PLC0415 - for development
    from detect_secrets.settings import default_settings  # noqa: PLC0415

    found = SecretsCollection(root=str(ROOT))
    with default_settings():
        for name in files:
            found.scan_file(name)
    return {
        (name, secret.type, secret.secret_hash): secret.line_number
        for name, secret in found
        if not _is_a_name(name, secret.type, secret.secret_value or "")
    }


def _is_a_name(file: str, kind: str, value: str) -> bool:
    """Passwords by keyword (`password = "..."`): tests make theirs up, and a name in capitals is a variable's.

    What looks like a key by itself is told wherever it is.
    """
    return kind == "Secret Keyword" and (file.startswith("tests/") or _VARIABLE.fullmatch(value) is not None)


def committed_files() -> list[str]:
    """What git tracks and the scan reads."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [name for name in listed.split("\0") if name and not _NOT_READ.search(name) and (ROOT / name).is_file()]


def accepted() -> set[Finding]:
    """What was looked at and is no secret."""
    if not BASELINE.exists():
        return set()
    return {(name, kind, digest) for name, kind, digest in json.loads(BASELINE.read_text())["accepted"]}


def accept(findings: Iterable[Finding]) -> None:
    """Write that these were looked at."""
    BASELINE.write_text(json.dumps({"accepted": sorted(findings)}, indent=0) + "\n")


def check_secrets(*, write: bool = False) -> list[str]:
    """A sentence for each finding that nobody has looked at; with `write`, note them all as looked at."""
    found = secrets_in(committed_files())
    if write:
        accept(found)
        return []
    return [
        f"{name}, line {found[name, kind, digest]}: looks like a secret ({kind})"
        for name, kind, digest in sorted(found.keys() - accepted())
    ]


def unpinned(text: str) -> list[str]:
    """The lines of a lock file that name a package without an exact version and a hash below it."""
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    wrong = []
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        if not line.startswith(" ") and not (_PINNED.match(line) and "--hash=sha256:" in following):
            wrong.append(line.strip())
    return wrong


def vulnerabilities(report: str) -> tuple[list[str], int]:
    """Of pip-audit's JSON: a sentence for each known hole, and how many packages it could tell nothing about."""
    packages = json.loads(report)["dependencies"]
    found = [
        f"{package['name']} {package['version']}: {hole['id']}, fixed in {', '.join(hole['fix_versions']) or '?'}"
        for package in packages
        for hole in package.get("vulns", ())
    ]
    return found, sum("skip_reason" in package for package in packages)


def check_dependencies() -> list[str]:
    """A sentence for each package that is not pinned or has a known vulnerability."""
    wrong = [
        f"{name}: not pinned with a hash: {line}" for name in LOCKS for line in unpinned((ROOT / name).read_text())
    ]
    command = [sys.executable, "-m", "pip_audit", "--requirement", LOCKS[0], "--no-deps", "--disable-pip"]
    done = subprocess.run(
        [*command, "--format", "json", "--progress-spinner", "off"],
        cwd=ROOT, capture_output=True, text=True, timeout=_AUDIT_SECONDS, check=False,
    )  # fmt: skip
    try:
        found, unknown = vulnerabilities(done.stdout)
    except (ValueError, KeyError, TypeError):
        print("known vulnerabilities: not looked up, the advisory service does not answer (it needs the network)")
        return wrong
    if unknown:
        print(
            f"known vulnerabilities: the advisory service told nothing about {unknown} packages (it needs the network)"
        )
    return wrong + found


def main(arguments: Sequence[str]) -> int:
    """Run a check; 1 when something was found."""
    match list(arguments):
        case ["secrets"]:
            wrong = check_secrets()
        case ["secrets", "--accept"]:
            wrong = check_secrets(write=True)
        case ["dependencies"]:
            wrong = check_dependencies()
        case _:
            print(__doc__)
            return 2
    print("\n".join(wrong), end="\n" if wrong else "")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
