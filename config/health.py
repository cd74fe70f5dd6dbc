"""Whether the site is alive, and whether it is ready: for load balancers and for whoever is called.

Answers hold states and ages, never data of a person. What fails is named, so that the one who is
woken up knows which machine to look at.
"""

import os
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from events import clock
from notifications import watch

#: Seconds that the broker gets to answer.
BROKER_PATIENCE = 1.0

#: How far this host's clock may be from the database's.
FARTHEST = timedelta(seconds=30)

Check = dict[str, Any]


@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """The process answers. Asks nothing else, so that a slow database restarts nobody."""
    return _answer({"status": "alive"}, 200)


@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """Check what the site needs to do its work; 503 names in ``failed`` what is not there."""
    checks = {name: _try(check) for name, check in CHECKS.items()}
    failed = [name for name, check in checks.items() if not check["ok"]]
    body = {"status": "unavailable" if failed else "ready", "failed": failed, "checks": checks}
    return _answer(body, 503 if failed else 200)


def _answer(body: dict[str, Any], status: int) -> JsonResponse:
    response = JsonResponse(body, status=status)
    response["Cache-Control"] = "no-store"
    return response


def _try(check: Callable[[], Check]) -> Check:
    """Run a check; one that breaks has failed. The reason is its kind alone, since the text of a
    database's or broker's error may hold its address and user."""
    try:
        return check()
    except Exception as error:
        return {"ok": False, "error": type(error).__name__}


def _database() -> Check:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        return {"ok": cursor.fetchone() == (1,)}


def _migrations() -> Check:
    executor = MigrationExecutor(connection)
    pending = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    return {"ok": not pending, "pending": pending}


def _broker() -> Check:
    """Whether a hint could be sent. Mail goes out without (the tick finds it), but later."""
    url = settings.CELERY_BROKER_URL
    if url.startswith("filesystem:"):
        folder = settings.CELERY_BROKER_TRANSPORT_OPTIONS["data_folder_out"]
        return {"ok": os.access(folder, os.W_OK | os.X_OK)}
    # Here, since an office without Redis need not wait for its client to load.
    from redis import Redis
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    # Not through Celery: it has no bound on a server that takes the connection and then is silent.
    broker = Redis.from_url(
        url,
        socket_connect_timeout=BROKER_PATIENCE,
        socket_timeout=BROKER_PATIENCE,
        retry=Retry(NoBackoff(), 0),
    )
    with broker:
        return {"ok": bool(broker.ping())}


def _clock() -> Check:
    """Whether this host tells the time that mail goes by: forms and pages go by its own clock."""
    ahead = clock.now() - clock.database_now()
    return {"ok": abs(ahead) <= FARTHEST, "ahead_seconds": int(ahead.total_seconds())}


def _tick() -> Check:
    at = watch.last_tick()
    if at is None:
        return {"ok": False, "age_seconds": None}
    now = clock.database_now()
    return {"ok": now - at <= watch.OLDEST_TICK, "age_seconds": age_seconds(at, now)}


def _deliveries() -> Check:
    now = clock.database_now()
    waiting = watch.oldest_due(now, priority=0)
    unplanned = watch.oldest_unplanned()
    return {
        "ok": all(at is None or now - at <= watch.OLDEST_DUE for at in (waiting, unplanned)),
        "oldest_due_seconds": age_seconds(waiting, now),
        "oldest_due_letter_seconds": age_seconds(watch.oldest_due(now, priority=1), now),
        "oldest_unplanned_seconds": age_seconds(unplanned, now),
    }


def age_seconds(at: datetime | None, now: datetime) -> int | None:
    """Return how long ago ``at`` was, in whole seconds; None where there is no such moment."""
    return None if at is None else max(int((now - at).total_seconds()), 0)


CHECKS: dict[str, Callable[[], Check]] = {
    "database": _database,
    "migrations": _migrations,
    "broker": _broker,
    "clock": _clock,
    "tick": _tick,
    "deliveries": _deliveries,
}
