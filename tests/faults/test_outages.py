"""Servers that are away, come back, or answer in every way there is. Judged by the mail server."""

import os
import random
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import redis
from celery import current_app
from kombu import Connection

from config.celery import TICK
from notifications import doorbell
from tests import servers
from tests.factories import make_rsvp
from tests.faults.scene import Scene
from tests.processes import wait_for
from tests.smtp_sink import DROP, HANG

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.postgres,
    pytest.mark.redis,
    pytest.mark.faults,
    pytest.mark.slow,
]


class Broker:
    """A Redis of our own, which a test may stop, start and silence."""

    def __init__(self, binary: Path) -> None:
        self.binary = binary
        self.port = servers.free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(
            [self.binary, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "",
             "--appendonly", "no"],
            stdout=subprocess.DEVNULL,
        )  # fmt: skip
        wait_for(self._answers, what="a Redis of our own")

    def _answers(self) -> bool:
        try:
            return bool(redis.Redis("127.0.0.1", self.port).ping())
        except redis.RedisError:
            return False

    def stop(self) -> None:
        self.process.send_signal(signal.SIGCONT)
        self.process.kill()
        self.process.wait()

    def silence(self) -> None:
        self.process.send_signal(signal.SIGSTOP)

    def wake(self) -> None:
        self.process.send_signal(signal.SIGCONT)


class Wire:
    """The way from a worker to a Redis, which a test may cut as a firewall does: without a word."""

    def __init__(self, port: int) -> None:
        self.server = port
        self.heard: list[threading.Event] = []
        self.entrance = socket.create_server(("127.0.0.1", 0))
        self.url = f"redis://127.0.0.1:{self.entrance.getsockname()[1]}/0"
        threading.Thread(target=self._let_in, daemon=True).start()

    def cut(self) -> int:
        """Let nothing more through on the connections that there are; return how many."""
        for line in self.heard:
            line.clear()
        return len(self.heard)

    def _let_in(self) -> None:
        while True:
            near, _address = self.entrance.accept()
            try:
                far = socket.create_connection(("127.0.0.1", self.server))
            except OSError:
                near.close()
                continue
            is_whole = threading.Event()
            is_whole.set()
            self.heard.append(is_whole)
            for ends in ((near, far), (far, near)):
                threading.Thread(target=self._carry, args=(*ends, is_whole), daemon=True).start()

    @staticmethod
    def _carry(source: socket.socket, target: socket.socket, is_whole: threading.Event) -> None:
        try:
            while data := source.recv(65536):
                is_whole.wait()
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass


@pytest.fixture
def broker(monkeypatch: pytest.MonkeyPatch) -> Iterator[Broker]:
    """A broker that the doorbell of this process rings at."""
    binary = servers.redis_binary()
    assert binary is not None, "these tests run where there is a Redis to start"
    own = Broker(binary)
    options = current_app.conf.broker_transport_options
    patient = {**options, "socket_timeout": doorbell.PATIENCE}
    line = Connection(own.url, transport_options=patient)
    monkeypatch.setattr(doorbell, "_line", lambda: line)
    yield own
    own.stop()


def tick_at(broker: Broker) -> None:
    options = current_app.conf.broker_transport_options
    with Connection(broker.url, transport_options=options) as line:
        current_app.send_task(TICK, connection=line)


def hints_at(broker: Broker) -> int:
    """How many hints wait there for somebody to take them."""
    prefix = current_app.conf.broker_transport_options["global_keyprefix"]
    waiting = redis.Redis("127.0.0.1", broker.port).llen(
        f"{prefix}{current_app.conf.task_default_queue}"
    )
    assert isinstance(waiting, int)
    return waiting


def test_redis_down_at_commit_costs_little_and_loses_nothing(scene: Scene, broker: Broker) -> None:
    worker = scene.worker(TEST_REDIS_URL=broker.url)
    scene.guests(2, prefix="before")
    wait_for(lambda: len(scene.sink.taken) == 2, what="two confirmations")

    broker.stop()
    started = time.monotonic()
    scene.guests(2, prefix="down")
    # Two commits: each would take six seconds if the hint were sent again.
    assert time.monotonic() - started < 3
    assert len(scene.sink.taken) == 2

    # It comes back empty, as after a flush.
    broker.start()
    wait_for(lambda: _is_heard(scene, broker, 4), seconds=60, what="the worker's return")
    assert worker.poll() is None
    assert len(scene.sink.taken) == 4
    scene.judge()


def _is_heard(scene: Scene, broker: Broker, mails: int) -> bool:
    """Beat goes on ticking; once a tick is heard, the guests have their mail."""
    tick_at(broker)
    time.sleep(0.5)
    return len(scene.sink.taken) == mails


