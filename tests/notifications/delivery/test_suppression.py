"""Addresses that bounced, and the person's own way back."""

from datetime import timedelta
from typing import Any

import pytest

from events.actions.people import request_sign_in, sign_in_token, use_sign_in_link
from events.actions.rsvps import confirm_rsvp
from events.models import RSVP, AuditEntry, Person, SignInLink
from notifications.delivery.sending import send_batch
from notifications.delivery.suppression import COOLDOWN, suppress
from notifications.models import Delivery, Suppression
from notifications.subscriptions.actions import confirm_request
from notifications.tick import drain
from tests.factories import (
    NOW,
    make_claim,
    make_event,
    make_office,
    make_rsvp,
    make_shift,
    make_topic,
)
from tests.notifications.mailing import make_letter, make_reader, plan
from tests.smtp_sink import SmtpSink
from volunteers.actions.claims import confirm_claim

pytestmark = pytest.mark.django_db

ANA = "ana@example.org"
NO_SUCH_USER = "550 5.1.1 <ana@example.org>: User unknown"
MINUTE = timedelta(minutes=1)
NEXT_DAY = NOW + COOLDOWN + MINUTE


def bounce(sink: SmtpSink) -> None:
    """Ana's first RSVP comes to a server that does not know her."""
    sink.answer("RCPT", NO_SUCH_USER)
    make_rsvp(make_event(), email=ANA, proven=False)
    assert drain(now=NOW) == {"failed": 1}


def states(now: Any) -> dict[str, int]:
    return dict(drain(now=now))


def facts() -> list[tuple[str, str | None]]:
    rows = AuditEntry.objects.filter(action__startswith="person.mail_").order_by("pk")
    return [(row.action, row.subjects.get("reason_code")) for row in rows]


def test_a_bounce_says_when_by_which_delivery_and_in_the_servers_words(sink: SmtpSink) -> None:
    bounce(sink)
    row = Suppression.objects.get()
    assert (row.scope, row.reason, row.created_at) == ("all", "bounced", NOW)
    assert row.person == Person.objects.get(email=ANA)
    assert row.delivery_id == Delivery.objects.get().pk
    assert row.detail == "RCPT: 550 5.1.1 <(address)>: User unknown"


@pytest.mark.parametrize(
    "answer",
    [
        "550 5.7.1 Message blocked",
        "552 5.2.2 Mailbox full",
        "550 5.2.1 Mailbox disabled",
        "552 5.2.3 Too long",
        "550 5.3.4 Message too big",
        "554 5.7.1 Spam",
        "550 Administrative prohibition",
    ],
)
def test_what_is_not_about_the_mailbox_suppresses_nobody(sink: SmtpSink, answer: str) -> None:
    sink.answer("RCPT", answer)
    make_rsvp(make_event(), email=ANA)
    assert states(NOW) == {"failed": 1}
    assert not Suppression.objects.exists()


def test_within_the_cooldown_nothing_is_tried(sink: SmtpSink) -> None:
    bounce(sink)
    make_rsvp(make_event(), email=ANA, proven=False)
    assert states(NOW + COOLDOWN - MINUTE) == {"suppressed": 1}
    assert sink.reached["RCPT"] == 1


def test_the_answer_to_a_form_is_tried_once_a_cooldown_and_nothing_else_is(sink: SmtpSink) -> None:
    bounce(sink)
    office, topic = make_office(), make_topic()
    make_reader(office, [topic], email=ANA)
    make_letter(office, topics=[topic])
    assert states(NEXT_DAY) == {"suppressed": 1}
    first = make_rsvp(make_event(), email=ANA, proven=False)
    make_rsvp(make_event(), email=ANA, proven=False)
    assert states(NEXT_DAY) == {"accepted": 1, "suppressed": 1}
    row = Suppression.objects.get()
    assert row.tried_at == NEXT_DAY
    assert Delivery.objects.get(pk=row.trial_id).rsvp_id == first.pk
    make_rsvp(make_event(), email=ANA, proven=False)
    assert states(NEXT_DAY + COOLDOWN - MINUTE) == {"suppressed": 1}
    make_rsvp(make_event(), email=ANA, proven=False)
    assert states(NEXT_DAY + COOLDOWN) == {"accepted": 1}


