"""The guest list: who comes, whom staff write down, who came, and the list as a file."""

import csv
import io
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from events.actions.events import reschedule_event
from events.actions.rsvps import rsvp
from events.models import RSVP, AccessRequest, AuditEntry, Event, Mode, Person
from events.staff.guest_files import plain_cell
from tests.clock import at
from tests.desk import Desk
from tests.factories import (
    NOW,
    make_claim,
    make_event,
    make_office,
    make_rsvp,
    make_shift,
    make_staff,
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


def answers(desk: Desk, event: Event, query: str = "") -> str:
    return desk.see("staff-guests", query, pk=event.pk).text


# -- The list -------------------------------------------------------------------------------------


def test_the_list_counts_people_by_what_they_have(desk: Desk) -> None:
    event = event_of(desk, mode=Mode.BOTH, capacity=3, remote_capacity=50)
    make_rsvp(event, name="Ana", party_size=3)
    make_rsvp(event, name="Ben", party_size=2)
    make_rsvp(event, name="Cai", party_size=4, mode=Mode.REMOTE)
    text = answers(desk, event)
    assert "3 of 3 in the room 4 of 50 online 2 waiting 0 not confirmed yet" in text
    assert "Everybody 3 Room 1 Online 1 Waiting 1 Access needs 0" in text
    assert "Ben" in answers(desk, event, "?show=waiting")
    assert "Ana" not in answers(desk, event, "?show=waiting")


def test_needs_are_shown_in_the_guests_own_words(desk: Desk) -> None:
    event = event_of(desk)
    make_rsvp(event, name="Ana", access_needs=["interpreter"], access_note="Mixteco, please.")
    make_rsvp(event, name="Ben")
    text = answers(desk, event, "?show=needs")
    assert "Interpreter for a spoken language Mixteco, please." in text
    assert "Ben" not in text
    assert "1 × Interpreter for a spoken language" in desk.see("staff-event", pk=event.pk).text


@pytest.mark.parametrize("words", ["dolo", "dolores@example", "0171"])
def test_a_guest_is_found_by_name_address_or_phone(desk: Desk, words: str) -> None:
    event = event_of(desk)
    make_rsvp(event, name="Dolores Vega", email="dolores@example.org", phone="555-0171")
    make_rsvp(event, name="Ben Ng")
    text = answers(desk, event, f"?q={words}")
    assert "Dolores Vega" in text
    assert "Ben Ng" not in text


def test_a_name_is_shown_as_text_and_never_as_markup(desk: Desk) -> None:
    event = event_of(desk)
    make_rsvp(event, name="<script>alert(1)</script>", access_note="<b>bold</b>")
    html = desk.ask("staff-guests", pk=event.pk).content.decode()
    assert "<script>alert" not in html
    assert "<b>bold" not in html


def test_the_list_costs_the_same_for_2_guests_and_for_40(
    desk: Desk, django_assert_num_queries: Any
) -> None:
    event = event_of(desk, capacity=20)
    for count in (2, 38):
        for _guest in range(count):
            make_rsvp(event, access_needs=["asl"])
        # Session, user, roles, the event and its translations, eight tabs, the counts, the
        # guests, their needs.
        with django_assert_num_queries(17):
            desk.see("staff-guests", pk=event.pk)


def test_a_number_given_elsewhere_is_not_shown_here(desk: Desk) -> None:
    """What a volunteer told a campaign is the campaign's; a stranger may have typed it, too."""
    campaign = make_office(kind="campaign")
    shift = make_shift(office=campaign)
    make_claim(shift, name="D. V.", email="dolores@example.org", phone="555-0199", proven=False)
    event = event_of(desk)
    guest = make_rsvp(event, name="Dolores Vega", email="dolores@example.org")
    page_of_guest = desk.see("staff-guest", pk=guest.pk, event_pk=event.pk).text
    assert "dolores@example.org" in page_of_guest
    for shown in (page_of_guest, answers(desk, event), answers(desk, event, "?q=0199")):
        assert "555-0199" not in shown
        assert "D. V." not in shown
    assert "Dolores Vega" not in answers(desk, event, "?q=0199")
    file = desk.ask("staff-guests-csv", pk=event.pk).content.decode()
    assert "dolores@example.org" in file
    assert "0199" not in file


def test_a_number_that_staff_write_down_is_kept_for_who_was_known_by_address(desk: Desk) -> None:
    event = event_of(desk)
    make_rsvp(event_of(desk), email="dolores@example.org")
    desk.change(
        "staff-guest-new",
        {"name": "Dolores Vega", "email": "dolores@example.org", "phone": "555-0171"},
        pk=event.pk,
    )
    guest = RSVP.objects.get(event=event)
    assert guest.phone == "555-0171"
    assert "555-0171" in desk.see("staff-guest", pk=guest.pk, event_pk=event.pk).text


# -- Staff write down -----------------------------------------------------------------------------


def test_who_calls_gets_a_place_without_an_address(desk: Desk) -> None:
    event = event_of(desk)
    answer = desk.change(
        "staff-guest-new",
        {"name": "Dolores Vega", "phone": "555-0171", "party_size": "2",
         "access_needs": ["wheelchair"], "access_note": "Near the door"},
        pk=event.pk,
    )  # fmt: skip
    assert "Dolores Vega has a place." in desk.follow(answer).text
    guest = RSVP.objects.get()
    assert (guest.party_size, guest.status, guest.proven_at) == (2, "confirmed", NOW)
    assert (guest.person.email, guest.person.phone) == (None, "555-0171")
    assert guest.access_note == "Near the door"
    assert AuditEntry.objects.get(action="rsvp.confirmed").staff == desk.user


def test_somebody_must_be_reachable(desk: Desk) -> None:
    event = event_of(desk)
    answer = desk.change("staff-guest-new", {"name": "Dolores Vega"}, pk=event.pk)
    shown = page(answer)
    assert answer.status_code == 422
    assert "Enter a phone number or an email address." in shown.text
    assert shown.fields["name"] == "Dolores Vega"


def test_a_caller_waits_in_a_full_room_unless_staff_let_them_in(desk: Desk) -> None:
    event = event_of(desk, capacity=1)
    make_rsvp(event)
    waits = {"name": "Ben", "phone": "555-1"}
    assert (
        "Ben is on the waitlist."
        in desk.follow(desk.change("staff-guest-new", waits, pk=event.pk)).text
    )
    comes = {"name": "Cai", "phone": "555-2", "overbook": "on"}
    assert (
        "Cai has a place." in desk.follow(desk.change("staff-guest-new", comes, pk=event.pk)).text
    )
    after = Event.objects.get(pk=event.pk)
    assert (after.taken, after.capacity, after.overbooked) == (2, 1, 1)


def test_residents_never_go_beyond_the_planned_places(desk: Desk) -> None:
    event = event_of(desk, capacity=1)
    with pytest.raises(TypeError):
        rsvp(event_id=event.pk, name="Ana", email="a@example.org", mode="in_person",
             overbook=True, now=NOW)  # fmt: skip


def test_a_knowingly_overfull_room_shrinks_to_its_plan_before_anybody_comes_in(
    desk: Desk,
) -> None:
    event = event_of(desk, capacity=1)
    first = make_rsvp(event)
    waiting = make_rsvp(event)
    desk.change("staff-guest-new", {"name": "Cai", "phone": "5", "overbook": "on"}, pk=event.pk)
    desk.send("staff-guest-cancel", {}, event_pk=event.pk, pk=first.pk)
    waiting.refresh_from_db()
    after = Event.objects.get(pk=event.pk)
    assert (after.taken, after.overbooked, waiting.status) == (1, 0, "waitlisted")


def test_a_known_address_is_not_written_down_twice(desk: Desk) -> None:
    event = event_of(desk)
    make_rsvp(event, email="ana@example.org", party_size=2)
    answer = desk.change(
        "staff-guest-new", {"name": "A.", "email": "ana@example.org", "party_size": "5"},
        pk=event.pk,
    )  # fmt: skip
    assert "is on the list already. Nothing was changed." in desk.follow(answer).text
    assert RSVP.objects.get().party_size == 2


def test_an_rsvp_is_changed_by_staff(desk: Desk) -> None:
    event = event_of(desk)
    guest = make_rsvp(event)
    fields = desk.fill("staff-guest", event_pk=event.pk, pk=guest.pk)
    sent = {"party_size": "3", "access_needs": ["captions"], "access_note": "Front row"}
    answer = desk.send("staff-guest-change", fields | sent, event_pk=event.pk, pk=guest.pk)
    assert "Saved." in desk.follow(answer).text
    guest.refresh_from_db()
    assert (guest.party_size, guest.access_note) == (3, "Front row")
    assert [need.kind for need in AccessRequest.objects.all()] == ["captions"]


def test_a_party_that_does_not_fit_keeps_its_place_and_its_form(desk: Desk) -> None:
    event = event_of(desk, capacity=4)
    guest = make_rsvp(event, party_size=2)
    make_rsvp(event, party_size=2)
    fields = desk.fill("staff-guest", event_pk=event.pk, pk=guest.pk) | {"party_size": "4"}
    answer = desk.send("staff-guest-change", fields, event_pk=event.pk, pk=guest.pk)
    assert answer.status_code == 422
    assert "Only 2 people fit now. The place for 2 is kept." in page(answer).text
    assert page(answer).fields["party_size"] == "4"


def test_a_place_given_back_goes_to_who_waits(desk: Desk) -> None:
    event = event_of(desk, capacity=1)
    guest, waiting = make_rsvp(event), make_rsvp(event)
    desk.send("staff-guest-cancel", {}, event_pk=event.pk, pk=guest.pk)
    guest.refresh_from_db()
    waiting.refresh_from_db()
    assert (guest.status, waiting.status) == ("cancelled", "confirmed")


def test_a_guest_of_another_event_is_not_there(desk: Desk) -> None:
    event, other = event_of(desk), event_of(desk)
    guest = make_rsvp(other)
    for name in (
        "staff-guest-change", "staff-guest-cancel", "staff-guest-attended",
        "staff-guest-still-comes",
    ):  # fmt: skip
        assert desk.send(name, {}, event_pk=event.pk, pk=guest.pk).status_code == 404
    assert desk.ask("staff-guest", event_pk=event.pk, pk=guest.pk).status_code == 404


# -- Who came -------------------------------------------------------------------------------------


def test_who_came_is_written_down_from_the_day_on(desk: Desk) -> None:
    event = event_of(desk)
    guest = make_rsvp(event)
    assert "Did not" not in answers(desk, event)
    early = desk.send("staff-guest-attended", {"attended": "yes"}, event_pk=event.pk, pk=guest.pk)
    assert early.status_code == 422
    # The morning of the day where it takes place; the evening begins on the next day in UTC.
    with at(event.starts_at - timedelta(hours=10)):
        back = f"/staff/events/{event.pk}/guests/?show=room"
        answer = desk.send(
            "staff-guest-attended", {"attended": "yes", "back": back},
            event_pk=event.pk, pk=guest.pk,
        )  # fmt: skip
        assert answer["Location"] == f"{back}#guest-{guest.pk}"
        assert "1 came" in answers(desk, event)
        desk.send("staff-guest-attended", {"attended": "no"}, event_pk=event.pk, pk=guest.pk)
        desk.send("staff-guest-attended", {"attended": "no"}, event_pk=event.pk, pk=guest.pk)
    guest.refresh_from_db()
    assert guest.attended is False
    assert AuditEntry.objects.filter(action="rsvp.attended", staff=desk.user).count() == 2


def test_the_way_back_leads_nowhere_else(desk: Desk) -> None:
    event = event_of(desk)
    guest = make_rsvp(event)
    with at(event.starts_at):
        answer = desk.send(
            "staff-guest-attended", {"attended": "", "back": "https://elsewhere.example/"},
            event_pk=event.pk, pk=guest.pk,
        )  # fmt: skip
    assert answer["Location"] == f"/staff/events/{event.pk}/guests/#guest-{guest.pk}"


def test_who_waits_cannot_have_come(desk: Desk) -> None:
    event = event_of(desk, capacity=1)
    make_rsvp(event)
    waiting = make_rsvp(event)
    with at(event.starts_at):
        answer = desk.send("staff-guest-attended", {"attended": "yes"},
                           event_pk=event.pk, pk=waiting.pk)  # fmt: skip
    assert answer.status_code == 422


# -- As a file, on paper --------------------------------------------------------------------------


def test_the_file_holds_everybody_with_their_needs(desk: Desk) -> None:
    event = event_of(desk, capacity=1)
    make_rsvp(event, name="Ana Núñez", email="ana@example.org", language="es",
              access_needs=["asl", "captions"], access_note="Two lines\nof words")  # fmt: skip
    make_rsvp(event, name="Ben")
    answer = desk.ask("staff-guests-csv", pk=event.pk)
    assert answer["Content-Disposition"] == f'attachment; filename="{event.slug}-guests.csv"'
    assert answer["Cache-Control"] == "private, no-store"
    text = answer.content.decode("utf-8-sig")
    assert answer.content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["Name"] for row in rows] == ["Ana Núñez", "Ben"]
    assert rows[0] | {} == {
        "Name": "Ana Núñez", "Email": "ana@example.org", "Phone": "", "People": "1",
        "Takes part": "In person", "Status": "Confirmed", "Language": "Español",
        "Access needs": "American Sign Language interpreter, Live captions",
        "In their own words": "Two lines\nof words", "Asked on": "2026-06-01 09:00", "Came": "",
    }  # fmt: skip
    assert rows[1]["Status"] == "On the waitlist"


