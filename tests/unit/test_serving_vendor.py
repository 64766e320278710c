"""The third-party files of the dashboard are the pinned ones, and what fetches them refuses others."""

import io
import tarfile
from pathlib import Path

import pytest

from contracts.errors import ConfigurationError
from serving import vendor


def test_the_committed_files_are_the_pinned_ones() -> None:
    pinned = {file["to"]: file["sha256"] for package in vendor.load_manifest() for file in package["files"]}
    there = {path.name for path in vendor.FOLDER.iterdir()} - {vendor.MANIFEST.name}
    assert there == set(pinned)
    for name, digest in pinned.items():
        assert vendor.sha256((vendor.FOLDER / name).read_bytes()) == digest, name


def test_every_package_brings_its_licence() -> None:
    for package in vendor.load_manifest():
        licence = next(file["to"] for file in package["files"] if file["to"].endswith("LICENSE"))
        assert "permission" in (vendor.FOLDER / licence).read_text().lower()


def test_another_archive_is_refused() -> None:
    # The SHA-512 of nothing, as npm writes it.
    empty = "sha512-z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg=="
    vendor.check_integrity(b"", empty)
    with pytest.raises(ConfigurationError, match="sha512"):
        vendor.check_integrity(b"x", empty)


def test_bare_imports_become_paths(tmp_path: Path) -> None:
    archive = tmp_path / "package.tgz"
    content = b'import{options}from"preact";'
    with tarfile.open(archive, "w:gz") as package:
        entry = tarfile.TarInfo("package/dist/hooks.mjs")
        entry.size = len(content)
        package.addfile(entry, io.BytesIO(content))
    file = {"from": "dist/hooks.mjs", "to": "hooks.js", "replace": {'from"preact"': 'from"./preact.js"'}}
    assert vendor.extract(archive, file) == b'import{options}from"./preact.js";'
