"""kill -9, at every point between a fact and its record. Judged by the mail server."""

import signal
from datetime import timedelta

import pytest
from _pytest.mark import ParameterSet

from notifications.models import Delivery
from tests.faults.scene import Scene
from tests.processes import wait_for

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.postgres,
    pytest.mark.redis,
    pytest.mark.faults,
]

#: Points at which a message has been begun: whoever dies there leaves one that nobody knows of.
WHILE_TRANSMITTING = ("transmitting", "content", "answered")


def _parameters() -> list[ParameterSet]:
    """Every fault in every process: two of them in every run, the others in the long one."""
    every_time = {("claimed", "child"), ("answered", "child")}
    return [
        pytest.param(fault, who, marks=[] if (fault, who) in every_time else [pytest.mark.slow])
        for fault in ("planned", "claimed", *WHILE_TRANSMITTING)
        for who in ("child", "worker")
    ]


@pytest.mark.parametrize(("fault", "who"), _parameters())
def test_confirmations_survive_a_kill(scene: Scene, fault: str, who: str) -> None:
    scene.worker(fault=fault, who=who)
    scene.guests(3)
    scene.wait_for_the_fault()
    if who == "worker":
        scene.worker()
    scene.let_time_pass()
    scene.judge(cut=1 if fault in WHILE_TRANSMITTING else 0)
    copies = sorted(scene.sink.copies().values())
    assert copies == ([1, 1, 2] if fault == "answered" else [1, 1, 1])


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["claimed", *WHILE_TRANSMITTING])
def test_a_letter_survives_a_kill_and_is_never_sent_twice(scene: Scene, fault: str) -> None:
    scene.letter_to_readers(3)
    scene.worker(fault=fault)
    scene.wait_for_the_fault()
    scene.let_time_pass()
    scene.judge(cut=1 if fault in WHILE_TRANSMITTING else 0)
    unknown = Delivery.objects.filter(state="unknown").count()
    assert unknown == (0 if fault == "claimed" else 1)
    # Where the server had the message already, the honest "unknown" is a copy too few to send.
    assert len(scene.sink.taken) == (3 if fault in ("claimed", "answered") else 2)


@pytest.mark.slow
def test_a_worker_that_is_asked_to_end_finishes_its_message_and_loses_none(scene: Scene) -> None:
    scene.sink.pause = 0.1
    scene.guests(30)
    worker = scene.worker()
    wait_for(lambda: scene.sink.taken, what="the first message")
    worker.send_signal(signal.SIGTERM)
    wait_for(lambda: worker.poll() is not None, seconds=10, what="the end of the worker")
    sent = len(scene.sink.taken)
    assert 0 < sent < 30
    assert Delivery.objects.filter(state="accepted").count() == sent
    assert not Delivery.objects.filter(state__in=("claimed", "transmitting")).exists()
    scene.sink.pause = 0
    scene.worker()
    scene.let_time_pass()
    scene.judge()


@pytest.mark.slow
def test_what_no_doorbell_announced_the_next_tick_finds(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A web process that dies between COMMIT and the hint."""
    scene.worker()
    monkeypatch.setattr("events.extensions.doorbells", [])
    scene.guests(3)
    assert scene.sink.taken == []
    scene.advance(timedelta(minutes=1))
    scene.tick()
    wait_for(lambda: len(scene.sink.taken) == 3, what="three confirmations")
    scene.let_time_pass()
    scene.judge()


@pytest.mark.slow
def test_two_workers_and_a_flood_of_ticks_change_nothing(scene: Scene) -> None:
    scene.guests(15, prefix="early")
    workers = [scene.worker() for _ in range(2)]
    for _ in range(10):
        scene.tick()
    scene.guests(15, prefix="late")
    for _ in range(10):
        scene.tick()
    wait_for(lambda: len(scene.sink.taken) >= 30, seconds=60, what="thirty confirmations")
    scene.let_time_pass()
    assert [worker.poll() for worker in workers] == [None, None]
    scene.judge()
