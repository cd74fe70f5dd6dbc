"""The board of questions in real browsers: one who moderates sees that another has."""

from contextlib import ExitStack
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from events import clock
from tests.browser.looking import Visitor
from tests.factories import PASSWORD, make_event, make_office, make_question, make_staff

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_an_open_board_says_that_somebody_has_decided_and_keeps_what_is_typed(
    browser: Browser, live_server: LiveServer, settings: Settings
) -> None:
    settings.SITE_URL = live_server.url
    now = clock.now()
    office = make_office(now=now)
    event = make_event(office, starts_at=now + timedelta(days=2), now=now)
    make_question(event, "Who pays for the lights?", publish=True, now=now)
    with ExitStack() as stack:
        boards = []
        for _ in range(2):
            visitor = stack.enter_context(Visitor(browser, live_server.url))
            visitor.log_in(make_staff(office, now=now).email, PASSWORD)
            boards.append(visitor.open(f"/staff/events/{event.pk}/questions/"))
        mine, other = boards
        mine.get_by_text("Answer in writing").click()
        mine.get_by_label("Answer", exact=True).fill("The city does.")
        changed = mine.get_by_text("The board has changed.")
        expect(changed).to_have_count(0)
        other.get_by_role("button", name="Answered at the event").click()
        expect(changed).to_be_visible(timeout=8000)
        expect(mine.get_by_label("Answer", exact=True)).to_have_value("The city does.")
