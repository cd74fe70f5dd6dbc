"""The minute's work, and the work that a hint asks for. Doing any of it twice changes nothing."""

import logging
import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime

from events import clock
from events.actions.rsvps import expire_unproven
from events.actions.series import extend_series
from notifications import digests, planning, reminders
from notifications.cleaning import clean
from notifications.delivery.sending import send_batch
from notifications.delivery.sweep import sweep
from notifications.letters.actions import post_scheduled
from notifications.models import Tick
from volunteers.actions.claims import promote_all_waiting

logger = logging.getLogger(__name__)

#: Seconds that one run of :func:`work` takes at most; then it makes way for the next task.
SLICE = 45.0
#: Operations or chunks that are planned between two batches of mail.
PLANNED_AT_ONCE = 5


def tick(*, now: datetime | None = None) -> None:
    """Do what falls due, except sending: sweep, end, extend, promote, post, remind, clean.

    What a tick that never fired left undone, the next one does. A duty that fails is logged and
    keeps no other from being done.

    The sweep comes first, since it passes over rows that are locked: another duty may wait up to a
    minute for a row that a frozen process holds, and what a gone worker left would wait with it.
    """
    moment = now or clock.database_now()
    duties: list[Callable[[], object]] = [
        lambda: sweep(now=moment),
        lambda: expire_unproven(now=moment),
        lambda: extend_series(now=moment),
        lambda: promote_all_waiting(now=moment),
        lambda: post_scheduled(now=moment),
        lambda: reminders.plan(moment),
        lambda: digests.plan(moment),
        lambda: clean(now=moment),
    ]
    for duty in duties:
        try:
            duty()
        except Exception:
            logger.exception("A duty of the tick failed; the next tick tries again")
    Tick.objects.update_or_create(pk=1, defaults={"at": moment})


def work(*, seconds: float = SLICE, stopping: Callable[[], bool] = lambda: False) -> bool:
    """Plan and send what is due, for at most that long; returns whether there may be more.

    ``stopping`` is asked between two messages: a worker that is told to end finishes the one that
    it is transmitting, and leaves the rest to others.
    """
    end = time.monotonic() + seconds

    def over() -> bool:
        return stopping() or time.monotonic() > end

    while not over():
        planned = planning.plan_outbox(most=PLANNED_AT_ONCE)
        outcome = send_batch(stopping=over)
        if outcome is None and not planned:
            return False
        if outcome is not None and outcome.stopped:
            return False
    return not stopping()


def drain(*, now: datetime | None = None) -> Counter[str]:
    """Plan, remind, sweep and send until nothing is due; returns how many ended in which state.

    For commands and tests, in this process. ``now`` stops the clock at that moment.
    """
    states: Counter[str] = Counter()
    while True:
        moment = now or clock.database_now()
        reminders.plan(moment)
        digests.plan(moment)
        sweep(now=moment)
        planned = planning.plan_outbox(now=now)
        outcome = send_batch(now=now)
        if outcome is not None:
            states += outcome.states
        if (outcome is None and not planned) or (outcome is not None and outcome.stopped):
            return states
