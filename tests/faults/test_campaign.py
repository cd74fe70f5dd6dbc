"""A letter and confirmations together, on a bad day. Judged by the mail server.

The sizes come from the environment: small in every run, large in `make faults`.
"""

import os
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connections

from notifications.letters.posted import pause_letter, resume_letter
from notifications.models import Delivery, Letter
from tests.factories import make_event, make_rsvp
from tests.faults.scene import Scene
from tests.processes import wait_for

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.postgres,
    pytest.mark.redis,
    pytest.mark.faults,
    pytest.mark.slow,
]

KILLS = int(os.environ.get("KILLS", "4"))
READERS = int(os.environ.get("READERS", "400"))
GUESTS = int(os.environ.get("GUESTS", "30"))
SEED = int(os.environ.get("SEED", "7"))
#: Seconds of a worker's claim; in life five minutes, which nobody waits for a hundred times.
LEASE = 6
#: From the commit of an RSVP to the mail server, in the middle of a letter.
LONGEST_WAIT = 10.0
#: Seconds without any news after which a run has stood still.
PATIENCE = 120


@contextmanager
def in_background(action: Callable[[], object], pause: float) -> Iterator[None]:
    """Do something again and again in a thread of its own."""
    over = threading.Event()

    def run() -> None:
        while not over.wait(pause):
            action()
        connections.close_all()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(30)


def children(pid: int) -> list[int]:
    """Return the processes that a worker has made: the one that does the work is among them."""
    listed = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in listed.read_text().split()] if listed.exists() else []


def wait_for_progress(scene: Scene, condition: Callable[[], bool], what: str) -> None:
    """Wait as long as the mail server takes something now and then."""
    seen, since = len(scene.sink.taken), time.monotonic()
    while not condition():
        taken = len(scene.sink.taken)
        if taken != seen:
            seen, since = taken, time.monotonic()
        assert time.monotonic() - since < PATIENCE, f"{what}: nothing moves. {scene.told()}"
        time.sleep(0.2)