@pytest.mark.parametrize(
    "typed", ["=HYPERLINK(1)", "+1 555 0171", "-1", "@SUM(1)", "\t=1", "＝1", "＠SUM(1)"]
)
def test_no_cell_is_a_formula(desk: Desk, typed: str) -> None:
    event = event_of(desk)
    make_rsvp(event, name=typed.strip() or typed, access_note=typed)
    text = desk.ask("staff-guests-csv", pk=event.pk).content.decode("utf-8-sig")
    row = next(csv.DictReader(io.StringIO(text)))
    assert row["Name"][0] == "'"
    assert row["In their own words"] == f"'{typed}"
    assert plain_cell("Ana=1") == "Ana=1"


def test_the_sheet_for_the_door_names_guests_and_nothing_private(desk: Desk) -> None:
    event = event_of(desk, mode=Mode.BOTH)
    make_rsvp(event, name="Ana", email="ana@example.org", access_note="Mixteco")
    make_rsvp(event, name="Online Oli", mode=Mode.REMOTE)
    sheet = desk.see("staff-sign-in-sheet", pk=event.pk)
    assert "Signing is voluntary" in sheet.text
    assert "Ana" in sheet.text
    for private in ("ana@example.org", "Mixteco", "Online Oli"):
        assert private not in sheet.text


