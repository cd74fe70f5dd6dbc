"""Finds addresses of package registries and paths of somebody's machine in the project's files.

A lock file with download addresses installs from there whatever mirror is set up, and a path of one
machine means nothing on another. Prints each place; status 1 if there is one.
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# Written apart, so that this file passes its own check.
HOSTS = [
    ("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"), ("npmjs", "com"),
    ("yarnpkg", "com"), ("jsdelivr", "net"), ("unpkg", "com"), ("deb.debian", "org"),
    ("security.debian", "org"), ("nodejs", "org"), ("playwright.azureedge", "net"),
]  # fmt: skip
HOST = re.compile("|".join(re.escape(".".join(parts)) for parts in HOSTS), re.IGNORECASE)
HOME = re.compile(r"/(?:home|Users)/[a-z][\w.-]*/|/roo[t]/")
LEFT_OUT = {".git", ".venv", "node_modules", "var", "static", "__pycache__"}


def files() -> list[Path]:
    """Return the files under version control, or all but the made ones in a copy without it."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
    )
    if listed.returncode == 0 and listed.stdout:
        return [ROOT / name for name in listed.stdout.decode().split("\0") if name]
    return [
        path
        for path in ROOT.rglob("*")
        if path.is_file() and not LEFT_OUT & set(path.relative_to(ROOT).parts)
    ]


def main() -> int:
    found = 0
    for path in files():
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except (UnicodeDecodeError, FileNotFoundError):
            continue
        for number, line in enumerate(lines, start=1):
            for what, pattern in (("a registry's address", HOST), ("a machine's path", HOME)):
                if match := pattern.search(line):
                    found += 1
                    print(f"{path.relative_to(ROOT)}:{number}: {what}: {match[0]}")
            if str(ROOT) in line and len(str(ROOT)) > 6:
                found += 1
                print(f"{path.relative_to(ROOT)}:{number}: this checkout's own path")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
