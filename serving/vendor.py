"""Fetch the dashboard's third-party files: `python -m serving.vendor` (or `make vendor`); needs npm, users do not.

`static/vendor/vendor.json` pins each package's version and integrity and each file's SHA-256. The files are committed,
so this runs only when a version changes.
"""

import base64
import hashlib
import json
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any

from contracts.errors import ConfigurationError

FOLDER = Path(__file__).parent / "static" / "vendor"
MANIFEST = FOLDER / "vendor.json"


def load_manifest() -> list[dict[str, Any]]:
    """The pinned packages: name, version, integrity, files (`from`, `to`, `sha256`, optional `replace`)."""
    packages: list[dict[str, Any]] = json.loads(MANIFEST.read_text())
    return packages


def sha256(content: bytes) -> str:
    """Hexadecimal SHA-256."""
    return hashlib.sha256(content).hexdigest()


def check_integrity(archive: bytes, integrity: str) -> None:
    """Compare an archive with its Subresource Integrity string (`sha512-...`).

    Raises:
        ConfigurationError: it is another archive.
    """
    algorithm, _, expected = integrity.partition("-")
    found = base64.b64encode(hashlib.new(algorithm, archive).digest()).decode()
    if found != expected:
        raise ConfigurationError(f"the archive's {algorithm} is {found}, wanted {expected}")


def extract(archive: Path, file: dict[str, Any]) -> bytes:
    """One file of an npm archive, with the manifest's replacements made.

    A replacement turns a bare import (`from"preact"`) into a path: browsers would need an inline import map, which the
    content security policy forbids.
    """
    with tarfile.open(archive) as package:
        member = package.extractfile(f"package/{file['from']}")
        if member is None:
            raise ConfigurationError(f"{file['from']} is not a file of {archive.name}")
        content = member.read()
    for old, new in file.get("replace", {}).items():
        content = content.replace(old.encode(), new.encode())
    return content


def fetch(package: dict[str, Any], folder: Path) -> None:
    """Download one package with npm, check it, and write its files to `static/vendor`.

    Raises:
        ConfigurationError: npm failed, or a checksum does not fit.
    """
    wanted = f"{package['name']}@{package['version']}"
    command = ["npm", "pack", wanted, "--silent", "--pack-destination", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    if done.returncode:
        raise ConfigurationError(f"{' '.join(command[:3])} failed: {done.stderr.strip()[-300:]}")
    archive = folder / done.stdout.strip().splitlines()[-1]
    check_integrity(archive.read_bytes(), package["integrity"])
    for file in package["files"]:
        content = extract(archive, file)
        if sha256(content) != file["sha256"]:
            raise ConfigurationError(f"{wanted}: {file['to']} has SHA-256 {sha256(content)}, wanted {file['sha256']}")
        (FOLDER / file["to"]).write_bytes(content)
        sys.stdout.write(f"{file['to']}: {len(content)} bytes of {wanted}\n")


def main() -> None:
    """Fetch every package of the manifest."""
    with tempfile.TemporaryDirectory() as folder:
        for package in load_manifest():
            fetch(package, Path(folder))


if __name__ == "__main__":
    main()
