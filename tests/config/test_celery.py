"""A real worker on the broker that this run has: files, or Redis where there is one."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
import redis
from django.core.cache import caches
from pytest_django import Settings

from config.celery import TICK, app
from notifications.models import Tick
from tests import servers
from tests.processes import ROOT, Processes, wait_for


def test_a_worker_makes_up_for_missed_ticks_as_soon_as_it_is_ready(processes: Processes) -> None:
    assert not Tick.objects.exists()
    processes.worker()
    wait_for(Tick.objects.exists, seconds=60, what="the first tick")


def test_a_hint_is_heard_within_a_second(processes: Processes) -> None:
    processes.worker()
    wait_for(Tick.objects.exists, seconds=60, what="the first tick")
    Tick.objects.all().delete()
    started = time.monotonic()
    app.send_task(TICK)
    wait_for(Tick.objects.exists, seconds=10, what="the tick that was hinted at")
    assert time.monotonic() - started < 1


@pytest.fixture
def own_redis() -> Iterator[int]:
    """The port of a Redis that this test may stop."""
    binary = servers.redis_binary()
    assert binary
    with servers.started_redis(binary) as port:
        yield port


@pytest.mark.redis
def test_a_worker_hears_again_after_redis_was_away(processes: Processes, own_redis: int) -> None:
    broker = {"TEST_REDIS_URL": f"redis://127.0.0.1:{own_redis}/0"}
    hint = [sys.executable, "-c", f"from config.celery import app; app.send_task({TICK!r})"]

    def hinted() -> bool:
        """Send a hint from a process on that Redis; return whether it was taken."""
        done = subprocess.run(
            hint, cwd=ROOT, env=processes.environment(**broker), capture_output=True
        )
        return done.returncode == 0

    processes.worker(**broker)
    wait_for(Tick.objects.exists, seconds=60, what="the first tick")
    redis.Redis("127.0.0.1", own_redis).shutdown(nosave=True)
    assert not hinted()

    binary = servers.redis_binary()
    assert binary
    with servers.started_redis(binary, port=own_redis):
        Tick.objects.all().delete()
        assert hinted()
        wait_for(Tick.objects.exists, seconds=30, what="a tick through the Redis that came back")


def test_a_hint_to_a_redis_that_is_away_costs_next_to_nothing(tmp_path: object) -> None:
    """The action that rings has committed, and its visitor waits. The first loads the client."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        nowhere = server.getsockname()[1]
    script = f"""
import time
from kombu.exceptions import OperationalError
from config.celery import app
for _ in range(2):
    started = time.monotonic()
    try:
        app.send_task({TICK!r})
    except OperationalError:
        print(time.monotonic() - started)
"""
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env={
            "PATH": os.environ["PATH"],
            "ENV_FILE": os.devnull,
            "DEBUG": "on",
            "DATA_DIR": str(tmp_path),
            "REDIS_URL": f"redis://127.0.0.1:{nowhere}/0",
        },
        capture_output=True,
        text=True,
    )
    first, second = map(float, done.stdout.split())
    assert first < 2
    assert second < 0.1


def test_a_cache_whose_redis_is_away_answers_as_an_empty_one(
    settings: Settings,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        nowhere = server.getsockname()[1]
    settings.CACHES = {
        "default": {
            "BACKEND": "config.caches.PatientRedisCache",
            "LOCATION": f"redis://127.0.0.1:{nowhere}/0",
        }
    }
    cache = caches["default"]
    cache.set("a", 1)
    assert cache.get("a", "nothing") == "nothing"
    assert cache.get_many(["a"]) == {}
    assert cache.add("a", 1) is True
    assert ("a" in cache, cache.touch("a"), cache.delete("a")) == (False, False, False)
