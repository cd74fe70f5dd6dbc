"""From facts to deliveries: what the planner writes, and what it survives."""

import logging
import threading
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection

from events.audit import operation
from events.models import AuditEntry, Outbox, Person
from notifications import catalogue, planning
from notifications.message import Message, Recipient
from notifications.models import Delivery
from notifications.planning import plan_outbox
from tests.factories import NOW, make_office, make_person
from tests.notifications.delivery.kit import THEN, a_message, use_catalogue

pytestmark = pytest.mark.django_db

NOTE = a_message("note", actions=("note.made",))


def record(*facts: tuple[str, Person | None], **columns: Any) -> UUID:
    """Record facts in one operation and return its id."""
    with operation(at=NOW) as op:
        for action, person in facts:
            op.record(action, person=person, **columns)
    return op.id


def planned() -> list[tuple[str, int | None]]:
    return [(row.message, row.person_id) for row in Delivery.objects.order_by("pk")]


@pytest.fixture(autouse=True)
def _nothing_waits() -> None:
    Outbox.objects.all().delete()


def test_a_fact_becomes_one_delivery_and_its_outbox_row_goes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    use_catalogue(monkeypatch, NOTE)
    person, office = make_person(language="es"), make_office()
    Outbox.objects.all().delete()
    op = record(("note.made", person), office=office)
    assert plan_outbox(now=THEN) == 1
    delivery = Delivery.objects.get()
    assert delivery.key == f"fact:{op}:note:{person.pk}"
    assert (delivery.person, delivery.office, delivery.language) == (person, office, "es")
    assert (delivery.state, delivery.planned_at, delivery.next_attempt_at) == ("due", THEN, THEN)
    assert (delivery.priority, delivery.operation) == (0, op)
    assert not Outbox.objects.exists()
    assert plan_outbox(now=THEN) == 0


def test_planning_the_same_operation_twice_plans_it_once(monkeypatch: pytest.MonkeyPatch) -> None:
    use_catalogue(monkeypatch, NOTE)
    op = record(("note.made", make_person()))
    plan_outbox(now=THEN)
    Outbox.objects.create(operation=op, created_at=NOW)
    plan_outbox(now=THEN)
    assert Delivery.objects.count() == 1


