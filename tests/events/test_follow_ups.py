"""Notes from the door: who needs an answer, who sees to it and until when."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from events.actions.follow_ups import note_follow_up, set_seen_to
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
