"""`make faults`: the long form. A hundred kills, and every other fault ten times.

    python -m tests.faults [ROUNDS] [SEED]

On real PostgreSQL and Redis, with real workers and a real mail server, which alone says what was
sent. Prints what DELIVERY.md promises: intents, copies, lost, doubled, unknown.
"""

import os
import random
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from tests import servers
from tests.faults import tally

ROOT = Path(__file__).resolve().parents[2]
KILLS = 100
READERS = 10_000
GUESTS = 500
#: Sign-ups of one address, and the minutes between two ticks while clocks change.
FLOOD = 300
PAUSE = 10


def main() -> int:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else random.randrange(10_000)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="plazuela-faults-")))
        database = os.environ.get("TEST_DATABASE_URL") or stack.enter_context(servers.postgres())
        broker = os.environ.get("TEST_REDIS_URL") or stack.enter_context(servers.redis_server())
        if not database or not broker:
            print("NOT RUN: there is no PostgreSQL or no Redis, and none can be started.")
            return 1
        record = folder / "tally"
        record.touch()
        found = {
            "TEST_DATABASE_URL": database,
            "TEST_REDIS_URL": broker,
            "FAULTS_TALLY": str(record),
            "KILLS": str(KILLS),
            "READERS": str(READERS),
            "GUESTS": str(GUESTS),
            "FLOOD": str(FLOOD),
            "PAUSE": str(PAUSE),
            "RESTART_POINTS": "claimed transmitting answered",
        }
        failed = _run(
            "the campaign", ["tests/faults/test_campaign.py"], {**found, "SEED": str(seed)}
        )
        for number in range(rounds):
            others = ["tests/faults", "--ignore=tests/faults/test_campaign.py"]
            title = f"the others, round {number + 1} of {rounds}"
            failed |= _run(title, others, {**found, "SEED": str(seed + number)})
        figures = tally.total(record)
    print("\n" + ", ".join(f"{name} {figures[name]}" for name in tally.FIGURES))
    return 1 if failed or figures["lost"] else 0


def _run(title: str, tests: list[str], environment: dict[str, str]) -> bool:
    """Run these tests in one process, one after another; return whether any failed."""
    print(f"\n=== {title}, seed {environment['SEED']} ===", flush=True)
    started = time.monotonic()
    command = [sys.executable, "-m", "pytest", "--quiet", "-p", "no:cacheprovider", *tests]
    status = subprocess.run(command, cwd=ROOT, env=os.environ | environment, check=False).returncode
    print(f"{title}: {time.monotonic() - started:.0f} s", flush=True)
    return status != 0


if __name__ == "__main__":
    sys.exit(main())
