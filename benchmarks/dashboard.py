"""How light and how smooth the dashboard is in a real browser: `python -m benchmarks.dashboard [--url URL]`.

Opens a dashboard that runs (the platform's by default) in Chromium with an empty cache, several times, and prints the
bytes of the first view, the time until the first film is on screen, and how even the frames are while the list is
scrolled and paged. The browser and the server share this machine, so the times are an upper bound on a quiet one.
"""

import argparse
import shutil
import statistics
import time
from dataclasses import dataclass

from playwright.sync_api import Browser, Page, sync_playwright

from configs.settings import load_settings

_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
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
    gaps = sorted(scrolled(page))
    late = sum(gap > 34 for gap in gaps)  # two frames of 60 a second: what the eye sees as a jerk
    print(f"scrolling {page.locator('.row').count()} rows: median frame {statistics.median(gaps):.1f} ms, "
          f"p95 {gaps[int(len(gaps) * 0.95)]:.1f} ms, {late} of {len(gaps)} frames over 34 ms")  # fmt: skip
    turns = sorted(paged(page, 10))
    if turns:
        print(f"{len(turns)} pages turned ({page.locator('.pager').inner_text()}): "
              f"median {statistics.median(turns):.2f} s, longest {turns[-1]:.2f} s")  # fmt: skip


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", default=f"http://127.0.0.1:{load_settings().serving_port}/")
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    executable = next(filter(None, map(shutil.which, _BROWSERS)), None)
    if executable is None:
        raise SystemExit("no Chromium on this machine (Debian: apt-get install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        report(browser, options.url, options.runs)
        browser.close()


if __name__ == "__main__":
    main()
