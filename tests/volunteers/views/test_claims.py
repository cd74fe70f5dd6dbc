"""A volunteer's own claim, behind the link that was mailed."""

from datetime import timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from events import links, proof
from events.actions.calling_off import cancel_event, postpone_event
from events.models import AuditEntry
from tests.clock import at
from tests.factories import NOW, make_claim, make_event, make_office, make_role, make_shift
from tests.pages import page
from volunteers.actions.shifts import cancel_shift, edit_shift
from volunteers.models import ShiftClaim

pytestmark = pytest.mark.django_db


def address(claim: ShiftClaim, step: str = "") -> str:
    return f"/claims/{links.token_for(links.CLAIM, claim)}/{step}"


def look(client: Client, path: str, **params: Any) -> HttpResponse:
    with at(NOW):
        return client.get(path, params)


def press(client: Client, path: str, **fields: str) -> HttpResponse:
    with at(NOW):
        return client.post(path, fields)


def text(client: Client, claim: ShiftClaim) -> str:
    answer = look(client, address(claim))
    assert answer.status_code == 200
    return page(answer).text


def test_claim_page_shows_the_shift_and_asks_to_confirm(client: Client) -> None:
    event = make_event(title="Budget night")
    claim = make_claim(make_shift(event), proven=False)
    read = page(look(client, address(claim)))
    for fact in (
        "Greeter",
        "Thursday, June 11, 2026, 5:30–7:30 p.m. PDT",
        "Budget night",
        "The shift is yours: please confirm",
        "Use the door on Oak Avenue.",
    ):
        assert fact in read.text
    assert read.forms == [address(claim, "confirm/")]
    assert address(claim, "release/") in read.links


def test_looking_changes_nothing(client: Client) -> None:
    """A mail scanner that opens every link neither confirms nor releases."""
    claim = make_claim(make_shift(), proven=False)
    facts = AuditEntry.objects.count()
    for step in ("", "confirm/", "release/"):
        answer = look(client, address(claim, step))
        assert answer.status_code == 200
        assert not answer.cookies
    claim.refresh_from_db()
    assert (claim.proven_at, claim.status) == (None, "confirmed")
    assert AuditEntry.objects.count() == facts


def test_confirm_proves_the_address_and_gives_the_browser_the_proof(client: Client) -> None:
    claim = make_claim(make_shift(), email="vic@example.org", proven=False)
    answer = press(client, address(claim, "confirm/"))
    assert (answer.status_code, answer["Location"]) == (303, address(claim))
    cookie = answer.cookies[proof.COOKIE]
    assert (cookie["httponly"], cookie["samesite"], cookie["max-age"]) == (True, "Lax", 2592000)
    assert "vic" not in cookie.value
    claim.refresh_from_db()
    assert claim.proven_at == NOW
    assert "You confirmed it." in text(client, claim)
    assert page(look(client, address(claim))).forms == []


def test_release_gives_the_place_to_who_waits(client: Client) -> None:
    shift = make_shift(capacity=1)
    claim = make_claim(shift, proven=False)
    waiting = make_claim(shift)
    assert "You are number 1 in line" in text(client, waiting)
    answer = press(client, address(claim, "release/"), reason="I have a cold.")
    assert (answer.status_code, answer["Location"]) == (303, address(claim))
    assert proof.COOKIE in answer.cookies
    claim.refresh_from_db()
    waiting.refresh_from_db()
    assert (claim.status, claim.release_reason) == ("cancelled", "I have a cold.")
    assert waiting.status == "confirmed"
    assert "You gave this shift back" in text(client, claim)
    assert "The shift is yours" in text(client, waiting)


def test_release_twice_is_harmless(client: Client) -> None:
    claim = make_claim(make_shift())
    press(client, address(claim, "release/"))
    assert press(client, address(claim, "release/")).status_code == 303
    assert AuditEntry.objects.filter(action="claim.released").count() == 1


def test_release_with_a_reason_that_is_too_long_is_422_and_keeps_it(client: Client) -> None:
    claim = make_claim(make_shift())
    answer = press(client, address(claim, "release/"), reason="x" * 501)
    assert answer.status_code == 422
    assert page(answer).fields["reason"] == "x" * 501
    claim.refresh_from_db()
    assert claim.status == "confirmed"


