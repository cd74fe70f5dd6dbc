"""Keeps a few child processes running until it is told to stop, and then ends every one of them."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None

# Seconds that children get to finish what they are doing: gunicorn its requests, Celery the
# message that it is transmitting.
_GRACE = 20
# A child that ran this many seconds did start; one that ends sooner, and again, cannot.
_STARTED = 5
_TRIES = 4
_LONGEST_PAUSE = 30


class StartError(Exception):
    """A child ends each time as soon as it is started; the message says which."""


def _die_with(parent: int) -> Callable[[], None]:
    """Return a function for the child: have the kernel end it when the supervisor is killed."""

    def arrange() -> None:
        if _libc is not None:
            _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
            if os.getppid() != parent:  # It died before we could ask.
                os._exit(1)

    return arrange


@dataclass
class Child:
    """One process that has to run: its name for messages, and its command."""

    name: str
    command: Sequence[str]
    pass_fds: Sequence[int] = ()
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)
    _started_at: float = field(default=0.0, init=False)
    _start_again_at: float = field(default=0.0, init=False)
    _failures: int = field(default=0, init=False)

    def start(self, folder: Path, environment: dict[str, str]) -> None:
        """Start it in a process group of its own, so that Ctrl-C reaches the supervisor alone."""
        self._started_at = time.monotonic()
        self._process = subprocess.Popen(
            self.command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            pass_fds=self.pass_fds,
            process_group=0,
            # Safe here: the supervisor forks from its main thread, which holds no lock.
            preexec_fn=_die_with(os.getpid()),
        )

    def watch(self, folder: Path, environment: dict[str, str]) -> None:
        """Start it again, after a pause that grows, when it has ended; raise `StartError`."""
        now = time.monotonic()
        if self._process is None:
            if now >= self._start_again_at:
                self.start(folder, environment)
            return
        status = self._process.poll()
        if status is None:
            return
        self.kill()
        self._process = None
        self._failures = 1 if now - self._started_at > _STARTED else self._failures + 1
        if self._failures >= _TRIES:
            raise StartError(
                f"the {self.name} ended {_TRIES} times as soon as it was started; "
                "the reason is above."
            )
        pause = min(2 ** (self._failures - 1), _LONGEST_PAUSE)
        self._start_again_at = now + pause
        print(
            f"The {self.name} ended (status {status}); starting it again in {pause} s.",
            file=sys.stderr,
            flush=True,
        )

    def terminate(self) -> None:
        """Ask it to finish."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()

    def wait(self, seconds: float) -> bool:
        """Return whether it has ended within that time."""
        if self._process is None:
            return True
        try:
            self._process.wait(max(seconds, 0))
        except subprocess.TimeoutExpired:
            return False
        return True

    def kill(self) -> None:
        """End it and whatever it left behind in its group."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()


def supervise(
    first: Child,
    others: Sequence[Child],
    *,
    folder: Path,
    environment: dict[str, str],
    answers: Callable[[], bool],
    announce: Callable[[], None],
) -> None:
    """Run the children until SIGINT, SIGTERM or SIGHUP; a second signal does not wait for them.

    `first` starts alone, so that it answers soonest; the others follow, and `announce` is called,
    when `answers` (asked again and again from a thread) returns true. Raises `StartError`.
    """
    stop, up = threading.Event(), threading.Event()
    children = [first, *others]

    def on_signal(number: int, frame: object) -> None:
        if stop.is_set():
            for child in children:
                child.kill()
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, on_signal)

    def probe() -> None:
        while not stop.is_set() and not answers():
            stop.wait(0.05)
        up.set()

    try:
        first.start(folder, environment)
        threading.Thread(target=probe, daemon=True).start()
        running = [first]
        while not stop.wait(0.1):
            if up.is_set() and len(running) == 1:
                announce()
                for child in others:
                    child.start(folder, environment)
                running = children
            for child in running:
                child.watch(folder, environment)
    finally:
        stop.set()
        print("Stopping …", flush=True)
        for child in children:
            child.terminate()
        end = time.monotonic() + _GRACE
        for child in children:
            if not child.wait(end - time.monotonic()):
                print(f"The {child.name} did not finish; ending it.", file=sys.stderr, flush=True)
            child.kill()