# -- History --------------------------------------------------------------------------------------


def test_the_history_says_who_did_what_and_when(desk: Desk) -> None:
    event = event_of(desk)
    guest = make_rsvp(event, name="Ana Reyes")
    with at(NOW + timedelta(hours=1)):
        fields = desk.fill("staff-event-edit", pk=event.pk)
        desk.send("staff-event-edit", fields | {"capacity": "50", "description": "Long words"},
                  pk=event.pk)  # fmt: skip
        desk.send("staff-guest-cancel", {}, event_pk=event.pk, pk=guest.pk)
    text = desk.see("staff-event-history", pk=event.pk).text
    assert "10:00 a.m. PDT · Sam Staff Changed Description Places in the room: 40 → 50" in text
    assert "9:00 a.m. PDT · The program itself Draft begun Posted" in text
    assert "Long words" not in text
    people = desk.see("staff-event-history", "?about=guests", pk=event.pk).text
    assert "Sam Staff RSVP cancelled : Ana Reyes" in people
    assert "The guest or volunteer RSVP: a place : Ana Reyes" in people


@pytest.mark.parametrize(
    ("name", "query", "cost"),
    # Session, user, roles, the event and its translations; then what each needs.
    [("staff-event-history", "?about=guests", 9), ("staff-guests-csv", "", 7),
     ("staff-sign-in-sheet", "", 6), ("staff-event", "", 13)],
)  # fmt: skip
def test_pages_about_guests_cost_the_same_for_2_and_for_30(
    desk: Desk, django_assert_num_queries: Any, name: str, query: str, cost: int
) -> None:
    event = event_of(desk)
    for count in (2, 28):
        for _guest in range(count):
            make_rsvp(event, access_needs=["asl"])
        with django_assert_num_queries(cost):
            desk.ask(name, query, pk=event.pk)


