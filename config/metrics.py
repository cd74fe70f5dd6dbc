"""Figures for whoever watches the site, in the text format of Prometheus (version 0.0.4).

Everything comes from the database, so that any process of any host gives the same answer, and no
figure is of a person. Written by hand: the client library counts within one process, which is of
no use here.
"""

import platform
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache

import django
from django.conf import settings
from django.core.cache import cache as shared
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_safe

from config.health import age_seconds
from events import clock
from notifications import watch

FORMAT = "text/plain; version=0.0.4; charset=utf-8"
LOOPBACK = ("127.0.0.1", "::1")
#: What a proxy adds: whoever comes through one is not on this host, whatever the peer's address is.
FORWARDED = ("X-Forwarded-For", "X-Forwarded-Proto", "X-Real-Ip", "Forwarded", "Via")
#: Seconds for which what has ended is not counted anew: on the day of a big letter that is the one
#: figure that reads many rows.
KEPT = 60


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Answer with the figures; 404 for whoever may not see them, 503 without a database."""
    if not may_see(request):
        return HttpResponse("Not found\n", status=404, content_type="text/plain")
    try:
        body = "".join(_lines())
        response = HttpResponse(body, content_type=FORMAT)
    except DatabaseError:
        response = HttpResponse("No database\n", status=503, content_type="text/plain")
    response["Cache-Control"] = "no-store"
    return response


def may_see(request: HttpRequest) -> bool:
    """Whether the figures are for this caller.

    With METRICS_TOKEN: who sends it as ``Authorization: Bearer …``, from anywhere. Without: who
    calls this process from its own host, not through a proxy.
    """
    if settings.METRICS_TOKEN:
        sent = request.headers.get("Authorization", "")
        return constant_time_compare(sent, f"Bearer {settings.METRICS_TOKEN}")
    came_through = any(name in request.headers for name in FORWARDED)
    return request.META.get("REMOTE_ADDR", "") in LOOPBACK and not came_through


def _lines() -> Iterable[str]:
    now = clock.database_now()
    yield from _gauge(
        "build_info", "What runs here; always 1.",
        {(("version", version()), ("python", platform.python_version()),
          ("django", django.get_version())): 1},
    )  # fmt: skip
    yield from _gauge(
        "tick_age_seconds", "Seconds since the minutely tick last came round.",
        _known(age_seconds(watch.last_tick(), now)),
    )  # fmt: skip
    ages: dict[tuple[tuple[str, str], ...], int] = {
        (("kind", kind),): age_seconds(watch.oldest_due(now, priority=priority), now) or 0
        for priority, kind in watch.KINDS.items()
    }
    yield from _gauge(
        "oldest_due_seconds", "Seconds for which the oldest due delivery has waited; 0 for none.",
        ages,
    )  # fmt: skip
    yield from _gauge(
        "oldest_unplanned_seconds",
        "Seconds for which the oldest fact that nobody has begun to plan has waited; 0 for none.",
        {(): age_seconds(watch.oldest_unplanned(), now) or 0},
    )
    yield from _gauge(
        "outbox_operations", "Operations that wait to be planned.", {(): watch.outbox_length()}
    )
    yield from _gauge(
        "mail_holds", "Holds because the mail server refuses us: of all mail, or of one office.",
        {(("scope", scope),): count for scope, count in watch.holds().items()},
    )  # fmt: skip
    yield from _gauge(
        "deliveries_open", "Deliveries that have not ended, by state and kind.",
        _by_state(watch.open_deliveries()),
    )  # fmt: skip
    ended = shared.get_or_set("metrics:ended", lambda: watch.ended_deliveries(now), KEPT)
    yield from _gauge(
        "deliveries_ended_last_day",
        "Deliveries planned within a day that have ended, by state and kind.",
        _by_state(ended or {}),
    )
    yield from _gauge(
        "mail_reports_last_day",
        "What mail providers reported within a day: bounces by kind, and complaints.",
        {(("kind", kind),): count for kind, count in watch.reports(now).items()},
    )


Labels = tuple[tuple[str, str], ...]


def _gauge(name: str, help_text: str, values: Mapping[Labels, int]) -> Iterable[str]:
    yield f"# HELP plazuela_{name} {help_text}\n# TYPE plazuela_{name} gauge\n"
    for labels, value in sorted(values.items()):
        inside = ",".join(f'{label}="{_escaped(text)}"' for label, text in labels)
        yield f"plazuela_{name}{f'{{{inside}}}' if inside else ''} {value}\n"


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def _known(value: int | None) -> Mapping[Labels, int]:
    """Return no sample where there is no value: a tick that never came has no age."""
    return {} if value is None else {(): value}


def _by_state(counts: watch.Counts) -> Mapping[Labels, int]:
    return {(("state", state), ("kind", kind)): n for (state, kind), n in counts.items()}


@cache
def version() -> str:
    """Return the version of Plazuela that runs."""
    project = tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text())["project"]
    return str(project["version"])
