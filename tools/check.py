"""`make check`: everything that can be said of the code without running its tests."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from cryptography.fernet import Fernet

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
PYTHON = sys.executable
APPS = ("config", "events", "volunteers", "notifications")

CHECKS = {
    "lint": [BIN / "ruff", "check", "--quiet", "."],
    "formatting": [BIN / "ruff", "format", "--check", "--quiet", "."],
    "types": [BIN / "mypy"],
    "import layers": [BIN / "lint-imports"],
    "templates": [BIN / "djlint", "--lint", "--quiet", *APPS],
    "missing migrations": [PYTHON, "manage.py", "makemigrations", "--check", "--dry-run"],
    "translations": [PYTHON, "tools/messages.py", "check"],
    "safety of a public site": [
        PYTHON,
        "manage.py",
        "check",
        "--deploy",
        "--fail-level",
        "WARNING",
    ],
    "addresses and paths": [PYTHON, "tools/hosts.py"],
}


def environment(data: str) -> dict[str, str]:
    """Return the environment of a public site, whatever the developer's own `.env` says."""
    return os.environ | {
        "ENV_FILE": os.devnull,
        "DATA_DIR": data,
        "DEBUG": "off",
        "SECRET_KEY": "only-to-check-the-settings-0123456789-abcdefghijklmnopqrstuvwxyz",
        "FIELD_KEYS": Fernet.generate_key().decode(),
        "SITE_URL": "https://calendar.example.gov",
        "EMAIL_URL": "smtps://mail.example.gov",
        "TRUSTED_PROXIES": "1",
        "DATABASE_URL": "",
        "REDIS_URL": "",
        "RATE_LIMITS": "",
    }


def main() -> int:
    """Run every check, show what the failing ones printed, and return how many failed."""
    failed = []
    with tempfile.TemporaryDirectory(prefix="plazuela-check-") as data:
        for name, command in CHECKS.items():
            started = time.monotonic()
            done = subprocess.run(
                [str(part) for part in command],
                cwd=ROOT,
                env=environment(data),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
            verdict = "ok" if done.returncode == 0 else "FAILED"
            print(f"· {name}: {verdict} ({time.monotonic() - started:.1f} s)", flush=True)
            if done.returncode != 0:
                failed.append(name)
                print(done.stdout, flush=True)
    print(f"make check: {'failed: ' + ', '.join(failed) if failed else 'all is well'}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
