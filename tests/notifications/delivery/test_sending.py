"""One batch on its way out, judged by what the mail server has and what the row says."""

import time
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import OperationalError, connection

from events.actions import events as event_actions
from events.models import Event, Outbox
from notifications.delivery import claiming, retry, sending
from notifications.delivery.channels import Mail
from notifications.delivery.channels import email as channel
from notifications.delivery.sending import send_batch
from notifications.delivery.statements import Update
from notifications.delivery.suppression import suppress
from notifications.models import Delivery, MailHold, Subscription, Suppression
from tests.clock import at
from tests.factories import NOW, make_event, make_office, make_person, make_topic
from tests.notifications.delivery.kit import (
    LETTER,
    THEN,
    a_message,
    is_subscribed,
    make_delivery,
    meanwhile,
    state,
    use_catalogue,
)
from tests.smtp_sink import DROP, SmtpSink

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("small_catalogue"),
]

LATER = THEN + timedelta(hours=2)


def test_nothing_due_sends_nothing(sink: SmtpSink) -> None:
    make_delivery(next_attempt_at=THEN + timedelta(seconds=1))
    assert send_batch(now=THEN) is None
    assert sink.connections == 0


def test_what_is_due_is_sent_once_and_recorded(sink: SmtpSink) -> None:
    delivery = make_delivery(email="ana@example.org")
    outcome = send_batch(now=THEN)
    assert outcome is not None
    assert outcome.states == {"accepted": 1}
    assert send_batch(now=LATER) is None
    assert [(mail.recipient, mail.key) for mail in sink.taken] == [
        ("ana@example.org", delivery.key)
    ]
    assert state(delivery) == "accepted"
    assert (delivery.finished_at, delivery.attempts, delivery.lease_until) == (THEN, 1, None)


