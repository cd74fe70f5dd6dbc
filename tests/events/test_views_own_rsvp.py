"""A person's own RSVP behind the mailed link: see, confirm, change, cancel."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext

from events import links, proof
from events.actions.access_requests import arrange_requests, cannot_arrange
from events.actions.calling_off import cancel_event, postpone_event
from events.actions.events import edit_event, reschedule_event
from events.actions.rsvps import cancel_rsvp, change_rsvp, expire_unproven
from events.actions.rsvps import rsvp as take_rsvp
from events.models import RSVP, AuditEntry, Event, Outbox
from tests.factories import NOW, make_event, make_office, make_rsvp, make_staff, make_venue
from tests.pages import Page, page
from tests.valid_html import html_faults

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _now() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def address(rsvp: RSVP, step: str = "") -> str:
    return f"/rsvps/{links.token_for(links.RSVP, rsvp)}/{step}"


def look(client: Client, rsvp: RSVP, query: str = "") -> Page:
    answer = client.get(address(rsvp) + query)
    assert answer.status_code == 200
    return page(answer)


def post(client: Client, rsvp: RSVP, step: str, **typed: object) -> HttpResponse:
    return client.post(address(rsvp, step), typed)


def standing(event: Event) -> list[tuple[str, int, str]]:
    rows = RSVP.objects.filter(event=event).order_by("pk")
    return list(rows.values_list("mode", "party_size", "status"))


def facts() -> list[str]:
    found = AuditEntry.objects.filter(action__startswith="rsvp.").order_by("pk")
    return list(found.values_list("action", flat=True))


# What one sees


def test_a_place_is_shown_with_all_that_belongs_to_it(client: Client) -> None:
    event = make_event(title="Budget town hall")
    rsvp = make_rsvp(
        event, party_size=3, name="Ana Reyes", access_needs=["asl"], access_note="I lip-read."
    )
    seen = look(client, rsvp)
    assert "You have 3 places" in seen.text
    for fact in (
        "Budget town hall",
        "Ana Reyes",
        "In the room",
        "American Sign Language interpreter",
        "I lip-read.",
        "Thursday, June 11, 2026",
        "Main Library, Community Room",
        "Use the door on Oak Avenue.",
    ):
        assert fact in seen.text
    assert {address(rsvp, "change/"), address(rsvp, "cancel/")} <= set(seen.links)
    assert seen.forms == [], "the address is proven: nothing to confirm"


def test_an_address_that_nobody_has_proven_is_asked_to_confirm(client: Client) -> None:
    rsvp = make_rsvp(make_event(), proven=False)
    seen = look(client, rsvp)
    assert "You have a place" in seen.text
    assert seen.forms == [address(rsvp, "confirm/")]


def test_a_place_online_comes_with_the_link_to_join(client: Client) -> None:
    event = make_event(
        mode="both", remote_capacity=1, remote_url="https://meet.example.org/x", dial_in="555-0199"
    )
    seen = look(client, make_rsvp(event, mode="remote"))
    assert "You have a place online" in seen.text
    assert "https://meet.example.org/x" in seen.links
    assert "By phone: 555-0199" in seen.text
    assert "Oak Avenue" not in seen.text
    waiting = look(client, make_rsvp(event, mode="remote"))
    assert "https://meet.example.org/x" not in waiting.links
    assert "You get the link and the phone number with your place." in waiting.text


def test_a_place_in_line_is_explained(client: Client) -> None:
    event = make_event(capacity=4)
    make_rsvp(event, party_size=4)
    first = make_rsvp(event, party_size=4)
    make_rsvp(event, party_size=3)
    third = make_rsvp(event, party_size=1)
    assert "You are first in line." in look(client, first).text
    assert "4 places have to be free together." in look(client, first).text
    seen = look(client, third).text
    assert "You are number 3 in line. 2 parties (7 in all) are ahead of you." in seen
    assert "One place has to come free." in seen


def test_a_large_party_is_offered_to_come_with_fewer(client: Client) -> None:
    event = make_event(capacity=4)
    make_rsvp(event, party_size=2)
    rsvp = make_rsvp(event, party_size=3)
    seen = look(client, rsvp)
    assert "2 places are free now" in seen.text
    assert seen.forms == [address(rsvp, "change/")]
    answer = post(client, rsvp, "change/", **seen.fields)
    assert answer.status_code == 303
    assert standing(event)[1] == ("in_person", 2, "confirmed")


def test_an_rsvp_that_holds_no_place_yet_says_what_to_do(client: Client) -> None:
    event = make_event(capacity=10)
    for _number in range(8):
        make_rsvp(event, proven=False)
    rsvp = make_rsvp(event, proven=False)
    seen = look(client, rsvp)
    assert "Please confirm your RSVP" in seen.text
    assert "within 48 hours" in seen.text
    assert seen.forms == [address(rsvp, "confirm/")]
    answer = post(client, rsvp, "confirm/")
    assert answer.status_code == 303
    assert "You have a place" in page(client.get(answer["Location"])).text


@pytest.mark.parametrize("what", ["cancelled", "postponed", "over"])
def test_an_event_that_is_off_says_so_and_offers_nothing_to_change(
    client: Client, what: str
) -> None:
    event, moment = make_event(), NOW
    rsvp = make_rsvp(event)
    if what == "cancelled":
        cancel_event(event_id=event.pk, reason="The hall is flooded.", now=NOW)
        words = "This event was cancelled The hall is flooded. You do not have to do anything."
    elif what == "postponed":
        postpone_event(event_id=event.pk, reason="Storm.", now=NOW)
        words = "This event was postponed Storm. A new date is not set yet. Your RSVP stands"
    else:
        moment, words = event.ends_at, "This event is over"
    with time_machine.travel(moment, tick=False):
        seen = look(client, rsvp)
        assert words in seen.text
        assert address(rsvp, "change/") not in seen.links
        answer = post(client, rsvp, "change/", party_size="2")
        assert answer.status_code == 422
    assert "There is a problem" in page(answer).text
    assert standing(event) == [("in_person", 1, "confirmed")]


def test_who_cannot_wait_for_the_new_date_can_cancel(client: Client) -> None:
    event = make_event()
    rsvp = make_rsvp(event)
    postpone_event(event_id=event.pk, reason="Storm.", now=NOW)
    assert address(rsvp, "cancel/") in look(client, rsvp).links
    assert post(client, rsvp, "cancel/").status_code == 303
    assert standing(event) == [("in_person", 1, "cancelled")]


def test_a_moved_event_shows_the_new_date(client: Client) -> None:
    event = make_event()
    rsvp = make_rsvp(event)
    moved = event.starts_at + timedelta(days=1)
    reschedule_event(
        event_id=event.pk, starts_at=moved, ends_at=moved + timedelta(hours=1), now=NOW
    )
    assert "Friday, June 12, 2026" in look(client, rsvp).text


def test_an_rsvp_that_nobody_confirmed_says_that_it_ended(client: Client) -> None:
    event = make_event(capacity=1)
    make_rsvp(event, proven=False)
    cancel_rsvp(rsvp_id=make_rsvp(event).pk, now=NOW)
    event = make_event(capacity=10)
    for _number in range(8):
        make_rsvp(event, proven=False)
    rsvp = make_rsvp(event, proven=False)
    later = NOW + timedelta(hours=48)
    expire_unproven(now=later)
    with time_machine.travel(later, tick=False):
        assert "Your RSVP has ended" in look(client, rsvp).text
        assert post(client, rsvp, "confirm/").status_code == 422


# Confirm


def test_confirming_proves_the_address_and_this_browser(client: Client) -> None:
    rsvp = make_rsvp(make_event(), email="ana@example.org", proven=False)
    answer = post(client, rsvp, "confirm/")
    assert (answer.status_code, answer["Location"]) == (303, address(rsvp, "?done=confirmed"))
    cookie = answer.cookies["proof"]
    assert (cookie["httponly"], cookie["samesite"], cookie["max-age"]) == (True, "Lax", 2592000)
    assert "ana" not in cookie.value
    rsvp.refresh_from_db()
    assert rsvp.proven_at == NOW
    assert "Thank you. We count on you." in page(client.get(answer["Location"])).text


def test_a_proof_outlives_a_change_of_the_secret_key(client: Client, settings: Any) -> None:
    event = make_event()
    rsvp = make_rsvp(event, email="ana@example.org", proven=False)
    post(client, rsvp, "confirm/")
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "a new key, long enough to be one, and never used anywhere else"
    typed = {"name": "Ana", "email": "ana@example.org"}
    answer = client.post(f"/events/{event.slug}/rsvp/", typed)
    assert (answer.status_code, answer["Location"]) == (303, address(rsvp, "?had=1"))


def test_after_a_move_the_page_asks_whether_they_still_come(client: Client) -> None:
    event = make_event()
    rsvp = make_rsvp(event)
    assert "Yes, I am coming" not in look(client, rsvp).text
    edit_event(event_id=event.pk, changes={"venue": make_venue(event.office)}, now=NOW)
    RSVP.objects.filter(pk=rsvp.pk).update(confirmed_at=NOW - timedelta(days=1))
    shown = look(client, rsvp)
    assert "Please tell us whether you still come." in shown.text
    assert "Yes, I am coming" in shown.text
    post(client, rsvp, "confirm/")
    shown = look(client, rsvp)
    assert "whether you still come" not in shown.text
    assert "We look forward to seeing you." in shown.text


def test_an_rsvp_that_was_cancelled_cannot_be_confirmed(client: Client) -> None:
    event = make_event()
    rsvp = make_rsvp(event)
    cancel_rsvp(rsvp_id=rsvp.pk, now=NOW)
    answer = post(client, rsvp, "confirm/")
    assert answer.status_code == 422
    assert "To come after all, RSVP again." in page(answer).text
    assert standing(event) == [("in_person", 1, "cancelled")]
    assert "proof" in answer.cookies


# Change


def test_the_change_form_holds_what_is_so_now(client: Client) -> None:
    event = make_event(mode="both")
    rsvp = make_rsvp(
        event, party_size=3, mode="remote", access_needs=["captions"], access_note="Fast, please."
    )
    seen = page(client.get(address(rsvp, "change/")))
    assert seen.fields == {
        "party_size": "3", "mode": ["remote"], "access_needs": ["captions"],
        "access_note": "Fast, please.",
    }  # fmt: skip
    assert "Online or by phone (as now)" in seen.text


def test_party_and_needs_can_be_changed(client: Client) -> None:
    event = make_event()
    rsvp = make_rsvp(event, access_needs=["captions"], access_note="Fast, please.")
    answer = post(
        client, rsvp, "change/", party_size="4", mode="in_person", access_needs=["asl", "other"],
        access_note="",
    )  # fmt: skip
    assert (answer.status_code, answer["Location"]) == (303, address(rsvp, "?done=changed"))
    assert "proof" in answer.cookies
    rsvp.refresh_from_db()
    assert (rsvp.party_size, rsvp.access_note) == (4, "")
    assert set(rsvp.access_requests.values_list("kind", flat=True)) == {"asl", "other"}
    event.refresh_from_db()
    assert event.taken == 4


def test_needs_that_are_not_mentioned_stay(client: Client) -> None:
    rsvp = make_rsvp(make_event(), access_needs=["captions"], access_note="Fast, please.")
    assert post(client, rsvp, "change/", party_size="2").status_code == 303
    rsvp.refresh_from_db()
    assert rsvp.access_note == "Fast, please."
    assert rsvp.access_requests.get().kind == "captions"


def test_a_party_that_does_not_fit_is_422_and_keeps_its_place(client: Client) -> None:
    event = make_event(capacity=5)
    make_rsvp(event, party_size=2)
    rsvp = make_rsvp(event, party_size=2)
    answer = post(client, rsvp, "change/", party_size="4", access_note="Mine.")
    assert answer.status_code == 422
    seen = page(answer)
    assert "Only 3 people fit now. Your place for 2 is kept. Enter 3 or fewer." in seen.text
    assert (seen.fields["party_size"], seen.fields["access_note"]) == ("4", "Mine.")
    assert standing(event)[1] == ("in_person", 2, "confirmed")


@pytest.mark.parametrize("size", ["0", "21", "abc", ""])
def test_a_bad_party_is_422(client: Client, size: str) -> None:
    event = make_event()
    rsvp = make_rsvp(event)
    answer = post(client, rsvp, "change/", party_size=size)
    assert answer.status_code == 422
    assert "Enter a number of people from 1 to 20." in page(answer).text
    assert page(answer).title.startswith("Error:")
    assert standing(event) == [("in_person", 1, "confirmed")]


def test_changing_to_a_free_way_leads_to_the_new_place_and_the_old_link_says_so(
    client: Client,
) -> None:
    event = make_event(mode="both")
    old = make_rsvp(event, mode="in_person")
    answer = post(client, old, "change/", party_size="1", mode="remote")
    new = RSVP.objects.get(mode="remote")
    assert answer["Location"] == address(new, "?done=changed")
    assert "You have a place online" in page(client.get(answer["Location"])).text
    seen = look(client, old)
    assert "This RSVP was replaced" in seen.text
    assert address(new) in seen.links


def test_cancelling_by_an_old_link_does_not_say_that_the_new_place_is_given_back(
    client: Client,
) -> None:
    event = make_event(mode="both")
    old = make_rsvp(event, mode="in_person")
    post(client, old, "change/", party_size="1", mode="remote")
    answer = post(client, old, "cancel/")
    seen = page(client.get(answer["Location"]))
    assert "somebody else can have your place" not in seen.text
    assert address(RSVP.objects.get(mode="remote")) in seen.links


def test_who_waits_for_the_room_keeps_the_place_online(client: Client) -> None:
    event = make_event(mode="both", capacity=1)
    make_rsvp(event, mode="in_person")
    online = make_rsvp(event, mode="remote")
    answer = post(client, online, "change/", party_size="1", mode="in_person")
    room = RSVP.objects.get(upgrade_of=online)
    assert answer["Location"] == address(room, "?done=changed")
    seen = page(client.get(answer["Location"]))
    assert "Until then you keep your place online." in seen.text
    assert address(online) in seen.links
    held = look(client, online)
    assert "You also wait for a place in the room." in held.text
    assert address(room) in held.links


def test_a_way_that_the_event_gave_up_can_be_kept(client: Client) -> None:
    event = make_event(mode="both")
    rsvp = make_rsvp(event, mode="remote")
    edit_event(event_id=event.pk, changes={"mode": "in_person"}, now=NOW)
    assert page(client.get(address(rsvp, "change/"))).fields["mode"] == ["remote"]
    assert post(client, rsvp, "change/", party_size="2").status_code == 303
    assert standing(event) == [("remote", 2, "confirmed")]


# Cancel


def test_cancelling_gives_the_place_to_the_next_in_line(client: Client) -> None:
    event = make_event(capacity=1)
    rsvp, following = make_rsvp(event), make_rsvp(event)
    answer = post(client, rsvp, "cancel/")
    assert (answer.status_code, answer["Location"]) == (303, address(rsvp, "?done=cancelled"))
    assert "proof" in answer.cookies
    following.refresh_from_db()
    assert following.status == "confirmed"
    seen = page(client.get(answer["Location"]))
    assert "Your RSVP is cancelled" in seen.text
    assert event.get_absolute_url() in seen.links
    assert seen.forms == []


def test_cancelling_twice_is_harmless(client: Client) -> None:
    rsvp = make_rsvp(make_event())
    assert post(client, rsvp, "cancel/").status_code == 303
    recorded = facts()
    assert post(client, rsvp, "cancel/").status_code == 303
    assert facts() == recorded


def test_an_old_link_does_not_open_a_later_rsvp_of_the_same_person(client: Client) -> None:
    event = make_event()
    old = make_rsvp(event, email="ana@example.org")
    cancel_rsvp(rsvp_id=old.pk, now=NOW)
    new = make_rsvp(event, email="ana@example.org", now=NOW + timedelta(minutes=1))
    seen = look(client, old)
    assert "Your RSVP is cancelled" in seen.text
    assert address(new) not in seen.links


# Links


def test_a_scanner_that_opens_every_link_changes_nothing(client: Client) -> None:
    event = make_event(capacity=10)
    for _number in range(9):
        rsvp = make_rsvp(event, proven=False)
    before = list(RSVP.objects.order_by("pk").values()), facts(), Outbox.objects.count()
    for step in ("", "confirm/", "change/", "cancel/"):
        for look_at in (client.get, client.head):
            answer = look_at(address(rsvp, step))
            assert answer.status_code == 200
            assert not answer.cookies
    assert (list(RSVP.objects.order_by("pk").values()), facts(), Outbox.objects.count()) == before


@pytest.mark.parametrize(("step", "button"), [
    ("confirm/", "Yes, I am coming"), ("change/", "Save the change"), ("cancel/", "Cancel my RSVP"),
])  # fmt: skip
def test_each_step_is_a_page_with_one_button(client: Client, step: str, button: str) -> None:
    rsvp = make_rsvp(make_event())
    seen = page(client.get(address(rsvp, step)))
    assert seen.forms == [address(rsvp, step)]
    assert button in seen.text


@pytest.mark.parametrize("step", ["confirm/", "change/", "cancel/"])
def test_where_nothing_is_left_to_do_a_step_leads_to_the_rsvp(client: Client, step: str) -> None:
    rsvp = make_rsvp(make_event())
    cancel_rsvp(rsvp_id=rsvp.pk, now=NOW)
    answer = client.get(address(rsvp, step))
    assert (answer.status_code, answer["Location"]) == (302, address(rsvp))


@pytest.mark.parametrize("step", ["", "confirm/", "change/", "cancel/"])
def test_a_link_that_is_not_ours_is_404_and_says_what_to_do(client: Client, step: str) -> None:
    rsvp = make_rsvp(make_event())
    good = links.token_for(links.RSVP, rsvp)
    RSVP.objects.filter(pk=rsvp.pk).update(link_version=2)
    other_purpose = links.token_for(links.CLAIM, rsvp)
    for token in (good, other_purpose, good[:-3], "x", "1.1.1"):
        answers = [client.get(f"/rsvps/{token}/{step}")]
        if step:
            answers.append(client.post(f"/rsvps/{token}/{step}"))
        for answer in answers:
            assert answer.status_code == 404
            assert "This link does not work" in page(answer).text
            assert not answer.cookies
    assert RSVP.objects.get().status == "confirmed"


def test_the_pages_are_nobody_elses(client: Client) -> None:
    rsvp = make_rsvp(make_event())
    for step in ("", "confirm/", "change/", "cancel/"):
        answer = client.get(address(rsvp, step))
        assert answer["Cache-Control"] == "private, no-store"
        assert "noindex" in answer["X-Robots-Tag"]
        assert answer["Referrer-Policy"] == "same-origin"
        assert 'name="robots" content="noindex"' in answer.content.decode()
        # The address is a secret: it is nowhere on the page but in its own forms and links.
        assert "canonical" not in answer.content.decode()
    assert client.post(address(rsvp)).status_code == 405
    assert client.put(address(rsvp, "cancel/")).status_code == 405


def test_another_site_cannot_press_the_buttons(client: Client) -> None:
    event = make_event()
    rsvp = make_rsvp(event)
    for step in ("confirm/", "change/", "cancel/"):
        answer = client.post(address(rsvp, step), headers={"Origin": "https://evil.example"})
        assert answer.status_code == 403
    assert standing(event) == [("in_person", 1, "confirmed")]


def test_the_language_of_the_link_stays(client: Client) -> None:
    rsvp = make_rsvp(make_event(translations={"es": {"title": "Asamblea"}}))
    answer = client.get(address(rsvp, "?lang=es"))
    seen = page(answer)
    assert "Asamblea" in seen.text
    assert {address(rsvp, "change/?lang=es"), address(rsvp, "cancel/?lang=es")} <= set(seen.links)
    posted = client.post(address(rsvp, "cancel/?lang=es"))
    assert posted["Location"] == address(rsvp, "?lang=es&done=cancelled")


def test_an_rsvp_that_staff_wrote_down_needs_no_address(client: Client) -> None:
    office = make_office()
    written = take_rsvp(
        event_id=make_event(office).pk,
        name="Ana",
        phone="555-0111",
        mode="in_person",
        now=NOW,
        actor=make_staff(office),
    )
    answer = post(client, written.rsvp, "confirm/")
    assert answer.status_code == 303
    assert proof.COOKIE not in answer.cookies


def test_what_became_of_the_help_asked_for_is_shown(client: Client) -> None:
    event = make_event(mode="both", remote_capacity=9, capacity=1)
    make_rsvp(event)
    sam = make_staff(event.office)
    rsvp = make_rsvp(event, mode="remote", access_needs=["asl", "captions", "other"])
    asl, captions, _other = rsvp.needs
    arrange_requests(
        request_ids=[asl.pk], arranged_with="Two interpreters, beside the speaker.", now=NOW,
        actor=sam,
    )  # fmt: skip
    cannot_arrange(
        request_id=captions.pk, instead="A recording with captions.", reason="Nobody is free.",
        decided_by="Ana Rivera, council member", now=NOW, actor=sam,
    )  # fmt: skip
    assert (
        "American Sign Language interpreter Arranged Two interpreters, beside the speaker. "
        "Live captions Cannot be arranged What we offer instead: A recording with captions. "
        "Why it cannot be: Nobody is free. Who decided it: Ana Rivera, council member "
        "Something else We are working on it"
    ) in look(client, rsvp).text
    assert html_faults(client.get(address(rsvp)).content.decode()) == []
    # The row that waits for the room leaves it to the place that is held meanwhile.
    waits = change_rsvp(rsvp_id=rsvp.pk, party_size=1, mode="in_person", now=NOW)
    text = look(client, waits).text
    assert "American Sign Language interpreter Live captions Something else" in text


def test_a_page_needs_the_same_queries_for_a_short_and_for_a_long_line(client: Client) -> None:
    def queries(rsvp: RSVP) -> int:
        with CaptureQueriesContext(connection) as captured:
            look(client, rsvp)
        return len(captured)

    event = make_event(capacity=1)
    first = make_rsvp(event)
    second = make_rsvp(event)
    for _number in range(12):
        last = make_rsvp(event)
    # The RSVP, the event and its relations, needs, questions, the line (two), the other row, the
    # frame.
    assert (queries(first), queries(second), queries(last)) == (8, 10, 10)
