"""The page follows the store by itself, says when it cannot, and goes on by itself."""

import os
import re
import signal

import pytest
from playwright.sync_api import expect

from local.nodes.cassandra import CassandraNode
from storage.store import Store
from tests.browser.conftest import Opener, Watch, keep
from tests.browser.served import Served
from tests.browser.world import World, close_window

pytestmark = [pytest.mark.browser, pytest.mark.integration]

LEADER = 39
"""Number of a film that no one spoke of."""


def test_new_window_moves_rows_without_a_reload(
    open_page: Opener, served: Served, screen_store: Store, world: World
) -> None:
    page = open_page("/", calm=False)
    first = page.locator(".row").first
    expect(first).to_have_attribute("data-id", "8")
    page.evaluate(
        "window.kept = true; window.glides = 0; const animate = Element.prototype.animate;"
        "Element.prototype.animate = function (...all) { window.glides += 1; return animate.apply(this, all); }; 0"
    )
    breakouts = open_page("/breakouts")
    expect(breakouts.locator(".event").first).to_be_visible()
    end = close_window(screen_store, world, leader=LEADER)
    expect(first).to_have_attribute("data-id", str(LEADER))
    expect(first.locator(".score-value")).to_contain_text("100.0")
    ended = page.locator(".page-head .definition time").nth(1)
    expect(ended).to_have_attribute("datetime", f"{end:%Y-%m-%dT%H:%M:%S}.000Z")
    updated = page.locator(".updated")
    said = updated.inner_text()
    assert re.fullmatch(r"Updated (just now|\d+ s ago)", said)
    expect(updated).not_to_have_text(said)  # it ticks
    assert page.evaluate("window.kept") is True
    assert page.evaluate("window.glides") > 0, "rows glide to their new places"
    as_of = breakouts.locator(".page-head .definition time")
    expect(as_of).to_have_attribute("datetime", f"{end:%Y-%m-%dT%H:%M:%S}.000Z")


def test_disconnection_is_said_with_its_age_and_ends_by_itself(
    open_page: Opener, served: Served, watch_of: list[Watch]
) -> None:
    page = open_page("/")
    expect(page.locator(".row").first).to_be_visible()
    expect(page.locator(".pulse")).to_have_text("Live")
    watch_of[0].allowed = (
        "Failed to load resource",
        "ERR_CONNECTION_REFUSED",
        "ERR_INCOMPLETE_CHUNKED",
        "/api/v1/stream",
    )
    served.stop()
    banner = page.locator(".banner")
    expect(banner).to_contain_text("Disconnected. What you see is from")
    expect(page.locator(".pulse")).to_have_text("Offline")
    expect(banner).to_contain_text(re.compile(r"\d+ s ago"))
    expect(banner.get_by_role("status")).not_to_contain_text("ago")
    expect(page.locator(".row").first).to_be_visible()
    keep(page, "disconnected", full=False)
    page.get_by_role("radio", name="Momentum").check()
    expect(page.get_by_text("The TrendScope API cannot be reached.")).to_be_visible()
    served.start()
    expect(banner).to_have_count(0)
    expect(page.locator(".pulse")).to_have_text("Live")
    expect(page.locator(".note.bad")).to_have_count(0)
    expect(page.locator(".row").first).to_be_visible()


def test_silent_store_is_shown_as_stale(
    open_page: Opener, served: Served, cassandra_node: CassandraNode, watch_of: list[Watch]
) -> None:
    page = open_page("/")
    expect(page.locator(".row").first).to_be_visible()
    watch_of[0].allowed = ("503",)
    pid = cassandra_node.pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    try:
        banner = page.locator(".banner")
        expect(banner).to_contain_text("The store does not answer.", timeout=45_000)
        expect(page.locator(".pulse")).to_have_text("Stale")
        expect(page.locator(".row").first).to_be_visible()
        keep(page, "stale", full=False)
    finally:
        os.kill(pid, signal.SIGCONT)
    expect(banner).to_have_count(0, timeout=45_000)
