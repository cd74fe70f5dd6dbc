"""Whether the site is alive, and whether it is ready: for load balancers and for whoever is called.

Answers hold states and ages, never data of a person. What fails is named, so that the one who is
woken up knows which machine to look at.
"""

import os
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from events import clock
from events.models import Outbox
from notifications.models import Delivery, Tick

#: Beat's minute may come late, but three times in a row it has stopped.
OLDEST_TICK = timedelta(minutes=3)
#: A confirmation that is due for so long means that mail is not going out. Letters wait for their
#: turn (DELIVERY.md, 7), so their age is reported and does not count.
OLDEST_DUE = timedelta(minutes=15)
#: Seconds that the broker gets to answer.
BROKER_PATIENCE = 1.0

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


def _tick() -> Check:
    at = Tick.objects.order_by("-at").values_list("at", flat=True).first()
    if at is None:
        return {"ok": False, "age_seconds": None}
    age = clock.database_now() - at
    return {"ok": age <= OLDEST_TICK, "age_seconds": _seconds(age)}


def _deliveries() -> Check:
    now = clock.database_now()

    def oldest(priority: int) -> timedelta | None:
        due = Delivery.objects.filter(
            state__in=["due", "retry"], priority=priority, next_attempt_at__lte=now
        )
        since = due.order_by("next_attempt_at").values_list("next_attempt_at", flat=True).first()
        return None if since is None else now - since

    # Facts that nobody has begun to plan: they become messages, and are as late as these.
    facts = Outbox.objects.filter(cursor="").order_by("created_at")
    since = facts.values_list("created_at", flat=True).first()
    unplanned = None if since is None else now - since
    waiting, letters = oldest(0), oldest(1)
    return {
        "ok": all(age is None or age <= OLDEST_DUE for age in (waiting, unplanned)),
        "oldest_due_seconds": _seconds(waiting),
        "oldest_due_letter_seconds": _seconds(letters),
        "oldest_unplanned_seconds": _seconds(unplanned),
    }


def _seconds(age: timedelta | None) -> int | None:
    return None if age is None else max(int(age.total_seconds()), 0)


CHECKS: dict[str, Callable[[], Check]] = {
    "database": _database,
    "migrations": _migrations,
    "broker": _broker,
    "tick": _tick,
    "deliveries": _deliveries,
}
