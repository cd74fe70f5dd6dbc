"""A mailbox that stays full: letters stop after the third day, and come back."""

from datetime import datetime, timedelta

import pytest

from events.models import Office, Topic
from notifications import planning
from notifications.delivery import retry
from notifications.delivery.soft_bounces import is_soft
from notifications.delivery.suppression import suppress
from notifications.models import Delivery, Suppression
from notifications.subscriptions.actions import confirm_request, subscribe
from notifications.tick import drain
from tests.factories import NOW, make_office, make_topic
from tests.notifications.mailing import CONSENT, make_letter, make_reader
from tests.smtp_sink import SmtpSink

pytestmark = pytest.mark.django_db

ANA = "ana@example.org"
FULL = "552 5.2.2 <ana@example.org>: Mailbox full"
DAY = timedelta(days=1)


@pytest.fixture
def office() -> Office:
    return make_office()


@pytest.fixture
def housing(office: Office) -> Topic:
    topic = make_topic("housing")
    make_reader(office, [topic], email=ANA)
    return topic


def post(office: Office, topic: Topic, now: datetime) -> dict[str, int]:
    make_letter(office, topics=[topic], now=now)
    return dict(drain(now=now))


@pytest.mark.parametrize(
    ("error", "soft"),
    [
        ("RCPT: 452 4.2.2 (address): over quota", True),
        ("RCPT: 450 4.7.1 try again later", True),
        ("RCPT: 552 5.2.2 full", True),
        ("final dot: 552 The inbox of this user is full", True),
        ("it came too late to be of use; before: RCPT: 451 later", True),
        ("final dot: 451 4.7.1 greylisted for now", False),
        ("RCPT: 550 5.1.1 user unknown", False),
        ("RCPT: 554 5.7.1 blocked", False),
        ("RCPT: timed out", False),
        ("connect: 421 too busy", False),
        ("it came too late to be of use", False),
    ],
)
def test_what_tells_of_a_full_mailbox(error: str, soft: bool) -> None:
    assert is_soft(error) is soft


def test_letters_stop_after_the_third_day(office: Office, housing: Topic, sink: SmtpSink) -> None:
    sink.answer("RCPT", FULL, FULL, FULL)
    for day in range(3):
        assert not Suppression.objects.exists()
        assert post(office, housing, NOW + day * DAY) == {"failed": 1}
    row = Suppression.objects.get()
    assert (row.scope, row.reason, row.created_at) == ("bulk", "soft_bounces", NOW + 2 * DAY)
    assert row.detail == "RCPT: 552 5.2.2 <(address)>: Mailbox full"
    assert post(office, housing, NOW + 3 * DAY) == {"suppressed": 1}


def test_three_on_one_day_are_one(office: Office, housing: Topic, sink: SmtpSink) -> None:
    sink.answer("RCPT", FULL, FULL, FULL)
    for minute in range(3):
        assert post(office, housing, NOW + timedelta(minutes=minute)) == {"failed": 1}
    assert not Suppression.objects.exists()


def test_a_message_that_is_accepted_in_between_starts_anew(
    office: Office, housing: Topic, sink: SmtpSink
) -> None:
    for day in range(5):
        if day != 2:
            sink.answer("RCPT", FULL)
        expected = "accepted" if day == 2 else "failed"
        assert post(office, housing, NOW + day * DAY) == {expected: 1}
    assert not Suppression.objects.exists()


def test_who_is_put_off_until_we_give_up_counts_too(
    office: Office, housing: Topic, sink: SmtpSink
) -> None:
    sink.always("RCPT", "450 4.2.0 try again later")
    for day in range(3):
        now = NOW + day * DAY
        make_letter(office, topics=[housing], now=now)
        while planning.plan_outbox(now=now):
            pass
        Delivery.objects.filter(state="due").update(attempts=retry.MOST_ATTEMPTS - 1)
        assert dict(drain(now=now)) == {"expired": 1}
    assert Suppression.objects.get().reason == "soft_bounces"


def test_what_a_person_asks_for_still_comes_and_its_link_lifts_it(
    office: Office, housing: Topic, sink: SmtpSink
) -> None:
    suppress(email=ANA, scope="bulk", reason="soft_bounces", now=NOW)
    subscribe(
        email=ANA, topics=[make_topic("trees")], offices=[office], consent=CONSENT, now=NOW + DAY
    )
    assert dict(drain(now=NOW + DAY)) == {"accepted": 1}
    assert Suppression.objects.exists()
    request = Delivery.objects.get(message="subscription_confirm").context["request"]
    confirm_request(request_id=request, now=NOW + DAY)
    assert not Suppression.objects.exists()
