"""What PostgreSQL does with a process that stands still in the middle of a transaction."""

import threading
from collections.abc import Iterator

import pytest
from django.db import DatabaseError, connection, transaction

from config import connections
from events.models import Event
from tests.factories import make_event

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]


def standstill() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SHOW idle_in_transaction_session_timeout")
        (value,) = cursor.fetchone()
    return str(value)


def lock(event: Event) -> None:
    Event.objects.select_for_update().get(pk=event.pk)


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A new connection, whose transactions may stand still for a fifth of a second."""
    monkeypatch.setattr(connections, "STANDSTILL", "200ms")
    connection.close()
    yield
    connection.close()


def test_every_connection_bounds_how_long_a_transaction_stands_still() -> None:
    connection.close()
    assert standstill() == "1min"


def wait_for(event: Event, is_locked: threading.Event) -> None:
    """Want the same row, on a connection of one's own."""
    try:
        with transaction.atomic():
            lock(event)
            is_locked.set()
    finally:
        connection.close()


def stand_still(event: Event, is_locked: threading.Event) -> None:
    """Hold the row and do nothing until the other one has it; then go on."""
    with transaction.atomic():
        lock(event)
        other = threading.Thread(target=wait_for, args=(event, is_locked))
        other.start()
        is_locked.wait(20)
        other.join()
        Event.objects.get(pk=event.pk)


def test_who_stands_still_with_a_row_holds_nobody_up(hurried: None) -> None:
    event, is_locked = make_event(), threading.Event()
    with pytest.raises(DatabaseError, match="idle-in-transaction"):
        stand_still(event, is_locked)
    assert is_locked.is_set()
