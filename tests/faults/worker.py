"""The site's own Celery worker, which ends itself without a word at the point that FAULT names.

    FAULT=answered FAULT_WHO=child FAULT_MARK=/some/file celery -A tests.faults.worker worker …

It does so once: whoever finds the mark there already goes on undisturbed. The mark is the proof
that the fault happened. FAULT_WHO is "child" (the process of the pool that does the work), "worker"
(the pool and its parent, as a power cut would), "database" (its connection alone) or "server" (the
whole database, which whoever reads the wishes in the folder RESTARTS restarts). STEP_TIMEOUT
shortens the patience with mail servers, and how long they are left alone; LEASE how long a claim
lasts, in seconds. CLOCK puts the clock of the process forward by so many seconds.
"""

import os
import signal
import smtplib
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import time_machine
from celery.signals import worker_init

from config.celery import app

__all__ = ["app"]

#: Longer than any SMTP command: only a message's content is.
CONTENT = 2000


def die() -> None:
    """Leave the mark and be gone, unless somebody has been here before."""
    try:
        os.close(os.open(os.environ["FAULT_MARK"], os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return
    if os.environ["FAULT_WHO"] == "database":
        cut_the_line()
        return
    if os.environ["FAULT_WHO"] == "server":
        wish_for_a_crash()
        return
    if os.environ["FAULT_WHO"] == "worker":
        os.kill(os.getppid(), signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL)


def cut_the_line() -> None:
    """End this process's connection from the other side, as a database that is restarted does."""
    from django.db import connection

    if connection.connection is not None:
        ended = connection.connection.info.backend_pid
        with connection.copy().cursor() as other:
            other.execute("SELECT pg_terminate_backend(%s)", [ended])


def wish_for_a_crash() -> None:
    """Ask for the database's end, and go on as soon as it is gone."""
    wish = Path(os.environ["RESTARTS"]) / f"{os.getpid()}.please"
    wish.touch()
    while not wish.with_suffix(".down").exists():
        time.sleep(0.01)


def die_after(owner: Any, name: str, when: Callable[[Any], bool] = bool) -> None:
    """Let ``owner.name`` do its work, and die if what it returned says that this is the moment."""
    real = getattr(owner, name)

    def wrapped(*args: Any, **kwargs: Any) -> Any:
        result = real(*args, **kwargs)
        if when(result):
            die()
        return result

    setattr(owner, name, wrapped)


def die_in_content() -> None:
    """Hand over half of the first message, and die."""
    real = smtplib.SMTP.send

    def send(self: smtplib.SMTP, data: Any) -> None:
        if isinstance(data, bytes) and len(data) > CONTENT:
            real(self, data[: len(data) // 2])
            die()
            data = data[len(data) // 2 :]
        real(self, data)

    smtplib.SMTP.send = send  # type: ignore[method-assign]


def shorten_the_lease(lease: timedelta) -> None:
    """Let a claim end after seconds, so that what a kill left behind is taken up soon."""
    from notifications.delivery import claiming, sending, sweep

    claiming.LEASE = lease
    sending.MARGIN = lease / 3
    sending.PAUSE_BEFORE_COPY = sweep.PAUSE_BEFORE_COPY = timedelta(seconds=1)


@worker_init.connect
def arm(**kwargs: object) -> None:
    """Before the pool is forked, and after Django has loaded its apps."""
    from notifications import planning
    from notifications.delivery import claiming, sending
    from notifications.delivery.channels import email as channel

    faults: dict[str, Callable[[], None]] = {
        # The deliveries of an operation are written, and not committed.
        "planned": lambda: die_after(planning, "_plan", when=lambda result: True),
        # A batch is claimed, and nothing of it begun.
        "claimed": lambda: die_after(claiming, "claim"),
        # The step to transmitting is committed, and no byte sent.
        "transmitting": lambda: die_after(claiming, "begin"),
        # Half of the message is sent.
        "content": die_in_content,
        # The server has said 250, and nothing is recorded.
        "answered": lambda: die_after(channel.Smtp, "send", when=lambda result: True),
    }
    if os.environ.get("FAULT"):
        faults[os.environ["FAULT"]]()
    if os.environ.get("CLOCK"):
        time_machine.travel(time.time() + float(os.environ["CLOCK"]), tick=True).start()
    if os.environ.get("LEASE"):
        shorten_the_lease(timedelta(seconds=float(os.environ["LEASE"])))
    if os.environ.get("STEP_TIMEOUT"):
        channel.STEP_TIMEOUT = channel.DOT_TIMEOUT = float(os.environ["STEP_TIMEOUT"])
        sending.PAUSE_WITHOUT_SERVER = 0.0