def test_a_redis_that_says_nothing_holds_nobody_up(scene: Scene, broker: Broker) -> None:
    scene.worker(TEST_REDIS_URL=broker.url)
    scene.guests(1, prefix="before")
    wait_for(lambda: len(scene.sink.taken) == 1, what="a confirmation")
    broker.silence()
    started = time.monotonic()
    make_rsvp(scene.event, email="meanwhile@example.org")
    scene.expected["meanwhile@example.org"] = "rsvp_confirmed"
    assert time.monotonic() - started < 2
    broker.wake()
    tick_at(broker)
    wait_for(lambda: len(scene.sink.taken) == 2, seconds=60, what="the second confirmation")
    scene.judge()


@pytest.mark.parametrize("is_busy", [False, True], ids=["idle", "busy"])
def test_a_redis_that_was_frozen_is_heard_again(
    scene: Scene, broker: Broker, is_busy: bool
) -> None:
    """Even by a worker that had the next hint in its hands, and could not say so in time."""
    scene.sink.pause = 2.0 if is_busy else 0.0
    worker = scene.worker(TEST_REDIS_URL=broker.url)
    scene.guests(1, prefix="before")
    if is_busy:
        wait_for(lambda: scene.sink.reached["content"] == 1, what="a message under way")
        tick_at(broker)
        wait_for(lambda: hints_at(broker) == 0, what="a second hint in the worker's hands")
    else:
        wait_for(lambda: len(scene.sink.taken) == 1, what="a confirmation")
    broker.silence()
    # A busy worker cannot say that it has heard the hint; each gives up its silent connection.
    given_up = ["Connection to broker lost", *(["Timeout reading from socket"] * is_busy)]
    wait_for(
        lambda: all(words in scene.processes.log(worker) for words in given_up),
        seconds=60,
        what="the end of the worker's patience",
    )
    scene.guests(1, prefix="meanwhile")
    broker.wake()
    wait_for(lambda: _is_heard(scene, broker, 2), seconds=30, what="the worker's return")
    assert worker.poll() is None
    scene.judge()


def test_a_connection_that_is_dead_without_a_word_leaves_no_worker_deaf(
    scene: Scene, broker: Broker
) -> None:
    wire = Wire(broker.port)
    worker = scene.worker(TEST_REDIS_URL=wire.url)
    scene.guests(1, prefix="before")
    wait_for(lambda: len(scene.sink.taken) == 1, what="a confirmation")
    wait_for(scene.quiet, what="the end of its run")
    clients = redis.Redis("127.0.0.1", broker.port).client_list
    wait_for(lambda: "brpop" in [one["cmd"] for one in clients()], what="waiting for a hint")
    assert wire.cut() > 0
    # Redis still gives this hint to the dead connection: it is lost.
    scene.guests(1, prefix="meanwhile")
    wait_for(lambda: _is_heard(scene, broker, 2), seconds=40, what="the worker's return")
    assert worker.poll() is None
    scene.judge()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_mail_server_that_answers_in_every_way_loses_and_doubles_nothing(
    scene: Scene, seed: int
) -> None:
    """A seeded mix of every answer, over confirmations and a letter together."""
    seed = int(os.environ.get("SEED", seed))
    print(f"seed {seed}")
    dice = random.Random(seed)
    sink = scene.sink
    hangs = 0
    for _ in range(30):
        phase, answers = dice.choice(
            [
                ("connect", ["421 4.3.2 Busy", DROP, HANG]),
                ("EHLO", ["421 4.3.2 Busy", DROP]),
                ("MAIL", ["451 4.3.0 Later", DROP, "530 5.7.0 Authentication required"]),
                ("RCPT", ["450 4.2.1 Greylisted", "421 4.7.0 Too many", DROP, HANG]),
                ("DATA", ["451 4.3.0 Later", DROP]),
                ("content", [DROP, HANG]),
                ("dot", ["451 4.3.0 Later"]),
                ("RSET", [DROP, "421 4.4.2 Idle"]),
            ]
        )
        answer = dice.choice(answers)
        sink.answer(phase, answer)
        # A short message is all in the hands of the network by then, its final dot included: from
        # this side it is cut as one is after the dot.
        hangs += (phase, answer) == ("content", HANG)
    cuts = dice.sample([DROP, HANG], 2)
    sink.answer("taken", *cuts)
    guests = scene.guests(20)
    refused = dice.sample(guests, 3)
    for email, answer in zip(
        refused, ("550 5.1.1 User unknown", "554 5.6.0 Refused", "550 5.7.1 Blocked"), strict=True
    ):
        sink.answer_for(email, answer, phase="dot" if answer.startswith("554") else "RCPT")
    scene.letter_to_readers(20)
    scene.worker(STEP_TIMEOUT="0.5")

    for _ in range(40):
        scene.advance(timedelta(minutes=10))
        scene.tick()
        wait_for(scene.quiet, seconds=60, what="quiet")
    assert sink.not_given() == {}, "some trouble never came"
    scene.let_time_pass()
    scene.judge(cut=len(cuts) + hangs, refused=refused)
