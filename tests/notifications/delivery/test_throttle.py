"""MAIL_RATE: so many messages a minute for one sender, whoever sends them."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from events.models import Office, Outbox
from notifications.delivery import sending
from notifications.delivery.channels import Mail
from notifications.delivery.channels import email as channel
from notifications.delivery.claiming import claim, release
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


def counted() -> dict[str, int]:
    return dict(SenderMinute.objects.values_list("sender", "messages"))


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


def test_what_made_way_for_a_confirmation_is_counted_when_it_is_sent(
    office: Office, sink: SmtpSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "LOOK_UP", 0.0)
    # Nobody plans here, and what nobody has planned yet is made way for, too.
    Outbox.objects.all().delete()
    letters(office, 8)
    real = channel.Smtp.send

    def send(self: channel.Smtp, mail: Mail) -> None:
        real(self, mail)
        if len(sink.taken) == 1:
            make_delivery(office=office)

    monkeypatch.setattr(channel.Smtp, "send", send)
    send_all(THEN)
    assert len(sink.taken) == 9
    assert counted() == {"ana@city.gov": 9}


def test_a_worker_that_is_told_to_end_leaves_its_places_to_the_next(
    office: Office, sink: SmtpSink
) -> None:
    letters(office, 8)
    other = make_office(sender_address="luis@city.gov")
    letters(other, 4)
    send_batch(now=THEN, stopping=lambda: len(sink.taken) == 3)
    assert counted() == {"ana@city.gov": 3, "luis@city.gov": 0}
    send_all(THEN)
    assert sent(sink) == counted() == {"ana@city.gov": 8, "luis@city.gov": 4}


def test_a_server_that_is_away_uses_up_no_minute(office: Office, sink: SmtpSink) -> None:
    letters(office, 10)
    sink.go_away()
    send_batch(now=THEN)
    assert counted() == {"ana@city.gov": 0}


def test_places_come_back_in_the_minute_of_the_claim_and_never_below_none(
    office: Office, sink: SmtpSink
) -> None:
    letters(office, 4)
    batch = claim(now=THEN)
    assert batch is not None
    SenderMinute.objects.update(messages=1)
    SenderMinute.objects.create(sender="ana@city.gov", minute=THEN + MINUTE, messages=7)
    assert release(batch) == 4
    assert release(batch) == 0
    assert [row.messages for row in SenderMinute.objects.order_by("minute")] == [0, 7]


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
