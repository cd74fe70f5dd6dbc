"""Edit, post, reschedule: what the actions promise."""

from datetime import timedelta

import pytest

from events.actions.calling_off import cancel_event, postpone_event
from events.actions.events import edit_event, post_event, reschedule_event
from events.errors import Refused
from events.models import AuditEntry, Event
from tests.factories import NOW, make_event

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
