"""Posting, moving, postponing, cancelling, throwing away: what is shown first, who is told."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from events.actions.calling_off import cancel_event, postpone_event
from events.actions.events import EventDraft, edit_event
from events.actions.series import create_series, extend_series
from events.models import AuditEntry, Event, EventStatus, Outbox, Person, Series
from notifications.models import Delivery
from notifications.planning import plan_outbox
from tests.clock import at
from tests.desk import Desk
from tests.factories import (
    LOS_ANGELES,
    NOW,
    make_claim,
    make_event,
    make_office,
    make_rsvp,
    make_shift,
    make_staff,
    make_venue,
)
from tests.pages import page

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _now() -> Iterator[None]:
    with at(NOW):
        yield


@pytest.fixture
def desk() -> Desk:
    return Desk(make_staff(make_office()))


def event_of(desk: Desk, **facts: Any) -> Event:
    return make_event(desk.user.memberships.get().office, **facts)


def facts_told(since: int) -> list[str]:
    """The actions recorded after the entry ``since``, in order."""
    return list(
        AuditEntry.objects.filter(pk__gt=since).order_by("pk").values_list("action", flat=True)
    )


def last_fact() -> int:
    entry = AuditEntry.objects.order_by("-pk").first()
    return entry.pk if entry else 0


def weekly(desk: Desk, *, post: bool) -> Series:
    office = desk.user.memberships.get().office
    begins = datetime(2026, 6, 4, 1, 0, tzinfo=UTC)
    draft = EventDraft(
        title="Office hours", event_type="office_hours", starts_at=begins,
        ends_at=begins + timedelta(hours=2), timezone=LOS_ANGELES, venue=make_venue(office),
    )  # fmt: skip
    return create_series(office=office, draft=draft, rule="FREQ=WEEKLY", post=post, now=NOW)


# -- Post -----------------------------------------------------------------------------------------


def test_a_draft_is_checked_and_then_posted(desk: Desk) -> None:
    event = event_of(desk, post=False)
    check = desk.see("staff-event-post", pk=event.pk)
    assert "Still missing What it is about A version in Español" in check.text
    assert not Event.objects.get(pk=event.pk).is_posted
    desk.follow(desk.send("staff-event-post", {}, pk=event.pk))
    assert Event.objects.get(pk=event.pk).posted_at == NOW


def test_a_draft_without_a_place_is_not_posted(desk: Desk) -> None:
    event = event_of(desk, post=False, venue=None)
    answer = desk.send("staff-event-post", {}, pk=event.pk)
    assert answer.status_code == 422
    assert "Say where it takes place." in page(answer).text


def test_all_dates_of_a_series_are_posted_at_once(desk: Desk) -> None:
    series = weekly(desk, post=False)
    first = series.events.order_by("starts_at").first()
    assert first is not None
    answer = desk.change("staff-event-post", {"dates": "all"}, pk=first.pk)
    assert "52 dates are posted." in desk.follow(answer).text
    assert not series.events.filter(posted_at=None).exists()


def test_of_a_series_one_date_can_be_posted_alone(desk: Desk) -> None:
    series = weekly(desk, post=False)
    second = series.events.order_by("starts_at")[1]
    desk.change("staff-event-post", {"dates": "one"}, pk=second.pk)
    assert list(series.events.filter(posted_at__isnull=False)) == [second]


# -- Move -----------------------------------------------------------------------------------------


def test_a_new_date_is_confirmed_before_it_is_saved(desk: Desk) -> None:
    event = event_of(desk)
    make_rsvp(event)
    review = page(desk.change("staff-event-reschedule", {"starts_on": "2026-06-18"}, pk=event.pk))
    assert "Nothing is saved yet." in review.text
    assert "1 guest will get one message." in review.text
    assert Event.objects.get(pk=event.pk).starts_at == event.starts_at
    sent = desk.send("staff-event-reschedule", review.fields | {"do": "confirm"}, pk=event.pk)
    assert "The new date is saved. 1 guest will get a message." in desk.follow(sent).text
    assert Event.objects.get(pk=event.pk).starts_at == event.starts_at + timedelta(days=7)


def test_a_postponed_event_is_on_again_with_its_new_date(desk: Desk) -> None:
    event = event_of(desk)
    postpone_event(event_id=event.pk, reason="Rain", now=NOW)
    review = page(desk.change("staff-event-reschedule", {"starts_on": "2026-06-18"}, pk=event.pk))
    desk.send("staff-event-reschedule", review.fields | {"do": "confirm"}, pk=event.pk)
    after = Event.objects.get(pk=event.pk)
    assert (after.status, after.status_reason) == (EventStatus.CONFIRMED, "")


def test_a_postponed_event_is_on_again_on_its_old_date(desk: Desk) -> None:
    event = event_of(desk)
    make_rsvp(event)
    postpone_event(event_id=event.pk, reason="Rain", now=NOW)
    assert "Keep the old date after all" in desk.see("staff-event", pk=event.pk).text
    asked = desk.see("staff-event-resume", pk=event.pk)
    assert "1 guest will get one message." in asked.text
    assert Event.objects.get(pk=event.pk).is_postponed
    for _time in range(2):
        sent = desk.send("staff-event-resume", {}, pk=event.pk)
        desk.follow(sent)
    after = Event.objects.get(pk=event.pk)
    assert (after.status, after.status_reason, after.sequence) == ("confirmed", "", 2)
    assert facts_told(0).count("event.resumed") == 1


def test_a_date_that_has_passed_is_not_kept(desk: Desk) -> None:
    event = event_of(desk)
    postpone_event(event_id=event.pk, reason="Rain", now=NOW)
    with at(event.ends_at):
        assert "Keep the old date" not in desk.see("staff-event", pk=event.pk).text
        answer = desk.send("staff-event-resume", {}, pk=event.pk)
    assert answer.status_code == 422
    assert "The old date has passed. Set a new one." in page(answer).text
    assert Event.objects.get(pk=event.pk).is_postponed


def test_another_place_of_a_postponed_event_is_told_with_its_new_date(desk: Desk) -> None:
    event = event_of(desk)
    make_rsvp(event)
    hall = make_venue(event.office, name="City Hall")
    postpone_event(event_id=event.pk, reason="Rain", now=NOW)
    review = page(desk.change("staff-event-edit", {"venue": str(hall.pk)}, pk=event.pk))
    assert "They hear of it with the new date." in review.text


def test_the_same_date_again_is_no_new_date(desk: Desk) -> None:
    event = event_of(desk)
    answer = desk.change("staff-event-reschedule", {}, pk=event.pk)
    assert answer.status_code == 422
    assert "This is the date it has now." in page(answer).text


def test_a_stale_new_date_is_shown_beside_the_saved_one(desk: Desk) -> None:
    event = event_of(desk)
    mine = desk.fill("staff-event-reschedule", pk=event.pk) | {"starts_on": "2026-06-18"}
    edit_event(event_id=event.pk, now=NOW, actor=desk.user,
               changes={"starts_at": event.starts_at + timedelta(days=1),
                        "ends_at": event.ends_at + timedelta(days=1)})  # fmt: skip
    answer = desk.send("staff-event-reschedule", mine | {"do": "confirm"}, pk=event.pk)
    assert answer.status_code == 409
    assert (
        "Date Saved now: Friday, June 12, 2026 In your form: Thursday, June 18, 2026"
        in page(answer).text
    )


# -- Call off -------------------------------------------------------------------------------------


def test_a_cancellation_needs_a_reason_and_says_who_is_told(desk: Desk) -> None:
    event = event_of(desk)
    make_rsvp(event)
    make_claim(make_shift(event))
    asked = desk.see("staff-event-cancel", pk=event.pk)
    assert "1 guest and 1 volunteer will get one message each." in asked.text
    answer = desk.send("staff-event-cancel", {"reason": " "}, pk=event.pk)
    assert answer.status_code == 422
    assert "Say why; everyone who hears of it asks." in page(answer).text
    assert Event.objects.get(pk=event.pk).is_on


def test_cancelling_twice_tells_once(desk: Desk) -> None:
    event = event_of(desk)
    make_rsvp(event)
    Outbox.objects.all().delete()
    before = last_fact()
    for _time in range(2):
        answer = desk.send("staff-event-cancel", {"reason": "A storm is coming."}, pk=event.pk)
        desk.follow(answer)
    assert facts_told(before) == ["event.cancelled"]
    assert Outbox.objects.count() == 1
    after = Event.objects.get(pk=event.pk)
    assert (after.status, after.status_reason) == ("cancelled", "A storm is coming.")
    assert "A storm is coming." in page(desk.client.get(event.get_absolute_url())).text


def test_a_cancellation_is_planned_once_for_each_person(desk: Desk) -> None:
    event = event_of(desk)
    guest = make_rsvp(event, email="both@example.org")
    make_claim(make_shift(event), email="both@example.org")
    make_claim(make_shift(event), email="volunteer@example.org")
    Outbox.objects.all().delete()
    desk.send("staff-event-cancel", {"reason": "A storm is coming."}, pk=event.pk)
    plan_outbox(now=NOW)

    told = Delivery.objects.filter(message="event_cancelled").values_list("person", flat=True)
    volunteer = Person.objects.get(email="volunteer@example.org")
    assert sorted(told) == sorted([guest.person_id, volunteer.pk])


def test_a_postponed_event_keeps_its_places(desk: Desk) -> None:
    event = event_of(desk)
    guest = make_rsvp(event)
    desk.send("staff-event-postpone", {"reason": "Rain"}, pk=event.pk)
    guest.refresh_from_db()
    assert (Event.objects.get(pk=event.pk).status, guest.status) == ("postponed", "confirmed")
    # It can still be cancelled, and not be postponed once more.
    assert desk.ask("staff-event-postpone", pk=event.pk).status_code == 303
    assert desk.ask("staff-event-cancel", pk=event.pk).status_code == 200


def test_who_has_no_address_is_named_to_be_called(desk: Desk) -> None:
    event = event_of(desk)
    desk.change("staff-guest-new", {"name": "Dolores Vega", "phone": "555-0171"}, pk=event.pk)
    asked = desk.see("staff-event-cancel", pk=event.pk)
    assert "1 person has no email address and has to be called. Their phone numbers" in asked.text
    called = desk.see("staff-guests", "?show=call", pk=event.pk)
    assert "Dolores Vega 555-0171" in called.text


def test_a_series_is_called_off_from_a_date_on(desk: Desk) -> None:
    series = weekly(desk, post=True)
    third = series.events.order_by("starts_at")[2]
    desk.change("staff-event-cancel", {"reason": "We moved.", "dates": "all"}, pk=third.pk)
    left = series.events.exclude(status="cancelled").order_by("starts_at")
    assert [event.series_start for event in left] == ["2026-06-03T18:00", "2026-06-10T18:00"]
    extend_series(now=NOW + timedelta(days=200))
    assert series.events.count() == 52


def told_of(message: str) -> set[str]:
    """The addresses that a summary of this name is planned for."""
    while plan_outbox(now=NOW):
        pass
    found = Delivery.objects.filter(message=message)
    emails = [delivery.person.email for delivery in found if delivery.person is not None]
    assert len(emails) == len(set(emails))
    return {str(email) for email in emails}


def test_who_is_told_is_counted_for_the_date_and_for_all_later_ones(desk: Desk) -> None:
    series = weekly(desk, post=True)
    first, second, third = series.events.order_by("starts_at")[:3]
    make_rsvp(first, email="before@example.org")
    for date in (second, third):
        make_rsvp(date, email="often@example.org")
    make_rsvp(third, email="once@example.org")
    make_claim(make_shift(third), email="helps@example.org")
    make_claim(make_shift(third), email="often@example.org")
    asked = desk.see("staff-event-cancel", pk=second.pk)
    assert "Who will be told of this date alone 1 guest will get one message." in asked.text
    assert (
        "Who will be told with the later dates 2 guests and 1 volunteer will get one message each."
        in asked.text
    )
    answer = desk.change(
        "staff-event-cancel", {"reason": "We moved.", "dates": "all"}, pk=second.pk
    )
    assert "2 guests and 1 volunteer will get a message." in desk.follow(answer).text
    assert told_of("dates_cancelled") == {"often@example.org"}
    assert told_of("event_cancelled") == {"once@example.org", "helps@example.org"}


def test_one_date_of_a_series_is_called_off_alone(desk: Desk) -> None:
    series = weekly(desk, post=True)
    third = series.events.order_by("starts_at")[2]
    desk.change("staff-event-cancel", {"reason": "Holiday", "dates": "one"}, pk=third.pk)
    assert list(series.events.filter(status="cancelled")) == [third]


# -- Throw away -----------------------------------------------------------------------------------


def test_a_draft_is_thrown_away_after_one_question(desk: Desk) -> None:
    event = event_of(desk, post=False)
    assert "It was never public." in desk.see("staff-event-delete", pk=event.pk).text
    assert Event.objects.filter(pk=event.pk).exists()
    answer = desk.send("staff-event-delete", {}, pk=event.pk)
    assert "The draft is gone." in desk.follow(answer).text
    assert not Event.objects.filter(pk=event.pk).exists()


def test_what_was_public_is_not_thrown_away(desk: Desk) -> None:
    event = event_of(desk)
    desk.send("staff-event-delete", {}, pk=event.pk)
    assert Event.objects.filter(pk=event.pk).exists()


def test_a_draft_with_shifts_is_kept_with_the_reason(desk: Desk) -> None:
    event = event_of(desk, post=False)
    make_shift(event)
    answer = desk.send("staff-event-delete", {}, pk=event.pk)
    assert answer.status_code == 422
    assert "Shifts or guests belong to this draft." in page(answer).text
    # That way out is open.
    desk.send("staff-event-cancel", {"reason": "Not this year"}, pk=event.pk)
    assert Event.objects.get(pk=event.pk).is_cancelled


def test_all_drafts_of_a_series_go_and_do_not_come_back(desk: Desk) -> None:
    series = weekly(desk, post=False)
    first = series.events.order_by("starts_at").first()
    assert first is not None
    desk.change("staff-event-delete", {"dates": "all"}, pk=first.pk)
    assert series.events.count() == 0


def test_what_is_cancelled_offers_only_a_copy(desk: Desk) -> None:
    event = event_of(desk)
    cancel_event(event_id=event.pk, reason="Rain", now=NOW)
    shown = desk.see("staff-event", pk=event.pk)
    assert "Copy for another date" in shown.text
    assert "Move to another time" not in shown.text
    for name in ("staff-event-reschedule", "staff-event-cancel", "staff-event-postpone"):
        assert desk.ask(name, pk=event.pk).status_code == 303
