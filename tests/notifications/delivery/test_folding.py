"""Old deliveries become counters, and nothing is counted twice or too early."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from notifications.delivery import folding
from notifications.delivery.folding import KEPT, fold_some
from notifications.models import Delivery, DeliveryCount
from tests.notifications.delivery.kit import LETTER, THEN, make_delivery

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("small_catalogue")]

OLD = THEN - KEPT - timedelta(days=1)


def fold(*, now: datetime) -> int:
    """Fold batch after batch, as the cleaner does; return how many rows."""
    return sum(iter(lambda: fold_some(now), 0))


def counts() -> dict[tuple[str, str, int | None], int]:
    rows = DeliveryCount.objects.values_list("message", "state", "letter_id", "count")
    return {(message, state, letter): count for message, state, letter, count in rows}


def test_what_ended_long_ago_is_counted_by_message_letter_and_state() -> None:
    for state, number in (("accepted", 3), ("failed", 1)):
        for _ in range(number):
            make_delivery(LETTER, state=state, planned_at=OLD, letter_id=7)
    make_delivery(state="accepted", planned_at=OLD)
    assert fold(now=THEN) == 5
    assert counts() == {
        ("letter", "accepted", 7): 3,
        ("letter", "failed", 7): 1,
        ("note", "accepted", None): 1,
    }
    assert not Delivery.objects.exists()
    make_delivery(LETTER, state="accepted", planned_at=OLD, letter_id=7)
    assert fold(now=THEN) == 1
    assert counts()["letter", "accepted", 7] == 4


def test_what_is_young_or_still_on_its_way_stays() -> None:
    make_delivery(state="accepted", planned_at=THEN - KEPT)
    make_delivery(state="due", planned_at=OLD)
    make_delivery(LETTER, state="accepted", planned_at=OLD, letter_id=7)
    make_delivery(LETTER, state="retry", planned_at=OLD, letter_id=7)
    assert fold(now=THEN) == 0
    assert Delivery.objects.count() == 4


def test_folding_goes_in_batches_and_a_kill_between_them_loses_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(folding, "BATCH", 4)
    for _ in range(10):
        make_delivery(state="accepted", planned_at=OLD)
    real, calls = folding._add, []

    def fails_in_the_second_batch(*args: Any) -> None:
        calls.append(args)
        real(*args)
        if len(calls) == 2:
            raise RuntimeError("killed")

    monkeypatch.setattr(folding, "_add", fails_in_the_second_batch)
    with pytest.raises(RuntimeError):
        fold(now=THEN)
    assert (sum(counts().values()), Delivery.objects.count()) == (4, 6)
    assert fold(now=THEN) == 6
    assert (sum(counts().values()), Delivery.objects.count()) == (10, 0)