def test_one_person_gets_one_message_for_all_facts_of_an_operation(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The message that stands first in the catalogue covers the others."""
    moved = a_message("moved", actions=("thing.moved",))
    edited = a_message("edited", actions=("thing.edited",))
    use_catalogue(monkeypatch, moved, edited)
    both, one = make_person(), make_person()
    record(("thing.edited", both), ("thing.edited", one), ("thing.moved", both))
    plan_outbox(now=THEN)
    assert planned() == [("moved", both.pk), ("edited", one.pk)]


def test_a_message_beside_the_summary_goes_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    beside = a_message(
        "invitation",
        actions=("thing.moved",),
        summary=False,
        key=lambda recipient, op, name: f"invite:uid:1:REQUEST:{recipient.person_id}",
    )
    use_catalogue(monkeypatch, NOTE, a_message("moved", actions=("thing.moved",)), beside)
    person = make_person()
    record(("note.made", person), ("thing.moved", person))
    plan_outbox(now=THEN)
    assert planned() == [("note", person.pk), ("invitation", person.pk)]
    assert Delivery.objects.get(message="invitation").key == f"invite:uid:1:REQUEST:{person.pk}"


def test_a_person_named_by_two_facts_gets_the_message_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    use_catalogue(monkeypatch, NOTE)
    person = make_person()
    record(("note.made", person), ("note.made", person))
    plan_outbox(now=THEN)
    assert planned() == [("note", person.pk)]


def test_who_has_no_address_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    use_catalogue(monkeypatch, NOTE)
    caller = Person.objects.create(name="Cora", phone="555-0101", created_at=NOW)
    record(("note.made", caller))
    assert plan_outbox(now=THEN) == 1
    assert planned() == []


def test_the_language_is_the_recipients_then_the_persons_then_the_offices(
    monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    office = make_office(languages=["es", "en"])
    speaker, silent = make_person(language="en"), make_person()
    planning.insert(
        NOTE,
        [
            Recipient(person_id=speaker.pk, language="fr", office_id=office.pk),
            Recipient(person_id=silent.pk, office_id=office.pk),
        ],
        now=THEN,
    )
    assert list(Delivery.objects.order_by("pk").values_list("language", flat=True)) == ["fr", "es"]


def test_a_recipient_may_say_from_when_to_when(monkeypatch: pytest.MonkeyPatch) -> None:
    morning, noon = THEN + timedelta(hours=1), THEN + timedelta(hours=4)
    recipient = Recipient(person_id=make_person().pk, not_before=morning, expires_at=noon)
    planning.insert(NOTE, [recipient], now=THEN)
    delivery = Delivery.objects.get()
    assert (delivery.next_attempt_at, delivery.expires_at) == (morning, noon)


# --- Big audiences -------------------------------------------------------------------------------


def a_letter(asked: list[tuple[str, int]], **changes: Any) -> Message:
    """A message to every person there is, read by their keys."""

    def everybody(
        entries: Sequence[AuditEntry], cursor: str, limit: int
    ) -> tuple[list[Recipient], str]:
        asked.append((cursor, limit))
        after = Person.objects.filter(pk__gt=int(cursor or 0)).order_by("pk")
        keys = list(after.values_list("pk", flat=True)[:limit])
        more = str(keys[-1]) if len(keys) == limit else ""
        return [Recipient(person_id=key) for key in keys], more

    changes.setdefault("actions", ("letter.posted",))
    return a_message("letter", bulk=True, audience=everybody, **changes)


def test_a_big_audience_is_planned_in_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, int]] = []
    use_catalogue(monkeypatch, a_letter(asked))
    monkeypatch.setattr(planning, "CHUNK", 4)
    people = [make_person() for _ in range(10)]
    record(("letter.posted", None))
    assert plan_outbox(now=THEN, most=1) == 1
    assert Outbox.objects.get().cursor == f"letter|{people[3].pk}"
    assert Delivery.objects.count() == 4
    plan_outbox(now=THEN)
    assert planned() == [("letter", person.pk) for person in people]
    assert asked == [("", 4), (str(people[3].pk), 4), (str(people[7].pk), 4)]
    assert set(Delivery.objects.values_list("priority", flat=True)) == {1}


def test_an_audience_of_exactly_one_chunk_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    use_catalogue(monkeypatch, a_letter([]))
    monkeypatch.setattr(planning, "CHUNK", 5)
    for _ in range(5):
        make_person()
    record(("letter.posted", None))
    assert plan_outbox(now=THEN) == 2
    assert Delivery.objects.count() == 5
    assert not Outbox.objects.exists()


def test_a_confirmation_is_planned_before_the_rest_of_a_letter(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    use_catalogue(monkeypatch, NOTE, a_letter([]))
    monkeypatch.setattr(planning, "CHUNK", 2)
    people = [make_person() for _ in range(4)]
    record(("letter.posted", None))
    plan_outbox(now=THEN, most=1)
    record(("note.made", people[3]))
    plan_outbox(now=THEN, most=1)
    assert [message for message, _person in planned()] == ["letter", "letter", "note"]


def test_one_message_a_person_holds_across_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    use_catalogue(monkeypatch, NOTE, a_letter([]))
    monkeypatch.setattr(planning, "CHUNK", 2)
    people = [make_person() for _ in range(6)]
    record(("note.made", people[4]), ("letter.posted", None))
    plan_outbox(now=THEN)
    assert sorted(planned()) == sorted(
        [("letter", person.pk) for person in people if person != people[4]]
        + [("note", people[4].pk)]
    )


# --- What goes wrong -----------------------------------------------------------------------------


def test_an_operation_that_cannot_be_planned_is_tried_later_and_blocks_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    broken = True

    def audience(
        entries: Sequence[AuditEntry], cursor: str, limit: int
    ) -> tuple[list[Recipient], str]:
        if broken:
            # A failed statement, which would end the whole transaction on PostgreSQL.
            with connection.cursor() as db:
                db.execute("SELECT nonsense FROM nowhere")
        return [Recipient(person_id=entry.person_id or 0) for entry in entries], ""

    use_catalogue(monkeypatch, a_message("bad", actions=("bad.fact",), audience=audience), NOTE)
    person = make_person()
    record(("bad.fact", person))
    record(("note.made", person))
    plan_outbox(now=THEN)
    assert planned() == [("note", person.pk)]
    row = Outbox.objects.get()
    assert (row.failures, row.not_before) == (1, THEN + timedelta(minutes=1))
    assert plan_outbox(now=THEN + timedelta(seconds=59)) == 0

    plan_outbox(now=THEN + timedelta(minutes=1))
    row.refresh_from_db()
    assert (row.failures, row.not_before) == (2, THEN + timedelta(minutes=3))

    broken = False
    plan_outbox(now=THEN + timedelta(minutes=3))
    assert planned() == [("note", person.pk), ("bad", person.pk)]
    assert not Outbox.objects.exists()


def test_a_planner_that_is_killed_leaves_everything_as_it_was(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    use_catalogue(monkeypatch, NOTE)
    person = make_person()
    record(("note.made", person))
    monkeypatch.setattr(Outbox, "delete", lambda self: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        plan_outbox(now=THEN)
    assert (planned(), Outbox.objects.count()) == ([], 1)
    monkeypatch.undo()
    use_catalogue(monkeypatch, NOTE)
    plan_outbox(now=THEN)
    assert planned() == [("note", person.pk)]


def test_a_fact_that_somebody_forgot_is_complained_of(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    use_catalogue(monkeypatch, NOTE)
    monkeypatch.setattr(catalogue, "SILENT", frozenset({"quiet.fact"}))
    person = make_person()
    record(("note.made", person), ("quiet.fact", person), ("forgotten.fact", person))
    with caplog.at_level(logging.ERROR, logger="notifications.planning"):
        plan_outbox(now=THEN)
    assert [entry.getMessage() for entry in caplog.records] == [
        "The fact forgotten.fact is neither told by any message nor silent"
    ]
    assert planned() == [("note", person.pk)]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_ten_planners_at_once_plan_everything_once(monkeypatch: pytest.MonkeyPatch) -> None:
    use_catalogue(monkeypatch, NOTE, a_letter([]))
    monkeypatch.setattr(planning, "CHUNK", 3)
    people = [make_person() for _ in range(20)]
    for person in people:
        record(("note.made", person))
    record(("letter.posted", None))
    failures: list[BaseException] = []

    def plan() -> None:
        try:
            while Outbox.objects.exists():
                plan_outbox(now=THEN)
        except BaseException as error:
            failures.append(error)
        finally:
            connection.close()

    planners = [threading.Thread(target=plan) for _ in range(10)]
    for planner in planners:
        planner.start()
    for planner in planners:
        planner.join(60)
    assert failures == []
    assert sorted(planned()) == sorted(
        (message, person.pk) for person in people for message in ("note", "letter")
    )
