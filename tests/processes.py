"""Real processes of the site, on the database and the broker of the test that starts them."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from django.conf import settings
from django.db import connection

ROOT = Path(__file__).resolve().parent.parent


def wait_for(
    condition: Callable[[], object], *, seconds: float = 20, what: str = "the condition"
) -> None:
    """Return as soon as the condition is true; fail, naming it, when it does not become so."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"{what} did not come about in {seconds:g} seconds")
        time.sleep(0.05)


class Processes:
    """A context that starts processes and ends them all, children included."""

    def __init__(self) -> None:
        self._running: list[subprocess.Popen[bytes]] = []
        self._logs = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for process in self._running:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    def environment(self, **more: str) -> dict[str, str]:
        """Return the environment of a process that shares this test's database and broker."""
        return {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "tests.settings",
            "TEST_DIR": str(settings.TEST_DIR),
            "TEST_DATABASE_NAME": str(connection.settings_dict["NAME"]),
            "PYTHONUNBUFFERED": "1",
            **more,
        }

    def start(self, *command: str, **more: str) -> subprocess.Popen[bytes]:
        """Start `python COMMAND` in a process group of its own; `more` is added to its environment.

        What it prints is kept in a file, which `log` returns.
        """
        self._logs += 1
        path = Path(settings.TEST_DIR) / f"process-{os.getpid()}-{id(self)}-{self._logs}.log"
        with path.open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, *command],
                cwd=ROOT,
                env=self.environment(**more),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        process.log_path = path  # type: ignore[attr-defined]
        self._running.append(process)
        return process

    def logs(self) -> str:
        """Return what all of them have printed so far, for whoever asks why something failed."""
        return "\n".join(f"$ {process.args}\n{self.log(process)}" for process in self._running)

    @staticmethod
    def log(process: subprocess.Popen[bytes]) -> str:
        """Return what the process has printed so far."""
        path: Path = process.log_path  # type: ignore[attr-defined]
        return path.read_text(errors="replace")

    def worker(self, **more: str) -> subprocess.Popen[bytes]:
        """Start a real Celery worker with one pool child, and return when it takes tasks."""
        process = self.start(
            "-m", "celery", "-A", "config.celery", "worker", "--pool", "prefork",
            "--concurrency", "1", "--loglevel", "INFO",
            "--without-gossip", "--without-mingle", "--without-heartbeat",
            **more,
        )  # fmt: skip
        wait_for(
            lambda: " ready." in self.log(process) or process.poll() is not None,
            seconds=30,
            what="a Celery worker",
        )
        assert process.poll() is None, self.log(process)
        return process
