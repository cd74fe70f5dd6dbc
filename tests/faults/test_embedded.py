"""The embedded default: SQLite and a broker of files, which two workers share."""

import time

import pytest

from tests.faults.scene import Scene
from tests.processes import wait_for

pytestmark = [
    pytest.mark.django_db(transaction=True), pytest.mark.faults, pytest.mark.slow,
    pytest.mark.embedded,
]  # fmt: skip


def test_two_workers_send_letters_and_confirmations_together(scene: Scene) -> None:
    workers = [scene.worker(), scene.worker()]
    scene.letter_to_readers(100)
    scene.guests(40)
    for _ in range(10):
        scene.tick()
    wait_for(lambda: len(scene.sink.taken) == 140, seconds=120, what="all mail")
    scene.let_time_pass()
    scene.judge()
    for worker in workers:
        log = scene.processes.log(worker)
        assert "locked" not in log, log
        assert "ERROR" not in log, log


def test_a_confirmation_does_not_wait_for_a_letter(scene: Scene) -> None:
    scene.sink.pause = 0.05
    scene.letter_to_readers(200)
    scene.worker()
    wait_for(lambda: scene.sink.taken, seconds=60, what="the first letter")
    started = time.monotonic()
    scene.guests(1)
    wait_for(lambda: scene.sink.to("guest0@example.org"), what="the confirmation")
    assert len(scene.sink.taken) < 200, "the letter was over before"
    assert time.monotonic() - started < 5
    scene.sink.pause = 0
    wait_for(lambda: len(scene.sink.taken) == 201, seconds=60, what="all mail")
    scene.let_time_pass()
    scene.judge()
