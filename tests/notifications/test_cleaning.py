"""What the tick throws out, and what it keeps."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from events import rate_limits
from events.models import RSVP, AttendanceStatus, Question, RateCount, SignInLink
from notifications import cleaning
from notifications.calendars.blocks import render_version
from notifications.cleaning import clean
from notifications.models import CalendarBlock, Tick
from notifications.tick import tick
from tests.factories import (
    NOW,
    make_event,
    make_person,
    make_question,
    make_rsvp,
    make_shift,
)

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def a_tick_before() -> None:
    Tick.objects.create(pk=1, at=NOW - HOUR)


def link(at: datetime) -> SignInLink:
    return SignInLink.objects.create(person=make_person(), created_at=at)


def block(uid: str, **columns: Any) -> CalendarBlock:
    defaults = {"language": "en", "revision": 1, "render_version": render_version(), "block": b"x"}
    return CalendarBlock.objects.create(uid=uid, **(defaults | columns))


def test_counters_go_a_day_after_their_window(settings: Any) -> None:
    settings.RATE_LIMITS = True
    rate_limits.count(rate_limits.POSTS, "old", now=NOW - DAY - HOUR)
    rate_limits.count(rate_limits.POSTS, "new", now=NOW - HOUR)
    assert clean(now=NOW) == 1
    assert RateCount.objects.get().window_start == NOW - HOUR


def test_sign_in_links_go_when_nobody_can_use_them_and_no_message_asks_for_them() -> None:
    link(NOW - 9 * DAY)
    kept = link(NOW - 7 * DAY)
    assert clean(now=NOW) == 1
    assert SignInLink.objects.get() == kept


def test_questions_go_that_nobody_has_confirmed() -> None:
    event = make_event()
    rsvp = make_rsvp(event, proven=False)
    make_question(event, "Typed by nobody knows whom", proven=False, now=NOW - 31 * DAY)
    confirmed = make_question(event, "Confirmed", now=NOW - 31 * DAY)
    recent = make_question(event, "Of last week", proven=False, now=NOW - 7 * DAY)
    with_rsvp = make_question(event, "With an RSVP", proven=False, now=NOW - 31 * DAY)
    Question.objects.filter(pk=with_rsvp.pk).update(rsvp=rsvp)
    assert clean(now=NOW) == 1
    assert set(Question.objects.all()) == {confirmed, recent, with_rsvp}
    RSVP.objects.update(status=AttendanceStatus.CANCELLED)
    assert clean(now=NOW + 2 * HOUR) == 1
    # Asked again, it has thirty days again.
    make_question(event, "Of last week", email=str(recent.person.email), proven=False, now=NOW)
    assert clean(now=NOW + 25 * DAY) == 0
    assert clean(now=NOW + 31 * DAY) == 1


def test_blocks_go_when_their_entry_has_left_the_feeds() -> None:
    event = make_event()
    shift, free = make_shift(event), make_shift()
    for entry in (event, shift, free):
        block(entry.uid)
    assert clean(now=event.ends_at + 20 * DAY) == 0
    assert CalendarBlock.objects.count() == 3
    assert clean(now=event.ends_at + 90 * DAY) == 3


def test_blocks_of_what_is_gone_or_of_an_earlier_version_go() -> None:
    event = make_event()
    kept = block(event.uid)
    block(event.uid, render_version="before")
    block("gone@example.org")
    assert clean(now=NOW) == 2
    assert CalendarBlock.objects.get() == kept


def test_it_is_done_once_an_hour(django_assert_num_queries: Any) -> None:
    tick(now=NOW)
    link(NOW - 9 * DAY)
    with django_assert_num_queries(1):
        assert clean(now=NOW + HOUR - timedelta(seconds=1)) == 0
    tick(now=NOW + HOUR)
    assert not SignInLink.objects.exists()


def test_a_step_that_fails_keeps_no_later_one_from_its_turn(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    tried: list[datetime] = []

    def fail(now: datetime) -> int:
        tried.append(now)
        raise ZeroDivisionError

    _first, *others = cleaning.STEPS
    link(NOW - 9 * DAY)
    monkeypatch.setattr(cleaning, "STEPS", [fail, *others])
    assert clean(now=NOW) == 1
    assert not SignInLink.objects.exists()
    assert "Cleaning failed in" in caplog.text
    for then in (NOW + HOUR / 2, NOW + HOUR):
        clean(now=then)
    assert tried == [NOW, NOW + HOUR]


def test_it_goes_on_in_the_next_minute_where_it_did_not_get_to_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(cleaning, "BATCH", 2)
    monkeypatch.setattr(cleaning, "SLICE", -1.0)
    for _ in range(5):
        link(NOW - 9 * DAY)
    minute = timedelta(minutes=1)
    assert [clean(now=NOW + n * minute) for n in range(5)] == [2, 2, 1, 0, 0]
    assert Tick.objects.get().cleaned_at == NOW + 3 * minute
