"""The ranking: what it shows is what the API says, it can be filtered, sorted, opened, taken back in time, exported."""

import csv
import re
from datetime import timedelta

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Opener
from tests.browser.served import Served
from tests.browser.world import BURSTING, TITLES, World

pytestmark = [pytest.mark.browser, pytest.mark.integration]

TITLE = ".row .title h2"


def titles(page: Page) -> list[str]:
    """The films shown, from the first to the last."""
    return page.locator(TITLE).all_text_contents()


def test_rows_are_those_of_the_api_and_the_parts_add_up(open_page: Opener, served: Served) -> None:
    page = open_page("/")
    expect(page.locator(TITLE)).to_have_count(len(TITLES))
    films = served.get("/api/v1/trending?limit=50")["films"]
    assert isinstance(films, list)
    assert titles(page) == [film["title"] for film in films]
    for row, film in zip(page.locator(".row").all()[:10], films, strict=False):
        shown = re.search(r"[\d.]+", row.locator(".score-value").text_content() or "")
        assert shown is not None
        assert float(shown[0]) == pytest.approx(film["trend_score"], abs=0.05)
        points = [float(text) for text in re.findall(r"[\d.]+", row.locator(".score-sum").text_content() or "")]
        assert sum(points) == pytest.approx(float(shown[0]), abs=0.15), "three roundings and the sum's own"
        widths = row.locator(".track i").evaluate_all("all => all.map((part) => parseFloat(part.style.width))")
        assert sum(widths) == pytest.approx(film["trend_score"], abs=0.01)


def test_first_film_says_why_and_any_other_when_asked(open_page: Opener) -> None:
    page = open_page("/")
    first, fourth = page.locator(".row").nth(0), page.locator(".row").nth(3)
    expect(first.locator(".why")).to_contain_text("How the score comes about")
    expect(first.locator(".comment").first).to_be_visible()
    expect(fourth.locator(".why")).to_be_hidden()
    fourth.get_by_role("button").click()
    expect(fourth.locator(".why")).to_contain_text("What is said")
    expect(fourth.locator(".comment")).to_have_count(3)
    first.get_by_role("button").click()
    expect(first.locator(".why")).to_be_hidden()


def test_breakout_says_since_when(open_page: Opener) -> None:
    page = open_page("/?sort=momentum")
    row = page.locator(f".row[data-id='{BURSTING}']")
    expect(row).to_contain_text("breakout")
    row.get_by_role("button").click()
    # In the first hour of a day it began the day before, and then says so.
    since = r"Breakout since (\w{3} \d+, )?\d\d:\d\d: 27 comments where 2.1 were"
    expect(row.locator(".why")).to_contain_text(re.compile(since))


def test_unknown_figures_are_called_unknown(open_page: Opener) -> None:
    page = open_page("/")
    row = page.locator(".row", has_text=TITLES[-1][0])
    row.get_by_role("button").click()
    expect(row.locator(".why")).to_contain_text("TMDB gives no popularity")
    film = open_page(f"/film/{len(TITLES)}")
    expect(film.locator("dt:text-is('TMDB popularity') + dd")).to_have_text("unknown")


def test_filters_sorting_and_their_address(open_page: Opener) -> None:
    page = open_page("/")
    page.get_by_role("button", name="Filters").click()
    page.get_by_label("Original language").select_option("ko")
    korean = {title for title, _, _, language in TITLES if language == "ko"}
    expect(page.locator(TITLE)).to_have_count(len(korean))
    assert set(titles(page)) == korean
    assert "language=ko" in page.url
    page.get_by_label("Year to").fill("2010")
    page.get_by_label("Year to").press("Enter")
    expect(page.locator(TITLE)).to_have_text(["Oldboy"])
    page.get_by_label("Genre").select_option("Animation")
    expect(page.get_by_role("heading", name="No film fits these filters")).to_be_visible()
    page.get_by_role("button", name="Clear the filters").click()
    expect(page.locator(TITLE)).to_have_count(len(TITLES))
    page.get_by_role("radio", name="Momentum").check()
    expect(page.locator(TITLE).first).to_have_text(TITLES[BURSTING - 1][0])
    assert "sort=momentum" in page.url
    page.reload()
    expect(page.get_by_role("radio", name="Momentum")).to_be_checked()


