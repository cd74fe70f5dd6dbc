"""What a worker that is gone has left behind."""

from datetime import timedelta
from threading import Event, Thread
from typing import Any

import pytest
from django.db import connection, transaction

from notifications.delivery.sweep import sweep
from notifications.models import Delivery
from tests.notifications.delivery.kit import LETTER, THEN, make_delivery, state

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("small_catalogue"),
]

OVER = {"lease_until": THEN - timedelta(seconds=1)}
RUNNING = {"lease_until": THEN + timedelta(seconds=1)}


def test_what_was_claimed_and_not_begun_is_due_again() -> None:
    delivery = make_delivery(state="claimed", **OVER)
    assert sweep(now=THEN) == {"due": 1}
    assert (state(delivery), delivery.resends, delivery.lease_until) == ("due", 0, None)


@pytest.mark.parametrize("where", ["claimed", "transmitting"])
def test_a_lease_that_runs_is_left_alone(where: str) -> None:
    delivery = make_delivery(state=where, **RUNNING)
    assert sweep(now=THEN) == {}
    assert state(delivery) == where


def test_a_note_cut_while_transmitting_goes_once_more() -> None:
    delivery = make_delivery(state="transmitting", attempts=1, **OVER)
    assert sweep(now=THEN) == {"again": 1}
    assert (state(delivery), delivery.resends) == ("due", 1)
    assert delivery.next_attempt_at > THEN
    assert delivery.error == "cut while transmitting"


def test_a_note_cut_a_second_time_is_held_as_unknown() -> None:
    delivery = make_delivery(state="transmitting", resends=1, **OVER)
    assert sweep(now=THEN) == {"unknown": 1}
    assert (state(delivery), delivery.finished_at) == ("unknown", THEN)


def test_a_letter_cut_while_transmitting_is_held_as_unknown() -> None:
    delivery = make_delivery(LETTER, state="transmitting", **OVER)
    assert sweep(now=THEN) == {"unknown": 1}
    assert state(delivery) == "unknown"


def test_sweeping_twice_changes_nothing() -> None:
    for columns in ({"state": "claimed"}, {"state": "transmitting"}):
        make_delivery(**columns, **OVER)
        make_delivery(LETTER, **columns, **OVER)
    sweep(now=THEN)
    before = list(Delivery.objects.order_by("pk").values())
    assert sweep(now=THEN) == {}
    assert list(Delivery.objects.order_by("pk").values()) == before


def test_the_number_of_rows_costs_no_queries(django_assert_num_queries: Any) -> None:
    for number in (1, 20):
        for _ in range(number):
            make_delivery(state="transmitting", **OVER)
        # A transaction each for three kinds, and the change of the one that there is.
        with django_assert_num_queries(3 * 3 + 1):
            sweep(now=THEN)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_worker_frozen_in_the_middle_of_a_step_keeps_nothing_else_from_being_settled() -> None:
    """It holds its row for as long as it sleeps; the sweep, and the tick, go on without it."""
    frozen, *others = (make_delivery(state="claimed", **OVER) for _ in range(3))
    asleep, awake = Event(), Event()

    def hold() -> None:
        with transaction.atomic():
            Delivery.objects.select_for_update(no_key=True).get(pk=frozen.pk)
            asleep.set()
            awake.wait(30)
        connection.close()

    holder = Thread(target=hold)
    holder.start()
    try:
        assert asleep.wait(10)
        with connection.cursor() as cursor:
            # Waiting for it would fail, and not hang.
            cursor.execute("SET lock_timeout = '2s'")
        assert sweep(now=THEN) == {"due": 2}
        assert [state(one) for one in (frozen, *others)] == ["claimed", "due", "due"]
    finally:
        awake.set()
        holder.join()
        connection.close()
    assert sweep(now=THEN) == {"due": 1}
