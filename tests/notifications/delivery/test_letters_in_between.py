"""What staff do with a letter whose mail is on its way: pause, resume, take back, send again."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from events.errors import Refused
from events.models import AuditEntry, Office, Topic
from notifications import tick
from notifications.delivery.channels import Mail
from notifications.delivery.channels import email as channel
from notifications.delivery.resending import resend
from notifications.delivery.sending import send_batch
from notifications.models import Delivery, Letter
from tests.factories import NOW, make_office, make_staff, make_topic
from tests.notifications.mailing import make_letter, make_reader, plan
from tests.smtp_sink import SmtpSink

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(hours=1)


@pytest.fixture
def office() -> Office:
    return make_office()


@pytest.fixture
def letter(office: Office, sink: SmtpSink) -> Letter:
    """A letter that is planned for five readers, and on its way."""
    topic: Topic = make_topic("housing")
    for number in range(5):
        make_reader(office, [topic], email=f"reader{number}@example.org")
    posted = make_letter(office, topics=[topic])
    plan()
    return posted


def states() -> Counter[str]:
    return Counter(Delivery.objects.values_list("state", flat=True))


def while_sending(monkeypatch: pytest.MonkeyPatch, sink: SmtpSink, after: int, do: Any) -> None:
    """Do something as soon as the mail server has taken that many messages."""
    real = channel.Smtp.send

    def send(self: channel.Smtp, mail: Mail) -> None:
        real(self, mail)
        if len(sink.taken) == after:
            do()

    monkeypatch.setattr(channel.Smtp, "send", send)


def pause(letter: Letter) -> None:
    Letter.objects.filter(pk=letter.pk).update(paused_at=NOW)


def resume(letter: Letter) -> None:
    Letter.objects.filter(pk=letter.pk).update(paused_at=None)


def test_the_mail_of_a_paused_letter_waits_and_goes_on_where_it_was(
    letter: Letter, sink: SmtpSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    while_sending(monkeypatch, sink, 2, lambda: pause(letter))
    tick.drain(now=NOW)
    assert states() == {"accepted": 2, "due": 3}
    tick.drain(now=LATER)
    assert len(sink.taken) == 2
    resume(letter)
    tick.drain(now=LATER)
    assert states() == {"accepted": 5}
    assert sorted(sink.copies().values()) == [1] * 5


def test_what_is_not_sent_when_a_letter_is_taken_back_is_sent_no_more(
    letter: Letter, sink: SmtpSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    def take_back() -> None:
        Letter.objects.filter(pk=letter.pk).update(retracted_at=NOW, retraction_reason="A mistake.")

    while_sending(monkeypatch, sink, 3, take_back)
    tick.drain(now=NOW)
    assert states() == {"accepted": 3, "superseded": 2}
    assert len(sink.taken) == 3


def test_only_the_failed_are_sent_again_with_who_ordered_it(
    letter: Letter, office: Office, sink: SmtpSink
) -> None:
    sink.answer_for("reader1@example.org", "554 5.6.0 Refused", phase="dot")
    tick.drain(now=NOW)
    assert states() == {"accepted": 4, "failed": 1}
    failed = Delivery.objects.get(state="failed")
    rosa = make_staff(office)

    sink._for.clear()
    assert resend(letter_id=letter.pk, states=["failed"], ordered_by=rosa, now=LATER) == 1
    tick.drain(now=LATER)
    assert states() == {"accepted": 5}
    assert sorted(sink.copies().values()) == [1] * 5
    failed.refresh_from_db()
    assert (failed.resends, failed.resend_ordered_by) == (1, rosa)
    entry = AuditEntry.objects.get(action="letter.resent")
    assert entry.subjects["letter"] == letter.pk
    assert resend(letter_id=letter.pk, states=["failed"], ordered_by=rosa, now=LATER) == 0


def test_the_unknown_are_sent_again_under_the_same_message_id(
    letter: Letter, office: Office, sink: SmtpSink
) -> None:
    sink.answer("taken", "drop")
    tick.drain(now=NOW)
    assert states() == {"accepted": 4, "unknown": 1}
    rosa = make_staff(office)
    assert resend(letter_id=letter.pk, states=["unknown"], ordered_by=rosa, now=LATER) == 1
    tick.drain(now=LATER)
    assert states() == {"accepted": 5}
    # The reader had it, after all: one copy more an order, which their program knows for the same.
    doubled = [key for key, copies in sink.copies().items() if copies == 2]
    assert len(doubled) == 1
    assert len({mail.message_id for mail in sink.taken if mail.key == doubled[0]}) == 1


def test_nothing_else_is_sent_again(letter: Letter, office: Office, sink: SmtpSink) -> None:
    tick.drain(now=NOW)
    rosa = make_staff(office)
    with pytest.raises(TypeError, match="accepted"):
        resend(letter_id=letter.pk, states=["accepted"], ordered_by=rosa, now=LATER)
    assert resend(letter_id=letter.pk, states=["failed", "unknown"], ordered_by=rosa, now=NOW) == 0
    Letter.objects.update(retracted_at=NOW, retraction_reason="A mistake.")
    with pytest.raises(Refused, match="taken back"):
        resend(letter_id=letter.pk, states=["failed"], ordered_by=rosa, now=LATER)
    assert send_batch(now=LATER) is None
