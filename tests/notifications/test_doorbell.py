"""The hint after a commit: it may be lost, but it must cost nothing and break nothing."""

import contextlib
import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest
from celery import current_app
from kombu import Connection

from events import extensions
from events.models import Outbox
from notifications import doorbell
from tests.factories import make_office


@contextlib.contextmanager
def a_broker_that(does: str) -> Iterator[str]:
    """Yield the URL of a Redis that refuses connections, does not take them, or says nothing."""
    with socket.socket() as server, contextlib.ExitStack() as stack:
        server.bind(("127.0.0.1", 0))
        port = server.getsockname()[1]
        if does != "refuses":
            server.listen(0 if does == "takes none" else 8)
        if does == "takes none":
            for _ in range(3):
                client = stack.enter_context(socket.socket())
                client.setblocking(False)
                with contextlib.suppress(BlockingIOError):
                    client.connect(("127.0.0.1", port))
        yield f"redis://127.0.0.1:{port}/0"


@pytest.fixture(params=["refuses", "takes none", "says nothing"])
def dead_broker(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with a_broker_that(request.param) as url:
        options = {"socket_connect_timeout": 0.3, "max_retries": 0}
        line = Connection(url, transport_options=options | {"socket_timeout": doorbell.PATIENCE})
        monkeypatch.setattr(doorbell, "_line", lambda: line)
        # What is loaded on first use is no part of what is measured.
        line.transport  # noqa: B018
        yield


@pytest.mark.usefixtures("dead_broker")
def test_a_dead_broker_costs_less_than_half_a_second() -> None:
    started = time.monotonic()
    assert doorbell.ring() is False
    assert time.monotonic() - started < 0.5


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("dead_broker")
def test_an_action_succeeds_with_a_dead_broker() -> None:
    office = make_office()
    assert Outbox.objects.count() == 1
    assert office.pk


@pytest.mark.django_db(transaction=True)
def test_a_commit_rings_once_and_a_rollback_not_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[tuple[str, dict[str, Any]]] = []
    monkeypatch.setattr(
        current_app._get_current_object(),
        "send_task",
        lambda name, producer, **options: sent.append((name, options)),
    )
    make_office()
    with contextlib.suppress(Exception):
        make_office(name="x" * 201, kind="nonsense")
    assert doorbell.ring in extensions.doorbells
    assert sent == [("notifications.work", {"ignore_result": True, "retry": False})]
