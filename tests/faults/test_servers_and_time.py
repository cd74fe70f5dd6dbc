"""A database that cuts the line, a process that sleeps, a clock that is wrong, a web that dies."""

import os
import signal
import time
from datetime import timedelta

import pytest

from events.models import RSVP
from notifications.models import Delivery
from tests.faults.scene import Scene
from tests.faults.test_campaign import children, in_background
from tests.processes import wait_for

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.postgres,
    pytest.mark.redis,
    pytest.mark.faults,
    pytest.mark.slow,
]


@pytest.mark.parametrize("fault", ["claimed", "transmitting", "answered"])
def test_a_database_that_cuts_the_line_loses_and_doubles_nothing(scene: Scene, fault: str) -> None:
    """As its restart does: the worker lives, and what the mail server told it is written down."""
    worker = scene.worker(fault=fault, who="database")
    scene.guests(3)
    scene.wait_for_the_fault()
    scene.let_time_pass()
    assert worker.poll() is None
    scene.judge()
    assert sorted(scene.sink.copies().values()) == [1, 1, 1]


def test_a_worker_that_sleeps_past_its_lease_and_wakes_doubles_one_message_at_most(
    scene: Scene,
) -> None:
    scene.sink.pause = 0.2
    scene.guests(12)
    sleeper = scene.worker(LEASE="3")
    wait_for(lambda: len(scene.sink.taken) >= 2, what="two confirmations")
    (child,) = children(sleeper.pid)[-1:]
    os.kill(child, signal.SIGSTOP)
    try:
        with in_background(scene.tick, 0.5):
            scene.worker(LEASE="3")
            wait_for(lambda: len(scene.sink.copies()) == 12, seconds=60, what="all of them")
    finally:
        os.kill(child, signal.SIGCONT)
    time.sleep(1)
    scene.let_time_pass()
    scene.judge(cut=1)


def test_a_worker_whose_clock_is_two_hours_fast_sends_what_is_due_by_the_database(
    scene: Scene,
) -> None:
    worker = scene.worker(CLOCK="7200")
    scene.guests(3)
    wait_for(lambda: len(scene.sink.taken) == 3, seconds=60, what="three confirmations")
    # Another two hours and the last reminder is due: not by the only clock that counts.
    scene.advance(scene.event.starts_at - timedelta(hours=3) - scene.now())
    scene.tick()
    wait_for(reminders, seconds=60, what="a reminder")
    scene.advance(timedelta(minutes=50))
    scene.tick()
    wait_for(scene.quiet, seconds=60, what="quiet")
    assert worker.poll() is None
    assert reminders() == {"1d@11:00"}
    scene.advance(timedelta(minutes=20))
    scene.tick()
    wait_for(lambda: reminders() == {"1d@11:00", "2h"}, seconds=60, what="the last reminder")


def reminders() -> set[str]:
    """Return the leads for which reminders were planned."""
    planned = Delivery.objects.filter(message="rsvp_reminder")
    return {row.context["lead"] for row in planned}


def test_a_web_process_that_dies_between_commit_and_hint_loses_nothing(scene: Scene) -> None:
    scene.worker()
    web = scene.processes.start("-m", "tests.faults.dying_web", scene.event.slug)
    wait_for(lambda: web.poll() is not None, seconds=60, what="the end of the web process")
    assert web.returncode == -signal.SIGKILL, scene.processes.log(web)
    assert RSVP.objects.get().person.email == "last@example.org"
    scene.expected["last@example.org"] = "rsvp_confirmed"
    time.sleep(1)
    assert scene.sink.taken == []
    scene.tick()
    wait_for(lambda: len(scene.sink.taken) == 1, seconds=60, what="the confirmation")
    scene.let_time_pass()
    scene.judge()
