"""Which tests run where. With CI=true nothing may be skipped."""

import gc
import os
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.db import connections, transaction
from django.test import TransactionTestCase
from django.utils import translation

from config.celery import app
from tests.processes import Processes

_skipped: list[str] = []


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what needs a server that this run was not given (tests/run.py gives it one)."""
    missing = set()
    if not os.environ.get("TEST_DATABASE_URL", "").startswith("postgres"):
        missing.add("postgres")
    if not os.environ.get("TEST_REDIS_URL"):
        missing.add("redis")
    left_out = [item for item in items if any(item.get_closest_marker(mark) for mark in missing)]
    if os.environ.get("ONLY_WITH_DATABASE"):
        left_out += [item for item in items if not _uses_database(item)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in set(left_out)]


def _uses_database(item: pytest.Item) -> bool:
    """Whether another database could make a difference to a test: without these it has none."""
    marks = ("django_db", "postgres", "redis", "browser", "faults")
    fixtures = {"db", "transactional_db", "live_server"} & set(getattr(item, "fixturenames", ()))
    return bool(fixtures) or any(item.get_closest_marker(mark) for mark in marks)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Keep what is loaded by now out of the garbage collection: a seventh of the time of a test."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.skipped and not hasattr(report, "wasxfail"):
        _skipped.append(report.nodeid)


def pytest_collectreport(report: pytest.CollectReport) -> None:
    if report.skipped:
        _skipped.append(report.nodeid)


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Turn a skipped test into a failed run where everything must run."""
    if _skipped and os.environ.get("CI") == "true" and session.exitstatus == 0:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if _skipped and os.environ.get("CI") == "true":
        terminalreporter.section("skipped, although CI=true asks for everything", red=True)
        for nodeid in _skipped:
            terminalreporter.line(nodeid)


@pytest.fixture(autouse=True)
def _default_language() -> Iterator[None]:
    """Forget the language of the last request: in life each request sets its own."""
    with translation.override(settings.LANGUAGE_CODE):
        yield


@pytest.fixture
def processes(transactional_db: None) -> Iterator[Processes]:
    """Start real processes of the site (a worker, beat, a web server) on this test's database."""
    # Hints that earlier tests gave, and that nobody has heard: thousands, each a moment's work.
    app.control.purge()
    with Processes() as started:
        yield started


@pytest.fixture(autouse=True)
def _an_office_has_been_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a site that runs: the empty site, which leads to the set-up, has tests of its own."""
    monkeypatch.setattr("config.setup.SetupMiddleware.has_office", True)


def _empty_tables(self: TransactionTestCase) -> None:
    """Empty the tables after a test by DELETE, in one transaction.

    TRUNCATE of fifty tables takes PostgreSQL ten times as long as deleting the few rows that a
    test has written; foreign keys are deferred to the end of the transaction.
    """
    for name in self._databases_names(include_mirrors=False):
        connection = connections[name]
        tables = connection.introspection.django_table_names(only_existing=True)
        kept = {"django_migrations", "django_content_type", "auth_permission"}
        quoted = [connection.ops.quote_name(table) for table in sorted(set(tables) - kept)]
        with transaction.atomic(using=name), connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute(";".join(f"DELETE FROM {table}" for table in quoted))
            else:
                for table in quoted:
                    cursor.execute(f"DELETE FROM {table}")


TransactionTestCase._fixture_teardown = _empty_tables  # type: ignore[method-assign]
