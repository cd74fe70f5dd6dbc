"""MAIL_RATE: so many messages a minute for one sender, whoever sends them."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from events.models import Office
from notifications.delivery.sending import send_batch
from notifications.models import Delivery, SenderMinute
from tests.factories import make_office
from tests.notifications.delivery.kit import LETTER, THEN, make_delivery
from tests.races.test_letters import at_once, failures
from tests.smtp_sink import SmtpSink

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("small_catalogue")]

MINUTE = timedelta(minutes=1)


@pytest.fixture
def office(settings: Any) -> Office:
    settings.MAIL_RATE = 10
    return make_office(sender_address="ana@city.gov")


def letters(office: Office, count: int) -> None:
    for _ in range(count):
        make_delivery(LETTER, office=office)


def sent(sink: SmtpSink) -> Counter[str]:
    return Counter(mail.sender for mail in sink.taken)


def send_all(now: Any) -> None:
    while send_batch(now=now) is not None:
        pass


def test_letters_beyond_the_rate_wait_for_the_next_minute(office: Office, sink: SmtpSink) -> None:
    letters(office, 25)
    for minute, total in enumerate((10, 20, 25, 25)):
        send_all(THEN + minute * MINUTE)
        assert len(sink.taken) == total
    assert Delivery.objects.filter(state="accepted").count() == 25


def test_confirmations_never_wait_and_letters_make_way(office: Office, sink: SmtpSink) -> None:
    letters(office, 20)
    for _ in range(14):
        make_delivery(office=office)
    send_all(THEN)
    kinds = Counter(mail.key.partition(":")[0] for mail in sink.taken)
    assert Delivery.objects.filter(state="accepted", message="note").count() == 14
    assert sum(kinds.values()) == 14
    send_all(THEN + MINUTE)
    assert len(sink.taken) == 24


def test_one_sender_does_not_hold_up_another(office: Office, sink: SmtpSink) -> None:
    letters(office, 60)
    other = make_office(sender_address="luis@city.gov")
    letters(other, 8)
    send_all(THEN)
    assert sent(sink) == {"ana@city.gov": 10, "luis@city.gov": 8}


def test_offices_under_one_address_share_its_rate(office: Office, sink: SmtpSink) -> None:
    letters(office, 8)
    letters(make_office(sender_address="ana@city.gov"), 8)
    send_all(THEN)
    assert sent(sink) == {"ana@city.gov": 10}


def test_without_a_rate_nothing_is_counted(office: Office, sink: SmtpSink, settings: Any) -> None:
    settings.MAIL_RATE = 0
    letters(office, 30)
    send_all(THEN)
    assert len(sink.taken) == 30
    assert not SenderMinute.objects.exists()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_workers_share_one_rate(office: Office, sink: SmtpSink) -> None:
    letters(office, 40)
    results = at_once(*[lambda: send_all(THEN)] * 4)
    assert failures(results) == []
    assert len(sink.taken) == 10
