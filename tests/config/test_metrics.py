"""Figures for Prometheus: right, cheap, of nobody, and for nobody else."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from events.models import Office, Outbox
from notifications.delivery.holds import hold
from notifications.models import Delivery, Tick
from tests.clock import at
from tests.factories import NOW, make_event, make_office, make_rsvp
from tests.notifications.mailing import plan

pytestmark = pytest.mark.django_db
TOKEN = "a-token-of-twenty-letters"


@pytest.fixture(autouse=True)
def _nothing_is_remembered() -> None:
    from django.core.cache import cache

    cache.clear()


def figures(client: Client) -> dict[str, float]:
    """Every sample by its name and labels."""
    with at(NOW):
        answer = client.get("/metrics")
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    lines = [line for line in answer.content.decode().splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _space, value in (one.rpartition(" ") for one in lines)}


def delivery(key: str, *, minutes: float = 0, **columns: Any) -> None:
    facts = {
        "key": key, "message": "m", "address_hash": "h", "language": "en", "planned_at": NOW,
        "next_attempt_at": NOW - timedelta(minutes=minutes),
    }  # fmt: skip
    Delivery.objects.create(**(facts | columns))


def test_an_idle_site_has_its_figures(client: Client) -> None:
    found = figures(client)
    (build,) = [name for name in found if name.startswith("plazuela_build_info")]
    assert 'version="' in build
    del found[build]
    assert found == {
        'plazuela_oldest_due_seconds{kind="transactional"}': 0,
        'plazuela_oldest_due_seconds{kind="bulk"}': 0,
        "plazuela_oldest_unplanned_seconds": 0,
        "plazuela_outbox_operations": 0,
        'plazuela_mail_holds{scope="all"}': 0,
        'plazuela_mail_holds{scope="office"}': 0,
        'plazuela_mail_reports_last_day{kind="hard"}': 0,
        'plazuela_mail_reports_last_day{kind="soft"}': 0,
        'plazuela_mail_reports_last_day{kind="refused"}': 0,
        'plazuela_mail_reports_last_day{kind="complaint"}': 0,
    }


def test_what_providers_reported_is_counted_for_a_day(client: Client) -> None:
    long_ago = NOW - timedelta(days=2)
    for number, at_ in enumerate((NOW, NOW, long_ago)):
        delivery(f"hard{number}", state="accepted", bounced_at=at_, bounce="hard")
    delivery("both", state="accepted", bounced_at=NOW, bounce="soft", complained_at=NOW)
    delivery("old", state="accepted", bounced_at=long_ago, bounce="soft", complained_at=NOW)
    found = figures(client)
    assert {
        kind: found[f'plazuela_mail_reports_last_day{{kind="{kind}"}}']
        for kind in ("hard", "soft", "refused", "complaint")
    } == {"hard": 2, "soft": 1, "refused": 0, "complaint": 2}


def test_the_figures_say_what_waits_and_what_ended(client: Client) -> None:
    office = make_office()
    Outbox.objects.all().delete()
    Tick.objects.create(at=NOW - timedelta(seconds=30))
    delivery("late", minutes=10)
    delivery("again", minutes=2, state="retry")
    delivery("letter", minutes=20, priority=1)
    delivery("to come", minutes=-20, priority=1)
    delivery("on its way", state="transmitting")
    delivery("done", state="accepted")
    delivery("refused", state="failed", priority=1)
    delivery("of last week", state="accepted", planned_at=NOW - timedelta(days=7))
    Outbox.objects.create(operation="0" * 32, created_at=NOW - timedelta(minutes=5))
    hold(office_id=None, reason="535", now=NOW)
    hold(office_id=office.pk, reason="553", now=NOW)
    found = {name.removeprefix("plazuela_"): value for name, value in figures(client).items()}
    assert (
        found.items()
        >= {
            "tick_age_seconds": 30,
            'oldest_due_seconds{kind="transactional"}': 600,
            'oldest_due_seconds{kind="bulk"}': 1200,
            "oldest_unplanned_seconds": 300,
            "outbox_operations": 1,
            'mail_holds{scope="all"}': 1,
            'mail_holds{scope="office"}': 1,
            'deliveries_open{state="due",kind="transactional"}': 1,
            'deliveries_open{state="retry",kind="transactional"}': 1,
            'deliveries_open{state="due",kind="bulk"}': 2,
            'deliveries_open{state="transmitting",kind="transactional"}': 1,
            'deliveries_ended_last_day{state="accepted",kind="transactional"}': 1,
            'deliveries_ended_last_day{state="failed",kind="bulk"}': 1,
        }.items()
    )


def test_readyz_the_banner_and_the_metrics_agree(client: Client) -> None:
    from notifications.desk import mail_banner

    delivery("late", minutes=20)
    with at(NOW):
        ready = client.get("/readyz").json()["checks"]["deliveries"]
        banner = mail_banner(None, list(Office.objects.all()), NOW)  # type: ignore[arg-type]
    late = figures(client)['plazuela_oldest_due_seconds{kind="transactional"}']
    assert banner is not None
    assert ready["ok"] is False
    assert ready["oldest_due_seconds"] == late == (NOW - banner["since"]).total_seconds() == 1200


def test_nothing_of_a_person_is_in_it(client: Client) -> None:
    make_rsvp(make_event(), name="Ana Reyes", email="ana@example.org")
    plan()
    with at(NOW):
        text = client.get("/metrics").content.decode()
    assert "ana" not in text.lower().replace("plazuela", "")
    assert "example.org" not in text


@pytest.mark.parametrize(
    "headers",
    [{"X-Forwarded-For": "127.0.0.1"}, {"Forwarded": "for=127.0.0.1"}, {"Via": "1.1 proxy"},
     {"Authorization": f"Bearer {TOKEN}"}],
)  # fmt: skip
def test_whoever_comes_through_a_proxy_or_from_elsewhere_gets_nothing(
    client: Client, headers: dict[str, str], settings: Settings
) -> None:
    settings.METRICS_TOKEN = ""
    peer = "198.51.100.7" if "Authorization" in headers else "127.0.0.1"
    answer = client.get("/metrics", headers=headers, REMOTE_ADDR=peer)
    assert (answer.status_code, b"plazuela" in answer.content) == (404, False)


def test_with_a_token_it_is_the_token_that_counts(client: Client, settings: Settings) -> None:
    settings.METRICS_TOKEN = TOKEN
    outside = {"REMOTE_ADDR": "198.51.100.7"}
    known = {"Authorization": f"Bearer {TOKEN}", "X-Forwarded-For": "198.51.100.7"}
    assert client.get("/metrics", headers=known, **outside).status_code == 200
    assert client.get("/metrics").status_code == 404, "also on this host"
    for wrong in (f"Bearer {TOKEN}x", TOKEN, "Bearer ", "Bearer ñ"):
        assert client.get("/metrics", headers={"Authorization": wrong}).status_code == 404, wrong


def test_it_is_read_alone_and_kept_by_no_cache(client: Client) -> None:
    assert client.post("/metrics").status_code == 405
    answer = client.get("/metrics")
    assert answer["Cache-Control"] == "no-store"
    assert not answer.cookies


def test_a_database_that_is_away_is_said(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone() -> None:
        raise DatabaseError("connection refused to db.internal")

    monkeypatch.setattr("notifications.watch.last_tick", gone)
    answer = client.get("/metrics")
    assert (answer.status_code, answer.content) == (503, b"No database\n")


@pytest.mark.parametrize("rows", [3, 60])
def test_it_asks_eleven_queries_however_many_deliveries_there_are(
    client: Client, rows: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for n in range(rows):
        delivery(str(n), state=("due", "accepted", "failed")[n % 3])
    with at(NOW), django_assert_num_queries(11):
        client.get("/metrics")
    # What has ended is not counted again within the minute.
    with at(NOW), django_assert_num_queries(10):
        client.get("/metrics")
