"""The poster for the door: what was going to be, what is, and why, in each language."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.urls import reverse

from events.actions.calling_off import cancel_event, postpone_event
from events.actions.events import edit_event
from events.models import Event
from tests.clock import at
from tests.desk import Desk
from tests.factories import NOW, make_event, make_office, make_staff, make_venue

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(hours=1)


@pytest.fixture(autouse=True)
def _now() -> Iterator[None]:
    with at(LATER):
        yield


@pytest.fixture
def desk() -> Desk:
    return Desk(make_staff(make_office(languages=["en", "es"], phone="555-0100")))


@pytest.fixture
def event(desk: Desk) -> Event:
    office = desk.user.memberships.get().office
    return make_event(office, title="Budget night", venue=make_venue(office, name="Main Library"))


def poster(desk: Desk, event: Event) -> str:
    return desk.see("staff-event-poster", pk=event.pk).text


def is_offered(desk: Desk, event: Event) -> bool:
    address = reverse("staff-event-poster", kwargs={"pk": event.pk})
    return address.encode() in desk.ask("staff-event", pk=event.pk).content


def test_what_is_as_planned_has_none(desk: Desk, event: Event) -> None:
    assert not is_offered(desk, event)
    assert "There is nothing to hang up" in poster(desk, event)


def test_a_cancelled_event_says_so_and_why_in_both_languages(desk: Desk, event: Event) -> None:
    cancel_event(event_id=event.pk, reason="A water leak.", now=LATER)
    assert is_offered(desk, event)
    text = poster(desk, event)
    english, spanish = text.split("Cancelado")
    assert "Cancelled Budget night It does not take place: Thursday, June 11, 2026" in english
    assert "No se hará" in spanish
    assert text.count("A water leak.") == text.count("555-0100") == 2
    shown = desk.ask("staff-event-poster", pk=event.pk).content.decode()
    assert shown.count("<svg role=") == 2
    assert "http" in text
    assert f"/es{reverse('event', kwargs={'slug': event.slug})}" in spanish


def test_a_postponed_event_says_that_there_is_no_new_date(desk: Desk, event: Event) -> None:
    postpone_event(event_id=event.pk, reason="The speaker is ill.", now=LATER)
    assert "There is no new date yet: Thursday, June 11, 2026" in poster(desk, event)


def test_a_moved_event_sends_people_from_the_old_place_and_time_to_the_new(
    desk: Desk, event: Event
) -> None:
    hall = make_venue(event.office, name="City Hall", street="1 Plaza", entrance="North door")
    by = timedelta(hours=1)
    moved = {"starts_at": event.starts_at + by, "ends_at": event.ends_at + by}
    edit_event(event_id=event.pk, changes={"venue": hall}, now=LATER)
    text = poster(desk, event)
    assert "New place Budget night Thursday, June 11, 2026, 6:30–8:00 p.m. PDT" in text
    assert "Not here: Main Library" in text
    assert "Please go to: City Hall, 1 Plaza" in text
    assert "North door" in text
    edit_event(event_id=event.pk, changes=moved, now=LATER)
    # A title has moved nothing.
    edit_event(event_id=event.pk, changes={"title": "Budget evening"}, now=LATER)
    assert is_offered(desk, event)
    text = poster(desk, event)
    assert "New time and place Budget evening" in text
    assert "Before: Thursday, June 11, 2026, 6:30–8:00 p.m. PDT" in text
    assert "Now: Thursday, June 11, 2026, 7:30–9:00 p.m. PDT" in text
    # Moved back: some have read of the other time and go there.
    back = {"venue": event.venue, "starts_at": event.starts_at, "ends_at": event.ends_at}
    edit_event(event_id=event.pk, changes=back, now=LATER + by)
    text = poster(desk, event)
    assert "Before: Thursday, June 11, 2026, 7:30–9:00 p.m. PDT" in text
    assert "Not here: City Hall" in text


def test_what_was_changed_as_a_draft_was_never_public(desk: Desk, event: Event) -> None:
    draft = make_event(event.office, post=False)
    edit_event(event_id=draft.pk, changes={"starts_at": NOW + timedelta(days=2)}, now=LATER)
    assert "There is nothing to hang up" in poster(desk, draft)
