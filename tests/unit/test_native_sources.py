"""The extension's sources and the oldest Rust that is promised to build them."""

import re
import tomllib

from configs.settings import ROOT

NATIVE = ROOT / "native"
LET_CHAIN = re.compile(r"\b(?:if|while) let [^{;]*&&|&&\s*let\b")
"""`if let … && …` needs Rust 1.88, and neither rustfmt nor clippy of a later one objects."""


def test_nothing_newer_than_the_promised_rust() -> None:
    assert LET_CHAIN.search("if let Some(a) = b\n    && a.c()\n{")
    assert LET_CHAIN.search("if a && let Some(b) = c {")
    for source in sorted((NATIVE / "src").glob("*.rs")):
        found = LET_CHAIN.search(source.read_text(encoding="utf-8"))
        assert found is None, f"{source.name}: {found[0]!r} does not compile with the rust-version of Cargo.toml"


def test_the_build_asks_for_the_rust_that_cargo_toml_names() -> None:
    version = tomllib.loads((NATIVE / "Cargo.toml").read_text(encoding="utf-8"))["package"]["rust-version"]
    script = (NATIVE / "build.sh").read_text(encoding="utf-8")
    assert f"-ge {version.removeprefix('1.')} ]]" in script
    assert f"older than {version}" in script
