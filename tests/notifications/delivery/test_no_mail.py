"""Addresses that get no mail, as staff see them."""

from typing import Any

import pytest

from events.actions.rsvps import confirm_rsvp
from events.models import AuditEntry, Office, Person
from notifications import catalogue
from notifications.delivery.suppression import COOLDOWN, suppress
from notifications.models import Suppression
from notifications.tick import drain
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
    make_topic,
)
from tests.notifications.delivery.kit import make_delivery
from tests.notifications.mailing import make_letter, make_reader
from tests.pages import page
from tests.smtp_sink import SmtpSink

pytestmark = pytest.mark.django_db

SERVER_SAID = "RCPT: 550 5.1.1 User unknown"


@pytest.fixture
def office() -> Office:
    return make_office(slug="district-4")


@pytest.fixture
def desk(office: Office) -> Desk:
    return Desk(make_staff(office))


def guest(office: Office, email: str) -> Person:
    return make_rsvp(make_event(office), email=email).person


def stopped(office: Office, email: str, reason: str = "bounced", **columns: Any) -> Suppression:
    person = guest(office, email)
    suppress(email=email, scope="all", reason=reason, now=NOW, **columns)
    return Suppression.objects.get(person=person, reason=reason)


def fact() -> tuple[Any, ...]:
    entry = AuditEntry.objects.get(action__startswith="person.mail_")
    return entry.action, entry.office_id, entry.person_id, entry.staff, entry.subjects


def test_an_address_stands_there_with_its_reason_its_message_and_the_servers_words(
    desk: Desk, office: Office
) -> None:
    met = make_delivery(catalogue.named("rsvp_confirmed"), office=office)
    stopped(office, "ana@example.org", detail=SERVER_SAID, delivery_id=met.pk)
    shown = desk.see("staff-no-mail").text
    assert (
        "ana@example.org There is no such mailbox Found out by: RSVP: a place "
        "RCPT: 550 5.1.1 User unknown June 1, 2026 Let mail through again : ana@example.org"
    ) in shown


def test_the_message_of_another_office_is_not_named(desk: Desk, office: Office) -> None:
    met = make_delivery(catalogue.named("letter_posted"), office=make_office(kind="campaign"))
    stopped(office, "ana@example.org", delivery_id=met.pk)
    shown = desk.see("staff-no-mail").text
    assert "ana@example.org There is no such mailbox June 1, 2026" in shown


def test_only_people_of_whom_the_office_has_rows_are_there(desk: Desk, office: Office) -> None:
    other, campaign = make_office(), make_office(kind="campaign")
    for elsewhere in (other, campaign):
        stopped(elsewhere, f"guest{elsewhere.pk}@example.org")
    make_claim(make_shift(office=office), email="volunteer@example.org")
    make_reader(office, [make_topic()], email="reader@example.org", proven=False)
    make_delivery(email="written@example.org", office=office)
    for name in ("volunteer", "reader", "written", "nobody"):
        suppress(email=f"{name}@example.org", scope="all", reason="bounced", now=NOW)
    shown = desk.see("staff-no-mail").text
    there = {
        name for name in ("volunteer", "reader", "written", "nobody", "guest") if name in shown
    }
    assert there == {"volunteer", "reader", "written"}


def test_it_is_searched_by_address_and_filtered_by_reason(desk: Desk, office: Office) -> None:
    stopped(office, "ana@example.org")
    stopped(office, "ben@example.org", "complained")
    shown = desk.see("staff-no-mail", "?q=AN").text
    assert ("ana@" in shown, "ben@" in shown) == (True, False)
    shown = desk.see("staff-no-mail", "?show=complained").text
    assert ("ana@" in shown, "ben@" in shown) == (False, True)
    assert "All 2 No such mailbox 1 Complaints 1" in shown
    stopped(office, "cleo@example.org", "soft_bounces")
    shown = desk.see("staff-no-mail", "?show=soft_bounces").text
    assert "All 3 No such mailbox 1 Full mailboxes 1 Complaints 1" in shown
    assert ("cleo@" in shown, "ben@" in shown) == (True, False)
    assert "No such address here" in desk.see("staff-no-mail", "?q=zoe").text


@pytest.mark.parametrize("rows", [3, 60])
def test_a_page_takes_the_same_queries_whatever_it_lists(
    desk: Desk, office: Office, rows: int, django_assert_num_queries: Any
) -> None:
    event = make_event(office)
    for number in range(rows):
        make_rsvp(event, email=f"guest{number}@example.org")
        suppress(
            email=f"guest{number}@example.org", scope="all", reason="bounced", delivery_id=number,
            now=NOW,
        )  # fmt: skip
    # Session, user, memberships; six tabs; the rows; the deliveries that met them.
    with django_assert_num_queries(11):
        shown = desk.see("staff-no-mail")
    assert shown.text.count("Let mail through again") == min(rows, 50)


def test_a_bounce_is_lifted_and_leaves_a_fact(desk: Desk, office: Office) -> None:
    row = stopped(office, "ana@example.org")
    with at(NOW):
        after = desk.follow(desk.send("staff-no-mail-resume", {}, pk=row.pk))
    assert "ana@example.org gets mail again." in after.text
    assert not Suppression.objects.exists()
    assert fact() == (
        "person.mail_resumed", office.pk, row.person_id, desk.user, {"reason_code": "bounced"},
    )  # fmt: skip


