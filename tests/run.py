"""`make test`: the suite on SQLite, then what needs it on real PostgreSQL and Redis.

With CI=true: the whole suite on both, slow tests included, and nothing may be missing. Browser
walks and faults run once, on PostgreSQL; what uses no database at all, once on SQLite.
Says what it left out and what it could not run.
Arguments are handed on to pytest: `python -m tests.run -k waitlist`.
"""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from tests import servers

ROOT = Path(__file__).resolve().parent.parent
EVERYTHING = os.environ.get("CI") == "true"
NOTHING_COLLECTED = 5
#: Tests at once. Faults and browsers mostly wait: a third keeps two cores busy.
WORKERS = 3 if EVERYTHING else 2


def main() -> int:
    """Run both rounds and return the exit status."""
    missing: list[str] = []
    without = [] if EVERYTHING else ["not browser", "not faults", "not slow"]
    chromium = servers.chromium()
    if EVERYTHING and not chromium:
        missing.append("the browser walks: there is no Chromium (CHROMIUM=… names one)")
        without.append("not browser")

    # Pages are the same on every database, and faults are for servers: both once, on PostgreSQL.
    later = ["not browser", "(not faults or embedded)"] if EVERYTHING else []
    failed = not _round("on SQLite", [*without, *later], {"CHROMIUM": chromium or ""})

    with ExitStack() as stack:
        database = os.environ.get("TEST_DATABASE_URL") or stack.enter_context(servers.postgres())
        broker = os.environ.get("TEST_REDIS_URL") or stack.enter_context(servers.redis_server())
        found = {"CHROMIUM": chromium or "", "ONLY_WITH_DATABASE": "yes"}
        wanted = []
        if database:
            found["TEST_DATABASE_URL"] = database
            wanted.append("postgres")
        else:
            missing.append("the tests on PostgreSQL: there is no server, and none can be started")
        if broker:
            found["TEST_REDIS_URL"] = broker
            wanted.append("redis")
        else:
            missing.append("the tests on Redis: there is no server, and none can be started")
        if wanted:
            only = [] if EVERYTHING else [f"({' or '.join(wanted)})"]
            names = " and ".join({"postgres": "PostgreSQL", "redis": "Redis"}[w] for w in wanted)
            files = [] if EVERYTHING or sys.argv[1:] else _files_that_name(wanted)
            failed |= not _round(f"on {names}", [*only, *without], found, files)

    if not EVERYTHING:
        print("Left out, to be quick: browser walks, faults and slow tests (CI=true runs them).")
    for what in missing:
        print(f"NOT RUN: {what}.")
    return 1 if failed or (EVERYTHING and missing) else 0


def _files_that_name(marks: list[str]) -> list[str]:
    """Return the files that use one of these marks: to read the others takes seconds."""
    return [
        str(file.relative_to(ROOT))
        for file in sorted((ROOT / "tests").rglob("test_*.py"))
        if any(f"mark.{mark}" in file.read_text() for mark in marks)
    ]


def _round(
    title: str, marks: list[str], environment: dict[str, str], files: Sequence[str] = ()
) -> bool:
    """Run pytest once with these servers and no others; return whether it passed."""
    print(f"\n=== {title} ===", flush=True)
    started = time.monotonic()
    servers_of_others = ("TEST_DATABASE_URL", "TEST_REDIS_URL")
    inherited = {name: value for name, value in os.environ.items() if name not in servers_of_others}
    command = [sys.executable, "-m", "pytest", "--quiet", "--numprocesses", str(WORKERS)]
    command += ["--dist", "worksteal", "-m", " and ".join(marks), *files, *sys.argv[1:]]
    status = subprocess.run(command, cwd=ROOT, env=inherited | environment, check=False).returncode
    print(f"{title}: {time.monotonic() - started:.0f} s", flush=True)
    # A choice of tests may leave a round empty; a whole suite may not.
    return status == 0 or (status == NOTHING_COLLECTED and not EVERYTHING and len(sys.argv) > 1)


if __name__ == "__main__":
    sys.exit(main())
