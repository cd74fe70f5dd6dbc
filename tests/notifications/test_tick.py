"""The minute's work, the work of a hint, and the command that does both."""

import threading
from collections import Counter
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from config.environment import MailTransport
from events.actions.rsvps import UNPROVEN_TTL
from events.models import RSVP, Outbox
from notifications import tick as minute
from notifications.models import Delivery, MailHold, Tick
from notifications.tick import drain, tick, work
from tests.clock import at
from tests.factories import NOW, make_claim, make_event, make_rsvp, make_shift
from tests.notifications.delivery.kit import THEN, make_delivery, state
from tests.smtp_sink import SmtpSink


@pytest.fixture
def mail(settings: Any, tmp_path: Any) -> Any:
    """The folder that mail goes to."""
    settings.MAIL_TRANSPORT = MailTransport("file", path=tmp_path / "mail")
    return tmp_path / "mail"


def messages() -> Counter[str]:
    return Counter(Delivery.objects.values_list("message", flat=True))


@pytest.mark.django_db
def test_a_tick_says_when_it_was() -> None:
    tick(now=NOW)
    tick(now=NOW + timedelta(minutes=1))
    assert Tick.objects.get().at == NOW + timedelta(minutes=1)


@pytest.mark.django_db
def test_a_tick_ends_rsvps_that_nobody_proved_and_sends_nothing_itself(
    mail: Any, settings: Any
) -> None:
    event = make_event(capacity=4)
    settings.UNPROVEN_SHARE = 0
    RSVP.objects.filter(pk=make_rsvp(event).pk).update(status="unproven", confirmed_at=None)
    tick(now=NOW + UNPROVEN_TTL)
    assert RSVP.objects.get().status == "cancelled"
    assert not Delivery.objects.exists()
    assert Outbox.objects.exists()


@pytest.mark.django_db
def test_a_duty_that_fails_keeps_no_other_from_being_done(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    done: list[str] = []

    def fail(**kwargs: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(minute, "expire_unproven", fail)
    monkeypatch.setattr(minute, "clean", lambda now: done.append("cleaned"))
    tick(now=NOW)
    assert done == ["cleaned"]
    assert Tick.objects.exists()
    assert "A duty of the tick failed" in caplog.text


@pytest.mark.django_db
def test_what_a_gone_worker_left_is_due_before_a_duty_that_may_wait_begins(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    left = make_delivery(state="claimed", lease_until=THEN - timedelta(seconds=1))
    seen: list[str] = []
    for duty in ("expire_unproven", "extend_series", "promote_all_waiting", "post_scheduled"):
        monkeypatch.setattr(minute, duty, lambda now: seen.append(state(left)))
    tick(now=THEN)
    assert seen == ["due"] * 4


@pytest.mark.django_db
def test_work_plans_and_sends_until_nothing_is_due(mail: Any) -> None:
    with at(NOW):
        event = make_event()
        for _ in range(3):
            make_rsvp(event)
        assert work() is False
    assert messages() == {"rsvp_confirmed": 3}
    assert len(list(mail.iterdir())) == 3
    assert not Outbox.objects.exists()


@pytest.mark.django_db
def test_work_that_runs_out_of_time_asks_for_more(mail: Any) -> None:
    with at(NOW):
        make_rsvp(make_event())
        assert work(seconds=-1) is True
        assert work(stopping=lambda: True) is False
    assert not Delivery.objects.exists()


@pytest.mark.django_db
def test_drain_at_a_moment_reminds_of_what_is_due_then(mail: Any) -> None:
    event = make_event()
    make_rsvp(event)
    assert drain(now=NOW) == {"accepted": 1}
    assert drain(now=NOW) == {}
    assert drain(now=event.starts_at - timedelta(days=6, hours=23)) == {"accepted": 1}
    assert messages() == {"rsvp_confirmed": 1, "rsvp_reminder": 1}


@pytest.mark.django_db
def test_deliver_says_what_it_did(mail: Any) -> None:
    out = StringIO()
    with at(NOW):
        make_rsvp(make_event())
        call_command("deliver", stdout=out)
        call_command("deliver", stdout=out)
    assert out.getvalue() == "accepted: 1\nNothing was due.\n"
    assert Tick.objects.exists()


@pytest.mark.django_db
def test_deliver_says_why_mail_is_held(settings: Any) -> None:
    with SmtpSink(password="open sesame") as sink, at(NOW):
        settings.MAIL_TRANSPORT = MailTransport("smtp", "127.0.0.1", sink.port, "sink", "wrong")
        make_rsvp(make_event())
        with pytest.raises(
            CommandError, match="Mail is held since 2026-06-01 16:00 UTC: AUTH: 535"
        ):
            call_command("deliver", stdout=StringIO())
    assert MailHold.objects.exists()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_ten_ticks_and_four_workers_at_once_change_nothing(mail: Any) -> None:
    """Two beats, a queue full of ticks: the same messages as from one, each once."""
    with at(NOW):
        event = make_event(capacity=3)
        shift = make_shift(event, capacity=2)
        for number in range(6):
            make_rsvp(event, email=f"guest{number}@example.org")
            make_claim(shift, email=f"volunteer{number}@example.org")
    failures: list[BaseException] = []
    start = threading.Barrier(14)

    def run(job: Any) -> None:
        try:
            start.wait()
            job()
        except BaseException as error:
            failures.append(error)
        finally:
            connection.close()

    with at(event.starts_at - timedelta(days=1, hours=2)):
        threads = [threading.Thread(target=run, args=[tick]) for _ in range(10)]
        threads += [threading.Thread(target=run, args=[work]) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert failures == []
        work()
        before = set(Delivery.objects.values_list("key", "attempts", "state"))
        assert drain() == {}
    assert set(Delivery.objects.values_list("key", "attempts", "state")) == before
    assert {state for _key, _attempts, state in before} == {"accepted"}
    assert len(list(mail.iterdir())) == len(before)
    assert messages()["rsvp_confirmed"] == 3
    assert messages()["rsvp_reminder"] == 3