@pytest.mark.parametrize("reason", ["complained", "person"])
def test_what_the_person_wanted_is_lifted_only_when_they_ask(
    desk: Desk, office: Office, reason: str
) -> None:
    row = stopped(office, "ana@example.org", reason)
    refused = desk.send("staff-no-mail-resume", {}, pk=row.pk)
    assert refused.status_code == 422
    assert "This person wanted no mail." in page(refused).text
    assert Suppression.objects.exists()
    desk.send("staff-no-mail-resume", {"asked": "yes"}, pk=row.pk)
    assert not Suppression.objects.exists()
    assert fact()[-1] == {"reason_code": reason, "asked": True}


def test_one_reason_is_lifted_and_the_other_stays(desk: Desk, office: Office) -> None:
    row = stopped(office, "ana@example.org")
    suppress(email="ana@example.org", scope="all", reason="staff", now=NOW)
    desk.send("staff-no-mail-resume", {}, pk=row.pk)
    assert Suppression.objects.get().reason == "staff"


def test_somebody_of_another_office_cannot_be_lifted(desk: Desk) -> None:
    row = stopped(make_office(), "ana@example.org")
    answer = desk.send("staff-no-mail-resume", {}, pk=row.pk)
    assert answer.status_code == 404
    assert Suppression.objects.exists()


def test_an_editor_sees_the_list_and_changes_nothing(office: Office) -> None:
    row = stopped(office, "ana@example.org")
    editor = Desk(make_staff(office, role="editor"))
    shown = editor.see("staff-no-mail").text
    assert "ana@example.org" in shown
    assert "Let mail through again" not in shown
    assert "Stop the mail" not in shown
    assert editor.send("staff-no-mail-resume", {}, pk=row.pk).status_code == 403
    typed = {"email": "ana@example.org", "reason": "staff"}
    assert editor.send("staff-no-mail", typed).status_code == 403
    assert Suppression.objects.count() == 1


def test_looking_lifts_nothing(desk: Desk, office: Office) -> None:
    row = stopped(office, "ana@example.org")
    assert desk.ask("staff-no-mail-resume", pk=row.pk).status_code == 405
    assert Suppression.objects.exists()


@pytest.mark.parametrize("reason", ["person", "staff", "bounced"])
def test_a_manager_stops_all_mail_to_a_person(desk: Desk, office: Office, reason: str) -> None:
    ana = guest(office, "ana@example.org")
    answer = desk.send("staff-no-mail", {"email": "Ana@Example.org", "reason": reason})
    assert "ana@example.org gets no mail any more." in desk.follow(answer).text
    row = Suppression.objects.get()
    assert (row.person, row.scope, row.reason) == (ana, "all", reason)
    assert fact() == (
        "person.mail_stopped", office.pk, ana.pk, desk.user, {"reason_code": reason},
    )  # fmt: skip


def test_whose_mail_came_back_to_the_office_has_the_way_back_of_any_bounce(
    desk: Desk, office: Office, sink: SmtpSink
) -> None:
    guest(office, "ana@example.org")
    with at(NOW):
        desk.send("staff-no-mail", {"email": "ana@example.org", "reason": "bounced"})
    later = NOW + COOLDOWN
    rsvp = make_rsvp(make_event(office), email="ana@example.org", proven=False, now=later)
    drain(now=later)
    assert [mail.recipient for mail in sink.taken] == ["ana@example.org"]
    confirm_rsvp(rsvp_id=rsvp.pk, now=later)
    assert not Suppression.objects.exists()


def test_nobody_stops_the_mail_of_somebody_they_do_not_know(desk: Desk) -> None:
    guest(make_office(), "ana@example.org")
    for email in ("ana@example.org", "zoe@example.org"):
        answer = desk.send("staff-no-mail", {"email": email, "reason": "staff"})
        assert answer.status_code == 422
        shown = page(answer)
        assert "Your office has nothing to do with anybody of this address." in shown.text
        assert shown.fields["email"] == email
    assert not Suppression.objects.exists()


def test_a_campaign_cannot_silence_a_public_office() -> None:
    campaign = make_office(kind="campaign")
    guest(make_office(), "ana@example.org")
    guest(campaign, "ana@example.org")
    manager = Desk(make_staff(campaign))
    answer = manager.send("staff-no-mail", {"email": "ana@example.org", "reason": "staff"})
    assert answer.status_code == 422
    assert "Another office writes to this person, too" in page(answer).text
    assert not Suppression.objects.exists()


@pytest.mark.usefixtures("sink")
def test_the_account_of_a_letter_leads_there_if_it_missed_somebody(
    desk: Desk, office: Office
) -> None:
    topic = make_topic()
    make_reader(office, [topic], email="ana@example.org")
    reached = make_letter(office, topics=[topic])
    drain(now=NOW)
    suppress(email="ana@example.org", scope="all", reason="bounced", now=NOW)
    missed = make_letter(office, topics=[topic])
    assert drain(now=NOW) == {"suppressed": 1}
    links = [
        desk.see("staff-letter-account", pk=letter.pk).links.count("/staff/no-mail/")
        for letter in (reached, missed)
    ]
    # In the navigation, and beside the count.
    assert links == [1, 2]
