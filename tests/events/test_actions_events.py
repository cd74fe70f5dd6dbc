"""Edit, post, postpone, reschedule: what the actions promise."""

from datetime import timedelta

import pytest

from events.actions.events import (
    cancel_event,
    edit_event,
    post_event,
    postpone_event,
    reschedule_event,
    resume_event,
)
from events.actions.rsvps import cancel_rsvp
from events.errors import Refused
from events.models import AuditEntry, Event
from tests.factories import NOW, make_event, make_rsvp

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


def read(event: Event) -> tuple[str, int, int]:
    event.refresh_from_db()
    return event.status, event.sequence, event.schedule_rev


def test_a_postponed_event_is_on_again_with_a_new_start_and_not_with_another_end() -> None:
    event = make_event()
    postpone_event(event_id=event.pk, reason="Storm.", now=NOW)
    edit_event(event_id=event.pk, changes={"ends_at": event.ends_at + HOUR}, now=NOW)
    assert read(event) == ("postponed", 2, 1)
    edit_event(event_id=event.pk, changes={"starts_at": event.starts_at + HOUR}, now=NOW)
    assert read(event) == ("confirmed", 3, 2)
    assert event.status_reason == ""


def test_who_sets_a_date_knowingly_may_change_the_end_alone() -> None:
    event = make_event()
    postpone_event(event_id=event.pk, reason="Storm.", now=NOW)
    reschedule_event(
        event_id=event.pk, starts_at=event.starts_at, ends_at=event.ends_at + HOUR, now=NOW
    )
    assert read(event) == ("confirmed", 2, 1)
    changes = AuditEntry.objects.get(action="event.rescheduled").changes
    assert changes["status"] == ["postponed", "confirmed"]


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


def test_certainty_is_a_fact_of_its_own() -> None:
    event = make_event(title="Hall", status="tentative")
    edit_event(event_id=event.pk, changes={"status": "confirmed", "title": "Fair"}, now=NOW)
    assert read(event) == ("confirmed", 1, 0)
    edit_event(event_id=event.pk, changes={"status": "tentative"}, now=NOW)
    facts = AuditEntry.objects.filter(event_id=event.pk).exclude(action="event.created")
    assert list(facts.order_by("pk").values_list("action", flat=True)) == [
        "event.posted", "event.confirmed", "event.edited", "event.made_tentative",
    ]  # fmt: skip
    assert facts.get(action="event.edited").changes == {"title": ["Hall", "Fair"]}


def test_a_draft_that_was_called_off_is_not_posted() -> None:
    event = make_event(post=False)
    cancel_event(event_id=event.pk, reason="Nobody wants it.", now=NOW)
    with pytest.raises(Refused, match="event_cancelled"):
        post_event(event_id=event.pk, now=NOW)
    with pytest.raises(Refused, match="event_cancelled"):
        edit_event(event_id=event.pk, changes={}, post=True, now=NOW)
    event.refresh_from_db()
    assert not event.is_posted
