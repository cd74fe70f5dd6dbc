"""What became of a message later is written beside its state, once, whenever it comes."""

from datetime import datetime, timedelta

import pytest

from notifications.delivery import claiming, reports
from notifications.delivery.channels import email as channel
from notifications.delivery.reports import COMPLAINT, Report
from notifications.delivery.sending import send_batch
from notifications.delivery.sweep import sweep
from notifications.models import Bounce, Delivery, Suppression
from tests.factories import make_person
from tests.notifications.delivery.kit import (
    LETTER,
    THEN,
    make_delivery,
    meanwhile,
    state,
)
from tests.notifications.delivery.provider_reports import message_id
from tests.smtp_sink import DROP, SmtpSink

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("small_catalogue")]

ANA = "ana@example.org"
WORDS = "550 5.1.1 <ana@example.org>: User unknown"
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


def report(
    delivery: Delivery, kind: str, *, now: datetime = THEN + MINUTE, recipient: str = ""
) -> bool:
    return reports.take(Report(message_id(delivery), kind, recipient, WORDS), now=now)


def accepted(*, email: str = ANA, at: datetime = THEN) -> Delivery:
    person = make_person(email)
    return make_delivery(LETTER, person=person, state="accepted", finished_at=at, planned_at=at)


def suppressed() -> list[tuple[str, str]]:
    return list(Suppression.objects.values_list("scope", "reason"))


@pytest.mark.parametrize(
    ("kind", "stopped"),
    [
        (Bounce.HARD, [("all", "bounced")]),
        (Bounce.SOFT, []),
        (Bounce.REFUSED, []),
        (COMPLAINT, [("bulk", "complained")]),
    ],
)
def test_a_report_stands_beside_the_state_and_stops_what_must_stop(
    kind: str, stopped: list[tuple[str, str]]
) -> None:
    delivery = accepted()
    assert report(delivery, kind) is True
    assert state(delivery) == "accepted"
    if kind == COMPLAINT:
        assert (delivery.complained_at, delivery.bounced_at) == (THEN + MINUTE, None)
    else:
        assert (delivery.bounce, delivery.bounced_at) == (kind, THEN + MINUTE)
        assert delivery.bounce_words == "550 5.1.1 <(address)>: User unknown"
    assert suppressed() == stopped
    assert {row.delivery_id for row in Suppression.objects.all()} <= {delivery.pk}


@pytest.mark.parametrize("kind", [Bounce.HARD, Bounce.SOFT, COMPLAINT])
def test_the_second_time_changes_nothing(kind: str) -> None:
    delivery = accepted()
    report(delivery, kind)
    before = (Delivery.objects.values().get(), list(Suppression.objects.values()))
    assert report(delivery, kind, now=THEN + DAY) is False
    assert (Delivery.objects.values().get(), list(Suppression.objects.values())) == before


def test_a_bounce_that_comes_again_after_the_way_back_does_not_stop_mail_again() -> None:
    delivery = accepted()
    report(delivery, Bounce.HARD)
    Suppression.objects.all().delete()
    assert report(delivery, Bounce.HARD, now=THEN + DAY) is False
    assert suppressed() == []


def test_of_two_bounces_the_worse_counts_in_either_order() -> None:
    one, other = accepted(), accepted(email="ben@example.org")
    assert report(one, Bounce.SOFT)
    assert report(one, Bounce.HARD, now=THEN + DAY)
    assert report(other, Bounce.HARD)
    assert not report(other, Bounce.SOFT, now=THEN + DAY)
    assert (state(one), one.bounce, one.bounced_at) == ("accepted", "hard", THEN + DAY)
    assert (state(other), other.bounce, other.bounced_at) == ("accepted", "hard", THEN + MINUTE)


def test_a_message_that_is_not_ours_changes_nothing() -> None:
    accepted()
    assert reports.take(Report("<letter.1.2@elsewhere.example>", "hard"), now=THEN) is False
    assert suppressed() == []


def test_letters_stop_after_the_third_day_of_soft_bounces() -> None:
    person = make_person(ANA)
    letters = [
        make_delivery(
            LETTER, person=person, state="accepted", planned_at=THEN + n * DAY,
            finished_at=THEN + n * DAY,
        )
        for n in range(3)
    ]  # fmt: skip
    for number, letter in enumerate(letters):
        assert suppressed() == []
        report(letter, Bounce.SOFT, now=THEN + number * DAY + MINUTE)
    assert suppressed() == [("bulk", "soft_bounces")]


def test_one_that_arrived_in_between_starts_the_count_anew() -> None:
    person = make_person(ANA)
    for number in range(4):
        at = THEN + number * DAY
        letter = make_delivery(
            LETTER, person=person, state="accepted", planned_at=at, finished_at=at
        )
        if number != 1:
            report(letter, Bounce.SOFT, now=at + MINUTE)
    assert suppressed() == []


def test_the_address_that_came_back_is_the_one_it_was_sent_to() -> None:
    delivery = accepted()
    assert delivery.person is not None
    delivery.person.email = "ana@new.example"
    delivery.person.save()
    report(delivery, Bounce.HARD, recipient="Ana@Example.org")
    (row,) = Suppression.objects.all()
    assert row.address_hash == delivery.address_hash
    assert row.person is None


def test_a_report_of_somebody_who_is_erased_is_kept_as_a_fact(sink: SmtpSink) -> None:
    delivery = accepted()
    Delivery.objects.update(person=None)
    assert report(delivery, Bounce.HARD) is True
    assert suppressed() == []


# --- Too early -----------------------------------------------------------------------------------


def test_a_report_that_comes_while_it_is_transmitted_is_kept(
    sink: SmtpSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    note = make_delivery(email=ANA)
    seen = []
    real = channel.Smtp.send

    def send(self: channel.Smtp, mail: channel.Mail) -> None:
        real(self, mail)
        seen.append(state(note))
        assert report(note, Bounce.HARD)

    monkeypatch.setattr(channel.Smtp, "send", send)
    send_batch(now=THEN)
    assert seen == ["transmitting"]
    assert (state(note), note.finished_at) == ("accepted", THEN)
    assert (note.bounce, note.bounced_at) == ("hard", THEN + MINUTE)
    assert suppressed() == [("all", "bounced")]


def test_what_bounced_before_it_was_known_to_be_cut_is_not_sent_again(sink: SmtpSink) -> None:
    """The line broke, so it is due once more; the report says that the mailbox is not there."""
    note = make_delivery(email=ANA)
    sink.answer("taken", DROP)
    send_batch(now=THEN)
    assert state(note) == "due"
    assert report(note, Bounce.HARD)
    send_batch(now=THEN + timedelta(minutes=2))
    assert state(note) == "suppressed"
    assert len(sink.taken) == 1


def test_a_report_does_not_keep_the_sweep_from_its_work() -> None:
    letter = make_delivery(LETTER, email=ANA)
    batch = claiming.claim(now=THEN)
    assert batch is not None
    Delivery.objects.update(state="transmitting")
    assert report(letter, COMPLAINT)
    sweep(now=THEN + claiming.LEASE + MINUTE)
    assert (state(letter), letter.complained_at) == ("unknown", THEN + MINUTE)


def test_a_report_between_writing_and_transmitting_stops_the_message(
    sink: SmtpSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = make_person(ANA)
    first = make_delivery(person=person, state="accepted", finished_at=THEN)
    second = make_delivery(person=person)
    with meanwhile(monkeypatch, lambda: report(first, Bounce.HARD)):
        send_batch(now=THEN)
    assert state(second) == "suppressed"
    assert sink.taken == []
