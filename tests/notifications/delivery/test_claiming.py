"""Claims: nobody sends what somebody else has, and a claim that is lost stays lost."""

import threading
from collections import Counter
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.db.models import Q

from notifications.delivery import claiming
from notifications.delivery.claiming import (
    LEASE,
    begin,
    claim,
    finish,
    release,
    step_to_transmitting,
)
from notifications.models import Delivery
from tests.factories import make_office, make_person
from tests.notifications.delivery.kit import LETTER, THEN, make_delivery, state

pytestmark = pytest.mark.django_db


def test_a_claim_takes_what_is_due_and_nothing_else() -> None:
    due, retried = make_delivery(), make_delivery(state="retry")
    make_delivery(next_attempt_at=THEN + timedelta(seconds=1))
    for over in ("accepted", "failed", "unknown", "claimed", "transmitting"):
        make_delivery(state=over)
    batch = claim(now=THEN)
    assert batch is not None
    assert [row.pk for row in batch.deliveries] == [due.pk, retried.pk]
    assert state(due) == "claimed"
    assert (due.claim_token, due.lease_until) == (batch.token, THEN + LEASE)
    assert claim(now=THEN) is None


def test_a_claim_is_bounded_and_puts_transactional_messages_first() -> None:
    letters = [make_delivery(LETTER) for _ in range(3)]
    note = make_delivery()
    batch = claim(now=THEN, size=3)
    assert batch is not None
    assert [row.pk for row in batch.deliveries] == [note.pk, letters[0].pk, letters[1].pk]


def test_a_claim_leaves_the_mail_of_held_offices_alone() -> None:
    held, other = make_office(), make_office()
    make_delivery(office=held)
    rows = [make_delivery(office=other), make_delivery(office=None)]
    batch = claim(now=THEN, held_offices=[held.pk])
    assert batch is not None
    assert [row.pk for row in batch.deliveries] == [row.pk for row in rows]


def a_batch() -> tuple[claiming.Batch, Delivery]:
    delivery = make_delivery()
    batch = claim(now=THEN)
    assert batch is not None
    return batch, delivery


def test_beginning_counts_an_attempt_and_starts_the_lease_anew() -> None:
    batch, delivery = a_batch()
    assert begin(delivery, batch, step=step_to_transmitting(Q()), now=THEN + timedelta(minutes=4))
    assert state(delivery) == "transmitting"
    assert (delivery.attempts, delivery.lease_until) == (1, THEN + timedelta(minutes=9))
    assert not begin(delivery, batch, step=step_to_transmitting(Q()), now=THEN)


def test_a_message_is_not_begun_after_its_lease() -> None:
    batch, delivery = a_batch()
    assert not begin(delivery, batch, step=step_to_transmitting(Q()), now=THEN + LEASE)
    assert state(delivery) == "claimed"


def test_a_message_is_not_begun_with_somebody_elses_claim() -> None:
    batch, delivery = a_batch()
    Delivery.objects.update(claim_token=uuid4())
    assert not begin(delivery, batch, step=step_to_transmitting(Q()), now=THEN)


def test_a_message_is_not_begun_unless_the_condition_holds() -> None:
    batch, delivery = a_batch()
    assert not begin(delivery, batch, step=step_to_transmitting(Q(language="es")), now=THEN)
    assert begin(delivery, batch, step=step_to_transmitting(Q(language="en")), now=THEN)


def test_the_end_is_recorded_only_by_whoever_holds_the_claim() -> None:
    batch, delivery = a_batch()
    begin(delivery, batch, step=step_to_transmitting(Q()), now=THEN)
    stranger = claiming.Batch(uuid4(), THEN, [delivery])
    assert not finish(delivery, stranger, state="accepted")
    assert state(delivery) == "transmitting"
    assert finish(delivery, batch, state="accepted")
    assert not finish(delivery, batch, state="failed")
    assert state(delivery) == "accepted"


def test_releasing_gives_back_only_what_was_not_begun() -> None:
    rows = [make_delivery() for _ in range(3)]
    batch = claim(now=THEN)
    assert batch is not None
    begin(rows[0], batch, step=step_to_transmitting(Q()), now=THEN)
    assert release(batch) == 2
    assert [state(row) for row in rows] == ["transmitting", "due", "due"]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_ten_workers_claim_every_delivery_exactly_once() -> None:
    person = make_person()
    rows = [make_delivery(person=person) for _ in range(200)]
    claimed: list[UUID] = []
    failures: list[BaseException] = []
    start = threading.Barrier(10)

    def work() -> None:
        try:
            start.wait()
            while (batch := claim(now=THEN, size=7)) is not None:
                claimed.extend(row.pk for row in batch.deliveries)
        except BaseException as error:
            failures.append(error)
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(10)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert failures == []
    assert Counter(claimed) == Counter(row.pk for row in rows)
