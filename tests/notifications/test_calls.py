"""The call sheet: people without an e-mail address hear of a change, too, by telephone."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse

from events.actions.calling_off import cancel_event
from events.actions.events import edit_event, reschedule_event
from events.actions.rsvps import cancel_rsvp, rsvp
from events.actions.series_edit import edit_series
from events.errors import Refused
from events.models import RSVP, AuditEntry, Event, Mode, Outbox
from notifications import calls, catalogue
from notifications.models import Call, CallState, Delivery
from notifications.planning import plan_outbox
from tests.clock import at
from tests.desk import Desk
from tests.factories import (
    NOW,
    make_event,
    make_office,
    make_role,
    make_rsvp,
    make_shift,
    make_staff,
)
from tests.notifications import scenes
from tests.notifications.scenes import office_hours
from tests.pages import page
from volunteers.actions.claims import claim_shift
from volunteers.actions.shifts import cancel_shift

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(hours=3)


@pytest.fixture
def desk() -> Desk:
    office = make_office()
    desk = Desk(make_staff(office))
    desk.office = office  # type: ignore[attr-defined]
    return desk


def event_of(desk: Desk, **columns: Any) -> Event:
    return make_event(desk.office, **columns)  # type: ignore[attr-defined]


def caller(desk: Desk, event: Event, name: str = "Rosa Díaz", **columns: Any) -> RSVP:
    """Somebody without an e-mail address whom staff wrote down on the telephone."""
    columns = {"phone": "555-0142", "mode": Mode.IN_PERSON} | columns
    return rsvp(event_id=event.pk, name=name, actor=desk.user, now=NOW, **columns).rsvp


def planned() -> list[tuple[str, str]]:
    """Plan everything; return the calls: which message, to whom."""
    while plan_outbox(now=LATER):
        pass
    assert not Outbox.objects.exists()
    rows = Call.objects.select_related("person").order_by("pk")
    return [(call.message, call.person.name) for call in rows]


def test_who_has_no_address_is_called_where_the_others_get_mail(desk: Desk) -> None:
    event = event_of(desk)
    caller(desk, event)
    make_rsvp(event)
    assert planned() == [], "they have just been on the telephone"
    mailed = Delivery.objects.count()
    reschedule_event(
        event_id=event.pk, starts_at=event.starts_at + timedelta(hours=1),
        ends_at=event.ends_at + timedelta(hours=1), now=LATER,
    )  # fmt: skip
    assert planned() == [("event_changed", "Rosa Díaz")]
    assert Delivery.objects.count() == mailed + 1


def test_one_call_covers_a_place_and_a_shift(desk: Desk) -> None:
    event = event_of(desk)
    shift = make_shift(event)
    caller(desk, event)
    claim_shift(shift_id=shift.pk, name="Rosa Díaz", phone="555-0142", actor=desk.user, now=NOW)
    cancel_event(event_id=event.pk, reason="The pipes have burst.", now=LATER)
    assert planned() == [("event_cancelled", "Rosa Díaz")]


def test_a_volunteer_and_who_moves_up_are_called(desk: Desk) -> None:
    event = event_of(desk, capacity=1)
    first = make_rsvp(event)
    caller(desk, event)
    role = make_role(event.office)
    shift = make_shift(office=event.office, role=role, starts_at=NOW + timedelta(days=3))
    claim_shift(shift_id=shift.pk, name="Lu Chen", phone="555-0143", actor=desk.user, now=NOW)
    cancel_rsvp(rsvp_id=first.pk, now=LATER)
    cancel_shift(shift_id=shift.pk, reason="Nobody can lead it.", now=LATER)
    assert planned() == [("rsvp_promoted", "Rosa Díaz"), ("shift_cancelled", "Lu Chen")]


def test_who_waits_without_an_address_hears_that_some_places_are_free(desk: Desk) -> None:
    event = event_of(desk, capacity=3)
    first = make_rsvp(event)
    make_rsvp(event, party_size=2)
    caller(desk, event, party_size=3)
    cancel_rsvp(rsvp_id=first.pk, now=LATER)
    assert planned() == [("rsvp_passed_over", "Rosa Díaz")]
    call = Call.objects.get()
    said = calls.spoken(call, language="en", now=LATER)
    assert said is not None
    assert "One place came free." in said.text
    rsvp(event_id=event.pk, name="Ben", email="ben@example.org", mode=Mode.IN_PERSON, now=LATER)
    assert calls.spoken(call, language="en", now=LATER) is None


def test_two_changes_are_one_call(desk: Desk) -> None:
    event = event_of(desk)
    caller(desk, event)
    for hours in (1, 2):
        reschedule_event(
            event_id=event.pk, starts_at=event.starts_at + timedelta(hours=hours),
            ends_at=event.ends_at + timedelta(hours=hours), now=LATER,
        )  # fmt: skip
        planned()
    first, second = Call.objects.order_by("pk")
    assert calls.still_true([first, second]) == {second.pk}
    # Whoever was not reached hears of both changes as of one; after a call, of the second alone.
    said = calls.spoken(second, language="en", now=LATER)
    assert said is not None
    assert "Before: Thursday, June 11, 2026, 6:30–8:00 p.m. PDT\n" in said.text
    assert "Now: Thursday, June 11, 2026, 8:30–10:00 p.m. PDT\n" in said.text
    calls.note_call(call_id=first.pk, state="called", now=LATER, actor=desk.user)
    said = calls.spoken(second, language="en", now=LATER)
    assert said is not None
    assert "Before: Thursday, June 11, 2026, 7:30–9:00 p.m. PDT\n" in said.text


@pytest.mark.parametrize("name", [one.name for one in catalogue.MESSAGES if one.called])
def test_what_is_said_are_the_words_of_the_mail_with_time_and_place(name: str) -> None:
    delivery = scenes.SCENES[name]("en")
    call = Call(
        key=name, message=name, person=delivery.person, office=delivery.office,
        operation=delivery.operation, event_id=delivery.event_id, rsvp_id=delivery.rsvp_id,
        shift_id=delivery.shift_id, claim_id=delivery.claim_id, context=delivery.context,
        planned_at=delivery.planned_at, schedule_rev=delivery.schedule_rev,
    )  # fmt: skip
    call.save()
    now = scenes.READ_AT.get(name, scenes.NOW)
    said, mail = calls.spoken(call, language="en", now=now), scenes.read(delivery, now)
    assert said is not None
    # Links are for who has the mail before them.
    written = {re.sub(r": https?://\S+$", "", line) for line in mail.text.splitlines()}
    asked = "What you have at these dates is kept for you. Please tell us whether you still come."
    assert set(said.text.splitlines()) - {asked} <= written
    assert said.heading in written
    assert "http://testserver" not in said.text
    assert "2026" in said.text, "when it is"
    assert "-- " not in said.text


def test_of_two_shifts_at_one_event_each_has_its_call(desk: Desk) -> None:
    event = event_of(desk)
    shifts = [make_shift(event), make_shift(event, starts_at=event.ends_at)]
    for shift in shifts:
        claim_shift(shift_id=shift.pk, name="Lu Chen", phone="555-0143", actor=desk.user, now=NOW)
    for shift in shifts:
        cancel_shift(shift_id=shift.pk, reason="Nobody can lead it.", now=LATER)
        planned()
    both = list(Call.objects.order_by("pk"))
    assert calls.still_true(both) == {call.pk for call in both}
    assert len(both) == 2


def test_nobody_is_asked_about_what_is_off_or_has_moved_again(desk: Desk) -> None:
    event = event_of(desk)
    caller(desk, event)

    def move(hours: int) -> Call:
        by = timedelta(hours=hours)
        reschedule_event(
            event_id=event.pk, starts_at=event.starts_at + by, ends_at=event.ends_at + by,
            now=LATER + by,
        )  # fmt: skip
        planned()
        return Call.objects.latest("pk")

    first = move(1)
    assert len(calls.asked_anew(first, LATER)) == 1
    second = move(2)
    with at(LATER + timedelta(hours=2)):
        late = desk.send("staff-call-note", {"state": "still_comes"}, pk=first.pk)
    assert late.status_code == 422
    assert "Something has changed meanwhile." in page(late).text
    assert RSVP.objects.not_yet_affirmed().count() == 1
    cancel_event(event_id=event.pk, reason="Storm.", now=LATER + timedelta(hours=3))
    planned()
    for call in (second, Call.objects.latest("pk")):
        assert calls.asked_anew(call, LATER) == []


def test_planning_twice_calls_once(desk: Desk) -> None:
    event = event_of(desk)
    caller(desk, event)
    cancel_event(event_id=event.pk, reason="The pipes have burst.", now=LATER)
    row = Outbox.objects.order_by("-pk").first()
    assert row is not None
    planned()
    Outbox.objects.create(operation=row.operation, created_at=LATER)
    assert planned() == [("event_cancelled", "Rosa Díaz")]


def test_the_sheet_says_whom_to_call_and_what_to_say(desk: Desk) -> None:
    event = event_of(desk, title="Town hall on buses")
    caller(desk, event, language="es")
    cancel_event(event_id=event.pk, reason="The pipes have burst.", now=LATER)
    planned()
    call = Call.objects.get()
    with at(LATER):
        shown = desk.see("staff-calls")
        assert "Rosa Díaz" in shown.text
        assert "555-0142" in shown.text
        assert "Town hall on buses" in shown.text
        assert "1 person without an email address waits to hear" in desk.see("staff").text
        one = desk.see("staff-call", pk=call.pk)
        assert "Cancelled: Town hall on buses" in one.text
        assert "The pipes have burst." in one.text
        desk.follow(desk.send("staff-call-note", {"state": "unreached"}, pk=call.pk))
        assert "Not reached" in desk.see("staff-calls").text
        after = desk.follow(desk.send("staff-call-note", {"state": "called"}, pk=call.pk))
        assert "Noted: called." in after.text
        assert "Nobody to call" in after.text
        assert "Rosa Díaz" in desk.see("staff-calls", "?show=done").text
    call.refresh_from_db()
    assert (call.state, call.noted_by) == (CallState.CALLED, desk.user)
    noted = AuditEntry.objects.filter(action="call.noted").order_by("pk")
    assert [fact.subjects["state"] for fact in noted] == ["unreached", "called"]


def test_what_is_no_longer_so_needs_no_call(desk: Desk) -> None:
    event = event_of(desk)
    guest = caller(desk, event)
    edit_event(event_id=event.pk, changes={"venue": None, "mode": Mode.REMOTE,
               "remote_url": "https://meet.example.org/hall"}, now=LATER)  # fmt: skip
    planned()
    call = Call.objects.get()
    cancel_rsvp(rsvp_id=guest.pk, now=LATER, actor=desk.user)
    assert calls.still_true([call]) == set()
    with at(LATER):
        assert "No longer so: no call is needed" in desk.see("staff-calls").text
        assert "No call is needed." in desk.see("staff-call", pk=call.pk).text


def test_a_call_that_is_too_late_leaves_the_sheet(desk: Desk) -> None:
    event = event_of(desk)
    caller(desk, event)
    cancel_event(event_id=event.pk, reason="The pipes have burst.", now=LATER)
    planned()
    with at(event.ends_at + timedelta(minutes=1)):
        assert "Nobody to call" in desk.see("staff-calls").text


def test_another_office_sees_no_call(desk: Desk) -> None:
    event = event_of(desk)
    caller(desk, event)
    cancel_event(event_id=event.pk, reason="The pipes have burst.", now=LATER)
    planned()
    other = Desk(make_staff(make_office()))
    call = Call.objects.get()
    with at(LATER):
        assert "Rosa" not in other.see("staff-calls").text
        assert other.ask("staff-call", pk=call.pk).status_code == 404
        note = other.send("staff-call-note", {"state": "called"}, pk=call.pk)
        assert note.status_code == 404


def test_only_known_outcomes_are_noted(desk: Desk) -> None:
    event = event_of(desk)
    caller(desk, event)
    cancel_event(event_id=event.pk, reason="The pipes have burst.", now=LATER)
    planned()
    call = Call.objects.get()
    with pytest.raises(Refused):
        calls.note_call(call_id=call.pk, state="dreamt", now=LATER, actor=desk.user)
    with at(LATER):
        answer = desk.send("staff-call-note", {"state": "dreamt"}, pk=call.pk)
    assert answer.status_code == 422
    assert "Say how the call went." in page(answer).text


def test_who_is_called_about_a_new_date_can_say_that_they_still_come(desk: Desk) -> None:
    dates = list(office_hours(desk.office).events.order_by("starts_at")[:3])  # type: ignore[attr-defined]
    places = [caller(desk, date) for date in dates[:2]]
    stays_away = caller(desk, dates[0], "Cleo Cruz")
    by = timedelta(hours=1)
    later = {name: getattr(dates[0], name) + by for name in ("starts_at", "ends_at")}
    edit_series(event_id=dates[0].pk, scope="following", changes=later, now=LATER)
    planned()
    call = Call.objects.get(person__name="Rosa Díaz")
    with at(LATER):
        shown = desk.see("staff-call", pk=call.pk)
        guest = {"event_pk": dates[0].pk, "pk": places[0].pk}
        assert reverse("staff-guest", kwargs=guest) in shown.links
        answer = desk.send("staff-call-note", {"state": "still_comes"}, pk=call.pk)
        assert "They still come." in desk.follow(answer).text
        assert "They still come" not in desk.see("staff-call", pk=call.pk).text
    call.refresh_from_db()
    assert call.state == CallState.CALLED
    assert list(RSVP.objects.not_yet_affirmed()) == [stays_away]


def test_the_sheet_costs_the_same_for_2_and_for_20(
    desk: Desk, django_assert_num_queries: Any
) -> None:
    for number in (2, 20):
        event = event_of(desk)
        for n in range(number):
            caller(desk, event, f"Guest {number}-{n}", phone=f"555-{number:03}-{n:04}")
        cancel_event(event_id=event.pk, reason="The pipes have burst.", now=LATER)
        planned()
        with at(LATER), django_assert_num_queries(15):
            desk.see("staff-calls", f"?event={event.pk}")


def test_several_dates_that_change_at_once_are_one_call(desk: Desk) -> None:
    dates = list(office_hours(desk.office).events.order_by("starts_at")[:3])  # type: ignore[attr-defined]
    for date in dates[:2]:
        caller(desk, date)
    by = timedelta(hours=1)
    later = {name: getattr(dates[0], name) + by for name in ("starts_at", "ends_at")}
    edit_series(event_id=dates[0].pk, scope="following", changes=later, now=LATER)
    assert planned() == [("dates_changed", "Rosa Díaz")]
    said = calls.spoken(Call.objects.get(), language="es", now=LATER)
    assert said is not None
    assert "http" not in said.text, "whose links are the guest's own"
    assert said.heading == "Cambian: Horas de atención, 2 fechas"
    assert said.text.count("Antes: ") == 2
