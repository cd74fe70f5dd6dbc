"""The form of a date of a series asks which dates are meant, and shows each before it is saved."""

from collections.abc import Iterator
from typing import Any

import pytest

from events.actions.events import edit_event
from events.models import AuditEntry, Event
from tests.clock import at
from tests.desk import Desk
from tests.factories import NOW, make_event, make_office, make_rsvp, make_staff
from tests.notifications.scenes import office_hours
from tests.pages import Page, page

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _now() -> Iterator[None]:
    with at(NOW):
        yield


@pytest.fixture
def desk() -> Desk:
    return Desk(make_staff(make_office(languages=["en", "es"])))


@pytest.fixture
def dates(desk: Desk) -> list[Event]:
    series = office_hours(desk.user.memberships.get().office)
    return list(series.events.order_by("starts_at"))


def changed(desk: Desk, event: Event, **typed: Any) -> Page:
    return page(desk.change("staff-event-edit", typed, pk=event.pk))


def test_only_a_date_that_has_others_asks_which_are_meant(desk: Desk, dates: list[Event]) -> None:
    alone = make_event(dates[0].office)
    assert "scope" not in desk.fill("staff-event-edit", pk=alone.pk)
    assert desk.fill("staff-event-edit", pk=dates[0].pk)["scope"] == ["one"]
    Event.objects.filter(series=dates[0].series).exclude(pk=dates[0].pk).update(status="cancelled")
    assert "scope" not in desk.fill("staff-event-edit", pk=dates[0].pk)


def test_this_date_alone_is_the_default_and_makes_what_changed_its_own(
    desk: Desk, dates: list[Event]
) -> None:
    desk.change("staff-event-edit", {"title": "With the mayor"}, pk=dates[1].pk)
    assert list(Event.objects.filter(title="With the mayor")) == [dates[1]]
    assert Event.objects.get(pk=dates[1].pk).own_fields == ["title"]


def test_the_review_says_of_each_date_what_becomes_of_it_and_saves_nothing(
    desk: Desk, dates: list[Event]
) -> None:
    edit_event(event_id=dates[2].pk, changes={"title": "With the mayor"}, now=NOW)
    make_rsvp(dates[3], email="ana@example.org")
    facts = AuditEntry.objects.count()
    review = changed(desk, dates[1], title="Open hours", scope="unedited")
    assert "51 dates change. What is new: Title." in review.text
    assert "Nobody gets a message: no public date gets another time or place." in review.text
    assert "Stays, for it was changed of this date by itself: Title." in review.text
    assert AuditEntry.objects.count() == facts
    back = page(desk.send("staff-event-edit", review.fields | {"do": "change"}, pk=dates[1].pk))
    assert (back.fields["title"], back.fields["scope"]) == ("Open hours", ["unedited"])
    desk.send("staff-event-edit", review.fields | {"do": "confirm"}, pk=dates[1].pk)
    titles = [Event.objects.get(pk=date.pk).title for date in dates[:4]]
    assert titles == ["Open hours", "Open hours", "With the mayor", "Open hours"]


def test_a_new_place_is_put_on_the_list_once(desk: Desk, dates: list[Event]) -> None:
    make_rsvp(dates[3], email="ana@example.org")
    review = changed(desk, dates[0], venue_name="Old Mill", scope="following")
    assert "New: Old Mill" in review.text
    assert "1 guest will get one message." in review.text
    desk.send("staff-event-edit", review.fields | {"do": "confirm"}, pk=dates[0].pk)
    places = set(Event.objects.values_list("venue__name", flat=True))
    assert places == {"Old Mill"}
    assert dates[0].office.venues.filter(name="Old Mill").count() == 1


def test_another_day_is_refused_with_what_to_do(desk: Desk, dates: list[Event]) -> None:
    form = changed(desk, dates[0], starts_on="2026-06-04", scope="following")
    assert "Several dates can get another hour, not another day." in form.text
    assert Event.objects.get(pk=dates[0].pk).starts_at == dates[0].starts_at


def test_drafts_are_saved_together_and_then_posted(desk: Desk, dates: list[Event]) -> None:
    Event.objects.update(posted_at=None, noticed_at=None)
    form = changed(desk, dates[0], title="Open hours", scope="following", do="post")
    assert "Save the dates first. Then post them." in form.text
    assert not Event.objects.filter(title="Open hours").exists()
