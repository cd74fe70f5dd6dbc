"""`manage.py up`: the whole site under one supervisor."""

import http.client
import os
import socket
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from fcntl import LOCK_EX, flock
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import Tags
from django.core.management import BaseCommand, call_command
from django.db import OperationalError, connection
from django.db.migrations.executor import MigrationExecutor

from config import setup_code
from config.environment import stop
from config.supervisor import Child, StartError, supervise
from events.models import Office, StaffUser

# Any fixed number: it names the lock that hosts of one PostgreSQL share while they migrate.
_MIGRATION_LOCK = 752_983_521


class Command(BaseCommand):
    help = (
        "Brings the database up to date, then runs the web server, the Celery worker and Celery "
        "beat until Ctrl-C."
    )
    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--host", default="127.0.0.1", help="the address to listen on (default: %(default)s)"
        )
        parser.add_argument(
            "--demo", action="store_true", help="load the demo data if there is no office yet"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        server = self._listen(options["host"])
        try:
            self._prepare(demo=options["demo"])
        except KeyboardInterrupt:
            return
        except OperationalError as error:
            reason = str(error).strip().splitlines()[0]
            stop(f"the database cannot be used: {reason}")
        port = server.getsockname()[1]
        # On a developer's machine or in its container, root is not news.
        quiet = ["-W", "ignore:You're running the worker"] if settings.DEBUG else []
        celery = [sys.executable, *quiet, "-m", "celery", "--quiet", "-A", "config.celery"]
        # With Redis each process of the pool has a pipe of its own. With a broker of files they
        # share one, and its lock: one that is killed while it holds it (a machine out of memory is
        # enough) leaves the others waiting for ever, and the worker alive and deaf. Threads live
        # and end with the one process that the supervisor watches.
        pool = "prefork" if settings.REDIS_URL else "threads"
        try:
            supervise(
                Child(
                    "web server",
                    [
                        sys.executable, "-m", "gunicorn", "config.wsgi",
                        "--config", "config/deploy/gunicorn.conf.py",
                        "--bind", f"fd://{server.fileno()}", "--log-level", "warning",
                    ],
                    pass_fds=[server.fileno()],
                ),
                [
                    Child(
                        "worker",
                        [
                            *celery, "worker", "--pool", pool,
                            "--concurrency", str(settings.WORKER_CONCURRENCY),
                            "--without-gossip", "--without-mingle", "--without-heartbeat",
                            "--loglevel", "WARNING",
                        ],
                    ),
                    Child("beat", [*celery, "beat", "--pidfile=", "--loglevel", "WARNING"]),
                ],
                folder=settings.BASE_DIR,
                environment={**os.environ, "PORT": str(port)},
                answers=lambda: _answers(options["host"], port),
                announce=lambda: self._announce(port),
            )  # fmt: skip
        except StartError as error:
            sys.exit(f"Plazuela has stopped: {error}")
        self.stdout.write("Plazuela has stopped.")

    def _listen(self, host: str) -> socket.socket:
        """Return a listening socket at PORT, or at the next free one when PORT was not given.

        The web server inherits it: no other program can take the port in between, and a visitor
        who comes while the server is (re)starting waits instead of being refused.
        """
        last = settings.PORT if settings.PORT_IS_GIVEN else min(settings.PORT + 100, 65535)
        for port in range(settings.PORT, last + 1):
            try:
                return socket.create_server((host, port), backlog=512)
            except OSError as error:
                problem = error
        stop(
            f"{host} port {last} cannot be opened: {os.strerror(problem.errno or 0)}. "
            "Choose another one with PORT=…"
        )

    def _prepare(self, *, demo: bool) -> None:
        """Bring database, cache table and static files up to date; load the demo if asked."""
        with _alone():
            plan = MigrationExecutor(connection)
            if plan.migration_plan(plan.loader.graph.leaf_nodes()):
                self.stdout.write("Bringing the database up to date …")
                call_command("migrate", interactive=False, verbosity=0)
            # Of no row: a file that can only be read answers everything else, and says so here.
            Office.objects.filter(pk=0).update(name="")
            if settings.CACHES["default"]["BACKEND"].endswith("DatabaseCache"):
                call_command("createcachetable", verbosity=0)
            if demo and not Office.objects.exists():
                self.stdout.write("Loading the demo data …")
                call_command("demo", verbosity=0)
        if not settings.DEBUG:
            call_command("collectstatic", interactive=False, verbosity=0)
        self.check(tags=[Tags.database], databases=["default"])
        # Computed before the fork: no connection may be shared with the children.
        self._office_exists = Office.objects.exists()
        self._demo_login = _demo_login()
        connection.close()

    def _announce(self, port: int) -> None:
        address = settings.SITE_URL
        if address == f"http://localhost:{settings.PORT}":
            address = f"http://localhost:{port}"
        self.stdout.write(f"\nPlazuela is at {address}/   (Ctrl-C stops it)")
        if self._demo_login:
            login, password = self._demo_login
            self.stdout.write(f"Demo staff login: {login}   password: {password}")
        if not self._office_exists:
            self.stdout.write(
                f"There is no office yet. Set up the first one at {address}/setup/ "
                f"with this code: {setup_code.issue_code()}"
            )
        self.stdout.write("")
        self.stdout.flush()


def _demo_login() -> tuple[str, str] | None:
    """Return the demo's staff login and password, if the demo is what this database holds."""
    from config.demo import STAFF_LOGIN, STAFF_PASSWORD

    if not settings.DEBUG or not StaffUser.objects.filter(email=STAFF_LOGIN).exists():
        return None
    return STAFF_LOGIN, STAFF_PASSWORD


def _answers(host: str, port: int) -> bool:
    """Return whether the web server answers at all; what it says is for /readyz to judge."""
    connection = http.client.HTTPConnection(
        "127.0.0.1" if host in ("", "0.0.0.0") else host,  # noqa: S104
        port,
        timeout=30,
    )
    try:
        connection.request("GET", "/healthz", headers={"Host": urlsplit(settings.SITE_URL).netloc})
        connection.getresponse().read()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return True


@contextmanager
def _alone() -> Iterator[None]:
    """Hold a lock that every process of this database respects while it prepares it."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [_MIGRATION_LOCK])
            try:
                yield
            finally:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [_MIGRATION_LOCK])
    else:
        with (Path(settings.DATA_DIR) / "prepare.lock").open("w") as file:
            flock(file, LOCK_EX)
            yield
