"""Each page in both themes and at three widths: it shows its figures, axe finds nothing, nothing runs off the side."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import Opener, Watch, keep
from tests.browser.world import BURSTING, HAPPENED, TITLES

pytestmark = [pytest.mark.browser, pytest.mark.integration]

FILM = TITLES[BURSTING - 1][0]
PAGES = {
    "now": ("/", "ol .row"),
    "film": (f"/film/{BURSTING}?hours=1", ".chart canvas"),
    "compare": (f"/compare?ids={BURSTING},1,5&hours=6", ".chart canvas"),
    "breakouts": ("/breakouts", ".event"),
    "model": ("/model", ".chart canvas"),
    "system": ("/system", ".node"),
}
SCREENS = [(1280, "light"), (1280, "dark"), (390, "light"), (1920, "dark")]


def sideways(page: Page) -> int:
    """Pixels by which the page is wider than the screen."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


@pytest.mark.parametrize(("width", "theme"), SCREENS)
@pytest.mark.parametrize("name", PAGES)
def test_page(open_page: Opener, name: str, width: int, theme: str) -> None:
    path, content = PAGES[name]
    page = open_page(path, width=width, theme=theme)
    expect(page.locator(content).first).to_be_visible()
    expect(page.locator("main h1")).to_have_count(1)
    expect(page.locator(".bone")).to_have_count(0)
    assert page.locator(".definition").count() >= 1, "figures are defined"
    assert sideways(page) <= 0
    keep(page, f"{name}-{width}-{theme}")
    violations = Axe().run(page).response["violations"]
    assert not violations, [
        (found["id"], found["help"], [node["html"][:200] for node in found["nodes"][:3]]) for found in violations
    ]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_opened_panels_and_search_are_accessible(open_page: Opener, theme: str) -> None:
    page = open_page("/", theme=theme)
    page.get_by_role("button", name="Filters").click()
    page.locator("details.legend summary").click()
    page.keyboard.press("/")
    page.get_by_role("combobox", name="Search films").fill("du")
    expect(page.get_by_role("listbox").get_by_role("option").first).to_be_visible()
    keep(page, f"search-{theme}", full=False)
    assert not Axe().run(page).response["violations"]


def test_theme_is_toggled_and_remembered(open_page: Opener) -> None:
    page = open_page("/", theme="light")
    page.get_by_role("button", name="Use the dark theme").click()
    ground = "getComputedStyle(document.documentElement).backgroundColor"
    assert page.evaluate(ground) == "rgb(15, 17, 21)"
    page.reload()
    expect(page.get_by_role("button", name="Use the light theme")).to_be_visible()
    assert page.evaluate(ground) == "rgb(15, 17, 21)"


def test_pages_are_reached_by_keyboard_without_reloads(open_page: Opener) -> None:
    page = open_page("/")
    page.evaluate("window.kept = true")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.get_by_role("link", name="Model").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1, name="Model")).to_be_visible()
    assert page.evaluate("document.activeElement.id") == "content", "the reader starts at the new page's content"
    page.go_back()
    expect(page.get_by_role("heading", level=1, name="Trending now")).to_be_visible()
    assert page.evaluate("window.kept") is True


def test_ledger_says_what_is_in_it_and_claims_no_more(open_page: Opener) -> None:
    page = open_page("/system")
    ledger = page.locator("section.card", has=page.get_by_role("heading", name="The ledger"))
    expect(ledger.locator(".definition")).to_contain_text("40,776 are in the ledger, each in one category.")
    expect(ledger.locator("tbody tr")).to_have_count(5)
    expect(ledger.locator(".chip")).to_have_count(0)


def test_unknown_film_is_said_so(open_page: Opener, watch_of: list[Watch]) -> None:
    page = open_page("/film/987654")
    watch_of[0].allowed = ("404",)
    expect(page.get_by_role("heading", level=1, name="Not there")).to_be_visible()
    page.get_by_role("link", name="To the films trending now").click()
    expect(page.get_by_role("heading", level=1, name="Trending now")).to_be_visible()


def test_links_are_not_called_away_before_they_are_known(open_page: Opener, watch_of: list[Watch]) -> None:
    page = open_page("/model")
    watch_of[0].allowed = ("/api/v1/stream", "Failed to load resource")
    page.route("**/api/v1/stream", lambda route: route.abort())
    page.reload()
    expect(page.get_by_text("Which of these parts answer is not known yet.")).to_be_visible()
    page.unroute("**/api/v1/stream")
    expect(page.get_by_text("None of these parts answers now.")).to_be_visible()


def test_what_happened_to_the_model_is_on_its_chart_and_in_words(open_page: Opener) -> None:
    page = open_page("/model")
    happened = page.locator(".happened li")
    expect(happened).to_have_count(len(HAPPENED))
    expect(happened.first).to_contain_text("25 % of the columns have drifted")
    marks = page.evaluate(
        """async () => {
          const main = document.querySelector("script[type=module]").src;
          const { marksOf } = await import(new URL("./components/marks.js", main));
          const { events } = await (await fetch("/api/v1/model")).json();
          return marksOf(events).map((mark) => mark.text);
        }"""
    )
    assert marks == ["error grew", "promoted", "data drift"], "a contest that changed nothing is not drawn"
    canvas = page.locator(".chart canvas")
    expect(canvas).to_be_visible()
    reddish = canvas.evaluate(
        """(canvas) => {
          const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
          let found = 0;
          for (let at = 0; at < data.length; at += 4) {
            const [red, green, blue, alpha] = data.slice(at, at + 4);
            if (alpha > 200 && red > 150 && green < 80 && blue > 60 && blue < 140) found += 1;
          }
          return found;
        }"""
    )
    assert reddish > 100, "the drift's line is drawn"
