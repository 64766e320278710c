"""A platform with API keys: the page asks for one, says when it is wrong, and works with the right one."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect
from pydantic import SecretStr

from configs.settings import Settings
from tests.browser.conftest import WAIT_MS, Watch, keep
from tests.browser.served import Served
from tests.browser.world import BURSTING, World
from tests.support.ports import free_ports

pytestmark = [pytest.mark.browser, pytest.mark.integration]

KEY = "a-key-of-sixteen-or-more"


@pytest.fixture
def guarded(screen_settings: Settings, world: World, servers_dir: Path) -> Iterator[Served]:
    """A second process over the same store, which asks for a key."""
    change = {"api_keys": SecretStr(f"reader:{KEY}"), "serving_port": free_ports(1)[0]}
    process = Served(screen_settings.model_copy(update=change), servers_dir / "guarded.log", key=KEY)
    try:
        process.start()
        yield process
    finally:
        process.stop()


def test_other_keys_sign_out_a_page_that_is_open(guarded: Served, browser: Browser, servers_dir: Path) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    context.set_default_timeout(WAIT_MS)
    page = context.new_page()
    page.goto(guarded.url)
    page.get_by_label("API key").fill(KEY)
    page.get_by_role("button", name="Continue").click()
    expect(page.locator(".row").first).to_be_visible()
    expect(page.locator(".pulse")).to_have_text(re.compile("Live|Stale"))
    guarded.stop()
    expect(page.locator(".pulse")).to_have_text("Offline")
    change = {"api_keys": SecretStr(f"reader:{KEY}-2")}
    other = Served(guarded.settings.model_copy(update=change), servers_dir / "guarded.log", key=f"{KEY}-2")
    try:
        other.start()
        expect(page.locator(".pulse")).to_have_text("Signed out")
        expect(page.locator(".banner")).to_have_count(0)
        expect(page.locator(".note.bad").first).to_contain_text("Could not refresh (no such key")
        expect(page.locator(".row").first).to_be_visible()
    finally:
        other.stop()
        context.close()


def test_signing_in(guarded: Served, browser: Browser) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    context.set_default_timeout(WAIT_MS)
    watch = Watch(context, guarded.url.removeprefix("http://"))
    watch.allowed = ("401",)
    page = context.new_page()
    page.goto(f"{guarded.url}/film/{BURSTING}")

    expect(page.get_by_role("heading", level=1, name="This platform asks for an API key")).to_be_visible()
    expect(page.locator(".pulse")).to_have_text("Signed out")
    expect(page.locator("form.state")).to_have_count(1)
    expect(page.locator(".banner")).to_have_count(0)
    assert not Axe().run(page).response["violations"]
    keep(page, "sign-in", full=False)

    field = page.get_by_label("API key")
    field.fill("not-the-key-of-this-one")
    field.press("Enter")
    expect(page.get_by_role("alert")).to_have_text("The platform does not know this key.")

    field.fill(KEY)
    page.get_by_role("button", name="Continue").click()
    expect(page.locator(".chart canvas").first).to_be_visible()
    expect(page.locator(".pulse")).to_have_text(re.compile("Live|Stale"))
    assert KEY not in page.evaluate("document.cookie + JSON.stringify({ ...localStorage, ...sessionStorage })")
    page.get_by_role("link", name="Model").first.click()
    expect(page.locator(".horizon").first).to_be_visible()
    context.close()
    watch.check()
