"""The page of one shift: who is on it, who waits, how to reach them."""

from datetime import timedelta

import pytest

from events.actions.calling_off import cancel_event, postpone_event
from events.models import Office
from tests.clock import at
from tests.desk import Desk
from tests.factories import NOW, make_claim, make_event, make_rsvp, make_shift
from volunteers.actions.claims import claim_shift, release_claim
from volunteers.actions.shifts import edit_shift
from volunteers.models import Shift, ShiftClaim
from volunteers.overlap import first_clash, people_with_clashes

pytestmark = pytest.mark.django_db


def names(desk: Desk, shift: Shift, query: str = "") -> list[str]:
    """The names on the roster, in its order."""
    rows = desk.ask("staff-shift", query, pk=shift.pk).context["rows"]
    return [row.claim.name for row in rows]


def test_the_roster_is_by_name_and_the_line_by_turn(desk: Desk, office: Office) -> None:
    shift = make_shift(office=office, capacity=2)
    for minute, name in enumerate(["Zoe", "Ana", "Mia", "Ben"]):
        make_claim(shift, name=name, now=NOW + timedelta(minutes=minute))
    assert names(desk, shift) == ["Ana", "Zoe"]
    assert names(desk, shift, "?show=waiting") == ["Mia", "Ben"]
    waiting = desk.see("staff-shift", "?show=waiting", pk=shift.pk).text
    assert waiting.index("1 Mia") < waiting.index("2 Ben")
    assert "On the shift 2 Waiting 2" in waiting


def test_the_roster_says_how_to_reach_people_and_whose_address_is_not_confirmed(
    desk: Desk, office: Office
) -> None:
    shift = make_shift(office=office)
    make_claim(shift, name="Ana", email="ana@example.org", phone="(555) 010-0112", proven=False)
    make_claim(shift, name="Ben", email="ben@example.org")
    shown = desk.see("staff-shift", pk=shift.pk)
    assert "Ana Address not confirmed (555) 010-0112 ana@example.org" in shown.text
    assert shown.text.count("Address not confirmed") == 2  # the tab and Ana
    assert {"tel:5550100112", "mailto:ben@example.org"} <= set(shown.links)
    assert names(desk, shift, "?show=unproven") == ["Ana"]


def test_who_has_to_be_called_stands_on_a_tab_of_their_own(desk: Desk, office: Office) -> None:
    shift = make_shift(office=office)
    make_claim(shift, name="Ana")
    assert "To call" not in desk.see("staff-shift", pk=shift.pk).text
    claim_shift(shift_id=shift.pk, name="Bo", phone="555-010-0112", now=NOW, actor=desk.user)
    assert names(desk, shift, "?show=call") == ["Bo"]


def test_who_gave_the_shift_back_stays_with_the_reason(desk: Desk, office: Office) -> None:
    shift = make_shift(office=office)
    release_claim(claim_id=make_claim(shift, name="Ana").pk, reason="My son is ill.", now=NOW)
    assert names(desk, shift) == []
    given_back = desk.see("staff-shift", "?show=released", pk=shift.pk).text
    assert "My son is ill." in given_back


@pytest.mark.parametrize("words", ["ana", "ANA@EXAMPLE", "010-0112"])
def test_the_roster_is_searched_by_name_email_and_phone(
    desk: Desk, office: Office, words: str
) -> None:
    shift = make_shift(office=office, capacity=None)
    make_claim(shift, name="Ana", email="ana@example.org", phone="555-010-0112")
    make_claim(shift, name="Ben", email="ben@example.org", phone="555-010-0999")
    assert names(desk, shift, f"?q={words}") == ["Ana"]
    shown = desk.see("staff-shift", f"?q={words}", pk=shift.pk)
    assert "On the shift 1 Waiting 0" in shown.text
    assert "Nobody found" in desk.see("staff-shift", "?q=nobody%00", pk=shift.pk).text


def test_the_page_counts_who_is_missing(desk: Desk, office: Office) -> None:
    shift = make_shift(office=office, minimum=3, capacity=5)
    make_claim(shift)
    shown = desk.see("staff-shift", pk=shift.pk).text
    assert "1 of at most 5 2 still missing of 3 needed 0 waiting" in shown


