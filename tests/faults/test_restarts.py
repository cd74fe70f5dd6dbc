"""PostgreSQL really restarted, during a claim and after the 250: crashed, and up again at once."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests import servers

ROOT = Path(__file__).resolve().parents[2]

pytestmark = [pytest.mark.postgres, pytest.mark.redis, pytest.mark.faults, pytest.mark.slow]


def test_a_database_that_crashes_under_a_worker_and_comes_back_loses_and_doubles_nothing(
    tmp_path: Path,
) -> None:
    with servers.own_postgres() as own:
        assert own is not None, "there is no PostgreSQL that could be started"
        environment = {
            **os.environ,
            "TEST_DATABASE_URL": f"postgresql://postgres@{servers.HOST}:{own.port}/restarts",
            # A commit that does not wait for the disk may be lost in a crash: in tests alone.
            "TEST_DURABLE": "on",
            "RESTARTS": str(tmp_path),
        }
        command = [sys.executable, "-m", "pytest", "--quiet", "-p", "no:cacheprovider"]
        with (tmp_path / "log").open("w+") as log:
            running = subprocess.Popen(
                [*command, "tests/faults/restarting_database.py"], cwd=ROOT, env=environment,
                stdout=log, stderr=subprocess.STDOUT,
            )  # fmt: skip
            try:
                restarts = _restart_as_wished(own, tmp_path, running)
            finally:
                running.kill()
                running.wait()
            log.seek(0)
            told = log.read()
    assert running.returncode == 0, told
    assert f"{restarts} passed" in told
    assert restarts >= 2


def _restart_as_wished(
    own: servers.OwnPostgres, wishes: Path, running: "subprocess.Popen[bytes]"
) -> int:
    """Crash and restart the server at each wish until the tests are over; return how often."""
    restarts = 0
    end = time.monotonic() + 240
    while running.poll() is None and time.monotonic() < end:
        for wish in wishes.glob("*.please"):
            own.crash()
            wish.rename(wish.with_suffix(".down"))
            own.start()
            restarts += 1
        time.sleep(0.02)
    return restarts
