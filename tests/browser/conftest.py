"""One Chromium for all walks through the site, and a site with the demo's content."""

import os
from collections.abc import Iterator

import pytest
from django.core.management import call_command
from playwright.sync_api import Browser, sync_playwright
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from tests import servers
from tests.browser.looking import Visitor
from tests.browser.saved_rows import SavedRows


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, started once."""
    # Playwright's loop runs in this thread from now on, and Django would take us for a coroutine.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=servers.chromium(), args=["--no-sandbox"]
        )
        yield started
        started.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def visitor(browser: Browser, live_server: LiveServer, settings: Settings) -> Iterator[Visitor]:
    """Somebody with a browser of their own, in front of the site."""
    settings.SITE_URL = live_server.url
    with Visitor(browser, live_server.url) as visitor:
        yield visitor


@pytest.fixture
def without_javascript(
    browser: Browser, live_server: LiveServer, settings: Settings
) -> Iterator[Visitor]:
    """The same with JavaScript off."""
    settings.SITE_URL = live_server.url
    with Visitor(browser, live_server.url, java_script_enabled=False) as visitor:
        yield visitor


@pytest.fixture(scope="session")
def demo_rows() -> SavedRows:
    return SavedRows()


@pytest.fixture
def demo(live_server: LiveServer, demo_rows: SavedRows) -> None:
    """The office of the demo: events in every state, shifts, letters."""
    if demo_rows:
        demo_rows.put_back()
    else:
        call_command("demo", verbosity=0)
        demo_rows.save()
