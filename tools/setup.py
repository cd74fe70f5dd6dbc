"""Sets up what the make targets need, step by step, and only what changed since the last time.

    python3 tools/setup.py base styles messages

Needs Python with venv alone: Node comes with a Python package, and translations are compiled by
one. Each step leaves a stamp that holds a hash of what it was made from. This file must be readable
by any Python 3, so that an old one gets an answer and not a syntax error.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STATIC = ROOT / "config" / "static"
MODULES = ROOT / "node_modules"
CATALOGUES = ROOT / "config" / "locale"
DOTENV = """\
# Made by the first `make run`. These are the choices of a developer's machine; they have no place
# on a public one. README.md lists all settings.
DEBUG=on
"""


def say(text):
    print("· " + text, flush=True)


def fail(text):
    sys.exit("\n" + text)


def fingerprint(*paths):
    """Return a hash of the names and the contents of these files, and of those in these folders."""
    total = hashlib.sha256()
    for path in paths:
        inside = sorted(path.rglob("*")) if path.is_dir() else [path]
        for file in inside:
            if file.is_file():
                total.update(str(file.relative_to(ROOT)).encode() + b"\0" + file.read_bytes())
    return total.hexdigest()


def stamped(stamp, value):
    return stamp.is_file() and stamp.read_text() == value


def run(command, *, why, environment=None):
    """Run a command quietly; when it fails, show what it printed and stop."""
    done = subprocess.run(
        [str(part) for part in command],
        cwd=str(ROOT),
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    if done.returncode != 0:
        sys.stdout.write(done.stdout.decode(errors="replace"))
        fail(why)


def make_venv():
    """Make the virtual environment, or make it anew if its Python is gone or another one."""
    marker = VENV / ".plazuela-python"
    version = f"{sys.version_info[0]}.{sys.version_info[1]} {VENV}"
    if PYTHON.exists() and stamped(marker, version):
        return
    if PYTHON.exists() and not marker.exists():
        # One that somebody made by hand is kept, if it works.
        asked = [str(PYTHON), "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
        found = subprocess.run(asked, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        if found.stdout.decode().strip() == version.split()[0]:
            marker.write_text(version)
            return
    say("making a virtual environment in .venv with Python " + version.split()[0])
    shutil.rmtree(str(VENV), ignore_errors=True)
    # Without pip, which Debian's python3 cannot put in unless python3-venv is installed; the pip
    # that is there already can install into it from outside.
    run(
        [sys.executable, "-m", "venv", "--without-pip", VENV],
        why="The virtual environment cannot be made; the reason is above.",
    )
    marker.write_text(version)


def pip():
    """Return the command of a pip that installs into the virtual environment."""
    try:
        import pip as outer  # noqa: F401
    except ImportError:
        pass
    else:
        return [sys.executable, "-m", "pip", "--python", PYTHON]
    done = subprocess.run(
        [str(PYTHON), "-m", "ensurepip", "--default-pip"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    if done.returncode != 0:
        fail("There is no pip for this Python. On Debian: apt install python3-venv")
    return [PYTHON, "-m", "pip"]


def install(kind):
    """Install the locked packages: `base` to run the site, `anymail` to send through a provider's
    API, `dev` to test and check it, too."""
    make_venv()
    lock = ROOT / "requirements" / (kind + ".txt")
    stamp = VENV / (".plazuela-" + kind)
    value = fingerprint(lock)
    if stamped(stamp, value):
        return
    say(f"installing the locked packages of requirements/{kind}.txt (a minute or less)")
    quietly = ["--quiet", "--no-input", "--disable-pip-version-check", "--progress-bar", "off"]
    run(
        [*pip(), "install", *quietly, "--require-hashes", "--requirement", lock],
        why="The packages cannot be installed; the reason is above.",
    )
    stamp.write_text(value)
    if kind == "dev":  # It holds all of the others, at the same versions.
        for part in ("base", "anymail"):
            held = ROOT / "requirements" / (part + ".txt")
            (VENV / (".plazuela-" + part)).write_text(fingerprint(held))


def styles():
    """Compile the style sheet into config/static/, with a gzipped copy beside each file."""
    assets, manifest = ROOT / "config" / "assets", ROOT / "package.json"
    lock = ROOT / "package-lock.json"
    stamp = MODULES / ".plazuela-styles"
    value = fingerprint(assets, manifest, lock)
    if stamped(stamp, value) and (STATIC / "site.css").exists():
        return
    environment = dict(os.environ, PATH=str(VENV / "bin") + os.pathsep + os.environ["PATH"])
    installed = MODULES / ".plazuela"
    packages = fingerprint(manifest, lock)
    if not stamped(installed, packages):
        say("installing the design system")
        run(
            [VENV / "bin" / "npm", "ci", "--ignore-scripts", "--loglevel", "error"],
            why="The packages of package-lock.json cannot be installed; the reason is above.",
            environment=environment,
        )
        installed.write_text(packages)
    say("compiling the styles")
    run(
        [VENV / "bin" / "npm", "run", "--silent", "build"],
        why="The styles cannot be compiled; the reason is above.",
        environment=environment,
    )
    # Served as they are while developing, too: a page weighs there what it weighs in public.
    run([PYTHON, "-m", "whitenoise.compress", "--quiet", STATIC], why="Compression failed.")
    stamp.write_text(value)


def messages():
    """Compile the translations that changed."""
    for source in sorted(CATALOGUES.glob("*/LC_MESSAGES/*.po")):
        compiled = source.with_suffix(".mo")
        if not compiled.exists() or compiled.stat().st_mtime <= source.stat().st_mtime:
            say("compiling the translations of " + source.parent.parent.name)
            run(
                [PYTHON, ROOT / "tools" / "messages.py", "compile"],
                why="The translations cannot be compiled; the reason is above.",
            )
            return


def dotenv():
    """Write a developer's `.env`, so that every command after `make run` finds the same site."""
    file = ROOT / ".env"
    if not file.exists():
        file.write_text(DOTENV)


def uv():
    """Install what resolves the requirements anew."""
    run([*pip(), "install", "--quiet", "uv"], why="uv cannot be installed; the reason is above.")


STEPS = {
    "base": lambda: install("base"),
    "anymail": lambda: install("anymail"),
    "dev": lambda: install("dev"),
    "styles": styles,
    "messages": messages,
    "dotenv": dotenv,
    "uv": uv,
}


def main():
    if sys.version_info < (3, 11):
        fail(
            "Plazuela needs Python 3.11 or newer, and this is {}.{}. Name another one: "
            "make PYTHON=python3.12 …".format(*sys.version_info[:2])
        )
    with open(str(ROOT / "Makefile")) as one_at_a_time:
        fcntl.flock(one_at_a_time, fcntl.LOCK_EX)
        try:
            for step in sys.argv[1:]:
                STEPS[step]()
        except KeyboardInterrupt:
            fail("Stopped. The next time goes on from here.")


if __name__ == "__main__":
    main()
