"""The frames of an office's present site: a page of another origin that shows ours inside."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from playwright.sync_api import Frame, Page

from events import clock
from notifications.models import Subscription
from tests.browser.looking import LANGUAGES, Visitor
from tests.factories import make_event, make_office, make_topic

pytestmark = pytest.mark.browser

NARROW = 280


class OfficeSite:
    """The site that the office has already, at another origin than ours."""

    def __init__(self) -> None:
        self.html = ""
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.end_headers()
                self.wfile.write(site.html.encode())

            def log_message(self, *arguments: object) -> None:
                """Say nothing."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def frame(self, address: str, width: int = NARROW) -> None:
        self.html = (
            "<!doctype html><html lang=en><title>Our site</title><h1>Our site</h1>"
            f'<iframe src="{address}" width={width} height=900 title="Events"></iframe></html>'
        )


@pytest.fixture
def office_site() -> Iterator[OfficeSite]:
    site = OfficeSite()
    yield site
    site.server.shutdown()
    site.server.server_close()


@pytest.fixture
def city(visitor: Visitor) -> None:
    now = clock.now()
    office = make_office(slug="clerk", name="City Clerk", palette="green")
    make_topic("housing", description="Bills, votes and what they change for you.")
    make_topic("trees")
    make_event(
        office, title="Responsabilidades internacionalizadas de las administraciones", now=now
    )
    make_event(office, title="Town hall on trees", mode="both", now=now)


def framed(page: Page) -> Frame:
    (frame,) = [frame for frame in page.frames if frame is not page.main_frame]
    return frame


def is_too_wide(frame: Frame) -> bool:
    return bool(frame.evaluate("document.documentElement.scrollWidth > window.innerWidth"))


def test_a_resident_signs_up_in_the_frame_of_another_site(
    without_javascript: Visitor, city: None, office_site: OfficeSite
) -> None:
    ana = without_javascript
    office_site.frame(f"{ana.address}/embed/subscribe/?office=clerk")
    page = ana.page
    page.goto(office_site.address)
    frame = framed(page)
    frame.click("button")
    frame.wait_for_selector("[role=alert]")
    assert "Enter your email address." in frame.inner_text("[role=alert]")
    frame.fill("[name=email]", "ana@example.org")
    frame.click("label:has-text('Trees')")
    frame.click("button")
    frame.wait_for_selector("h1:has-text('Check your email')")
    assert page.url == f"{office_site.address}/"
    assert Subscription.objects.get().topic.slug == "trees"
    assert ana.context.cookies() == []
    frame.click("text=City Clerk")
    page.wait_for_url(f"{ana.address}/")


def test_an_event_opens_in_the_whole_window(
    visitor: Visitor, city: None, office_site: OfficeSite
) -> None:
    office_site.frame(f"{visitor.address}/embed/events/")
    visitor.page.goto(office_site.address)
    frame = framed(visitor.page)
    assert not is_too_wide(frame)
    frame.click("text=Español")
    frame.wait_for_selector("h1:has-text('Eventos')")
    assert visitor.page.url == f"{office_site.address}/"
    frame.click("text=Town hall on trees")
    visitor.page.wait_for_url(f"{visitor.address}/es/events/town-hall-on-trees/")


def test_no_other_page_shows_in_a_frame(
    visitor: Visitor, city: None, office_site: OfficeSite
) -> None:
    for path in ("/", "/subscribe/", "/events/town-hall-on-trees/", "/accounts/login/"):
        office_site.frame(visitor.address + path)
        visitor.page.goto(office_site.address)
        visitor.page.wait_for_load_state("networkidle")
        assert framed(visitor.page).inner_text("body").count("City Clerk") == 0, path
        assert "frame-ancestors 'none'" in " ".join(visitor.complaints), path
        visitor.complaints.clear()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_embeds_have_no_faults(visitor: Visitor, city: None, language: str) -> None:
    found = []
    for path in ("/embed/events/", "/embed/subscribe/", "/embed/subscribe/?sent=1"):
        found += visitor.faults(language + path)
        visitor.page.set_viewport_size({"width": NARROW, "height": 900})
        if is_too_wide(visitor.page.main_frame):
            found.append(f"{path} does not fit into {NARROW} pixels")
    visitor.open(f"{language}/embed/subscribe/").click("main button")
    visitor.page.wait_for_selector("[role=alert]")
    assert found + visitor.faults_here("a refused sign-up") == []
