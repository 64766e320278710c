"""The dashboard's pages and files as the API's process serves them."""

import asyncio
import re
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from configs.settings import load_settings
from processors.records import Category
from serving import pages

_STATIC = pages.STATIC


def get(path: str, **overrides: object) -> httpx.Response:
    """An answer of the pages alone, without an API."""
    app = FastAPI()
    pages.mount(app, load_settings(**overrides))

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://dashboard") as client:
            return await client.get(path)

    return asyncio.run(ask())


@pytest.mark.parametrize("path", ["/", "/film/42", "/compare?ids=1,2", "/breakouts", "/model", "/system"])
def test_every_address_answers_with_the_shell(path: str) -> None:
    answer = get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.headers["cache-control"] == "no-cache", "a new version is seen at the next visit"
    assert '<script type="module"' in answer.text
    assert "{{" not in answer.text


@pytest.mark.parametrize("path", ["/film/abc", "/film/-1", "/nothing", "/assets/x/index.html"])
def test_other_addresses_do_not(path: str) -> None:
    assert get(path).status_code == 404


def test_every_file_the_shell_names_is_served_for_good() -> None:
    named = re.findall(r'(?:href|src)="(/assets/[^"]+)"', get("/").text)
    assert len(named) > 8
    for path in named:
        answer = get(path)
        assert answer.status_code == 200, path
        assert "immutable" in answer.headers["cache-control"]
        assert "javascript" in answer.headers["content-type"] or not path.endswith(".js")


def test_policy_allows_nothing_inline_and_no_other_host() -> None:
    policy = get("/").headers["content-security-policy"]
    assert "unsafe" not in policy
    assert "http" not in policy
    assert policy.startswith("default-src 'none'")


def test_posters_of_tmdb_are_let_in_only_when_they_are_on() -> None:
    answer = get("/", posters="tmdb")
    assert "img-src 'self' data: https://image.tmdb.org;" in answer.headers["content-security-policy"]
    assert 'data-posters="https://image.tmdb.org"' in answer.text
    assert 'data-posters=""' in get("/").text


def test_the_shell_has_nothing_inline() -> None:
    text = (_STATIC / "index.html").read_text()
    assert re.search(r"<style|\sstyle=|\son\w+=", text) is None
    assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", text))


def test_no_file_of_ours_writes_markup_from_strings_or_names_another_host() -> None:
    for path in [*_STATIC.glob("js/**/*.js"), *_STATIC.glob("css/*.css")]:
        text = path.read_text()
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", text), (
            path
        )
        assert not re.search(r"https?://|@import", text), path


def test_the_shell_names_every_module_of_the_first_view() -> None:
    """Else the browser would find them one after the other, each a round trip later."""
    found: set[Path] = set()

    def follow(path: Path) -> None:
        if path not in found:
            found.add(path)
            for target in re.findall(r"""^(?:import|export)[^;]*?from "(\.[^"]+)";""", path.read_text(), re.MULTILINE):
                follow((path.parent / target).resolve())

    main = _STATIC / "js" / "main.js"
    follow(main)
    named = re.findall(r'modulepreload" href="{{assets}}/([^"]+)"', (_STATIC / "index.html").read_text())
    assert {_STATIC / name for name in named} == found - {main}


def test_modules_stay_small_and_their_imports_exist() -> None:
    for path in _STATIC.glob("js/**/*.js"):
        text = path.read_text()
        assert text.count("\n") < 200, path
        for target in re.findall(r"""(?:from|import\()\s*["'](\.[^"']+)["']""", text):
            assert (path.parent / target).is_file(), f"{path.name} imports {target}"


def test_the_digest_follows_names_and_content(tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text("1")
    first = pages.digest(tmp_path)
    assert pages.digest(tmp_path) == first
    (tmp_path / "a.js").write_text("2")
    second = pages.digest(tmp_path)
    (tmp_path / "a.js").rename(tmp_path / "b.js")
    assert len({first, second, pages.digest(tmp_path)}) == 3


def test_every_category_of_the_ledger_has_its_words_and_its_colour() -> None:
    """What the job writes and what the page names: a category without a name would be shown raw."""
    page = (_STATIC / "js" / "pages" / "system.js").read_text(encoding="utf-8")
    named = re.search(r"const CATEGORIES = \{(.*?)\n\};", page, re.DOTALL)
    assert named
    assert set(re.findall(r"(\w+): \"", named[1])) == {category.value for category in Category}
    styles = (_STATIC / "css" / "pages.css").read_text(encoding="utf-8")
    assert set(re.findall(r"\.ledger-bar \.(\w+)", styles)) == {category.value for category in Category}
