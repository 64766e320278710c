"""Search, the film's page, the comparison; and comments that attack the page."""

import re

import pytest
from playwright.sync_api import Route, expect

from tests.browser.conftest import Opener, Watch
from tests.browser.served import Served
from tests.browser.world import ATTACKS, BURSTING, HOSTILE, TALKED_OF, TITLES

pytestmark = [pytest.mark.browser, pytest.mark.integration]


def test_search_from_anywhere_understands_typos_and_other_titles(open_page: Opener) -> None:
    page = open_page("/model")
    expect(page.get_by_role("heading", level=1, name="Model")).to_be_visible()
    page.keyboard.press("/")
    field = page.get_by_role("combobox", name="Search films")
    expect(field).to_be_focused()
    field.fill("Spirted Awy")
    expect(page.get_by_role("option").first).to_contain_text("Spirited Away")
    field.fill("dune 2")
    first = page.get_by_role("option").first
    expect(first).to_contain_text("Dune: Part Two")
    expect(first).to_have_attribute("aria-selected", "true")
    field.press("ArrowDown")
    field.press("ArrowUp")
    field.press("Enter")
    expect(page.get_by_role("heading", level=1, name="Dune: Part Two")).to_be_visible()
    page.keyboard.press("/")
    field.fill("qqqqqqqqqq zzzzz")
    expect(page.get_by_text("No film is called anything like")).to_be_visible()
    field.press("Escape")
    expect(field).to_have_count(0)


def test_search_follows_the_arrows_and_never_goes_to_hits_of_another_text(open_page: Opener) -> None:
    page = open_page("/model", height=420)
    expect(page.get_by_role("heading", level=1, name="Model")).to_be_visible()
    page.keyboard.press("/")
    field = page.get_by_role("combobox", name="Search films")
    field.fill("the")
    options = page.get_by_role("option")
    expect(options).to_have_count(8)
    expect(options.last).not_to_be_in_viewport(ratio=0.9)
    field.press("ArrowUp")
    expect(options.last).to_have_attribute("aria-selected", "true")
    expect(options.last).to_be_in_viewport(ratio=0.9)
    expect(options.last).to_have_css("outline-style", "solid")
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    wanted = re.compile(r"/api/v1/movies/search.*q=anora")
    page.route(wanted, hold)
    with page.expect_request(wanted):
        field.fill("anora")
    field.press("Enter")
    expect(field).to_be_focused()
    held[0].continue_()
    expect(options.first).to_contain_text("Anora")
    field.press("Enter")
    expect(page.get_by_role("heading", level=1, name="Anora")).to_be_visible()


def test_film_page_shows_course_forecast_and_outcomes(open_page: Opener) -> None:
    page = open_page(f"/film/{BURSTING}?hours=1")
    expect(page.locator(".chart canvas")).to_have_count(4)
    expect(page.get_by_text("In a breakout now")).to_be_visible()
    expect(page.get_by_text("fell inside their interval")).to_be_visible()
    table = page.get_by_role("region", name="Forecasts by horizon")
    expect(table.locator("tbody tr")).to_have_count(3)
    expect(table).to_contain_text("No change")
    card = page.locator("section.card", has_text="Where it is heading")
    for baseline in ("No change", "Running mean", "Damped trend", "Day and week means"):
        expect(card.locator(".chart-table thead")).to_contain_text(baseline)
    expect(card.locator(".happened")).to_contain_text("The challenger leads from here on: its error was 93.0 %")
    card.get_by_role("radio", name="15 min").check()
    earlier = re.compile(r"Left of it, [1-9]\d* forecasts made 15 min ahead")
    expect(card.locator(".definition").first).to_contain_text(earlier)
    expect(card).to_contain_text(re.compile(r"Of the newest [1-9]\d* forecasts of this horizon whose outcome is known"))
    page.get_by_role("radio", name="7 d").check()
    expect(page.get_by_text("Each point is an hour")).to_be_visible()
    course = page.locator("section.card", has_text="Its course")
    expect(course.locator("summary")).to_have_text(re.compile(r"As a table, the newest 60 of 16\d rows"))
    course.locator("summary").click()
    assert course.locator("tbody tr").count() == 60, "the newest rows of the chart, for those who cannot see it"
    page.get_by_role("radio", name="In its thread").check()
    expect(page.locator(".comment")).to_have_count(2)
    for meta in page.locator(".comment-meta").all_inner_texts():
        assert "in its thread" in meta


