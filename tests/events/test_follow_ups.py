"""Notes from the door: who needs an answer, who sees to it and until when."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from events.actions.follow_ups import (
    change_follow_up,
    note_follow_up,
    remove_follow_up,
    set_seen_to,
)
from events.actions.offices import remove_staff
from events.errors import Refused
from events.models import AuditEntry, Event, FollowUp, Office, StaffUser
from tests.clock import at
from tests.desk import Desk
from tests.factories import NOW, make_event, make_office, make_rsvp, make_staff
from tests.pages import page

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _now() -> Iterator[None]:
    with at(NOW):
        yield


@pytest.fixture
def office() -> Office:
    return make_office()


@pytest.fixture
def sam(office: Office) -> StaffUser:
    return make_staff(office)


@pytest.fixture
def event(office: Office) -> Event:
    return make_event(office, starts_at=NOW - timedelta(minutes=30), now=NOW - timedelta(days=1))


def test_the_door_notes_a_guest_and_a_walk_in_and_the_desk_reminds_of_both(
    event: Event, sam: StaffUser
) -> None:
    guest = make_rsvp(
        event, name="Ana Reyes", email="ana@example.org", now=NOW - timedelta(hours=9)
    )
    desk = Desk(sam)
    address = f"/staff/events/{event.pk}/follow-ups/"
    door = desk.see("staff-door", pk=event.pk)
    assert f"{address}?guest={guest.pk}" in door.links
    query = f"?guest={guest.pk}"
    empty = desk.change("staff-follow-ups", {"words": " "}, query, pk=event.pk)
    assert empty.status_code == 422
    assert "Say what they need." in page(empty).text
    noted = desk.change("staff-follow-ups", {"words": "A form in Spanish"}, query, pk=event.pk)
    assert "Ana Reyes A form in Spanish By June 8, 2026 · Sam Staff" in desk.follow(noted).text
    typed = {"name": "Wanda, 555-0177", "words": "=Call", "due": "2026-06-03", "owner": ""}
    desk.change("staff-follow-ups", typed, pk=event.pk)
    today = desk.see("staff").text
    assert "Needs an answer By June 3, 2026 Wanda, 555-0177 nobody sees to it yet" in today
    assert "By June 8, 2026 Ana Reyes Sam Staff" in today
    with at(NOW + timedelta(days=3)):
        assert "Late: due June 3, 2026 Wanda" in desk.see("staff").text
    for note in FollowUp.objects.all():
        desk.send("staff-follow-up-done", {}, pk=note.pk)
    assert "Needs an answer" not in desk.see("staff").text
    rows = desk.ask("staff-follow-ups-csv", pk=event.pk).content.decode("utf-8-sig").splitlines()
    assert rows == [
        "Name,Email,Phone,What they need,By when,Who sees to it,Done",
        '"Wanda, 555-0177",,,\'=Call,2026-06-03,,2026-06-01',
        "Ana Reyes,ana@example.org,,A form in Spanish,2026-06-08,Sam Staff,2026-06-01",
    ]
    desk.send("staff-follow-up-done", {"undo": "1"}, pk=FollowUp.objects.order_by("pk")[0].pk)
    assert "Needs an answer" in desk.see("staff").text


def test_a_note_is_changed_and_after_one_question_removed(
    office: Office, event: Event, sam: StaffUser
) -> None:
    noted = {"event_id": event.pk, "due": date(2026, 6, 9), "now": NOW, "actor": sam}
    wanda = note_follow_up(name="Wanda", words="Her rent", **noted)
    guest = make_rsvp(event, name="Ana Reyes", now=NOW - timedelta(hours=9))
    ana = note_follow_up(rsvp_id=guest.pk, words="A form", **noted)
    desk = Desk(sam)
    listed = desk.see("staff-follow-ups", pk=event.pk)
    assert f"/staff/follow-ups/{wanda.pk}/" in listed.links
    empty = desk.change("staff-follow-up", {"name": " ", "words": "Her lease"}, pk=wanda.pk)
    assert empty.status_code == 422
    assert "Say who it is, and how to reach them." in page(empty).text
    assert page(empty).fields["words"] == "Her lease"
    typed = {"name": "Wanda Diaz", "due": "2026-06-04", "owner": str(sam.pk)}
    saved = desk.follow(desk.change("staff-follow-up", typed, pk=wanda.pk))
    assert "Wanda Diaz Her rent By June 4, 2026 · Sam Staff" in saved.text
    # Of a guest the RSVP has the name; whom nothing was changed of leaves no trace.
    assert "name" not in desk.fill("staff-follow-up", pk=ana.pk)
    desk.change("staff-follow-up", {}, pk=ana.pk)
    asked = desk.see("staff-follow-up-remove", pk=wanda.pk)
    assert "Wanda Diaz: Her rent It cannot be brought back." in asked.text
    assert FollowUp.objects.count() == 2
    gone = desk.follow(desk.send("staff-follow-up-remove", {}, pk=wanda.pk))
    assert "Removed." in gone.text
    assert "Wanda" not in gone.text
    assert list(FollowUp.objects.values_list("pk", flat=True)) == [ana.pk]
    facts = AuditEntry.objects.filter(action__startswith="follow_up.").order_by("pk")
    assert [(fact.action, fact.staff) for fact in facts[2:]] == [
        ("follow_up.changed", sam), ("follow_up.removed", sam),
    ]  # fmt: skip
    assert not any(word in str(fact.__dict__) for fact in facts for word in ("Wanda", "rent"))
    history = desk.see("staff-event-history", pk=event.pk).text
    assert "A note on a guest who needs an answer removed" in history


def test_an_owner_who_has_left_may_stay_but_nobody_else_is_given_it(
    office: Office, event: Event, sam: StaffUser
) -> None:
    rosa, stranger = make_staff(office), make_staff(make_office())
    noted = {"words": "x", "due": date(2026, 6, 9), "now": NOW, "actor": sam}
    note = note_follow_up(event_id=event.pk, name="Wanda", owner=rosa, **noted)
    remove_staff(membership_id=rosa.memberships.get().pk, now=NOW, actor=sam)
    desk = Desk(sam)
    desk.follow(desk.change("staff-follow-up", {"words": "y"}, pk=note.pk))
    note.refresh_from_db()
    assert (note.words, note.owner) == ("y", rosa)
    with pytest.raises(Refused, match="not_of_the_office"):
        change_follow_up(follow_up_id=note.pk, name="Wanda", owner=stranger, **noted)


def test_who_changes_what_somebody_has_removed_is_told_so(event: Event, sam: StaffUser) -> None:
    noted = {"name": "Wanda", "words": "x", "due": date(2026, 6, 9), "now": NOW, "actor": sam}
    note = note_follow_up(event_id=event.pk, **noted)
    remove_follow_up(follow_up_id=note.pk, now=NOW, actor=sam)
    with pytest.raises(Refused, match="gone"):
        change_follow_up(follow_up_id=note.pk, owner=None, **noted)
    with pytest.raises(Refused, match="gone"):
        set_seen_to(follow_up_id=note.pk, done=True, now=NOW, actor=sam)
    assert Desk(sam).ask("staff-follow-up", pk=note.pk).status_code == 404


def test_words_are_encrypted_and_in_no_fact(event: Event, sam: StaffUser) -> None:
    note = note_follow_up(
        event_id=event.pk, name="Wanda", words="About her rent", due=date(2026, 6, 9), now=NOW,
        actor=sam,
    )  # fmt: skip
    set_seen_to(follow_up_id=note.pk, done=True, now=NOW, actor=sam)
    set_seen_to(follow_up_id=note.pk, done=True, now=NOW, actor=sam)
    facts = AuditEntry.objects.filter(action__startswith="follow_up.")
    assert [fact.action for fact in facts.order_by("pk")] == ["follow_up.noted", "follow_up.done"]
    assert not any(word in str(facts.values()) for word in ("rent", "Wanda"))
    with connection.cursor() as cursor:
        cursor.execute("SELECT words FROM events_followup")
        assert "rent" not in str(cursor.fetchall())
    assert FollowUp.objects.get().words == "About her rent"


def test_a_note_is_on_one_person_of_this_event(
    office: Office, event: Event, sam: StaffUser
) -> None:
    noted = {"event_id": event.pk, "words": "x", "due": date(2026, 6, 9), "now": NOW, "actor": sam}
    with pytest.raises(Refused, match="name_missing"):
        note_follow_up(name=" ", **noted)
    with pytest.raises(Refused, match="not_of_the_office"):
        note_follow_up(name="Wanda", owner=make_staff(make_office()), **noted)
    elsewhere = make_rsvp(make_event(office))
    assert (
        Desk(sam).ask("staff-follow-ups", f"?guest={elsewhere.pk}", pk=event.pk).status_code == 404
    )
    note = note_follow_up(name="Wanda", **noted)
    with pytest.raises(IntegrityError), transaction.atomic():
        FollowUp.objects.filter(pk=note.pk).update(name="")
