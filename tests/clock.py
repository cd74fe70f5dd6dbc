"""Being somewhere else in time: this process's clock and the database's together."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import time_machine

from events import clock
from events.models import ClockOffset


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """Stand at ``moment``: ``clock.now()`` is exactly it, ``clock.database_now()`` runs on from it.

    Leaves the database's offset as it was. Can be nested and repeated.
    """
    before = ClockOffset.objects.first()
    ClockOffset.objects.all().delete()
    seconds = (moment - clock.database_now()).total_seconds()
    ClockOffset.objects.create(seconds=seconds)
    try:
        with time_machine.travel(moment, tick=False):
            yield
    finally:
        ClockOffset.objects.all().delete()
        if before is not None:
            ClockOffset.objects.create(seconds=before.seconds)
