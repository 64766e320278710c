"""How light and how smooth the dashboard is in a real browser: `python -m benchmarks.dashboard [--films 2000]`.

Opens a dashboard in Chromium with an empty cache, several times, and prints the bytes of the first view, the time until
the first film is on screen, and how even the frames are while the list is scrolled and paged, and while new windows
come in. The dashboard is one that runs (the platform's, or --url), or with --films one of its own over a Cassandra with
so many made-up films, where a window closes each ten seconds. Browser and servers share this machine, so the times are
an upper bound.
"""

import argparse
import shutil
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Literal

import psutil
from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.api import await_ready, closing
from benchmarks.api_data import Plan, fill
from benchmarks.servers import servers, service
from common.clock import system_clock
from configs.settings import load_settings

_RECENT = timedelta(minutes=15)
_CLOSING_SECONDS = 10.0
"""Six times as often as in life, so that a minute shows how the list changes."""
_SETTLE_SECONDS = 180
_IDLE_PERCENT = 15.0
_LATE_MS = 34
"""Two frames of 60 a second: what the eye sees as a jerk."""
_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_PICTURES: tuple[tuple[str, Literal["light", "dark"]], ...] = (("dashboard-now", "light"), ("dashboard-film", "dark"))
_FRAMES = """async (step) => {
  const gaps = [];
  let last = performance.now();
  for (let count = 0; count < 120; count += 1) {
    scrollBy(0, step);
    await new Promise(requestAnimationFrame);
    const now = performance.now();
    gaps.push(now - last);
    last = now;
  }
  return gaps;
}"""
"""Two seconds of scrolling at 60 frames a second; the gaps between frames in milliseconds."""
_WATCHED = """async (milliseconds) => {
  const gaps = [];
  let updates = 0;
  const list = document.querySelector("main ol");
  const all = { childList: true, subtree: true, characterData: true, attributes: true };
  new MutationObserver(() => { updates += 1; }).observe(list, all);
  const began = performance.now();
  let last = began;
  while (last - began < milliseconds) {
    await new Promise(requestAnimationFrame);
    const now = performance.now();
    gaps.push(now - last);
    last = now;
  }
  return [gaps, updates];
}"""
"""Gaps between frames in milliseconds while nobody touches the page, and how often the list changed."""
_BYTES = """() => [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
  .reduce((sum, entry) => [sum[0] + entry.transferSize, sum[1] + entry.decodedBodySize, sum[2] + 1], [0, 0, 0])"""


@dataclass(frozen=True)
class View:
    """One first view."""

    seconds: float
    """From the request of the page to its first film."""
    transferred: int
    decoded: int
    requests: int


