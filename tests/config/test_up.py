"""`manage.py up` as a person at a terminal meets it: real processes, real signals."""

import contextlib
import ctypes
import http.client
import os
import re
import runpy
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest import mock

import pytest

from tests.processes import wait_for

ROOT = Path(__file__).resolve().parents[2]


def _heed_permissions() -> None:
    """In the child: give up root's power to write what its permissions do not let one write."""
    set_bounds, power_over_files = 24, 1  # PR_CAPBSET_DROP, CAP_DAC_OVERRIDE
    ctypes.CDLL(None).prctl(set_bounds, power_over_files, 0, 0, 0)


def _environment(folder: Path) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "DATA_DIR": str(folder / "var"),
        "ENV_FILE": os.devnull,
        "DEBUG": "on",
    }


class Up:
    """A running `manage.py up` on an empty database of its own."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.marker = f"DATA_DIR={folder / 'var'}"
        self.printed_to = folder / "printed"
        with self.printed_to.open("wb") as printed:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "up"],
                cwd=ROOT,
                env=_environment(folder) | environment,
                stdout=printed,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_heed_permissions,
            )

    def printed(self) -> str:
        return self.printed_to.read_text(errors="replace")

    def running(self, word: str = "") -> list[int]:
        """Return the processes that belong to it, however they are related to it."""
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            # A process may end while we look, or be somebody else's.
            with contextlib.suppress(OSError):
                environment = (folder / "environ").read_bytes().split(b"\0")
                command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                if self.marker.encode() in environment and word in command:
                    found.append(int(folder.name))
        return sorted(found)

    def ticks(self) -> str:
        """Return when the last tick was, as the database has it; empty before the first."""
        database = self.printed_to.parent / "var" / "plazuela.sqlite3"
        with contextlib.closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as file:
            return str(file.execute("SELECT max(at) FROM notifications_tick").fetchone()[0] or "")

    def wait_until_up(self) -> int:
        """Return the port that it says it answers at, once worker and beat run, too."""
        wait_for(
            lambda: (
                self.process.poll() is not None
                or bool(self.running(" worker ") and self.running(" beat "))
            ),
            seconds=60,
            what="web, worker and beat",
        )
        address = re.search(r"Plazuela is at http://localhost:(\d+)/", self.printed())
        assert address, self.printed()
        return int(address[1])


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Up]]:
    """Start `up` with these variables; whatever is left of it afterwards is killed."""
    started: list[Up] = []

    def start(**environment: str) -> Up:
        started.append(Up(tmp_path, **environment))
        return started[-1]

    yield start
    for up in started:
        for process in up.running():
            os.kill(process, signal.SIGKILL)
        up.process.wait()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def status_of(port: int, path: str) -> int:
    connection = http.client.HTTPConnection("localhost", port, timeout=30)
    connection.request("GET", path)
    return connection.getresponse().status


@pytest.mark.slow
def test_it_answers_mends_itself_and_ends_all_three_on_ctrl_c(start: Callable[..., Up]) -> None:
    port = free_port()
    up = start(PORT=str(port))
    assert up.wait_until_up() == port
    assert status_of(port, "/setup/") == 200
    code = re.search(r"/setup/ with this code: ((?:[2-9A-Z]{4}-){2}[2-9A-Z]{4})", up.printed())
    assert code, up.printed()

    (beat,) = up.running(" beat ")
    os.kill(beat, signal.SIGKILL)
    wait_for(lambda: up.running(" beat ") not in ([], [beat]), what="another beat")
    assert "The beat ended (status -9); starting it again in 1 s." in up.printed()

    up.process.send_signal(signal.SIGINT)
    assert up.process.wait(30) == 0
    assert up.running() == []
    assert up.printed().endswith("Plazuela has stopped.\n")


@pytest.mark.slow
def test_it_leaves_no_orphan_when_it_is_killed(start: Callable[..., Up]) -> None:
    with contextlib.ExitStack() as stack:
        # Somebody has the usual port: this test, unless another program does already.
        with contextlib.suppress(OSError):
            stack.enter_context(socket.create_server(("127.0.0.1", 8000)))
        up = start()
        assert up.wait_until_up() > 8000
    up.process.kill()
    up.process.wait()
    wait_for(lambda: up.running() == [], seconds=30, what="the end of every process")


@pytest.mark.faults
@pytest.mark.slow
def test_a_worker_that_loses_a_process_at_any_moment_works_on(start: Callable[..., Up]) -> None:
    """An idle pool whose children share a lock dies of this: one of them always holds it."""
    up = start()
    up.wait_until_up()
    wait_for(lambda: up.ticks() != "", seconds=60, what="the first tick")
    first, *others = up.running(" worker ")
    before = up.ticks()
    for process in others or [first]:
        os.kill(process, signal.SIGKILL)
    wait_for(lambda: up.ticks() > before, seconds=90, what="a tick after the kill")
    up.process.send_signal(signal.SIGINT)
    assert up.process.wait(30) == 0
    assert up.running() == []


def test_a_taken_port_that_was_asked_for_is_an_error(start: Callable[..., Up]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        up = start(PORT=str(port))
        assert up.process.wait(30) == 1
    assert up.printed() == (
        f"Plazuela cannot start: 127.0.0.1 port {port} cannot be opened: Address already in use. "
        "Choose another one with PORT=…\n"
    )


def test_a_database_that_does_not_answer_is_an_error(start: Callable[..., Up]) -> None:
    nowhere = free_port()
    up = start(DATABASE_URL=f"postgresql://nobody@127.0.0.1:{nowhere}/x", PORT=str(free_port()))
    assert up.process.wait(30) == 1
    (line,) = up.printed().splitlines()
    assert line.startswith("Plazuela cannot start: the database cannot be used: ")


@pytest.mark.slow
def test_a_database_that_can_only_be_read_is_an_error(
    start: Callable[..., Up], tmp_path: Path
) -> None:
    migrate = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
    subprocess.run(migrate, cwd=ROOT, env=_environment(tmp_path), check=True)
    for file in (tmp_path / "var").glob("plazuela.sqlite3*"):
        file.chmod(0o400)
    up = start(PORT=str(free_port()))
    assert up.process.wait(30) == 1
    assert up.printed() == (
        "Plazuela cannot start: the database cannot be used: attempt to write a readonly database\n"
    )


def test_ctrl_c_while_a_command_loads_prints_no_traceback(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(
        "django.core.management.execute_from_command_line", mock.Mock(side_effect=KeyboardInterrupt)
    )
    with pytest.raises(SystemExit) as stopped:
        runpy.run_path(str(ROOT / "manage.py"), run_name="__main__")
    assert stopped.value.code == 130
    assert capfd.readouterr() == ("", "")
