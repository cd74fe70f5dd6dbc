"""What Celery runs. It only hurries: what is to be done, and when, is in the tables.

No task has an argument, an ETA or a retry. A hint that is lost is made up for by the next tick.
"""

import mmap

from celery import shared_task
from celery.signals import worker_init, worker_shutting_down

from notifications import tick as minute
from notifications.doorbell import WORK, ring

#: One byte that a worker shares with its pool: not zero once the worker has been told to end.
_ending: mmap.mmap | None = None


@worker_init.connect
def share_the_end(**kwargs: object) -> None:
    """Before the pool is forked: its processes are told nothing when the worker shuts down."""
    global _ending
    _ending = mmap.mmap(-1, 1)


@worker_shutting_down.connect
def tell_the_end(**kwargs: object) -> None:
    if _ending is not None:
        _ending[0] = 1


def stopping() -> bool:
    """Whether this worker has been told to end."""
    return _ending is not None and _ending[0] != 0


@shared_task(name="notifications.tick", ignore_result=True)
def tick() -> None:
    """Beat's minute: what falls due with time, then a hint to send."""
    minute.tick()
    if not ring():
        # No broker to give a hint to: then it is done here.
        work()


@shared_task(name=WORK, ignore_result=True)
def work() -> None:
    """Plan and send what is due; ask for another run if there is more."""
    if minute.work(stopping=stopping):
        ring()