def first_view(browser: Browser, url: str) -> View:
    """Open the page with an empty cache."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    began = time.monotonic()
    page.goto(url, wait_until="commit")
    page.locator(".row").first.wait_for()
    seconds = time.monotonic() - began
    page.wait_for_load_state("load")
    transferred, decoded, requests = page.evaluate(_BYTES)
    context.close()
    return View(seconds, transferred, decoded, requests)


def scrolled(page: Page) -> list[float]:
    """Milliseconds between frames while the list is scrolled down and up again."""
    gaps: list[float] = page.evaluate(_FRAMES, 60) + page.evaluate(_FRAMES, -60)
    return gaps


def frames(gaps: list[float]) -> str:
    """How even they are."""
    ordered = sorted(gaps)
    late = sum(gap > _LATE_MS for gap in ordered)
    return (
        f"median frame {statistics.median(ordered):.1f} ms, p95 {ordered[int(len(ordered) * 0.95)]:.1f} ms, longest "
        f"{ordered[-1]:.0f} ms, {late} of {len(ordered)} over {_LATE_MS} ms"
    )


def paged(page: Page, pages: int) -> list[float]:
    """Seconds from a click on "Next" until other films are there."""
    found = []
    for _ in range(pages):
        button = page.get_by_role("button", name="Next", exact=True)
        if not button.count() or button.is_disabled():
            break
        before = page.locator(".row").first.get_attribute("data-id")
        began = time.monotonic()
        button.click()
        page.wait_for_function("(id) => document.querySelector('.row')?.dataset.id !== id", arg=before, polling="raf")
        found.append(time.monotonic() - began)
    return found


def report(browser: Browser, url: str, runs: int) -> None:
    """Measure and print."""
    views = [first_view(browser, url) for _ in range(runs)]
    seconds = sorted(view.seconds for view in views)
    print(f"first view, {runs} times, empty cache: {views[0].requests} requests, {views[0].transferred:,} bytes sent, "
          f"{views[0].decoded:,} bytes as files; first film after {statistics.median(seconds):.2f} s "
          f"(median; {seconds[0]:.2f} to {seconds[-1]:.2f})")  # fmt: skip
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(url)
    page.locator(".row").first.wait_for()
    print(f"scrolling {page.locator('.row').count()} rows: {frames(scrolled(page))}")
    turns = sorted(paged(page, 10))
    if turns:
        print(f"{len(turns)} pages turned ({page.locator('.pager').inner_text()}): "
              f"median {statistics.median(turns):.2f} s, longest {turns[-1]:.2f} s")  # fmt: skip


def watched(browser: Browser, url: str, seconds: int) -> None:
    """Measure and print how the page moves while windows close; rows glide, as for readers who allow motion."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(url)
    page.locator(".row").first.wait_for()
    page.wait_for_timeout(2_000)
    gaps, updates = page.evaluate(_WATCHED, seconds * 1_000)
    print(f"{seconds} s of live updates, the list changed {updates} times: {frames(gaps)}")


def pictures(browser: Browser, url: str, folder: Path) -> None:
    """Two screenshots for README: the ranking in the light theme, the first film's page in the dark one."""
    folder.mkdir(parents=True, exist_ok=True)
    address = url
    for name, theme in _PICTURES:
        context = browser.new_context(
            viewport={"width": 1360, "height": 1000},
            color_scheme=theme,
            reduced_motion="reduce",
            timezone_id="UTC",
            device_scale_factor=1.5,
        )
        page = context.new_page()
        page.goto(address)
        page.locator("main :is(.row, .chart canvas)").first.wait_for()
        page.wait_for_timeout(2_000)  # comments and the other charts
        page.screenshot(path=folder / f"{name}.png")
        first = page.locator(".row h2 a").first
        address = url.rstrip("/") + (first.get_attribute("href") or "/") if first.count() else url
        context.close()


def await_idle() -> None:
    """Wait, three minutes at most, until Cassandra has compacted what was loaded."""
    end = time.monotonic() + _SETTLE_SECONDS
    while psutil.cpu_percent(interval=5) > _IDLE_PERCENT and time.monotonic() < end:
        continue


@contextmanager
def made_up(films: int) -> Iterator[str]:
    """The address of a dashboard of its own over a day of so many films."""
    with servers() as settings:
        world, _ = fill(settings, Plan(films=films, days=1, recent=_RECENT), system_clock())
        with service(settings, "serving"):
            await_ready(settings.serving_port)
            await_idle()
            with closing(settings, world, _CLOSING_SECONDS):
                yield f"http://127.0.0.1:{settings.serving_port}/"


def measured(url: str, options: argparse.Namespace) -> None:
    """What is asked for, in a browser."""
    executable = next(filter(None, map(shutil.which, _BROWSERS)), None)
    if executable is None:
        raise SystemExit("no Chromium on this machine (Debian: apt-get install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        if options.pictures:
            pictures(browser, url, options.pictures)
        else:
            report(browser, url, options.runs)
            watched(browser, url, options.watch)
        browser.close()


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--url", default=f"http://127.0.0.1:{load_settings().serving_port}/")
    where.add_argument("--films", type=int, help="measure a dashboard of its own with so many made-up films")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--watch", type=int, default=60, help="seconds of live updates to measure")
    parser.add_argument("--pictures", type=Path, metavar="FOLDER", help="only take the two screenshots of README")
    options = parser.parse_args()
    if options.films:
        with made_up(options.films) as url:
            measured(url, options)
    else:
        measured(options.url, options)


if __name__ == "__main__":
    main()
