"""One world in Cassandra, one serving process and one browser for all tests of this folder."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from configs.settings import ROOT, Settings
from local.nodes.cassandra import CassandraNode
from storage.store import Store
from tests.browser.served import Served
from tests.browser.world import World, build
from tests.support.cassandra import migrated, settings_for
from tests.support.ports import free_ports

ARTIFACTS = ROOT / "artifacts" / "browser"
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_PORTS = tuple(name for name in Settings.model_fields if name.endswith("_port") and not name.startswith("cassandra"))
WAIT_MS = 15_000
"""Longest wait for the page to show something; a window is followed about once a second."""
_NETWORK_CHANGED = "ERR_NETWORK_CHANGED"
"""Chromium drops what it loads when an interface of the host comes or goes, as those of containers do."""


@pytest.fixture(scope="package")
def chromium() -> str:
    """The browser's executable; without one the folder is skipped."""
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, _NAMES)), None)
    if found is None:
        pytest.skip("no Chromium on this machine (Debian: apt-get install chromium, or CHROMIUM=its path)")
    return found


@pytest.fixture(scope="package")
def browser(chromium: str) -> Iterator[Browser]:
    """One headless browser."""
    with sync_playwright() as playwright:
        # Containers have no user namespaces for its sandbox; the tests open nothing but their own pages.
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        expect.set_options(timeout=WAIT_MS)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def screen_settings(chromium: str, cassandra_node: CassandraNode) -> Settings:
    """A keyspace and ports of this session's own; the services of the platform are not there."""
    ports = dict(zip(_PORTS, free_ports(len(_PORTS)), strict=True))
    return migrated(settings_for(cassandra_node, **ports))


@pytest.fixture(scope="package")
def screen_store(screen_settings: Settings) -> Iterator[Store]:
    """The store the pages are read from, empty at its start."""
    with Store.open(screen_settings, patience=90) as store:
        yield store


@pytest.fixture(scope="package")
def world(screen_store: Store) -> World:
    """What the pages show."""
    return build(screen_store)


@pytest.fixture(scope="package")
def served(screen_settings: Settings, world: World, servers_dir: Path) -> Iterator[Served]:
    """The dashboard's process, up and showing the world."""
    process = Served(screen_settings, servers_dir / "serving.log")
    try:
        process.start()
        yield process
    finally:
        process.stop()


class Watch:
    """What a page did beside showing: errors, and requests to other hosts."""

    def __init__(self, context: BrowserContext, host: str) -> None:
        self.problems: list[str] = []
        self.allowed: tuple[str, ...] = ()
        self._host = host
        context.on("weberror", lambda error: self.problems.append(f"error: {error.error}"))
        context.on("console", lambda message: self._console(message.type, message.text))
        context.on("request", lambda request: self._request(request.url))

    def check(self) -> None:
        """Nothing but what the test allowed."""
        found = [text for text in self.problems if not any(part in text for part in (*self.allowed, _NETWORK_CHANGED))]
        assert not found, found

    def forget(self, part: str) -> bool:
        """Drop the problems with this text; whether there were any."""
        left = [text for text in self.problems if part not in text]
        forgotten = len(left) < len(self.problems)
        self.problems = left
        return forgotten

    def _console(self, kind: str, text: str) -> None:
        if kind in {"error", "warning"}:
            self.problems.append(f"console: {text}")

    def _request(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"blob", "data"} and parts.netloc != self._host:
            self.problems.append(f"request to another host: {url}")


Opener = Callable[..., Page]


@pytest.fixture
def watch_of(request: pytest.FixtureRequest) -> list[Watch]:
    """The watches of a test's pages."""
    return []


@pytest.fixture
def open_page(browser: Browser, served: Served, watch_of: list[Watch]) -> Iterator[Opener]:
    """Open an address of the dashboard: `open_page("/", width=390, theme="dark")`; checked for errors afterwards."""
    contexts: list[BrowserContext] = []
    served.ensure()

    def opener(path: str, *, width: int = 1280, height: int = 900, theme: str = "light", calm: bool = True) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if theme == "dark" else "light",
            reduced_motion="reduce" if calm else "no-preference",
            timezone_id="Europe/Berlin",
            locale="en-GB",
        )
        contexts.append(context)
        context.set_default_timeout(WAIT_MS)
        watch_of.append(Watch(context, urlsplit(served.url).netloc))
        page = context.new_page()
        page.goto(served.url + path)
        if watch_of[-1].forget(_NETWORK_CHANGED):
            page.reload()
        return page

    yield opener
    for context in contexts:
        context.close()
    for watch in watch_of:
        watch.check()


def keep(page: Page, name: str, *, full: bool = True) -> None:
    """A screenshot for people, under artifacts/browser."""
    ARTIFACTS.mkdir(parents=True, exist_ok=True)
    if full:  # rows that are off the screen are not painted otherwise
        page.evaluate("for (const row of document.querySelectorAll('.row')) row.style.contentVisibility = 'visible'")
    page.screenshot(path=ARTIFACTS / f"{name}.png", full_page=full)
