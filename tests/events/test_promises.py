"""Promises made at an event: written down, reminded of, kept or withdrawn in public."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from events.actions.calling_off import cancel_event
from events.actions.offices import remove_staff
from events.actions.promises import (
    change_promise,
    keep_promise,
    make_promise,
    reopen_promise,
    withdraw_promise,
)
from events.errors import Refused
from events.models import AuditEntry, Event, NoticeVersion, Office, Promise, StaffUser
from tests.clock import at
from tests.desk import Desk
from tests.factories import NOW, make_event, make_office, make_staff
from tests.pages import page

pytestmark = pytest.mark.django_db

#: Two weeks after the event, which is on May 30 in Los Angeles.
DUE = date(2026, 6, 14)


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
    return make_event(office, starts_at=NOW - timedelta(days=2))


def promised(
    event: Event, sam: StaffUser, text: str = "Fix the lights", due: date = DUE
) -> Promise:
    return make_promise(event_id=event.pk, text=text, due=due, owner=sam, now=NOW, actor=sam)


def seen(event: Event) -> str:
    return page(Client().get(event.get_absolute_url())).text


def test_the_public_reads_a_promise_and_what_became_of_it_and_no_name(
    event: Event, sam: StaffUser
) -> None:
    assert "What was promised" not in seen(event)
    lights, trees = promised(event, sam), promised(event, sam, "Plant trees", DUE + timedelta(1))
    assert "Fix the lights By June 14, 2026 Plant trees By June 15, 2026" in seen(event)
    keep_promise(promise_id=lights.pk, outcome="All six shine.", now=NOW, actor=sam)
    withdraw_promise(promise_id=trees.pk, outcome="No water there.", now=NOW, actor=sam)
    text = seen(event)
    assert "Fix the lights Kept June 1, 2026 All six shine." in text
    assert "Plant trees Withdrawn June 1, 2026 No water there." in text
    assert "Sam Staff" not in text
    reopen_promise(promise_id=trees.pk, now=NOW, actor=sam)
    assert "Plant trees By June 15, 2026" in seen(event)


def test_a_promise_shows_once_the_event_is_over(office: Office, sam: StaffUser) -> None:
    going_on = make_event(office, starts_at=NOW - timedelta(hours=1))
    promised(going_on, sam)
    assert "Fix the lights" not in seen(going_on)
    with at(NOW + timedelta(hours=1)):
        assert "Fix the lights" in seen(going_on)


def test_each_verb_is_a_fact_without_words_and_raises_the_revision(
    event: Event, sam: StaffUser
) -> None:
    versions = NoticeVersion.objects.filter(event=event).count()
    AuditEntry.objects.all().delete()
    promise = promised(event, sam)
    new = {"text": "Fix all lights", "due": DUE + timedelta(1), "owner": None}
    change_promise(promise_id=promise.pk, **new, now=NOW, actor=sam)
    change_promise(promise_id=promise.pk, **new, now=NOW, actor=sam)
    keep_promise(promise_id=promise.pk, outcome="They shine.", now=NOW, actor=sam)
    reopen_promise(promise_id=promise.pk, now=NOW, actor=sam)
    reopen_promise(promise_id=promise.pk, now=NOW, actor=sam)
    withdraw_promise(promise_id=promise.pk, outcome="Too dear.", now=NOW, actor=sam)
    facts = list(AuditEntry.objects.order_by("pk"))
    assert [fact.action for fact in facts] == [
        "promise.made", "promise.changed", "promise.kept", "promise.reopened", "promise.withdrawn",
    ]  # fmt: skip
    assert facts[1].changes == {"text": None, "due": ["2026-06-14", "2026-06-15"], "owner": None}
    assert "shine" not in str([(fact.changes, fact.subjects) for fact in facts])
    assert Event.objects.get(pk=event.pk).revision == event.revision + 5
    # What stands in the receipt of the notice is what was public before the event.
    assert NoticeVersion.objects.filter(event=event).count() == versions


@pytest.mark.parametrize("words", ["", "   "])
def test_nothing_ends_without_words(event: Event, sam: StaffUser, words: str) -> None:
    promise = promised(event, sam)
    for verb in (keep_promise, withdraw_promise):
        with pytest.raises(Refused, match="words_missing"):
            verb(promise_id=promise.pk, outcome=words, now=NOW, actor=sam)
    with pytest.raises(Refused, match="words_missing"):
        promised(event, sam, words)
    for columns in (
        {"state": "kept", "ended_at": NOW},
        {"state": "withdrawn", "outcome": "Why"},
        {"outcome": "Done"},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            Promise.objects.filter(pk=promise.pk).update(**columns)


def test_what_is_ended_is_not_changed_nor_ended_again(event: Event, sam: StaffUser) -> None:
    promise = promised(event, sam)
    keep_promise(promise_id=promise.pk, outcome="Done", now=NOW, actor=sam)
    with pytest.raises(Refused, match="ended"):
        withdraw_promise(promise_id=promise.pk, outcome="Why", now=NOW, actor=sam)
    with pytest.raises(Refused, match="ended"):
        change_promise(promise_id=promise.pk, text="Else", due=DUE, owner=None, now=NOW, actor=sam)
    assert (
        Desk(sam).send("staff-promise", {"text": "Else", "due": DUE}, pk=promise.pk).status_code
        == 422
    )
    promise.refresh_from_db()
    assert (promise.text, promise.state, promise.outcome) == ("Fix the lights", "kept", "Done")


def test_a_promise_needs_an_event_that_began_a_day_after_it_and_an_owner_of_the_office(
    office: Office, event: Event, sam: StaffUser
) -> None:
    with pytest.raises(Refused, match="too_early"):
        promised(make_event(office), sam)
    with pytest.raises(Refused, match="due_before_event"):
        promised(event, sam, due=date(2026, 5, 29))
    stranger = make_staff(make_office())
    with pytest.raises(Refused, match="not_of_the_office"):
        make_promise(event_id=event.pk, text="x", due=DUE, owner=stranger, now=NOW, actor=sam)
    off = make_event(office, starts_at=NOW + timedelta(hours=1))
    cancel_event(event_id=off.pk, reason="Rain", now=NOW)
    with pytest.raises(Refused, match="cancelled"):
        make_promise(event_id=off.pk, text="x", due=DUE, now=NOW + timedelta(days=1), actor=sam)
    assert not Promise.objects.exists()


def test_who_has_left_keeps_a_promise_until_somebody_else_has_it(
    office: Office, event: Event, sam: StaffUser
) -> None:
    rosa = make_staff(office)
    kept = {"text": "Fix the lights", "now": NOW, "actor": sam}
    promise = make_promise(event_id=event.pk, due=DUE, owner=rosa, **kept)
    remove_staff(membership_id=rosa.memberships.get().pk, now=NOW, actor=sam)
    change_promise(promise_id=promise.pk, due=DUE + timedelta(days=1), owner=rosa, **kept)
    with pytest.raises(Refused, match="not_of_the_office"):
        make_promise(event_id=event.pk, due=DUE, owner=rosa, **kept)


def test_the_page_says_that_a_promise_is_late(event: Event, sam: StaffUser) -> None:
    promised(event, sam)
    with at(datetime.combine(DUE, time(23), event.zone)):
        assert "Fix the lights By June 14, 2026" in seen(event)
    with at(datetime.combine(DUE + timedelta(days=1), time(1), event.zone)):
        assert "Fix the lights Late: due June 14, 2026" in seen(event)


def test_staff_write_it_down_and_are_reminded_until_it_is_ended(
    office: Office, event: Event, sam: StaffUser
) -> None:
    desk = Desk(sam)
    empty = desk.send("staff-afterwards", {}, pk=event.pk)
    assert empty.status_code == 422
    assert "Say what was promised." in page(empty).text
    said = {"text": "Fix the lights", "due": "2026-06-14", "owner": str(sam.pk)}
    assert (
        "Fix the lights By June 14, 2026 · Sam Staff"
        in desk.follow(desk.send("staff-afterwards", said, pk=event.pk)).text
    )
    promise = Promise.objects.get()
    assert "Promises to keep" not in desk.see("staff").text
    with at(NOW + timedelta(days=6)):
        assert "Promises to keep By June 14, 2026 Fix the lights" in desk.see("staff").text
    with at(NOW + timedelta(days=30)):
        desk = Desk(sam)
        assert "Late: due June 14, 2026 Fix the lights" in desk.see("staff").text
        assert "Late: due June 14, 2026" in desk.see("staff-promises").text
        vain = desk.send("staff-promise-keep", {"outcome": " "}, pk=promise.pk)
        assert vain.status_code == 422
        assert "Say what was done." in page(vain).text
        kept = desk.follow(desk.send("staff-promise-keep", {"outcome": "Done"}, pk=promise.pk))
        assert "Fix the lights Kept July 1, 2026" in kept.text
        assert "Promises to keep" not in desk.see("staff").text
        assert "No promise is open" in desk.see("staff-promises").text
        assert "Promise kept" in desk.see("staff-event-history", pk=event.pk).text
    # Nothing is asked for before the event begins.
    desk = Desk(sam)
    later = make_event(office)
    assert "from the start of the event on" in desk.see("staff-afterwards", pk=later.pk).text
    assert desk.send("staff-afterwards", said, pk=later.pk).status_code == 422


def test_a_promise_is_late_when_its_day_is_over_where_the_event_is(
    event: Event, sam: StaffUser
) -> None:
    promise = promised(event, sam)
    # In Los Angeles it is June 14 until 7 a.m. UTC of June 15.
    assert not promise.is_late(NOW.replace(month=6, day=15, hour=6, minute=59))
    assert promise.is_late(NOW.replace(month=6, day=15, hour=7, minute=0))