@pytest.mark.django_db
@pytest.mark.django_db(transaction=True)
def test_no_transaction_is_open_while_a_message_goes_out(
    sink: SmtpSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_delivery()
    seen: list[tuple[bool, str]] = []
    real = channel.Smtp.send

    def send(self: channel.Smtp, mail: Mail) -> None:
        seen.append((connection.in_atomic_block, Delivery.objects.get().state))
        real(self, mail)

    monkeypatch.setattr(channel.Smtp, "send", send)
    send_batch(now=THEN)
    assert seen == [(False, "transmitting")]


# --- What is not sent ----------------------------------------------------------------------------


def test_what_is_no_longer_true_is_superseded(
    sink: SmtpSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_catalogue(monkeypatch, a_message("note", still_true=lambda delivery, now: False))
    delivery = make_delivery()
    send_batch(now=THEN)
    assert (state(delivery), delivery.error) == ("superseded", "it is no longer true")
    assert sink.connections == 0


def test_what_turns_out_untrue_while_it_is_written_is_superseded(sink: SmtpSink) -> None:
    delivery = make_delivery(context={"over": True})
    send_batch(now=THEN)
    assert (state(delivery), delivery.error) == ("superseded", "somebody else told them")
    assert sink.taken == []


def test_what_must_not_go_out_yet_waits(sink: SmtpSink) -> None:
    delivery = make_delivery(context={"at_night": True})
    send_batch(now=THEN)
    assert (state(delivery), delivery.attempts, sink.taken) == ("due", 0, [])
    assert send_batch(now=THEN + timedelta(minutes=59)) is None
    send_batch(now=THEN + timedelta(hours=1))
    assert state(delivery) == "accepted"


def test_what_comes_too_late_has_expired(sink: SmtpSink) -> None:
    delivery = make_delivery(expires_at=THEN)
    send_batch(now=THEN)
    assert state(delivery) == "expired"
    assert sink.taken == []


def test_a_person_without_an_address_any_more_gets_nothing(sink: SmtpSink) -> None:
    delivery = make_delivery()
    Delivery.objects.update(person=None)
    send_batch(now=THEN)
    assert state(delivery) == "superseded"


def test_a_suppressed_address_gets_nothing(sink: SmtpSink) -> None:
    suppress(email="ana@example.org", scope="all", reason="bounced", now=NOW)
    note, letter = make_delivery(email="ana@example.org"), make_delivery(LETTER)
    send_batch(now=THEN)
    assert (state(note), state(letter)) == ("suppressed", "accepted")


def test_an_address_suppressed_for_bulk_still_gets_what_it_asked_for(sink: SmtpSink) -> None:
    suppress(email="ana@example.org", scope="bulk", reason="complained", now=NOW)
    note = make_delivery(email="ana@example.org")
    letter = make_delivery(LETTER, person=note.person)
    send_batch(now=THEN)
    assert (state(note), state(letter)) == ("accepted", "suppressed")


def test_a_suppression_outlives_a_change_of_the_secret_key(sink: SmtpSink, settings: Any) -> None:
    suppress(email="ana@example.org", scope="all", reason="bounced", now=NOW)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "a new key, long enough to be one, and never used anywhere else"
    delivery = make_delivery(email="ana@example.org")
    send_batch(now=THEN)
    assert state(delivery) == "suppressed"


# --- The step to transmitting tests once more ----------------------------------------------------


def test_a_reader_who_unsubscribes_meanwhile_gets_nothing(
    sink: SmtpSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_catalogue(monkeypatch, a_message("letter", bulk=True, again=False, guard=is_subscribed))
    person, office = make_person(), make_office()
    Subscription.objects.create(
        person=person, office=office, topic=make_topic(), created_at=NOW, confirmed_at=NOW
    )
    delivery = make_delivery(LETTER, person=person)
    with meanwhile(monkeypatch, lambda: Subscription.objects.update(ended_at=THEN)):
        send_batch(now=THEN)
    assert state(delivery) == "superseded"
    assert (sink.reached["MAIL"], sink.taken) == (0, [])


def test_an_address_that_is_suppressed_meanwhile_gets_nothing(
    sink: SmtpSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    delivery = make_delivery(email="ana@example.org")
    with meanwhile(
        monkeypatch,
        lambda: suppress(email="ana@example.org", scope="all", reason="staff", now=NOW),
    ):
        send_batch(now=THEN)
    assert state(delivery) == "suppressed"
    assert sink.reached["MAIL"] == 0


def test_an_event_that_moves_meanwhile_is_announced_at_its_new_time(
    sink: SmtpSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = make_event()
    delivery = make_delivery(event_id=event.pk)

    def move() -> None:
        event_actions.reschedule_event(
            event_id=event.pk,
            starts_at=event.starts_at + timedelta(days=7),
            ends_at=event.ends_at + timedelta(days=7),
            now=NOW,
        )

    with meanwhile(monkeypatch, move):
        send_batch(now=THEN)
    moved = Event.objects.get(pk=event.pk)
    assert state(delivery) == "accepted"
    (taken,) = sink.taken
    assert f"It starts at {moved.starts_at:%Y-%m-%d}." in taken.content.decode()


def test_a_claim_that_was_lost_sends_nothing(
    sink: SmtpSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    delivery = make_delivery()
    other = "8c4a3a4e-0000-4000-8000-000000000000"
    with meanwhile(monkeypatch, lambda: Delivery.objects.update(claim_token=other)):
        outcome = send_batch(now=THEN)
    assert outcome is not None
    assert outcome.states == {"lost": 1}
    assert state(delivery) == "claimed"
    assert sink.reached["MAIL"] == 0


# --- What the server says ------------------------------------------------------------------------


def test_what_is_put_off_is_sent_later_with_the_same_bytes(
    sink: SmtpSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    delivery = make_delivery()
    sink.answer("dot", "451 4.7.1 Greylisted")
    send_batch(now=THEN)
    assert (state(delivery), delivery.attempts) == ("retry", 1)
    assert delivery.error == "final dot: 451 4.7.1 Greylisted"
    assert THEN + timedelta(seconds=30) <= delivery.next_attempt_at <= THEN + retry.FIRST_PAUSE
    contents: list[bytes] = []
    real = channel.Smtp.send
    monkeypatch.setattr(
        channel.Smtp, "send", lambda self, mail: (contents.append(mail.content), real(self, mail))
    )
    sink.answer("dot", "451 4.7.1 Greylisted")
    send_batch(now=LATER)
    send_batch(now=LATER + timedelta(hours=2))
    assert state(delivery) == "accepted"
    assert len(contents) == 2
    assert contents[0] == contents[1]
    assert len(sink.taken) == 1


def test_a_bad_address_fails_and_is_never_written_to_again(sink: SmtpSink) -> None:
    sink.answer_for("ana@example.org", "550 5.1.1 User unknown")
    first = make_delivery(email="ana@example.org")
    send_batch(now=THEN)
    assert state(first) == "failed"
    assert Suppression.objects.values_list("scope", "reason").get() == ("all", "bounced")
    second = make_delivery(person=first.person)
    send_batch(now=THEN)
    assert state(second) == "suppressed"
    assert sink.reached["RCPT"] == 1


def test_mixed_answers_on_one_connection_each_count_for_their_own_message(sink: SmtpSink) -> None:
    sink.answer_for("bad@example.org", "550 5.1.1 User unknown")
    sink.answer_for("later@example.org", "450 4.2.1 Over quota")
    sink.answer_for("spam@example.org", "554 5.6.0 Content refused", phase="dot")
    names = ("one", "bad", "two", "later", "spam", "three")
    rows = [make_delivery(email=f"{name}@example.org") for name in names]
    send_batch(now=THEN)
    assert [state(row) for row in rows] == [
        "accepted", "failed", "accepted", "retry", "failed", "accepted",
    ]  # fmt: skip
    assert sink.connections == 1
    assert Suppression.objects.count() == 1


def test_a_refused_login_holds_all_mail_and_loses_none(settings: Any) -> None:
    with SmtpSink(password="open sesame") as sink:
        rows = [make_delivery() for _ in range(3)]
        settings.MAIL_TRANSPORT = settings.MAIL_TRANSPORT.__class__(
            "smtp", "127.0.0.1", sink.port, "sink", "wrong"
        )
        outcome = send_batch(now=THEN)
        assert outcome is not None
        assert outcome.stopped
        assert [(state(row), row.attempts) for row in rows] == [("due", 0)] * 3
        hold = MailHold.objects.get()
        assert (hold.since, hold.office) == (THEN, None)
        assert hold.reason.startswith("AUTH: 535")

        assert send_batch(now=THEN + timedelta(minutes=4)) is None
        assert sink.connections == 1

        # Still wrong: it is held on, since the same moment.
        send_batch(now=THEN + timedelta(minutes=6))
        assert MailHold.objects.get().since == THEN
        assert sink.connections == 2

        settings.MAIL_TRANSPORT = settings.MAIL_TRANSPORT.__class__(
            "smtp", "127.0.0.1", sink.port, "sink", "open sesame"
        )
        send_batch(now=THEN + timedelta(minutes=12))
        assert [state(row) for row in rows] == ["accepted"] * 3
        assert not MailHold.objects.exists()
        assert len(sink.taken) == 3


def test_a_server_that_relays_nothing_holds_all_mail(sink: SmtpSink) -> None:
    rows = [make_delivery() for _ in range(2)]
    sink.answer("RCPT", "554 5.7.1 Relay access denied")
    outcome = send_batch(now=THEN)
    assert outcome is not None
    assert outcome.stopped
    assert [state(row) for row in rows] == ["due", "due"]
    assert MailHold.objects.get().office is None


def test_one_address_that_is_not_relayed_to_holds_nobody_elses_mail(sink: SmtpSink) -> None:
    make_delivery()
    send_batch(now=THEN)
    sink.answer_for("odd@example.org", "554 5.7.1 <odd@example.org>: Relay access denied")
    odd = make_delivery(email="odd@example.org")
    others = [make_delivery() for _ in range(2)]
    send_batch(now=THEN)
    assert (state(odd), odd.attempts) == ("retry", 1)
    assert odd.next_attempt_at > THEN
    assert [state(row) for row in others] == ["accepted", "accepted"]
    assert not MailHold.objects.exists()


def test_a_refused_sender_holds_the_mail_of_its_office_alone(sink: SmtpSink) -> None:
    wrong, right = make_office(sender_address="wrong@example.org"), make_office()
    sink.answer("MAIL", "553 5.1.8 Sender address rejected: domain not found")
    held = [make_delivery(office=wrong) for _ in range(2)]
    others = [make_delivery(office=right) for _ in range(2)]
    send_batch(now=THEN)
    assert [state(row) for row in held] == ["due", "due"]
    assert [state(row) for row in others] == ["accepted", "accepted"]
    assert MailHold.objects.get().office == wrong
    assert send_batch(now=THEN) is None
    send_batch(now=THEN + timedelta(minutes=6))
    assert [state(row) for row in held] == ["accepted", "accepted"]
    assert not MailHold.objects.exists()


def test_a_server_that_is_away_costs_no_attempt(sink: SmtpSink) -> None:
    rows = [make_delivery() for _ in range(3)]
    sink.answer("connect", "421 4.3.2 Shutting down")
    outcome = send_batch(now=THEN)
    assert outcome is not None
    assert outcome.stopped
    assert [(state(row), row.attempts) for row in rows] == [("due", 0)] * 3
    assert rows[0].error == "connect: 421 4.3.2 Shutting down"
    assert {row.next_attempt_at for row in rows} == {THEN - timedelta(minutes=1)}
    # The next tick, a minute later, tries again.
    send_batch(now=THEN + timedelta(minutes=1))
    assert [state(row) for row in rows] == ["accepted"] * 3


def test_a_process_does_not_wait_for_an_absent_server_again_and_again(
    sink: SmtpSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "_server_is_away_until", 0.0)
    monkeypatch.setattr(sending, "PAUSE_WITHOUT_SERVER", 0.2)
    delivery = make_delivery()
    sink.always("connect", DROP)
    for _ in range(5):
        outcome = send_batch()
        assert outcome is not None
        assert outcome.stopped
    assert sink.connections == 1
    sink.always("connect", None)
    time.sleep(0.2)
    send_batch()
    assert state(delivery) == "accepted"


def test_a_line_dropped_before_the_dot_is_opened_again_for_the_next(sink: SmtpSink) -> None:
    rows = [make_delivery() for _ in range(3)]
    sink.answer("DATA", DROP)
    send_batch(now=THEN)
    assert [state(row) for row in rows] == ["retry", "accepted", "accepted"]
    assert sink.connections == 2


# --- Cut after the final dot ---------------------------------------------------------------------


def test_a_note_that_was_cut_goes_once_more_with_the_same_message_id(sink: SmtpSink) -> None:
    delivery = make_delivery()
    sink.answer("taken", DROP)
    send_batch(now=THEN)
    assert (state(delivery), delivery.resends) == ("due", 1)
    assert send_batch(now=THEN) is None
    send_batch(now=LATER)
    assert state(delivery) == "accepted"
    assert sink.copies() == {delivery.key: 2}
    assert len({taken.message_id for taken in sink.taken}) == 1


def test_a_note_that_was_cut_twice_is_held_as_unknown(sink: SmtpSink) -> None:
    delivery = make_delivery()
    sink.answer("taken", DROP, DROP)
    send_batch(now=THEN)
    send_batch(now=LATER)
    assert state(delivery) == "unknown"
    assert send_batch(now=LATER + timedelta(days=1)) is None
    assert sink.copies() == {delivery.key: 2}


def test_a_letter_that_was_cut_is_held_as_unknown(sink: SmtpSink) -> None:
    delivery = make_delivery(LETTER)
    sink.answer("taken", DROP)
    send_batch(now=THEN)
    assert (state(delivery), delivery.finished_at) == ("unknown", THEN)
    assert send_batch(now=LATER) is None
    assert sink.copies() == {delivery.key: 1}


# --- One message and the others ------------------------------------------------------------------


def test_a_message_that_cannot_be_written_stops_no_other(sink: SmtpSink) -> None:
    broken, well = make_delivery(context={"broken": True}), make_delivery()
    send_batch(now=THEN)
    assert (state(broken), broken.attempts) == ("retry", 1)
    assert broken.error == "writing: ZeroDivisionError"
    assert state(well) == "accepted"


def test_a_message_of_a_newer_version_waits_for_its_worker(sink: SmtpSink) -> None:
    delivery = make_delivery(a_message("not_yet_invented"))
    send_batch(now=THEN)
    assert (state(delivery), delivery.error) == ("retry", "writing: KeyError")


def test_a_message_that_was_put_off_for_days_expires(sink: SmtpSink) -> None:
    delivery = make_delivery(attempts=retry.MOST_ATTEMPTS - 1)
    sink.answer("RCPT", "450 4.2.1 Over quota")
    send_batch(now=THEN)
    assert (state(delivery), delivery.error) == ("expired", "RCPT: 450 4.2.1 Over quota")


def test_transactional_messages_go_before_bulk_and_then_the_oldest(
    sink: SmtpSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    old_letter = make_delivery(LETTER, next_attempt_at=THEN - timedelta(hours=9))
    new_note = make_delivery(next_attempt_at=THEN - timedelta(minutes=1))
    old_note = make_delivery(next_attempt_at=THEN - timedelta(minutes=2))
    send_batch(now=THEN)
    expected = [old_note.key, new_note.key, old_letter.key]
    assert [taken.key for taken in sink.taken] == expected


def test_a_letter_makes_way_for_a_confirmation_that_comes_in(
    sink: SmtpSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "LOOK_UP", 0.0)
    letters = [make_delivery(LETTER) for _ in range(2)]
    real = channel.Smtp.send
    notes: list[Delivery] = []

    def send(self: channel.Smtp, mail: Mail) -> None:
        real(self, mail)
        if not notes:
            notes.append(make_delivery())

    monkeypatch.setattr(channel.Smtp, "send", send)
    send_batch(now=THEN)
    assert [state(row) for row in letters] == ["accepted", "due"]
    send_batch(now=THEN)
    assert [taken.key for taken in sink.taken] == [letters[0].key, notes[0].key, letters[1].key]


def test_a_letter_makes_way_for_a_fact_that_nobody_has_planned_yet(
    sink: SmtpSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "LOOK_UP", 0.0)
    letters = [make_delivery(LETTER) for _ in range(2)]
    Outbox.objects.create(operation=uuid4(), created_at=NOW, not_before=LATER)
    real = channel.Smtp.send

    def send(self: channel.Smtp, mail: Mail) -> None:
        real(self, mail)
        Outbox.objects.create(operation=uuid4(), created_at=NOW)

    monkeypatch.setattr(channel.Smtp, "send", send)
    send_batch(now=THEN)
    assert [state(row) for row in letters] == ["accepted", "due"]


def test_a_worker_that_is_told_to_end_finishes_one_message_and_leaves_the_rest(
    sink: SmtpSink,
) -> None:
    rows = [make_delivery() for _ in range(3)]
    send_batch(now=THEN, stopping=lambda: bool(sink.taken))
    assert [state(row) for row in rows] == ["accepted", "due", "due"]


@pytest.mark.skipif(not hasattr(time, "CLOCK_BOOTTIME"), reason="Linux has this clock")
def test_a_machine_that_slept_in_the_middle_of_a_batch_sends_nothing_that_is_over(
    sink: SmtpSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [make_delivery(expires_at=THEN + timedelta(hours=1)) for _ in range(2)]
    real_send, real_clock = channel.Smtp.send, time.clock_gettime
    slept = 0.0

    def send(self: channel.Smtp, mail: Mail) -> None:
        nonlocal slept
        real_send(self, mail)
        slept = 2 * 3600.0

    def clock_gettime(which: int) -> float:
        return real_clock(which) + (slept if which == time.CLOCK_BOOTTIME else 0)

    monkeypatch.setattr(channel.Smtp, "send", send)
    monkeypatch.setattr(time, "clock_gettime", clock_gettime)
    with at(THEN):
        send_batch()
    assert [state(row) for row in rows] == ["accepted", "due"]
    with at(LATER):
        send_batch()
    assert (state(rows[1]), len(sink.taken)) == ("expired", 1)


def test_something_unforeseen_while_transmitting_is_left_to_the_sweep(
    sink: SmtpSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [make_delivery() for _ in range(2)]

    def send(self: channel.Smtp, mail: Mail) -> None:
        raise RuntimeError("nobody thought of this")

    monkeypatch.setattr(channel.Smtp, "send", send)
    with pytest.raises(RuntimeError):
        send_batch(now=THEN)
    assert [state(row) for row in rows] == ["transmitting", "due"]


@pytest.mark.django_db
@pytest.mark.django_db(transaction=True)
def test_a_database_that_was_restarted_after_250_still_learns_of_it(
    sink: SmtpSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    delivery = make_delivery()
    monkeypatch.setattr(claiming.time, "sleep", lambda seconds: None)
    failures = iter([OperationalError("gone"), OperationalError("gone")])

    real = Update.run

    def flaky(self: Update, **slots: Any) -> int:
        if slots.get("state") == "accepted":
            for failure in failures:
                raise failure
        return real(self, **slots)

    monkeypatch.setattr(Update, "run", flaky)
    send_batch(now=THEN)
    assert next(failures, None) is None
    assert state(delivery) == "accepted"
    assert len(sink.taken) == 1


def test_a_sender_presumed_dead_still_records_what_the_server_said(
    sink: SmtpSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its lease ran out while the server took its time; nobody has claimed the row since."""
    delivery = make_delivery()
    real = channel.Smtp.send

    def send(self: channel.Smtp, mail: Mail) -> None:
        real(self, mail)
        Delivery.objects.update(state="due", resends=1, lease_until=None)

    monkeypatch.setattr(channel.Smtp, "send", send)
    send_batch(now=THEN)
    assert state(delivery) == "accepted"
    assert send_batch(now=LATER) is None


@pytest.mark.django_db
def test_the_messages_of_one_batch_take_the_same_queries_each(
    sink: SmtpSink, django_assert_num_queries: Any
) -> None:
    for number in (1, 10):
        for _ in range(number):
            make_delivery()
        # Holds; the claim (begin, choose, mark, commit), its rows; the release of nothing.
        # The first message: its step. Each further one: begin, the record of the last, its own
        # step, commit. The last one: its record. Where others write meanwhile, a step is a
        # transaction always, which locks the person.
        locking = connection.features.has_select_for_update
        first, further = (4, 5) if locking else (1, 4)
        with django_assert_num_queries(7 + first + further * (number - 1) + 1):
            send_batch(now=THEN)
