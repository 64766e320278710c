"""The pure functions of the dashboard's modules, called in the browser that runs them."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.served import Served

pytestmark = [pytest.mark.browser, pytest.mark.integration]


@pytest.fixture(scope="module")
def page(browser: Browser, served: Served) -> Iterator[Page]:
    """A page whose modules can be imported; one for all, for nothing here changes it."""
    served.ensure()
    page = browser.new_page(timezone_id="Europe/Berlin")
    page.goto(f"{served.url}/system")
    expect(page.locator(".node").first).to_be_visible()
    yield page
    page.close()


def call(page: Page, module: str, name: str, *arguments: Any) -> Any:
    """Import a module beside the page's own main.js and call one of its functions."""
    return page.evaluate(
        """async ([module, name, all]) => {
          const main = document.querySelector("script[type=module]").src;
          return (await import(new URL(module, main)))[name](...all);
        }""",
        [f"./{module}", name, list(arguments)],
    )


@pytest.mark.parametrize(
    ("name", "arguments", "text"),
    [
        ("number", [None], "unknown"),
        ("number", [0], "0.0"),
        ("number", [-1234.56, 1], "−1,234.6"),
        ("count", [None], "unknown"),
        ("signed", [0.5], "+0.50"),
        ("signed", [-0.5], "−0.50"),
        ("percent", [0.805, 1], "80.5 %"),
        ("times", [5.94], "5.9×"),
        ("times", [21.4], "21×"),
        ("plural", [1, "comment"], "1 comment"),
        ("plural", [1200, "comment"], "1,200 comments"),
        ("duration", [None], "unknown"),
        ("duration", [0], "0 s"),
        ("duration", [59.6], "1 min"),
        ("duration", [3_725], "1 h 2 min"),
        ("duration", [3_599.9], "1 h"),
        ("duration", [90_061], "1 d 1 h"),
        ("chance", [1e-9], "1 in 1B"),
        ("chance", [0.02], "2.0 %"),
        ("chance", [0], "under 1 in a trillion"),
        ("language", ["ko"], "Korean"),
        ("language", ["xx-not-one"], "xx-not-one"),
        ("date", ["2024-02-27"], "Feb 27, 2024"),
    ],
)
def test_figures_as_people_read_them(page: Page, name: str, arguments: list[Any], text: str) -> None:
    assert call(page, "lib/format.js", name, *arguments) == text


@pytest.mark.parametrize(
    ("at", "text"),
    [([2026, 2, 8, 0, 5], "00:05"), ([2026, 2, 7, 23, 55], "Mar 7, 23:55"), ([2025, 2, 8, 0, 5], "Mar 8, 00:05")],
)
def test_a_moment_of_another_day_names_its_day(page: Page, at: list[int], text: str) -> None:
    """Years, months from 0, days, hours, minutes of the browser's own time zone; today is 8 March 2026."""
    instant, today = page.evaluate("at => [new Date(...at).getTime(), new Date(2026, 2, 8, 12).getTime()]", at)
    assert call(page, "lib/format.js", "moment", instant, today) == text


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (None, ""),
        ("plain", "plain"),
        ('say "hi", twice', '"say ""hi"", twice"'),
        ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
        ("@x", "'@x"),
        (-3.5, "-3.5"),
    ],
)
def test_spreadsheets_run_no_formula_of_a_title(page: Page, value: object, cell: str) -> None:
    assert call(page, "components/export.js", "cell", value) == cell


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("https://www.reddit.com/r/movies/", "https://www.reddit.com/r/movies/"),
        ("javascript:alert(1)", None),
        (" jAvAsCrIpT:alert(1)", None),
        ("data:text/html,x", None),
        ("/relative", None),
    ],
)
def test_only_web_addresses_become_links(page: Page, url: str, safe: str | None) -> None:
    assert call(page, "components/comments.js", "safeUrl", url) == safe


