"""Alive and ready: what load balancers and monitoring ask, with databases and brokers that fail."""

import socket
import time
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client

from config import health
from events.models import Outbox
from notifications.models import Delivery, Tick
from tests.clock import at
from tests.factories import NOW

pytestmark = pytest.mark.django_db


def ready(client: Client) -> tuple[int, list[str], dict[str, Any]]:
    with at(NOW):
        answer = client.get("/readyz")
    body = answer.json()
    assert answer["Cache-Control"] == "no-store"
    assert answer["Content-Type"] == "application/json"
    return answer.status_code, body["failed"], body["checks"]


@pytest.fixture
def ticked() -> None:
    """Beat ticked half a minute ago."""
    Tick.objects.create(at=NOW - timedelta(seconds=30))


def delivery(key: str, *, minutes: float, **columns: Any) -> None:
    facts = {
        "key": key, "message": "m", "address_hash": "h", "language": "en",
        "planned_at": NOW - timedelta(days=1), "next_attempt_at": NOW - timedelta(minutes=minutes),
    }  # fmt: skip
    Delivery.objects.create(**(facts | columns))


def test_alive_asks_no_database(client: Client, django_assert_num_queries) -> None:
    with django_assert_num_queries(0):
        answer = client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "alive"})
    assert not answer.cookies


@pytest.mark.usefixtures("ticked")
def test_ready_when_everything_works(client: Client) -> None:
    delivery("late", minutes=14)
    delivery("letter", minutes=600, priority=1)
    delivery("done", minutes=900, state="accepted")
    delivery("to come", minutes=-5)
    status, failed, checks = ready(client)
    assert (status, failed) == (200, [])
    assert checks["database"] == {"ok": True}
    assert checks["migrations"] == {"ok": True, "pending": 0}
    assert checks["broker"] == {"ok": True}
    assert checks["clock"] == {"ok": True, "ahead_seconds": 0}
    assert checks["tick"] == {"ok": True, "age_seconds": 30}
    assert checks["deliveries"] == {
        "ok": True,
        "oldest_due_seconds": 840,
        "oldest_due_letter_seconds": 36000,
        "oldest_unplanned_seconds": None,
    }


def test_beat_that_never_ticked_is_named(client: Client) -> None:
    status, failed, checks = ready(client)
    assert (status, failed) == (503, ["tick"])
    assert checks["tick"] == {"ok": False, "age_seconds": None}


@pytest.mark.parametrize(("seconds", "failed"), [(179, []), (190, ["tick"])])
def test_beat_that_stopped_is_named(client: Client, seconds: int, failed: list[str]) -> None:
    Tick.objects.create(at=NOW - timedelta(seconds=seconds))
    assert ready(client)[1] == failed


@pytest.mark.usefixtures("ticked")
@pytest.mark.parametrize(
    ("ahead", "failed"), [(20, []), (-20, []), (40, ["clock"]), (-40, ["clock"])]
)
def test_host_that_tells_another_time_than_the_database_is_named(
    client: Client, ahead: int, failed: list[str]
) -> None:
    with at(NOW), time_machine.travel(NOW + timedelta(seconds=ahead), tick=False):
        answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["failed"]) == (503 if failed else 200, failed)
    # The database's clock goes on meanwhile.
    assert answer.json()["checks"]["clock"]["ahead_seconds"] == pytest.approx(ahead, abs=5)


@pytest.mark.usefixtures("ticked")
def test_mail_that_does_not_go_out_is_named(client: Client) -> None:
    delivery("stuck", minutes=16, state="retry")
    status, failed, checks = ready(client)
    assert (status, failed) == (503, ["deliveries"])
    assert checks["deliveries"]["oldest_due_seconds"] == 960


@pytest.mark.usefixtures("ticked")
def test_facts_that_nobody_plans_are_named(client: Client) -> None:
    waits = Outbox.objects.create(operation=uuid4(), created_at=NOW - timedelta(minutes=16))
    status, failed, checks = ready(client)
    assert (status, failed) == (503, ["deliveries"])
    assert checks["deliveries"]["oldest_unplanned_seconds"] == 960
    # A long letter that is being planned in pieces keeps nobody waiting.
    Outbox.objects.filter(pk=waits.pk).update(cursor="letter_posted|500")
    assert ready(client)[1] == []


@pytest.mark.usefixtures("ticked")
def test_pending_migration_is_named(client: Client) -> None:
    (latest,) = MigrationLoader(connection).graph.leaf_nodes("notifications")
    MigrationRecorder(connection).record_unapplied(*latest)
    try:
        status, failed, checks = ready(client)
    finally:
        MigrationRecorder(connection).record_applied(*latest)
    assert (status, failed) == (503, ["migrations"])
    assert checks["migrations"]["pending"] == 1


@pytest.mark.usefixtures("ticked")
def test_database_that_fails_is_named_without_its_address(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.db import OperationalError

    def down(*args: Any, **kwargs: Any) -> None:
        raise OperationalError('connection to "10.0.0.7" as user "plazuela" failed')

    monkeypatch.setattr("django.db.backends.base.base.BaseDatabaseWrapper.cursor", down)
    answer = client.get("/readyz")
    monkeypatch.undo()
    assert answer.status_code == 503
    assert answer.json()["failed"] == ["database", "migrations", "clock", "tick", "deliveries"]
    assert answer.json()["checks"]["database"] == {"ok": False, "error": "OperationalError"}
    assert "10.0.0.7" not in answer.content.decode()


@pytest.mark.usefixtures("ticked")
def test_file_broker_without_its_folder_is_named(client: Client, settings, tmp_path) -> None:
    settings.CELERY_BROKER_URL = "filesystem://"
    settings.CELERY_BROKER_TRANSPORT_OPTIONS = {"data_folder_out": str(tmp_path / "gone")}
    assert ready(client)[:2] == (503, ["broker"])


@pytest.mark.parametrize("refuses", [True, False], ids=["refuses", "is silent"])
def test_redis_that_does_not_answer_is_named_soon(settings, refuses: bool) -> None:
    listener = socket.create_server(("127.0.0.1", 0), backlog=8)
    port = listener.getsockname()[1]
    if refuses:
        listener.close()
    settings.CELERY_BROKER_URL = f"redis://127.0.0.1:{port}/0"
    began = time.monotonic()
    answer = health._try(health._broker)
    assert answer["ok"] is False
    assert str(port) not in str(answer)
    assert time.monotonic() - began < 2
    listener.close()


@pytest.mark.redis
def test_redis_that_answers_is_ready() -> None:
    assert health._try(health._broker) == {"ok": True}


def test_only_reading_is_allowed(client: Client) -> None:
    for path in ("/healthz", "/readyz"):
        assert client.post(path, headers={"Origin": "null"}).status_code in (403, 405)
        assert client.head(path).status_code in (200, 503)