def test_confirm_after_release_is_422_with_the_reason(client: Client) -> None:
    claim = make_claim(make_shift())
    press(client, address(claim, "release/"))
    answer = press(client, address(claim, "confirm/"))
    assert answer.status_code == 422
    assert proof.COOKIE in answer.cookies
    assert "This place was given back." in page(answer).text
    # Nothing is left to confirm, so the link leads to what became of the claim.
    assert look(client, address(claim, "confirm/"))["Location"] == address(claim)


def test_line_is_numbered_in_order(client: Client) -> None:
    shift = make_shift(capacity=1)
    make_claim(shift)
    line = [make_claim(shift, now=NOW + timedelta(seconds=n)) for n in range(3)]
    assert [f"number {n} in line" in text(client, claim) for n, claim in enumerate(line, 1)] == [
        True
    ] * 3


def test_claim_of_a_cancelled_shift_says_not_to_come(client: Client) -> None:
    claim = make_claim(make_shift())
    cancel_shift(shift_id=claim.shift_id, reason="The hall is closed.", now=NOW)
    said = text(client, claim)
    assert "This shift was cancelled. You do not have to come. The hall is closed." in said
    assert "The shift is yours" not in said


def test_claim_at_an_event_follows_what_becomes_of_it(client: Client) -> None:
    event = make_event()
    claim = make_claim(make_shift(event))
    postpone_event(event_id=event.pk, reason="A storm.", now=NOW)
    assert "This shift is postponed with its event." in text(client, claim)
    cancel_event(event_id=event.pk, reason="A flood.", now=NOW)
    assert "You do not have to come. A flood." in text(client, claim)


def test_claim_of_a_past_shift_thanks(client: Client) -> None:
    claim = make_claim(make_shift())
    with at(NOW + timedelta(days=30)):
        read = page(client.get(address(claim)))
    assert "Thank you for your help." in read.text
    assert address(claim, "release/") not in read.links


def test_overlap_that_a_move_made_is_shown(client: Client) -> None:
    office = make_office()
    claim = make_claim(make_shift(office=office), email="vic@example.org")
    later = make_shift(
        office=office, role=make_role(office, "Cook"), starts_at=NOW + timedelta(days=9)
    )
    make_claim(later, email="vic@example.org")
    assert "This overlaps" not in text(client, claim)
    edit_shift(
        shift_id=later.pk,
        changes={
            "starts_at": NOW + timedelta(days=8),
            "ends_at": NOW + timedelta(days=8, hours=1),
        },
        now=NOW,
    )
    assert "At the same time you have: Cook, Tuesday, June 9, 2026, 9:00–10:00 a.m. PDT." in text(
        client, claim
    )


@pytest.mark.parametrize("step", ["", "confirm/", "release/"])
def test_link_that_is_not_ours_is_404_and_says_what_to_do(client: Client, step: str) -> None:
    claim = make_claim(make_shift())
    cut_short = address(claim)[:-10] + "/" + step
    of_something_else = f"/claims/{links.token_for(links.RSVP, claim)}/{step}"
    renewed = address(claim, step)
    ShiftClaim.objects.update(link_version=2)
    for path in (cut_short, of_something_else, renewed):
        for answer in (look(client, path), press(client, path)):
            if answer.status_code != 405:
                assert answer.status_code == 404
                assert "This link does not work" in page(answer).text
    claim.refresh_from_db()
    assert claim.status == "confirmed"


def test_claim_pages_are_private_and_unlisted(client: Client) -> None:
    claim = make_claim(make_shift())
    answer = look(client, address(claim))
    assert answer["Cache-Control"] == "private, no-store"
    assert answer["X-Robots-Tag"] == "noindex, nofollow"
    assert answer["Referrer-Policy"] == "same-origin"


def test_claim_page_is_only_looked_at(client: Client) -> None:
    claim = make_claim(make_shift())
    assert client.post(address(claim)).status_code == 405
    assert client.put(address(claim, "release/")).status_code == 405


def test_claim_pages_keep_the_language_of_the_link(client: Client) -> None:
    claim = make_claim(make_shift(), proven=False)
    answer = look(client, address(claim), lang="es")
    assert answer["Content-Language"] == "es"
    assert page(answer).forms == [f"{address(claim, 'confirm/')}?lang=es"]
    assert press(client, f"{address(claim, 'confirm/')}?lang=es")["Location"] == (
        f"{address(claim)}?lang=es"
    )


def test_post_from_another_sites_page_is_refused(client: Client) -> None:
    claim = make_claim(make_shift())
    with at(NOW):
        answer = client.post(address(claim, "release/"), headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    claim.refresh_from_db()
    assert claim.status == "confirmed"