def test_who_uses_the_link_of_the_message_that_arrived_gets_mail_again(sink: SmtpSink) -> None:
    bounce(sink)
    rsvp = make_rsvp(make_event(), email=ANA, proven=False)
    drain(now=NEXT_DAY)
    assert Suppression.objects.exists()
    confirm_rsvp(rsvp_id=rsvp.pk, now=NEXT_DAY)
    assert not Suppression.objects.exists()
    assert facts() == [("person.mail_resumed", "bounced")]
    make_rsvp(make_event(), email=ANA, now=NEXT_DAY)
    assert states(NEXT_DAY) == {"accepted": 1}


def test_a_link_of_an_older_mail_lifts_nothing(sink: SmtpSink) -> None:
    old = make_rsvp(make_event(), email=ANA, proven=False)
    assert states(NOW) == {"accepted": 1}
    sink.answer("RCPT", NO_SUCH_USER)
    make_rsvp(make_event(), email=ANA, proven=False)
    assert states(NOW) == {"failed": 1}
    confirm_rsvp(rsvp_id=old.pk, now=NOW)
    assert Suppression.objects.exists()
    assert facts() == []


def test_a_browser_that_proved_the_address_before_the_bounce_lifts_nothing(sink: SmtpSink) -> None:
    bounce(sink)
    make_rsvp(make_event(), email=ANA, proven=True)
    drain(now=NEXT_DAY)
    make_rsvp(make_event(), email=ANA, proven=True)
    assert Suppression.objects.get().tried_at == NEXT_DAY


def test_a_mailbox_that_is_still_not_there_begins_a_new_cooldown(sink: SmtpSink) -> None:
    bounce(sink)
    sink.answer("RCPT", NO_SUCH_USER)
    rsvp = make_rsvp(make_event(), email=ANA, proven=False)
    assert states(NEXT_DAY) == {"failed": 1}
    row = Suppression.objects.get()
    assert (row.created_at, row.tried_at, row.trial_id) == (NEXT_DAY, None, None)
    confirm_rsvp(rsvp_id=rsvp.pk, now=NEXT_DAY)
    assert Suppression.objects.exists()


def test_a_trial_that_is_put_off_goes_on_later(sink: SmtpSink) -> None:
    bounce(sink)
    sink.answer("RCPT", "450 4.2.1 Greylisted")
    make_rsvp(make_event(), email=ANA, proven=False)
    assert states(NEXT_DAY) == {"retry": 1}
    assert states(NEXT_DAY + timedelta(hours=2)) == {"accepted": 1}


@pytest.mark.parametrize("reason", ["complained", "person", "staff"])
def test_what_somebody_wants_is_never_tried(sink: SmtpSink, reason: str) -> None:
    bounce(sink)
    suppress(email=ANA, scope="all", reason=reason, now=NOW)
    make_rsvp(make_event(), email=ANA, proven=False)
    assert states(NEXT_DAY) == {"suppressed": 1}
    assert Suppression.objects.filter(tried_at=None).count() == 2


def test_a_claim_a_sign_up_and_a_sign_in_lead_back_as_well(sink: SmtpSink) -> None:
    moment = NOW
    for number in range(3):
        suppress(email=ANA, scope="all", reason="bounced", now=moment)
        moment += COOLDOWN
        if number == 0:
            claim = make_claim(make_shift(starts_at=NOW + 30 * COOLDOWN), email=ANA, proven=False)
            assert states(moment) == {"accepted": 1}
            confirm_claim(claim_id=claim.pk, now=moment)
        elif number == 1:
            person = make_reader(make_office(), [make_topic()], email=ANA, proven=False)
            assert states(moment) == {"accepted": 1}
            confirm_request(request_id=person.subscription_requests.get().pk, now=moment)
        else:
            request_sign_in(email=ANA, now=moment)
            assert states(moment) == {"accepted": 1}
            use_sign_in_link(token=sign_in_token(SignInLink.objects.get()), now=moment)
        assert not Suppression.objects.exists()


def test_of_several_messages_one_is_the_trial(sink: SmtpSink) -> None:
    bounce(sink)
    for _ in range(3):
        make_rsvp(make_event(), email=ANA, proven=False)
    plan(NEXT_DAY)
    outcome = send_batch(now=NEXT_DAY)
    assert outcome is not None
    assert outcome.states == {"accepted": 1, "suppressed": 2}
    assert RSVP.objects.count() == 4