def test_a_letter_and_confirmations_survive_kills_at_random_points(scene: Scene) -> None:
    """Two workers; one of them, or only the process of its pool, is killed again and again."""
    print(f"seed {SEED}")
    dice = random.Random(SEED)
    scene.letter_to_readers(READERS)
    workers = [scene.worker(LEASE=str(LEASE)) for _ in range(2)]
    guests = iter(range(GUESTS))
    every = max(1, READERS // (KILLS + 1))
    killed = 0

    with in_background(scene.tick, 1.0):
        while killed < KILLS:
            # While a worker starts again the other one goes on: there must be mail to the last.
            if len(scene.expected) - len(scene.sink.taken) < 4 * every:
                scene.letter_to_readers(READERS)
            goal = len(scene.sink.taken) + dice.randrange(1, max(2, 2 * every))
            wait_for_progress(
                scene, lambda goal=goal: len(scene.sink.taken) >= goal, f"kill {killed + 1}"
            )
            time.sleep(dice.random() * 0.1)
            number = dice.randrange(2)
            victims = [workers[number].pid, *children(workers[number].pid)]
            whole = dice.random() < 0.3
            if scene.kill(workers[number].pid if whole else dice.choice(victims[1:] or victims)):
                killed += 1
            if workers[number].poll() is not None or whole:
                scene.kill_group(workers[number])
                workers[number] = scene.worker(LEASE=str(LEASE))
            if (guest := next(guests, None)) is not None:
                scene.guests(1, prefix=f"guest-{guest}-")
        for guest in guests:
            scene.guests(1, prefix=f"guest-{guest}-")
        wait_for_progress(scene, scene.nothing_open, "the end")
    scene.let_time_pass()
    scene.judge(cut=killed, faults=killed)


def test_no_confirmation_waits_for_a_letter(scene: Scene) -> None:
    """Guests come while a letter goes out to many: each has mail within seconds."""
    # A small letter would be over before they are there.
    scene.sink.pause = 0.0 if READERS > 5_000 else 0.02
    scene.letter_to_readers(READERS)
    for _ in range(2):
        scene.worker()
    committed: dict[str, float] = {}
    with in_background(scene.tick, 1.0):
        wait_for_progress(scene, lambda: len(scene.sink.taken) > READERS // 20, "the letter")
        for number in range(GUESTS):
            (email,) = scene.guests(1, prefix=f"guest-{number}-")
            committed[email] = time.monotonic()
            time.sleep(0.05)
        in_the_middle = len(scene.sink.taken) < len(scene.expected)
        wait_for_progress(scene, scene.nothing_open, "the end")
    taken = {mail.recipient: mail.at for mail in scene.sink.taken}
    waited = sorted(taken[email] - moment for email, moment in committed.items())
    print(f"confirmations: median {waited[len(waited) // 2]:.2f} s, longest {waited[-1]:.2f} s")
    assert in_the_middle, "the letter was over before the guests came"
    assert waited[-1] < LONGEST_WAIT
    scene.judge()


def test_a_letter_paused_killed_and_resumed_five_times_has_exact_counts(scene: Scene) -> None:
    print(f"seed {SEED}")
    dice = random.Random(SEED)
    readers = min(READERS, 2_000)
    scene.sink.pause = 0.005
    scene.letter_to_readers(readers)
    letter = Letter.objects.get()
    killed = 0
    with in_background(scene.tick, 1.0):
        for number in range(5):
            worker = scene.worker(LEASE=str(LEASE))
            goal = (number + 1) * readers // 6
            wait_for_progress(
                scene, lambda goal=goal: len(scene.sink.taken) >= goal, f"round {number}"
            )
            pause_letter(letter_id=letter.pk, now=scene.now())
            time.sleep(dice.random() * 0.05)
            killed += scene.kill(worker.pid)
            scene.kill_group(worker)
            # What the dead worker had claimed is not lost: it is due again, and waits.
            scene.worker(LEASE=str(LEASE)).terminate()
            at_rest = len(scene.sink.taken)
            time.sleep(1)
            assert len(scene.sink.taken) == at_rest
            resume_letter(letter_id=letter.pk, now=scene.now())
        scene.worker(LEASE=str(LEASE))
        wait_for_progress(scene, scene.nothing_open, "the end")
    scene.let_time_pass()
    scene.judge(cut=killed, faults=killed)
    accepted = Delivery.objects.filter(letter_id=letter.pk, state="accepted").count()
    unknown = Delivery.objects.filter(letter_id=letter.pk, state="unknown").count()
    assert accepted + unknown == readers
    assert accepted <= len(scene.sink.taken) <= readers


def test_a_mail_server_that_is_off_for_an_hour_loses_nothing(scene: Scene) -> None:
    """What is of use an hour later comes; the reminder of what has begun meanwhile does not."""
    worker = scene.worker(STEP_TIMEOUT="0.5")
    begins = scene.now() + timedelta(minutes=150)
    soon = make_event(scene.office, starts_at=begins, capacity=None)
    for number in range(5):
        make_rsvp(soon, email=f"soon{number}@example.org", now=scene.now())
    wait_for(lambda: len(scene.sink.taken) == 5, what="five confirmations")

    scene.sink.go_away()
    scene.guests(20)
    scene.letter_to_readers(50)
    for _ in range(32):
        scene.advance(timedelta(minutes=5))
        moment = scene.now()
        scene.tick()
        wait_for(lambda moment=moment: scene.has_ticked(moment), seconds=60, what="the tick")
    assert len(scene.sink.taken) == 5
    scene.sink.come_back()
    scene.let_time_pass()
    assert worker.poll() is None

    reminders = Delivery.objects.filter(message="rsvp_reminder", person__email__startswith="soon")
    assert [row.state for row in reminders] == ["expired"] * 5
    assert not any(mail.key.startswith("reminder:") for mail in scene.sink.taken)
    reached = Counter(mail.recipient for mail in scene.sink.taken)
    assert {email: reached[email] for email in scene.expected} == dict.fromkeys(scene.expected, 1)
