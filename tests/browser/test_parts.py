"""Every part of the pages in a real browser: accessible, narrow enough, light enough."""

import gzip
import shutil
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Response, sync_playwright
from pytest_django.live_server_helper import LiveServer

pytestmark = [pytest.mark.browser, pytest.mark.urls("tests.browser.parts_urls")]

PAGES = ["dev/parts/", "es/dev/parts/?errors", "dev/parts/?staff&errors"]
ALREADY_SMALL = (".woff2", ".png", ".jpg")


@pytest.fixture
def browser() -> Iterator[Browser]:
    """Start Debian's Chromium for one test."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        yield chromium
        chromium.close()


def opened(browser: Browser, address: str, width: int) -> tuple[Page, list[str]]:
    """Open a page at a width. Returns it with what the browser complained about."""
    page = browser.new_page(viewport={"width": width, "height": 900})
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(address)
    return page, complaints


@pytest.mark.parametrize("path", PAGES)
def test_parts_are_accessible_and_fit_the_screen(
    live_server: LiveServer, browser: Browser, path: str
) -> None:
    page, complaints = opened(browser, f"{live_server.url}/{path}", 1280)
    for width in (1280, 360):
        page.set_viewport_size({"width": width, "height": 900})
        found = Axe().run(page).response["violations"]
        assert [(each["id"], each["nodes"][0]["html"]) for each in found] == []
    page.set_viewport_size({"width": 320, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth") == 320
    assert complaints == []


def test_a_refused_form_is_summed_up_and_the_summary_has_the_focus(
    live_server: LiveServer, browser: Browser
) -> None:
    page, _complaints = opened(browser, f"{live_server.url}/dev/parts/?errors", 360)
    assert page.title().startswith("Error: ")
    assert page.evaluate("document.activeElement.className") == "error-summary"
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id || location.hash") in ("id_name", "#id_name")


def test_the_skip_link_comes_first_and_leads_to_the_page(
    live_server: LiveServer, browser: Browser
) -> None:
    page, _complaints = opened(browser, f"{live_server.url}/dev/parts/", 360)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "usa-skipnav"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_a_first_visit_is_at_most_100_kilobytes_in_8_requests(
    live_server: LiveServer, browser: Browser
) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    sizes: dict[str, int] = {}

    def weigh(url: str, body: bytes) -> None:
        # The server compresses text (WhiteNoise, GZipMiddleware); this test server does not.
        small = url.endswith(ALREADY_SMALL)
        sizes[url] = len(body) if small else len(gzip.compress(body))

    responses: list[Response] = []
    page.on("response", lambda response: responses.append(response))
    page.goto(f"{live_server.url}/dev/parts/", wait_until="networkidle")
    for response in responses:
        assert response.status == 200, response.url
        weigh(response.url, response.body())
    assert len(responses) <= 8, sizes
    assert sum(sizes.values()) <= 100_000, sizes