def test_trouble_is_told_by_its_cause(page: Page) -> None:
    present = 1_800_000_000_000
    fine = {"connection": "open", "heardAt": present, "stale": False, "window": {"end": "2027-01-15T07:58:00Z"}}

    def kind(**change: object) -> str | None:
        found = call(page, "components/shell.js", "troubleOf", {**fine, **change}, present)
        return None if found is None else str(found["title"])

    assert kind() is None
    assert kind(connection="lost", heardAt=present - 5_000) == "Disconnected."
    assert kind(stale=True, staleAge=12, staleAt=present) == "The store does not answer."
    assert kind(window={"end": "2027-01-15T07:40:00Z"}) == "No new window.", "frozen data look frozen"


def test_what_is_read_out_does_not_tick(page: Page) -> None:
    at = 1_800_000_000_000
    troubles = [
        {"connection": "lost", "heardAt": at - 5_000},
        {"connection": "open", "stale": True, "staleAge": 12, "staleAt": at},
        {"connection": "open", "window": {"end": "2027-01-15T07:40:00Z"}},
    ]
    for live in troubles:
        now, later = (call(page, "components/shell.js", "troubleOf", live, at + 1_000 * ago) for ago in (0, 3))
        assert now.pop("age") != later.pop("age")
        assert now == later, "a screen reader would say it anew each second"


def test_a_note_beside_old_figures_is_read_out_without_its_age(page: Page) -> None:
    said = page.evaluate(
        """async () => {
          const main = document.querySelector("script[type=module]").src;
          const { html, render } = await import(new URL("./lib/ui.js", main));
          const { Loaded } = await import(new URL("./components/basics.js", main));
          const box = document.createElement("div");
          const resource = { data: [], error: new Error("Gone"), receivedAt: Date.now() - 60_000 };
          render(html`<${Loaded} resource=${resource}>${() => "figures"}<//>`, box);
          const said = [box.querySelector("[role=status]").textContent, box.textContent];
          render(null, box);
          return said;
        }"""
    )
    assert said[0] == "Could not refresh (Gone)."
    assert "Shown as of 1 min ago." in said[1]


def test_an_answer_goes_when_nothing_is_asked_any_more(page: Page) -> None:
    shown = page.evaluate(
        """async () => {
          const main = document.querySelector("script[type=module]").src;
          const { html, render } = await import(new URL("./lib/ui.js", main));
          const { useResource } = await import(new URL("./lib/resource.js", main));
          const box = document.createElement("p");
          const Probe = ({ path }) => (useResource(path).data ? "an answer" : "nothing");
          const frames = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 50)));
          const shown = [];
          const show = async (path) => {
            render(html`<${Probe} path=${path} />`, box);
            await frames();
            shown.push(box.textContent);
          };
          await show("/api/v1/genres");
          while (box.textContent !== "an answer") await frames();
          const { fetch } = globalThis;
          globalThis.fetch = () => new Promise(() => {});
          await show("/api/v1/genres?again");
          await show(null);
          await show("/api/v1/genres");
          globalThis.fetch = fetch;
          render(null, box);
          return shown.slice(1);
        }"""
    )
    assert shown == ["an answer", "nothing", "nothing"], "another path keeps the last answer, none drops it"


def test_what_is_not_over_is_not_drawn(page: Page) -> None:
    def point(start: str, *, final: bool) -> dict[str, object]:
        return {"start": f"2026-03-08T{start}:00Z", "is_final": final}

    def kept(resolution: str, points: list[dict[str, object]]) -> list[object]:
        span = {"resolution": resolution, "end": "2026-03-08T14:20:00Z"}
        return [str(each["start"])[11:16] for each in call(page, "lib/points.js", "settled", points, span)]

    windows = [point("14:05", final=True), point("14:10", final=False), point("14:15", final=False)]
    assert kept("window", windows) == ["14:05"]
    hours = [point("11:00", final=False), point("12:00", final=True), point("13:00", final=True)]
    assert kept("hour", [*hours, point("14:00", final=False)]) == ["11:00", "12:00", "13:00"], (
        "an hour that is over stays, also when the film had no row in its last window"
    )


def test_gaps_stay_gaps(page: Page) -> None:
    assert call(page, "components/chart.js", "axisOf", [3, 1], [2, 3]) == [1, 2, 3]
    assert call(page, "components/chart.js", "place", [1, 2, 3], [1, 3], [10, 30]) == [10, None, 30]
