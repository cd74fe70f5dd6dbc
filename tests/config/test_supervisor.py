"""The supervisor by itself, with small children."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

SCRIPT = """
import os, sys
from pathlib import Path
from config.supervisor import Child, StartError, supervise

try:
    supervise(
        Child("web server", [sys.executable, "-c", {first!r}]),
        [Child("worker", [sys.executable, "-c", {other!r}])],
        folder=Path.cwd(), environment=dict(os.environ),
        answers=lambda: True, announce=lambda: print("up", flush=True),
    )
except StartError as error:
    sys.exit(str(error))
print("ended")
"""


def supervised(first: str, other: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", SCRIPT.format(first=first, other=other)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.slow
def test_a_child_that_cannot_start_ends_everything_with_its_name() -> None:
    done = supervised("import time; time.sleep(60)", "import sys; sys.exit('no broker')")
    assert done.returncode == 1
    lines = done.stderr.splitlines()
    assert lines.count("no broker") == 4
    assert lines[-1] == ("the worker ended 4 times as soon as it was started; the reason is above.")
    assert [line for line in lines if "again" in line] == [
        f"The worker ended (status 1); starting it again in {pause} s." for pause in (1, 2, 4)
    ]


def test_a_second_signal_does_not_wait_for_a_child_that_is_busy() -> None:
    stubborn = "import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(60)"
    twice = (
        "import os, signal, time; parent = os.getppid(); time.sleep(1.5);"
        "os.kill(parent, signal.SIGTERM); time.sleep(0.5); os.kill(parent, signal.SIGTERM);"
        "time.sleep(60)"
    )
    # The sender must outlive the first signal, which reaches it as SIGTERM.
    done = supervised(stubborn, "import signal; signal.signal(15, signal.SIG_IGN);" + twice)
    assert (done.returncode, done.stdout.splitlines()) == (0, ["up", "Stopping …", "ended"])