def test_an_overlap_that_a_move_caused_is_flagged(desk: Desk, office: Office) -> None:
    shift = make_shift(office=office, starts_at=NOW + timedelta(days=3))
    other = make_shift(office=office, starts_at=NOW + timedelta(days=4))
    for held in (shift, other):
        make_claim(held, name="Ana", email="ana@example.org")
    make_claim(shift, name="Ben")
    assert "Overlaps something else" not in desk.see("staff-shift", pk=shift.pk).text
    edit_shift(
        shift_id=other.pk, changes={"starts_at": shift.starts_at, "ends_at": shift.ends_at}, now=NOW
    )
    flagged = [row for row in desk.ask("staff-shift", pk=shift.pk).context["rows"] if row.clashes]
    assert [row.claim.name for row in flagged] == ["Ana"]
    assert "Ana Overlaps something else" in desk.see("staff-shift", pk=shift.pk).text


def test_the_overlaps_of_many_are_those_of_each(office: Office) -> None:
    event = make_event(office)
    shift = make_shift(event, capacity=None)
    held = {name: make_claim(shift, name=name) for name in "abcdef"}
    emails = {name: claim.person.email for name, claim in held.items() if claim.person}
    beside = {"starts_at": shift.starts_at + timedelta(minutes=30), "office": office}
    moved = make_shift(**(beside | {"starts_at": NOW + timedelta(days=2)}))
    make_claim(moved, email=emails["a"])
    edit_shift(
        shift_id=moved.pk, now=NOW,
        changes={"starts_at": shift.starts_at, "ends_at": shift.ends_at},
    )  # fmt: skip
    after = make_shift(office=office, starts_at=shift.ends_at)
    make_claim(after, email=emails["b"])
    make_rsvp(make_event(office, starts_at=shift.starts_at), email=emails["c"])
    make_rsvp(event, email=emails["d"])
    off = make_event(office, starts_at=shift.starts_at)
    make_rsvp(off, email=emails["e"])
    cancel_event(event_id=off.pk, reason="Rain.", now=NOW)
    people = {claim.person_id for claim in held.values() if claim.person_id is not None}
    one_by_one = {pk for pk in people if first_clash(person_id=pk, shift=shift) is not None}
    assert people_with_clashes(person_ids=people, shift=shift) == one_by_one
    assert one_by_one == {held["a"].person_id, held["c"].person_id}


def test_who_came_can_be_marked_from_the_day_of_the_shift_on(desk: Desk, office: Office) -> None:
    shift = make_shift(office=office, starts_at=NOW + timedelta(days=1, hours=3))
    claim = make_claim(shift)
    button = f"/staff/shifts/{shift.pk}/volunteers/{claim.pk}/attended/"
    assert button not in desk.see("staff-shift", pk=shift.pk).forms
    with at(NOW + timedelta(days=1)):
        shown = desk.see("staff-shift", pk=shift.pk)
    assert button in shown.forms
    assert "0 came" in shown.text


def test_a_postponed_shift_says_so_and_marks_nobody(desk: Desk, office: Office) -> None:
    event = make_event(office, starts_at=NOW + timedelta(hours=2))
    shift = make_shift(event)
    claim = make_claim(shift)
    postpone_event(event_id=event.pk, reason="Rain.", now=NOW)
    shown = desk.see("staff-shift", pk=shift.pk)
    assert "Postponed with its event: there is no new date yet Rain." in shown.text
    assert f"/staff/shifts/{shift.pk}/volunteers/{claim.pk}/attended/" not in shown.forms
    assert f"/staff/shifts/{shift.pk}/volunteers/new/" not in shown.links


def test_the_roster_asks_as_many_queries_for_thirty_as_for_three(
    desk: Desk, office: Office, django_assert_num_queries
) -> None:
    shift = make_shift(make_event(office), capacity=None)

    def add(number: int) -> None:
        for n in range(number):
            claim = make_claim(shift, name=f"Volunteer {n}")
            if n % 3 == 2:
                release_claim(claim_id=claim.pk, now=NOW)

    add(3)
    for number in (0, 27):
        add(number)
        # Session, user, roles; the shift and its event's translations; five tabs; the figures; the
        # page; two for overlaps.
        with django_assert_num_queries(16):
            desk.ask("staff-shift", pk=shift.pk)


def test_the_line_asks_as_many_queries_for_thirty_as_for_three(
    desk: Desk, office: Office, django_assert_num_queries
) -> None:
    shift = make_shift(office=office, capacity=1)
    make_claim(shift)
    for number in (3, 27):
        for _n in range(number):
            make_claim(shift)
        with django_assert_num_queries(14):
            desk.ask("staff-shift", "?show=waiting", pk=shift.pk)
    assert ShiftClaim.objects.in_line().filter(shift=shift).count() == 30