def test_a_person_without_an_account_is_one_person(desk: Desk) -> None:
    """Two callers of one name are two people: nobody is merged by a guess."""
    event = event_of(desk)
    for phone in ("555-1", "555-2"):
        desk.change("staff-guest-new", {"name": "Ana", "phone": phone}, pk=event.pk)
    assert Person.objects.filter(name="Ana").count() == 2


def test_after_a_move_the_list_says_who_has_not_said_that_they_still_come(desk: Desk) -> None:
    event = event_of(desk)
    yesterday = NOW - timedelta(days=1)
    caller = make_rsvp(event, name="Ana", party_size=2, now=yesterday)
    make_rsvp(event, name="Ben", now=yesterday)
    assert "since the change" not in answers(desk, event)
    times = {name: getattr(event, name) + timedelta(days=1) for name in ("starts_at", "ends_at")}
    reschedule_event(event_id=event.pk, now=NOW - timedelta(hours=1), **times)
    text = answers(desk, event)
    assert "3 have not said since the change that they still come" in text
    assert "Not said again 2" in text

    guest = {"event_pk": event.pk, "pk": caller.pk}
    assert "They still come" in desk.see("staff-guest", **guest).text
    desk.send("staff-guest-still-comes", {}, **guest)
    assert "They still come" not in desk.see("staff-guest", **guest).text
    assert "1 have not said since the change" in answers(desk, event)
    listed = answers(desk, event, "?show=unsure")
    assert "Ben" in listed
    assert "Ana" not in listed
