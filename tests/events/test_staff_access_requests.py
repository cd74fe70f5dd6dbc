"""The board of access: what is wanted when, who sees to it, and the answer that a guest gets."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from events import permissions
from events.actions import access_requests as actions
from events.actions.events import edit_event
from events.actions.rsvps import cancel_rsvp, rsvp
from events.models import AccessRequest, Event, Mode, Office, Role, StaffUser
from notifications.delivery.suppression import suppress
from tests.clock import at
from tests.desk import Desk
from tests.factories import NOW, make_event, make_office, make_rsvp, make_staff
from tests.pages import page

pytestmark = pytest.mark.django_db

SAID = {
    "instead": "Live captions on a tablet.",
    "reason": "Both interpreters of the county are booked.",
    "decided_by": "Ana Rivera, council member",
}


@pytest.fixture(autouse=True)
def _now() -> Iterator[None]:
    with at(NOW):
        yield


@pytest.fixture
def office() -> Office:
    return make_office()


@pytest.fixture
def desk(office: Office) -> Desk:
    return Desk(make_staff(office))


@pytest.fixture
def event(office: Office) -> Event:
    return make_event(office, title="Town hall on buses")


def asked(event: Event, kind: str = "asl", **form: Any) -> AccessRequest:
    return make_rsvp(event, access_needs=[kind], **form).access_requests.get()


def called(event: Event, by: StaffUser, kind: str = "wheelchair") -> AccessRequest:
    """Dolores, who has no address."""
    made = rsvp(
        event_id=event.pk, name="Dolores Vega", phone="555-0171", mode=Mode.IN_PERSON,
        access_needs=[kind], access_note="Near the door.", now=NOW, actor=by,
    )  # fmt: skip
    return made.rsvp.access_requests.get()


def arrange(request: AccessRequest, by: StaffUser, words: str = "Two interpreters") -> None:
    actions.arrange_requests(request_ids=[request.pk], arranged_with=words, now=NOW, actor=by)


def test_the_board_shows_what_is_wanted_first_on_top_and_late_ones_say_so(
    desk: Desk, office: Office
) -> None:
    assert (
        "Nothing to arrange When a guest asks for an interpreter" in desk.see("staff-access").text
    )
    near = make_event(office, title="Near", starts_at=NOW + timedelta(days=1))
    slow = make_office(access_notice_days=14)
    actions_member = desk.user.memberships.create(office=slow, role=Role.EDITOR)
    assert actions_member.office == slow
    far = make_event(slow, title="Far, but slow to arrange", starts_at=NOW + timedelta(days=16))
    soon = make_event(office, title="Soon", starts_at=NOW + timedelta(days=9))
    for one, name in ((soon, "Cleo"), (far, "Ben"), (near, "Ana")):
        asked(one, name=name)
    text = desk.see("staff-access").text
    assert text.index("Ana") < text.index("Ben") < text.index("Cleo")
    assert (
        "American Sign Language interpreter , Ana Late: try all the same By Saturday, May 30 "
        "asked for after that day Ana Near"
    ) in text
    assert "By Wednesday, June 3 Ben Far, but slow to arrange" in text
    assert text.count("Late") == 1
    text = desk.see("staff-access", f"?office={slow.slug}").text
    assert "Ben Far, but slow" in text
    assert "Ana" not in text


def test_the_board_is_narrowed_by_state_kind_owner_and_event(
    desk: Desk, office: Office, event: Event
) -> None:
    mine, theirs = asked(event, name="Mia"), asked(event, "captions", name="Theo")
    other = asked(make_event(office, title="Other"), name="Olga")
    done = asked(event, "wheelchair", name="Dana")
    arrange(done, desk.user)
    gone = asked(event, name="Gus")
    arrange(gone, desk.user)
    cancel_rsvp(rsvp_id=gone.rsvp_id, now=NOW)
    colleague = make_staff(office)
    actions.assign_request(request_id=mine.pk, owner=desk.user, now=NOW, actor=desk.user)
    actions.assign_request(request_id=theirs.pk, owner=colleague, now=NOW, actor=desk.user)

    def seen(query: str) -> set[str]:
        text = desk.see("staff-access", query).text
        return {name for name in ("Mia", "Theo", "Olga", "Dana", "Gus") if f", {name} " in text}

    assert seen("") == {"Mia", "Theo", "Olga"}
    assert seen("?owner=me") == {"Mia"}
    assert seen("?owner=nobody") == {"Olga"}
    assert seen(f"?owner={colleague.pk}") == {"Theo"}
    assert seen("?kind=captions") == {"Theo"}
    assert seen(f"?event={other.rsvp.event_id}") == {"Olga"}
    assert seen("?show=arranged") == {"Dana"}
    assert seen("?show=off") == {"Gus"}
    assert seen("?show=past") == set()
    assert seen("?kind=nonsense&owner=%00&show=nonsense") == {"Mia", "Theo", "Olga"}
    with at(event.ends_at):
        assert seen("?show=past") == {"Mia", "Theo", "Olga", "Dana"}


def test_a_request_is_taken_from_the_board_and_given_on(
    desk: Desk, office: Office, event: Event
) -> None:
    request = asked(event, name="Ana", party_size=3)
    shown = desk.follow(desk.send("staff-access-take", {}, pk=request.pk))
    assert "You see to it now: American Sign Language interpreter." in shown.text
    assert "3 people, 2 companions" in shown.text
    colleague = make_staff(office)
    data = {"owner": str(colleague.pk), "companions": "1"}
    shown = desk.follow(desk.send("staff-access-work", data, pk=request.pk))
    assert "3 people, 1 companion" in shown.text
    request.refresh_from_db()
    assert (request.owner, request.companions) == (colleague, 1)
    for wrong in ({"owner": "999999"}, {"companions": "many"}, {"companions": "21"}):
        assert desk.send("staff-access-work", data | wrong, pk=request.pk).status_code == 422


def test_arranged_is_saved_for_all_whom_it_serves(desk: Desk, event: Event) -> None:
    ana, ben = asked(event, name="Ana"), asked(event, name="Ben")
    shown = desk.see("staff-access-request", pk=ana.pk)
    assert "It serves these guests, too" in shown.text
    data = {"arranged_with": "Two interpreters", "others": [str(ben.pk)], "seen": ""}
    shown = desk.follow(desk.send("staff-access-arrange", data, pk=ana.pk))
    assert "Saved. The guest gets a message that says so." in shown.text
    assert "What is arranged Two interpreters" in shown.text
    assert {one.state for one in AccessRequest.objects.all()} == {"arranged"}


def test_an_interpreter_for_a_spoken_language_says_which(desk: Desk, event: Event) -> None:
    request = asked(event, "interpreter", language="es")
    data = {"arranged_with": "Two interpreters", "language": ""}
    refused = desk.send("staff-access-arrange", data, pk=request.pk)
    assert refused.status_code == 422
    assert "Choose the language that is interpreted." in page(refused).text
    shown = desk.follow(desk.send("staff-access-arrange", data | {"language": "es"}, pk=request.pk))
    assert "Interpreter for a spoken language (Español)" in shown.text


@pytest.mark.parametrize("missing", SAID)
def test_cannot_is_not_saved_without_all_three(desk: Desk, event: Event, missing: str) -> None:
    request = asked(event)
    refused = desk.send("staff-access-cannot", SAID | {missing: "  "}, pk=request.pk)
    assert refused.status_code == 422
    shown = page(refused)
    assert "There is a problem" in shown.text
    # What was typed is still there.
    kept = {name: value for name, value in SAID.items() if name != missing}
    assert {name: shown.fields[name] for name in kept} == kept
    assert AccessRequest.objects.get().state == "requested"


def test_cannot_is_shown_with_all_three_and_can_be_taken_back(desk: Desk, event: Event) -> None:
    request = asked(event)
    shown = desk.follow(desk.send("staff-access-cannot", SAID, pk=request.pk))
    for words in SAID.values():
        assert words in shown.text
    shown = desk.follow(desk.send("staff-access-reopen", {}, pk=request.pk))
    assert "It is to arrange again." in shown.text
    assert "Live captions" not in shown.text


def test_a_colleague_who_was_faster_is_not_overwritten(desk: Desk, event: Event) -> None:
    request = asked(event)
    arrange(request, desk.user)
    late = desk.send("staff-access-cannot", SAID | {"seen": ""}, pk=request.pk)
    assert late.status_code == 422
    assert "Somebody else has answered this request meanwhile." in page(late).text
    assert AccessRequest.objects.get().state == "arranged"


def test_who_has_no_address_is_called_and_that_is_written_down(desk: Desk, event: Event) -> None:
    request = called(event, desk.user)
    data = {"arranged_with": "A space by the door"}
    shown = desk.follow(desk.send("staff-access-arrange", data, pk=request.pk))
    assert "Saved. Call the guest whom no mail reaches." in shown.text
    assert "To be called : 555-0171" in shown.text
    assert "Dolores Vega 555-0171" in desk.see("staff-access", "?show=call").text
    assert "To call 1 guest whom no mail reaches does not know the answer" in desk.see("staff").text
    shown = desk.follow(desk.send("staff-access-told", {}, pk=request.pk))
    assert "In person, Monday, June 1, 2026, 9:00 a.m." in shown.text
    assert "To call" not in desk.see("staff-access").text
    shown = desk.follow(desk.send("staff-access-reopen", {}, pk=request.pk))
    assert "The guest knows the old answer: call them." in shown.text


def test_who_gets_no_mail_any_more_is_called_too(desk: Desk, event: Event) -> None:
    request = asked(event, name="Ana", email="ana@example.org")
    arrange(request, desk.user)
    assert "Told By email." in desk.see("staff-access-request", pk=request.pk).text
    suppress(email="ana@example.org", scope="all", reason="bounced", now=NOW)
    text = desk.see("staff-access-request", pk=request.pk).text
    assert "To be called Their mail comes back, or they want none." in text
    assert "1 guest whom no mail reaches" in desk.see("staff").text
    assert "Ana no phone number" in desk.see("staff-access", "?show=call").text


def test_what_was_arranged_for_another_time_is_on_the_board_again(desk: Desk, event: Event) -> None:
    request = asked(event, name="Ana")
    arrange(request, desk.user)
    assert "Nothing to arrange" in desk.see("staff-access").text
    later = event.starts_at + timedelta(days=7)
    edit_event(
        event_id=event.pk, now=NOW,
        changes={"starts_at": later, "ends_at": later + timedelta(hours=1)},
    )  # fmt: skip
    assert "Ana By Monday, June 15 Ana" in desk.see("staff-access").text
    shown = desk.see("staff-access-request", pk=request.pk)
    assert "It was arranged for another time." in shown.text
    # One click keeps it.
    assert shown.fields["arranged_with"] == "Two interpreters"


def test_where_nothing_is_to_arrange_any_more_there_is_no_form(desk: Desk, event: Event) -> None:
    request = asked(event)
    arrange(request, desk.user)
    cancel_rsvp(rsvp_id=request.rsvp_id, now=NOW)
    shown = desk.see("staff-access-request", pk=request.pk)
    assert "No longer needed It was arranged: call it off." in shown.text
    assert "arranged_with" not in shown.fields
    refused = desk.send("staff-access-arrange", {"arranged_with": "More"}, pk=request.pk)
    assert refused.status_code == 422
    text = desk.see("staff").text
    assert "Access to arrange To call off 1 thing that was arranged is needed no more" in text
    shown = desk.follow(desk.send("staff-access-called-off", {}, pk=request.pk))
    assert "Written down: it is called off." in shown.text
    assert "call it off" not in shown.text
    assert "To call off" not in desk.see("staff").text + desk.see("staff-access").text


def test_the_alarm_sounds_while_there_is_time_and_when_it_is_late(
    desk: Desk, office: Office
) -> None:
    event = make_event(office, starts_at=NOW + timedelta(days=6))  # wanted by June 4
    asked(event)
    assert "Access has to be arranged soon" not in desk.see("staff").text
    with at(NOW + timedelta(days=1)):
        text = desk.see("staff").text
        assert "Access has to be arranged soon 1 answer is wanted within two days." in text
    with at(NOW + timedelta(days=4)):
        text = desk.see("staff").text
        assert "Access is late 1 guest waits for an answer past the day" in text
    arrange(AccessRequest.objects.get(), desk.user)
    with at(NOW + timedelta(days=4)):
        assert "Access is late" not in desk.see("staff").text


def test_a_caller_is_found_or_written_down(desk: Desk, event: Event) -> None:
    make_rsvp(event, name="Ana Reyes")
    shown = desk.see("staff-access-caller")
    assert "Town hall on buses, Thursday, June 11" in shown.text
    shown = desk.see("staff-access-caller", f"?event={event.pk}&q=reyes")
    assert "Ana Reyes" in shown.text
    assert "Write down somebody new" in shown.text
    shown = desk.see("staff-access-caller", f"?event={event.pk}&q=nobody")
    assert "Nobody of this name is on the list." in shown.text


def test_words_are_for_roles_that_need_them(
    desk: Desk, event: Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = called(event, desk.user)
    arrange(request, desk.user, "A space beside the stage")
    guest = {"event_pk": event.pk, "pk": request.rsvp_id}

    def words() -> list[bool]:
        seen = [
            desk.see("staff-guests", pk=event.pk).text,
            desk.see("staff-guest", **guest).text + str(desk.see("staff-guest", **guest).fields),
            desk.ask("staff-guests-csv", pk=event.pk).content.decode(),
            desk.see("staff-access-request", pk=request.pk).text,
        ]
        return ["Near the door." in text for text in seen]

    assert words() == [True] * 4
    monkeypatch.setitem(permissions.TABLE, "see_access_words", frozenset())
    assert words() == [False] * 4
    shown = desk.see("staff-access-request", pk=request.pk)
    assert "beside the stage" not in shown.text + str(shown.fields)
    # Who changes a guest without seeing the words does not take them away.
    data = {"party_size": "1", "access_needs": ["wheelchair"]}
    desk.follow(desk.send("staff-guest-change", data, **guest))
    request.rsvp.refresh_from_db()
    assert request.rsvp.access_note == "Near the door."
    assert AccessRequest.objects.get().state == "arranged"


def test_who_may_not_arrange_sees_no_board(
    desk: Desk, event: Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = asked(event)
    monkeypatch.setitem(permissions.TABLE, "arrange_access", frozenset())
    assert desk.ask("staff-access").status_code == 403
    assert desk.ask("staff-access-request", pk=request.pk).status_code == 403
    assert "staff/access" not in desk.ask("staff").content.decode()


def test_what_was_done_stands_in_the_history_without_words(desk: Desk, event: Event) -> None:
    request = asked(event, name="Ana")
    arrange(request, desk.user)
    shown = desk.see("staff-event-history", "?about=guests", pk=event.pk)
    assert "Access arranged : Ana" in shown.text
    assert "interpreters" not in shown.text


def test_the_board_costs_the_same_for_3_rows_and_for_30(
    desk: Desk, office: Office, django_assert_max_num_queries: Any
) -> None:
    def fill(count: int) -> None:
        for _number in range(count):
            event = make_event(office, translations={"es": {"title": "Hola", "description": ""}})
            request = asked(event)
            actions.assign_request(request_id=request.pk, owner=desk.user, now=NOW, actor=desk.user)

    costs = []
    for count in (3, 27):
        fill(count)
        with CaptureQueriesContext(connection) as queries:
            desk.see("staff-access")
        costs.append(len(queries))
    assert costs[0] == costs[1]
    assert costs[1] <= 15
