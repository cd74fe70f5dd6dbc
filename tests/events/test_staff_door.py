"""The door of an event: check-in, walk-ins, headcount, two doors at once."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from events import links
from events.actions import door
from events.actions.calling_off import postpone_event
from events.actions.events import reschedule_event
from events.actions.offices import edit_venue
from events.actions.rsvps import cancel_rsvp, change_rsvp, set_attended
from events.errors import Refused
from events.models import RSVP, AuditEntry, Entry, Event, Mode, StaffUser
from tests.clock import at
from tests.desk import Desk
from tests.factories import NOW, make_event, make_office, make_rsvp, make_staff
from tests.pages import page

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk() -> Desk:
    office = make_office()
    staff = make_staff(office)
    desk = Desk(staff)
    desk.office = office  # type: ignore[attr-defined]
    return desk


def event_of(desk: Desk, **columns: Any) -> Event:
    return make_event(desk.office, **columns)  # type: ignore[attr-defined]


def actor(event: Event) -> StaffUser:
    return StaffUser.objects.get(memberships__office=event.office_id)


def check(event: Event, guest: RSVP, people: int = 1, *, seen: int = 0, **given: Any) -> Entry:
    given = {"tap": uuid4(), "now": event.starts_at, "actor": actor(event)} | given
    return door.check_in(event_id=event.pk, rsvp_id=guest.pk, people=people, seen=seen, **given)


def count(event: Event, people: int = 1, **given: Any) -> Entry:
    given = {"tap": uuid4(), "now": event.starts_at, "actor": actor(event)} | given
    return door.walk_in(event_id=event.pk, people=people, **given)


def came(guest: RSVP) -> bool | None:
    guest.refresh_from_db()
    return guest.attended


# -- The rules ------------------------------------------------------------------------------------


def test_a_party_arrives_in_two_parts(desk: Desk) -> None:
    event = event_of(desk)
    guest = make_rsvp(event, party_size=4)
    assert door.seats_kept(event) == 4
    check(event, guest, 3)
    assert (door.inside(event), door.seats_kept(event), came(guest)) == (3, 1, True)
    check(event, guest, 1, seen=3)
    assert (door.inside(event), door.seats_kept(event)) == (4, 0)


def test_a_tap_that_is_sent_twice_is_one_entry(desk: Desk) -> None:
    event = event_of(desk)
    guest, tap = make_rsvp(event, party_size=2), uuid4()
    assert check(event, guest, 2, tap=tap) == check(event, guest, 2, tap=tap)
    counted = uuid4()
    assert count(event, 3, tap=counted) == count(event, 3, tap=counted)
    assert door.inside(event) == 5


def test_two_doors_that_check_in_the_same_party_count_it_once(desk: Desk) -> None:
    event = event_of(desk)
    guest = make_rsvp(event, party_size=2)
    check(event, guest, 2)
    with pytest.raises(Refused) as refused:
        check(event, guest, 2)
    assert refused.value.code == "checked_in_meanwhile"
    assert "2 of 2 are inside already" in refused.value.message
    assert door.inside(event) == 2


def test_planned_seats_are_exceeded_knowingly_and_kept_for_guests(desk: Desk) -> None:
    event = event_of(desk, capacity=5)
    guest = make_rsvp(event, party_size=3)
    count(event, 2)
    with pytest.raises(Refused) as refused:
        count(event, 1)
    assert (refused.value.code, refused.value.params["free"]) == ("seats_are_kept", 0)
    check(event, guest, 3)
    with pytest.raises(Refused):
        check(event, guest, 1, seen=3)
    check(event, guest, 1, seen=3, beyond=True)
    count(event, 1, beyond=True)
    assert door.inside(event) == 7


def test_who_waits_or_meant_to_join_online_needs_a_free_seat(desk: Desk) -> None:
    event = event_of(desk, mode=Mode.BOTH, capacity=2, remote_capacity=None)
    make_rsvp(event, mode=Mode.IN_PERSON, party_size=2)
    waits = make_rsvp(event, mode=Mode.IN_PERSON)
    online = make_rsvp(event, mode=Mode.REMOTE)
    for guest in (waits, online):
        with pytest.raises(Refused) as refused:
            check(event, guest)
        assert refused.value.code == "seats_are_kept"
        check(event, guest, beyond=True)
    assert (came(waits), came(online)) == (None, True)


def test_the_sign_by_the_door_is_never_exceeded(desk: Desk) -> None:
    event = event_of(desk, capacity=None)
    assert event.venue is not None
    edit_venue(venue_id=event.venue.pk, changes={"posted_occupancy": 3}, now=NOW)
    guest = make_rsvp(event, party_size=2)
    count(event, 2)
    for enter in (
        lambda: count(event, 2, beyond=True),
        lambda: check(event, guest, 2, beyond=True),
    ):
        with pytest.raises(Refused) as refused:
            enter()
        assert refused.value.code == "occupancy"
    check(event, guest, 1)
    assert door.inside(event) == 3


def test_what_is_taken_back_is_not_inside_and_the_guest_has_not_come(desk: Desk) -> None:
    event = event_of(desk)
    guest = make_rsvp(event, party_size=2)
    first, second = check(event, guest), check(event, guest, seen=1)
    for entry, still in ((first, True), (second, None)):
        for _twice in range(2):
            door.take_back(
                event_id=event.pk, entry_id=entry.pk, now=event.starts_at, actor=desk.user
            )
        assert came(guest) is still
    assert (door.inside(event), door.seats_kept(event)) == (0, 2)
    undone = AuditEntry.objects.filter(action="entry.undone")
    assert [fact.subjects["people"] for fact in undone] == [1, 1]


def test_a_tap_that_was_taken_back_lets_nobody_in_and_says_so(desk: Desk) -> None:
    event = event_of(desk)
    guest = make_rsvp(event)
    for enter in (lambda tap: count(event, 3, tap=tap), lambda tap: check(event, guest, tap=tap)):
        tap = uuid4()
        entry = enter(tap)
        door.take_back(event_id=event.pk, entry_id=entry.pk, now=event.starts_at, actor=desk.user)
        with pytest.raises(Refused) as refused:
            enter(tap)
        assert refused.value.code == "taken_back"
        assert door.inside(event) == 0


def test_the_guest_list_does_not_say_that_somebody_inside_did_not_come(desk: Desk) -> None:
    event = event_of(desk)
    guest = make_rsvp(event)
    entry = check(event, guest)
    given = {"rsvp_id": guest.pk, "now": event.starts_at, "actor": desk.user}
    for said in (False, None):
        with pytest.raises(Refused) as refused:
            set_attended(attended=said, **given)
        assert refused.value.code == "checked_in"
    door.take_back(event_id=event.pk, entry_id=entry.pk, now=event.starts_at, actor=desk.user)
    set_attended(attended=False, **given)
    assert came(guest) is False


def test_a_place_that_somebody_sits_on_is_not_given_to_others(desk: Desk) -> None:
    event = event_of(desk, capacity=4, mode=Mode.BOTH, remote_capacity=None)
    guest, waits = make_rsvp(event, party_size=4), make_rsvp(event)
    entries = [check(event, guest, 2), check(event, guest, 1, seen=2)]
    now = event.starts_at

    def change(party_size: int, mode: str = Mode.IN_PERSON) -> RSVP:
        return change_rsvp(rsvp_id=guest.pk, party_size=party_size, mode=mode, now=now)

    for give_up in (
        lambda: cancel_rsvp(rsvp_id=guest.pk, now=now),
        lambda: cancel_rsvp(rsvp_id=guest.pk, now=now, actor=desk.user),
        lambda: change(2),
        lambda: change(4, Mode.REMOTE),
    ):
        with pytest.raises(Refused) as refused:
            give_up()
        assert (refused.value.code, refused.value.params["arrived"]) == ("inside", 3)
    with at(now):
        own = f"/rsvps/{links.token_for(links.RSVP, guest)}/"
        answer = Client().post(f"{own}cancel/")
    assert answer.status_code == 422
    assert "If they leave, tell the staff at the door." in page(answer).text
    assert RSVP.objects.get(pk=waits.pk).is_waitlisted
    # Who has not come is no longer expected, and the place goes to who waits.
    change(3)
    assert RSVP.objects.get(pk=waits.pk).is_confirmed
    for entry in entries:
        door.take_back(event_id=event.pk, entry_id=entry.pk, now=now, actor=desk.user)
    assert cancel_rsvp(rsvp_id=guest.pk, now=now).is_cancelled


def test_who_came_before_the_event_got_a_new_date_is_not_inside_on_that_day(desk: Desk) -> None:
    event = event_of(desk)
    guest = make_rsvp(event, party_size=2)
    check(event, guest, 2)
    count(event, 3)
    evening = event.starts_at
    postpone_event(event_id=event.pk, reason="Fire alarm", now=evening, actor=desk.user)
    reschedule_event(
        event_id=event.pk, starts_at=evening + timedelta(days=7),
        ends_at=event.ends_at + timedelta(days=7), now=evening, actor=desk.user,
    )  # fmt: skip
    event.refresh_from_db()
    assert (door.inside(event), door.seats_kept(event)) == (0, 2)
    with at(event.starts_at):
        shown = desk.see("staff-door", pk=event.pk).text
    assert "2 people" in shown
    assert "Counted" not in shown
    check(event, guest, 1)
    assert door.inside(event) == 1


def forgotten(event: Event) -> set[int | None]:
    """Return of whom a new date made unknown whether they came."""
    moves = AuditEntry.objects.filter(action="event.rescheduled", event_id=event.pk)
    facts = AuditEntry.objects.filter(
        action="rsvp.attended", operation__in=moves.values("operation")
    )
    return set(facts.values_list("person_id", flat=True))


def test_who_came_to_an_earlier_date_has_not_come_to_the_new_one(desk: Desk) -> None:
    event = event_of(desk, capacity=3)
    present, away, _nobody_has_said = (make_rsvp(event) for _guest in range(3))
    waits, other = make_rsvp(event), make_rsvp(event_of(desk, starts_at=event.starts_at))
    for guest, attended in ((away, False), (other, True)):
        set_attended(rsvp_id=guest.pk, attended=attended, now=event.starts_at)
    check(event, present)
    check(event, waits, beyond=True)
    assert set(RSVP.objects.came().filter(event=event)) == {present, waits}
    evening, ends = event.starts_at, event.ends_at

    def move(**later: float) -> None:
        by = timedelta(**later)
        reschedule_event(
            event_id=event.pk, starts_at=evening + by, ends_at=ends + by, now=evening,
            actor=desk.user,
        )  # fmt: skip

    # It begins late: who is inside stays so.
    move(minutes=45)
    assert set(RSVP.objects.came().filter(event=event)) == {present, waits}
    assert forgotten(event) == set()
    move(days=1)
    assert not RSVP.objects.came().filter(event=event)
    assert set(event.rsvps.values_list("attended", flat=True)) == {None}
    assert forgotten(event) == {present.person_id, away.person_id}
    assert RSVP.objects.get(pk=other.pk).attended is True
    # On the new day they are written down anew.
    event.refresh_from_db()
    check(event, present)
    assert set(RSVP.objects.came().filter(event=event)) == {present}


def test_who_comes_the_evening_before_an_event_after_midnight_stays_inside(desk: Desk) -> None:
    event = event_of(desk)
    late = event.starts_at.astimezone(event.zone).replace(hour=23, minute=30)
    reschedule_event(event_id=event.pk, starts_at=late, ends_at=late + timedelta(hours=2), now=NOW)
    event.refresh_from_db()
    count(event, 3)
    moved = late + timedelta(minutes=45)
    reschedule_event(
        event_id=event.pk, starts_at=moved, ends_at=moved + timedelta(hours=2), now=late
    )
    event.refresh_from_db()
    assert door.inside(event) == 3


def test_the_door_opens_on_the_day_and_not_for_a_cancelled_rsvp(desk: Desk) -> None:
    event = event_of(desk)
    guest = make_rsvp(event)
    with pytest.raises(Refused) as refused:
        count(event, now=event.starts_at - timedelta(days=1))
    assert refused.value.code == "too_early"
    cancel_rsvp(rsvp_id=guest.pk, now=NOW)
    with pytest.raises(Refused) as refused:
        check(event, guest)
    assert refused.value.code == "rsvp_cancelled"
    assert not Entry.objects.exists()


def test_guests_of_an_event_after_midnight_come_the_evening_before(desk: Desk) -> None:
    # A quarter past midnight in Los Angeles.
    event = event_of(desk, starts_at=datetime(2026, 6, 12, 7, 15, tzinfo=UTC))
    with pytest.raises(Refused):
        count(event, now=event.starts_at - timedelta(hours=7))
    count(event, now=event.starts_at - timedelta(minutes=30))
    assert door.inside(event) == 1


# -- The page -------------------------------------------------------------------------------------


def test_the_door_is_closed_before_the_day(desk: Desk) -> None:
    event = event_of(desk)
    make_rsvp(event)
    with at(NOW):
        shown = desk.see("staff-door", pk=event.pk)
    assert "The door is closed" in shown.text
    assert "Check in" not in shown.text


def test_a_guest_is_found_and_checked_in_with_a_part_of_the_party(desk: Desk) -> None:
    event = event_of(desk)
    ana = make_rsvp(event, name="Ana Reyes", party_size=3)
    make_rsvp(event, name="Ben Ode")
    with at(event.starts_at):
        shown = desk.see("staff-door", "?q=reyes", pk=event.pk)
        assert "Ana Reyes" in shown.text
        assert "Ben Ode" not in shown.text
        tap = {"tap": str(uuid4()), "people": "2", "seen": "0"}
        answer = desk.send("staff-door-guest", tap, event_pk=event.pk, pk=ana.pk)
        after = desk.follow(answer)
        assert "Ana Reyes: 2 people are in." in after.text
        assert "2 of 3 inside" in after.text
        assert "2 inside" in after.text
        # The other door has not seen it.
        slow = desk.send("staff-door-guest", tap | {"tap": str(uuid4())},
                         event_pk=event.pk, pk=ana.pk)  # fmt: skip
        assert slow.status_code == 422
        assert "Another door was faster: 2 of 3 are inside already." in page(slow).text
    assert Entry.objects.get().people == 2


def test_people_are_counted_in_one_tap_and_let_in_knowingly_in_two(desk: Desk) -> None:
    event = event_of(desk, capacity=2)
    with at(event.starts_at):
        shown = desk.see("staff-door", pk=event.pk)
        assert [f"+{n}" in shown.text for n in (1, 2, 3, 4)] == [True] * 4
        tap = {"tap": str(uuid4()), "people": "3"}
        refused = desk.send("staff-door-walk-in", tap, pk=event.pk)
        assert refused.status_code == 422
        assert "Let them in all the same" in page(refused).text
        assert f'name="tap" value="{tap["tap"]}"' in refused.content.decode()
        again = desk.send("staff-door-walk-in", tap | {"beyond": "on"}, pk=event.pk)
        after = desk.follow(again)
        assert "3 people are in." in after.text
        assert "Counted: 3" in after.text
        entry = Entry.objects.get()
        desk.send("staff-door-undo", {}, event_pk=event.pk, pk=entry.pk)
        assert "0 inside" in desk.see("staff-door-figures", pk=event.pk).text


def test_a_door_that_says_no_keeps_the_search_and_can_be_searched_again(desk: Desk) -> None:
    event = event_of(desk, capacity=1)
    make_rsvp(event, name="Ana Reyes")
    make_rsvp(event, name="Ben Ode")
    with at(event.starts_at):
        tap = {"tap": str(uuid4()), "people": "2", "q": "reyes"}
        refused = desk.send("staff-door-walk-in", tap, pk=event.pk)
    assert refused.status_code == 422
    assert "Ana Reyes" in page(refused).text
    assert "Ben Ode" not in page(refused).text
    # Without a script the address in the browser is now one that takes taps alone.
    assert f'method="get" action="/staff/events/{event.pk}/door/"' in refused.content.decode()


def test_any_entry_can_be_found_and_taken_back(desk: Desk) -> None:
    event = event_of(desk, capacity=None)
    first = count(event, 2)
    for _number in range(8):
        count(event, now=event.starts_at + timedelta(minutes=1))
    undo = f"/entries/{first.pk}/undo/"
    with at(event.starts_at + timedelta(minutes=2)):
        shown = desk.ask("staff-door", pk=event.pk).content.decode()
        assert undo not in shown
        assert "?entries=all" in shown
        every = desk.ask("staff-door", "?entries=all", pk=event.pk).content.decode()
        assert undo in every
        assert "Show all who came in" not in every


def test_a_page_that_is_still_open_when_its_session_has_ended_leads_to_the_login(
    desk: Desk, client: Any
) -> None:
    event = event_of(desk)
    piece = reverse("staff-door-figures", kwargs={"pk": event.pk})
    answer = client.get(piece, headers={"HX-Request": "true"})
    assert (answer["HX-Refresh"], answer.content) == ("true", b"")
    assert client.get(piece).status_code == 302


def test_a_walk_in_with_a_name(desk: Desk) -> None:
    event = event_of(desk)
    with at(event.starts_at):
        tap = {"tap": str(uuid4()), "named": "yes", "name": "", "people": "2"}
        empty = desk.send("staff-door-walk-in", tap, pk=event.pk)
        assert empty.status_code == 422
        assert "Enter a name, or count them without one." in page(empty).text
        wrong = desk.send("staff-door-walk-in", tap | {"name": "Lu", "people": "0"}, pk=event.pk)
        assert wrong.status_code == 422
        assert "Lu" in wrong.content.decode()
        desk.follow(desk.send("staff-door-walk-in", tap | {"name": "Lu Chen"}, pk=event.pk))
    assert (Entry.objects.get().name, Entry.objects.get().people) == ("Lu Chen", 2)


def test_a_tap_that_no_page_of_ours_made_is_refused_and_counts_nobody(desk: Desk) -> None:
    event = event_of(desk)
    with at(event.starts_at):
        for bad in ({}, {"tap": "x", "people": "1"}, {"tap": str(uuid4()), "people": "-1"}):
            assert desk.send("staff-door-walk-in", bad, pk=event.pk).status_code == 422
    assert not Entry.objects.exists()


def test_guests_and_entries_of_another_event_are_not_there(desk: Desk) -> None:
    event, other = event_of(desk), event_of(desk)
    guest = make_rsvp(other)
    with at(event.starts_at):
        entry = check(other, guest)
        tap = {"tap": str(uuid4()), "people": "1"}
        for name, pk in (("staff-door-guest", guest.pk), ("staff-door-undo", entry.pk)):
            assert desk.send(name, tap, event_pk=event.pk, pk=pk).status_code == 404


def test_the_door_costs_the_same_for_2_guests_and_for_20(
    desk: Desk, django_assert_num_queries: Any
) -> None:
    for guests in (2, 20):
        event = event_of(desk)
        for _number in range(guests):
            guest = make_rsvp(event)
        check(event, guest)
        with at(event.starts_at), django_assert_num_queries(10):
            desk.see("staff-door", pk=event.pk)


# -- The code on the guest's page -----------------------------------------------------------------


def test_the_code_leads_staff_to_the_door_and_everybody_else_to_the_event(
    desk: Desk, client: Any
) -> None:
    event = event_of(desk)
    guest = make_rsvp(event, name="Ana Reyes")
    make_rsvp(event, name="Ben Ode")
    own = f"/rsvps/{links.token_for(links.RSVP, guest)}/"
    code = f"/rsvps/{links.token_for(links.DOOR, guest)}/door/"
    with at(NOW):
        shown = client.get(own)
    assert "Code for the door" in shown.content.decode()
    # Whoever photographs the code in the line reads, changes and cancels nothing with it.
    assert shown.context["door_code"] == f"http://testserver{code}"
    assert client.get(code.removesuffix("door/")).status_code == 404
    assert client.get(f"{own}door/").status_code == 404
    answer = client.get(code)
    assert (answer["Location"], answer["Cache-Control"]) == (
        f"/events/{event.slug}/", "private, no-store",
    )  # fmt: skip
    stranger = Desk(make_staff(make_office()))
    assert stranger.client.get(code)["Location"] == f"/events/{event.slug}/"
    with at(event.starts_at):
        answer = desk.client.get(code)
        there = desk.follow(answer)
    assert "Ana Reyes" in there.text
    assert "Ben Ode" not in there.text
    assert not Entry.objects.exists()
    cancel_rsvp(rsvp_id=guest.pk, now=NOW)
    with at(NOW):
        assert "Code for the door" not in client.get(own).content.decode()
