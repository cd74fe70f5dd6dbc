"""Who came hears once that the minutes are posted, and of each promise that is kept."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest

from events.actions.door import check_in, take_back, walk_in
from events.actions.minutes import post_minutes, write_minutes
from events.actions.promises import keep_promise, make_promise, reopen_promise
from events.actions.questions import ask_question, publish_question, vote
from events.actions.rsvps import set_attended
from events.models import Event, StaffUser
from notifications import planning
from tests.factories import NOW, make_event, make_office, make_person, make_rsvp, make_staff
from tests.notifications.scenes import goes, plan, read, sent_to

pytestmark = pytest.mark.django_db

BEFORE = NOW - timedelta(days=2)


@pytest.fixture
def sam() -> StaffUser:
    return make_staff(make_office())


@pytest.fixture
def event(sam: StaffUser) -> Event:
    """Began two hours ago, and is over."""
    office = sam.memberships.get().office
    return make_event(
        office,
        starts_at=NOW - timedelta(hours=2),
        now=BEFORE,
        title="On buses",
    )


def came(event: Event, email: str, **form: object) -> None:
    rsvp = make_rsvp(event, email=email, now=BEFORE, **form)
    set_attended(rsvp_id=rsvp.pk, attended=True, now=NOW)


def posted(event: Event, sam: StaffUser, now: datetime = NOW) -> None:
    write_minutes(event_id=event.pk, text="All said.", now=now, actor=sam)
    post_minutes(event_id=event.pk, now=now, actor=sam)


def heard() -> set[tuple[str, str]]:
    return {
        (delivery.message, str(delivery.person.email))
        for delivery in plan()
        if delivery.message in ("afterwards_posted", "promise_kept")
        and delivery.person
        and goes(delivery)
    }


def test_who_came_is_told_and_nobody_else(event: Event, sam: StaffUser) -> None:
    came(event, "ana@example.org")
    make_rsvp(event, email="stayed@example.org", now=BEFORE)
    absent = make_rsvp(event, email="absent@example.org", now=BEFORE)
    set_attended(rsvp_id=absent.pk, attended=False, now=NOW)
    inside = make_rsvp(event, email="door@example.org", now=BEFORE)
    left = make_rsvp(event, email="left@example.org", now=BEFORE)
    door = {"event_id": event.pk, "people": 1, "now": event.starts_at, "actor": sam}
    for guest in (inside, left):
        entry = check_in(rsvp_id=guest.pk, seen=0, tap=uuid4(), **door)
    take_back(event_id=event.pk, entry_id=entry.pk, now=event.starts_at, actor=sam)
    walk_in(name="Wanda", tap=uuid4(), **door)
    for name in ("asker", "held"):
        question = ask_question(
            event_id=event.pk, email=f"{name}@example.org", text=f"When, {name}?", proven=True,
            now=BEFORE,
        )  # fmt: skip
        if name == "asker":
            publish_question(question_id=question.pk, now=BEFORE, actor=sam)
            voter = make_person("voter@example.org")
            vote(question_id=question.pk, person_id=voter.pk, now=BEFORE)
    posted(event, sam)
    told = ("ana", "door", "asker", "voter")
    expected = {("afterwards_posted", f"{name}@example.org") for name in told}
    assert heard() == expected
    # A correction and a second press of the button are no second message.
    posted(event, sam)
    write_minutes(event_id=event.pk, text="All said, again.", now=NOW, actor=sam)
    assert heard() == expected


def test_whoever_did_not_come_after_all_gets_nothing(event: Event, sam: StaffUser) -> None:
    came(event, "ana@example.org")
    posted(event, sam)
    assert sent_to("ana@example.org")[-1] == "afterwards_posted"
    rsvp = event.rsvps.get()
    set_attended(rsvp_id=rsvp.pk, attended=None, now=NOW)
    assert "afterwards_posted" not in sent_to("ana@example.org")


def test_the_message_says_where_the_minutes_are_and_what_was_promised(
    event: Event, sam: StaffUser
) -> None:
    came(event, "ana@example.org")
    make_promise(event_id=event.pk, text="A later bus", due=date(2026, 7, 1), now=NOW, actor=sam)
    posted(event, sam)
    (delivery,) = [one for one in plan() if one.message == "afterwards_posted"]
    mail = read(delivery)
    assert mail.subject == "Minutes: On buses, Monday, June 1"
    assert "- A later bus (by July 1, 2026)" in mail.text
    assert f"/events/{event.slug}/" in mail.text
    assert "because you came to this event" in mail.text
    assert mail.unsubscribe_url == ""


def test_a_promise_kept_is_told_unless_that_was_taken_back(event: Event, sam: StaffUser) -> None:
    came(event, "ana@example.org")
    promise = make_promise(
        event_id=event.pk, text="A later bus", due=date(2026, 7, 1), now=NOW, actor=sam
    )
    keep_promise(promise_id=promise.pk, outcome="It runs.", now=NOW, actor=sam)
    assert heard() == {("promise_kept", "ana@example.org")}
    reopen_promise(promise_id=promise.pk, now=NOW, actor=sam)
    assert heard() == set()
    keep_promise(promise_id=promise.pk, outcome="It runs at ten.", now=NOW, actor=sam)
    told = [one for one in plan() if one.message == "promise_kept" and goes(one)]
    assert len(told) == 1
    assert "It runs at ten." in read(told[0]).text


def test_nobody_is_written_to_in_quiet_hours(event: Event, sam: StaffUser) -> None:
    came(event, "ana@example.org")
    # 10 p.m. in Los Angeles; the morning begins at 8.
    posted(event, sam, now=datetime(2026, 6, 2, 5, 0, tzinfo=UTC))
    (delivery,) = [one for one in plan() if one.message == "afterwards_posted"]
    assert delivery.next_attempt_at == datetime(2026, 6, 2, 15, 0, tzinfo=UTC)


def test_a_large_audience_is_planned_in_chunks_each_person_once(
    event: Event, sam: StaffUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planning, "CHUNK", 2)
    for number in range(5):
        came(event, f"guest{number}@example.org")
    posted(event, sam)
    found = [one for one in plan() if one.message == "afterwards_posted"]
    assert len(found) == 5
    assert len({one.person_id for one in found}) == 5