def test_open_windows_are_left_out_of_the_course(open_page: Opener, served: Served) -> None:
    def newest_of(points: object) -> str:
        assert isinstance(points, list)
        assert not points[-1]["is_final"]
        return max(str(point["end"])[:19] for point in points if point["is_final"])

    page = open_page(f"/film/{BURSTING}?hours=1")
    course = page.locator("section.card", has_text="Its course")
    expect(course.locator(".definition")).to_contain_text("windows still open are left out")
    newest = newest_of(served.get(f"/api/v1/movies/{BURSTING}/history?hours=1")["points"])
    expect(course.locator("tbody time").first).to_have_attribute("datetime", f"{newest}.000Z")
    page = open_page(f"/compare?ids={BURSTING},5&hours=6")
    expect(page.locator(".definition", has_text="windows still open are left out")).to_be_visible()
    films = served.get(f"/api/v1/compare?ids={BURSTING},5&hours=6")["films"]
    assert isinstance(films, list)
    newest = newest_of(films[0]["points"])
    expect(page.locator(".chart-table tbody time").first).to_have_attribute("datetime", f"{newest}.000Z")


def test_more_comments_until_the_api_gives_no_more(open_page: Opener) -> None:
    page = open_page(f"/film/{TALKED_OF}")
    for shown in (12, 36, 60, 84):
        expect(page.locator(".comment")).to_have_count(shown)
        page.get_by_role("button", name="More of 112").click()
    expect(page.locator(".comment")).to_have_count(100)
    expect(page.get_by_text("The newest 100 of 112.")).to_be_visible()
    expect(page.get_by_role("button", name="More of")).to_have_count(0)


def test_comparison_is_built_by_search_and_kept_in_the_address(open_page: Opener) -> None:
    page = open_page("/compare")
    for wanted in ("Sinners", "Heat", "Anora"):
        page.get_by_role("button", name="Add a film").click()
        page.get_by_role("combobox", name="Add a film").fill(wanted)
        page.get_by_role("option", name=wanted).first.click()
        expect(page.get_by_role("list", name="Films compared")).to_contain_text(wanted)
    expect(page).to_have_url(re.compile(r"/compare\?ids=8,5,9$"))
    side = page.get_by_role("region", name="Figures side by side")
    expect(side.locator("thead th")).to_have_text(["Sinners", "Heat", "Anora"])
    expect(page.locator(".chart canvas")).to_be_visible()
    page.get_by_role("button", name="Remove Heat").click()
    expect(side.locator("thead th")).to_have_text(["Sinners", "Anora"])
    page.reload()
    expect(side.locator("thead th")).to_have_text(["Sinners", "Anora"])


def test_comparison_draws_only_the_films_chosen(open_page: Opener) -> None:
    page = open_page("/compare?ids=8,5")
    side = page.get_by_role("region", name="Figures side by side")
    expect(side.locator("thead th")).to_have_text(["Sinners", "Heat"])
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route(re.compile(r"/api/v1/compare"), hold)
    page.route(re.compile(r"/api/v1/movies/\d+$"), lambda _: None)
    page.get_by_role("button", name="Remove Heat").click()
    expect(page.get_by_role("heading", name="One more film")).to_be_visible()
    expect(page.get_by_role("list", name="Films compared")).to_contain_text("Sinners")
    page.get_by_role("button", name="Add a film").click()
    page.get_by_role("combobox", name="Add a film").fill("Anora")
    with page.expect_request(re.compile(r"/api/v1/compare.*ids=8,9$")):
        page.get_by_role("option", name="Anora").first.click()
    expect(page.get_by_text("Loading…")).to_be_attached()
    expect(side).to_have_count(0)
    held[0].continue_()
    expect(side.locator("thead th")).to_have_text(["Sinners", "Anora"])


def test_hostile_comments_are_text(open_page: Opener) -> None:
    page = open_page(f"/film/{HOSTILE}")
    quotes = page.locator(".comment blockquote")
    expect(quotes).to_have_count(len(ATTACKS) + 2)
    shown = quotes.evaluate_all("all => all.map((quote) => quote.textContent)")
    assert shown[: len(ATTACKS)] == list(ATTACKS)
    assert quotes.evaluate_all("all => all.every((quote) => quote.children.length === 0)")
    assert page.evaluate("window.hacked") is None
    assert page.locator("a[href^='javascript'], main script, main style, main img").count() == 0
    assert all(
        href.startswith("https://") for href in page.locator(".comment a").evaluate_all("all => all.map((a) => a.href)")
    )
    expect(page.get_by_role("heading", level=1)).to_have_text(TITLES[HOSTILE - 1][0])


def test_policy_stops_inline_script_and_other_hosts(open_page: Opener, watch_of: list[Watch]) -> None:
    page = open_page("/")
    watch_of[0].allowed = ("Content Security Policy",)
    expect(page.locator(".row").first).to_be_visible()
    blocked = page.evaluate(
        """async () => {
          const found = [];
          addEventListener("securitypolicyviolation", (event) => found.push(event.effectiveDirective));
          const script = document.createElement("script");
          script.textContent = "window.inlined = 1";
          document.body.append(script);
          const image = new Image();
          image.src = "data:text/html,x";
          document.body.insertAdjacentHTML("beforeend", "<p style='color: red' onclick='1'>x</p>");
          await new Promise((done) => setTimeout(done, 200));
          return [window.inlined ?? null, found];
        }"""
    )
    assert blocked[0] is None
    assert {"script-src-elem", "style-src-attr"} <= set(blocked[1])
