"""Postpone, cancel, and on again: what the actions promise."""

import pytest

from events.actions.calling_off import cancel_event, postpone_event, resume_event
from events.actions.rsvps import cancel_rsvp
from events.errors import Refused
from events.models import Event
from tests.factories import NOW, make_event, make_rsvp

pytestmark = pytest.mark.django_db


def read(event: Event) -> tuple[str, int, int]:
    event.refresh_from_db()
    return event.status, event.sequence, event.schedule_rev


def test_a_postponed_event_may_keep_its_old_date() -> None:
    event = make_event(capacity=1)
    first, waiting = make_rsvp(event), make_rsvp(event)
    postpone_event(event_id=event.pk, reason="Storm.", now=NOW)
    cancel_rsvp(rsvp_id=first.pk, now=NOW)
    resume_event(event_id=event.pk, now=NOW)
    assert read(event) == ("confirmed", 2, 1)
    assert event.status_reason == ""
    # The place that came free meanwhile is taken now.
    waiting.refresh_from_db()
    assert waiting.is_confirmed
    # Once is enough, and what is on is on.
    resume_event(event_id=event.pk, now=NOW)
    assert read(event) == ("confirmed", 2, 1)


def test_an_old_date_that_is_over_is_not_kept() -> None:
    event = make_event()
    postpone_event(event_id=event.pk, reason="Storm.", now=NOW)
    with pytest.raises(Refused, match="event_over"):
        resume_event(event_id=event.pk, now=event.ends_at)
    assert read(event) == ("postponed", 1, 0)


def test_what_was_cancelled_is_not_on_again() -> None:
    event = make_event()
    cancel_event(event_id=event.pk, reason="Storm.", now=NOW)
    resume_event(event_id=event.pk, now=NOW)
    assert read(event) == ("cancelled", 1, 0)