def test_time_machine(open_page: Opener, world: World) -> None:
    page = open_page("/")
    expect(page.locator(TITLE)).to_have_count(len(TITLES))
    page.get_by_role("button", name="Past", exact=True).click()
    page.get_by_role("button", name="−1 h").click()
    expect(page.get_by_role("heading", level=1, name="Trending then")).to_be_visible()
    expect(page.locator(TITLE)).to_have_count(len(TITLES))
    ended = page.locator(".page-head .definition time").nth(1).get_attribute("datetime")
    assert ended is not None
    assert ended < world.closed_end.isoformat()
    first = page.locator(".row").first
    expect(first.locator(".why")).to_contain_text("No comment about this film from before then is kept.")
    expect(first.locator(".comment")).to_have_count(0)
    page.get_by_role("button", name="Back to now").click()
    expect(page.get_by_role("heading", level=1, name="Trending now")).to_be_visible()


def test_the_past_is_not_explained_by_the_present(open_page: Opener, world: World) -> None:
    page = open_page(f"/?at={world.closed_end - timedelta(minutes=5):%Y-%m-%dT%H:%M:%SZ}")

    def break_out(route: Route) -> None:
        """The world has momentum in its newest window alone."""
        body = route.fetch().json()
        for film in body["films"]:
            film["momentum"] = {
                "as_of": body["window"]["end"], "mentions": 30, "span_seconds": 3_600, "expected": 5.0, "growth": 4.5,
                "share_of_voice": 0.2, "history_seconds": 86_400.0, "in_breakout": True,
            }  # fmt: skip
        route.fulfill(json=body)

    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.route(re.compile(r"/api/v1/trending\?.*at="), break_out)
    page.reload()
    why = page.locator(".row").first.locator(".why")
    expect(why).to_contain_text("In a breakout then. Spoken of more than normal: 30 comments in the hour before")
    expect(why.locator(".comment").first).to_be_visible()
    expect(why).to_contain_text("before the window ended")
    times = why.locator(".comment time").evaluate_all("all => all.map((time) => time.dateTime)")
    assert times
    assert max(times) < (world.closed_end - timedelta(minutes=5)).isoformat()
    assert not [url for url in asked if "/breakouts" in url]


def test_what_is_said_is_of_the_films_on_screen(open_page: Opener) -> None:
    page = open_page("/")
    expect(page.locator(TITLE)).to_have_count(len(TITLES))
    held: list[Route] = []
    of_the_past = re.compile(r"/api/v1/trending\?.*at=")

    def hold(route: Route) -> None:
        held.append(route)

    page.route(of_the_past, hold)
    page.get_by_role("button", name="Past", exact=True).click()
    with page.expect_request(of_the_past):
        page.get_by_role("button", name="−1 h").click()
    expect(page.get_by_role("button", name="Back to now")).to_be_enabled()
    expect(page.get_by_role("heading", level=1, name="Trending now")).to_be_visible()
    (route,) = held
    route.continue_()
    expect(page.get_by_role("heading", level=1, name="Trending then")).to_be_visible()


def test_why_nothing_is_shown_is_said_of_the_answer_on_screen(open_page: Opener) -> None:
    page = open_page("/?genre=Animation&language=ko")
    nothing = page.get_by_role("heading", name="No film fits these filters")
    expect(nothing).to_be_visible()
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route(re.compile(r"/api/v1/trending"), hold)
    with page.expect_request(re.compile(r"/api/v1/trending")):
        page.get_by_role("button", name="Clear the filters").click()
    expect(page).to_have_url(re.compile(r"/$"))
    expect(nothing).to_be_visible()
    held[0].continue_()
    expect(page.locator(TITLE)).to_have_count(len(TITLES))


def test_a_page_past_the_end_leads_back(open_page: Opener) -> None:
    page = open_page("/?page=99")
    expect(page.get_by_role("heading", name="This page is past the end")).to_be_visible()
    expect(page.get_by_text(f"There are {len(TITLES)} films on 1 page.")).to_be_visible()
    page.get_by_role("button", name="To page 1").click()
    expect(page.locator(TITLE)).to_have_count(len(TITLES))
    assert "page=" not in page.url


def test_csv_holds_what_is_on_screen(open_page: Opener, served: Served) -> None:
    page = open_page("/?language=ja")
    expect(page.locator(TITLE)).to_have_count(2)
    with page.expect_download() as waiting:
        page.get_by_role("button", name="CSV").click()
    with waiting.value.path().open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    films = served.get("/api/v1/trending?language=ja")["films"]
    assert isinstance(films, list)
    assert [row["title"] for row in rows] == [film["title"] for film in films] == titles(page)
    assert [float(row["trend_score"]) for row in rows] == [film["trend_score"] for film in films]


def test_first_view_is_light_and_from_one_host(open_page: Opener) -> None:
    page = open_page("/")
    expect(page.locator(TITLE).first).to_be_visible()
    sizes = page.evaluate(
        "[...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]"
        ".filter((entry) => !entry.name.includes('/stream')).map((entry) => [entry.name, entry.decodedBodySize])"
    )
    assert sum(size for _, size in sizes) < 300_000, sizes
