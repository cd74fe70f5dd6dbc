"""Real processes: a web server, a worker, a mail server. What is done is in the mail at once.

Once with the broker that needs no server, files; once with Redis.
"""

import os
import socket
import time
import urllib.request
from collections.abc import Iterator
from datetime import datetime, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import pytest

from config.celery import TICK
from events import clock
from events.models import ClockOffset
from notifications.models import Tick
from tests.factories import make_event, make_office
from tests.processes import Processes, wait_for
from tests.smtp_sink import SmtpSink
from tests.stories.street import heard, link_to

LOS_ANGELES = ZoneInfo("America/Los_Angeles")


class Site:
    """The site as its visitors have it, on a port of this machine."""

    def __init__(self, processes: Processes, sink: SmtpSink, broker: str) -> None:
        self.processes = processes
        redis = os.environ.get("TEST_REDIS_URL", "") if broker == "redis" else ""
        self.environment = {"TEST_REDIS_URL": redis, "TEST_EMAIL_URL": sink.url}
        with socket.create_server(("127.0.0.1", 0)) as server:
            self.address = f"http://127.0.0.1:{server.getsockname()[1]}"
        web = processes.start(
            "-m", "gunicorn", "config.wsgi", "--config", "config/deploy/gunicorn.conf.py",
            "--workers", "1", "--bind", self.address.removeprefix("http://"), **self.environment,
        )  # fmt: skip
        processes.worker(**self.environment)
        try:
            wait_for(Tick.objects.exists, seconds=60, what="the tick of a new worker")
        except AssertionError as error:
            error.add_note(processes.logs())
            raise
        wait_for(self.is_up, seconds=60, what="the web server")
        assert web.poll() is None

    def is_up(self) -> bool:
        try:
            return bool(self.open("/healthz"))
        except OSError:
            return False

    def open(self, path: str) -> str:
        with urllib.request.urlopen(self.address + path, timeout=30) as answer:
            return str(answer.read().decode())

    def send(self, path: str, **typed: str) -> str:
        """Send a form, and return the page that follows."""
        data = urlencode(typed).encode()
        with urllib.request.urlopen(self.address + path, data, timeout=30) as answer:
            return str(answer.read().decode())

    def tick(self) -> None:
        """What beat does once a minute. Returns when the worker has done it."""
        before = Tick.objects.get().at
        self.processes.start(
            "-m", "celery", "-A", "config.celery", "call", TICK, **self.environment
        )
        wait_for(lambda: Tick.objects.get().at > before, what="a tick")


@pytest.fixture(params=["files", pytest.param("redis", marks=pytest.mark.redis)])
def site(processes: Processes, sink: SmtpSink, request: pytest.FixtureRequest) -> Iterator[Site]:
    yield Site(processes, sink, request.param)
    ClockOffset.objects.all().delete()


def test_from_the_form_to_the_mailbox_and_to_the_reminder(sink: SmtpSink, site: Site) -> None:
    today = clock.now().astimezone(LOS_ANGELES)
    start = (today + timedelta(days=3)).replace(hour=18, minute=30, second=0, microsecond=0)
    event = make_event(make_office(), title="Town hall on buses", starts_at=start, now=clock.now())
    assert "Town hall on buses" in site.open("/events/")

    sent = time.monotonic()
    page = site.send(f"/events/{event.slug}/rsvp/", name="Ana", email="ana@example.org")
    assert "Check your email" in page
    wait_for(lambda: sink.to("ana@example.org"), what="the confirmation")
    assert time.monotonic() - sent < 10
    (confirmation,) = sink.to("ana@example.org")
    assert heard(confirmation).method == "REQUEST"
    link = link_to(confirmation, "rsvps")
    assert "Are you coming?" in site.open(link)
    assert "We count on you" in site.send(link)

    # On the day before, at 11:00, the minute of the program's clock brings the reminder.
    stand_at((start - timedelta(days=1)).replace(hour=11, minute=0))
    site.tick()
    wait_for(lambda: len(sink.to("ana@example.org")) == 2, what="the reminder")
    reminder = sink.to("ana@example.org")[1]
    assert reminder["Subject"].startswith("Reminder: Town hall on buses, ")
    site.tick()
    # What the tick might have planned for Ana would go out before what Ben does now.
    site.send(f"/events/{event.slug}/rsvp/", name="Ben", email="ben@example.org")
    wait_for(lambda: sink.to("ben@example.org"), what="another confirmation")
    assert len(sink.to("ana@example.org")) == 2, "nobody is reminded twice"


def stand_at(moment: datetime) -> None:
    """Set the clock that reminders go by; it runs on from there."""
    ahead = (moment - clock.database_now()).total_seconds() + 1
    ClockOffset.objects.create(seconds=ahead)
