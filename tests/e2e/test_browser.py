"""The dashboard of the running platform in a real browser: every page, a live update, the search, a lost connection."""

import os
import re
import shutil
import signal
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from configs.settings import ROOT
from local.nodes.base import LOOPBACK
from local.platform import Platform

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

ARTIFACTS = ROOT / "artifacts" / "e2e"
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_WAIT_MS = 60_000
"""For anything to be on the screen of a machine on which the whole platform runs."""
_CLOSE_MS = 180_000
"""A window closes each minute, and the processor may be behind after it was killed."""
_WIDTHS = (1280, 390)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Headless Chromium; without one these tests are skipped."""
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, _NAMES)), None)
    if found is None:
        pytest.skip("no Chromium on this machine")
    with sync_playwright() as playwright:
        # Containers have no user namespaces for its sandbox; nothing but the platform's own pages is opened.
        opened = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture
def url(platform: Platform) -> str:
    """The dashboard's address."""
    return f"http://{LOOPBACK}:{platform.settings.serving_port}"


@pytest.fixture(params=_WIDTHS)
def context(request: pytest.FixtureRequest, browser: Browser, url: str) -> Iterator[BrowserContext]:
    """A desktop and a phone; afterwards: no error of a script, and no request to another host."""
    opened = browser.new_context(viewport={"width": request.param, "height": 900}, reduced_motion="reduce")
    opened.set_default_timeout(_WAIT_MS)
    expect.set_options(timeout=_WAIT_MS)
    errors: list[str] = []
    hosts: set[str] = set()
    opened.on("weberror", lambda error: errors.append(str(error.error)))
    opened.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
    yield opened
    opened.close()
    assert errors == []
    assert hosts == {urlsplit(url).netloc}


def first_films(page: Page, url: str) -> list[str]:
    """The ids of the first films on screen."""
    page.goto(url)
    expect(page.locator(".row").first).to_be_visible()
    return [row.get_attribute("data-id") or "" for row in page.locator(".row").all()[:3]]


def test_every_page_shows_what_the_platform_knows(context: BrowserContext, url: str) -> None:
    page = context.new_page()
    films = first_films(page, url)
    pages = {
        "now": ("/", ".row .score-value"),
        "film": (f"/film/{films[0]}?hours=1", ".chart canvas"),
        "compare": (f"/compare?ids={','.join(films)}&hours=6", ".chart canvas"),
        "breakouts": ("/breakouts", ".event, .state"),
        "model": ("/model", ".horizon"),
        "system": ("/system", ".node .dot.up"),
    }
    width = page.viewport_size["width"] if page.viewport_size else 0
    ARTIFACTS.mkdir(parents=True, exist_ok=True)
    for name, (path, content) in pages.items():
        page.goto(url + path)
        expect(page.locator(content).first).to_be_visible()
        expect(page.locator("main h1")).to_have_count(1)
        expect(page.locator(".bone")).to_have_count(0)
        expect(page.locator(".state.bad")).to_have_count(0)
        page.screenshot(path=ARTIFACTS / f"{name}-{width}.png", full_page=name != "now")
        sideways = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert sideways <= 0, f"{name} runs off the side"


def test_the_search_finds_a_film_of_the_list(context: BrowserContext, url: str) -> None:
    page = context.new_page()
    first_films(page, url)
    title = page.locator(".row h2 a").first.inner_text()
    page.keyboard.press("/")
    page.get_by_role("combobox", name="Search films").fill(title)
    expect(page.get_by_role("option").first).to_contain_text(title)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(title)


def test_a_window_that_closes_is_shown_without_a_reload(context: BrowserContext, url: str) -> None:
    page = context.new_page()
    first_films(page, url)
    page.evaluate("window.kept = true")
    ended = page.locator(".page-head .definition time").nth(1)
    before = ended.get_attribute("datetime") or ""
    expect(ended).not_to_have_attribute("datetime", before, timeout=_CLOSE_MS)
    assert (ended.get_attribute("datetime") or "") > before
    assert page.evaluate("window.kept") is True
    expect(page.locator(".updated")).to_have_text(re.compile(r"Updated (just now|\d+ s ago)"))


@pytest.mark.parametrize("context", [1280], indirect=True)
def test_a_killed_server_is_a_disconnection_that_ends_by_itself(
    context: BrowserContext, url: str, platform: Platform
) -> None:
    page = context.new_page()
    first_films(page, url)
    expect(page.locator(".pulse")).to_have_text(re.compile("Live|Stale"))
    pid = next(state.pid for state in platform.states() if state.name == "serving")
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    expect(page.locator(".banner")).to_contain_text("Disconnected.")
    expect(page.locator(".row").first).to_be_visible()
    page.screenshot(path=ARTIFACTS / "disconnected.png")
    expect(page.locator(".pulse")).to_have_text(re.compile("Live|Stale"), timeout=_CLOSE_MS)
    expect(page.locator(".row").first).to_be_visible()
