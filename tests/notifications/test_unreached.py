"""The event's page on the desk counts whom no message has reached, and leads to them."""

from typing import Any

import pytest

from events.actions.calling_off import cancel_event
from events.models import Event
from notifications.calls_desk import unreached
from notifications.models import Delivery, DeliveryState
from notifications.planning import plan_outbox
from tests.clock import at
from tests.desk import Desk
from tests.factories import NOW, make_event, make_office, make_rsvp, make_staff

pytestmark = pytest.mark.django_db


def planned() -> None:
    while plan_outbox(now=NOW):
        pass


def becomes(email: str, state: str, **columns: Any) -> None:
    """Let all that was planned for somebody end like this."""
    mail = Delivery.objects.filter(person__email=email, state=DeliveryState.DUE)
    assert mail.update(state=state, **columns)


@pytest.fixture
def event() -> Event:
    """Five guests who were told that it is cancelled: two heard it."""
    event = make_event(make_office())
    for name in ("ana", "ben", "eva", "luz", "sam"):
        make_rsvp(event, email=f"{name}@example.org")
    planned()
    # Of ana's RSVP nobody knows; she got what came later.
    becomes("ana@example.org", DeliveryState.UNKNOWN)
    Delivery.objects.exclude(person__email="ana@example.org").update(state=DeliveryState.ACCEPTED)
    cancel_event(event_id=event.pk, reason="Storm.", now=NOW)
    planned()
    becomes("ana@example.org", DeliveryState.ACCEPTED)
    becomes("ben@example.org", DeliveryState.FAILED)
    becomes("eva@example.org", DeliveryState.UNKNOWN)
    becomes("luz@example.org", DeliveryState.ACCEPTED, bounced_at=NOW, bounce="hard")
    becomes("sam@example.org", DeliveryState.ACCEPTED)
    return event


def test_whoever_got_the_latest_message_is_not_counted(
    event: Event, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(1):
        found = unreached(event)
    assert {name: number for name, number in found.items() if number} == {
        "people": 3, "failed": 1, "unknown": 1, "bounced": 1,
    }  # fmt: skip


def test_the_page_of_the_event_leads_to_each_kind(event: Event) -> None:
    desk = Desk(make_staff(event.office))
    with at(NOW):
        shown = desk.see("staff-event", pk=event.pk)
        assert "3 people may not have got a message about this event" in shown.text
        for state in ("failed", "unknown", "bounced"):
            assert any(link.endswith(f"?event={event.pk}&state={state}") for link in shown.links)
            listed = desk.see("staff-deliveries", f"?event={event.pk}&state={state}")
            assert "Event cancelled" in listed.text
        assert not any("state=suppressed" in link for link in shown.links)
    with at(event.ends_at):
        assert "may not have got" not in desk.see("staff-event", pk=event.pk).text


def test_an_event_that_everybody_has_heard_of_says_nothing(event: Event) -> None:
    Delivery.objects.update(state=DeliveryState.ACCEPTED, bounced_at=None, bounce="")
    with at(NOW):
        shown = Desk(make_staff(event.office)).see("staff-event", pk=event.pk)
    assert "may not have got" not in shown.text
