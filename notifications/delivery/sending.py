"""Sends one batch: per message test, transmit, record; no transaction is open across SMTP.

For each message, in this order: is it still true; render it; have a connection ready; the step to
``transmitting``, in which the database itself tests once more everything that must hold; send;
record. What happens to one message never reaches another, except when the server refuses all mail.
"""

import logging
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from events import clock
from events.models import Outbox
from notifications import catalogue, rendering
from notifications.delivery import claiming, holds, mime, retry, soft_bounces, suppression, words
from notifications.delivery.channels import (
    Cut,
    Mail,
    MailRefused,
    Rejected,
    ServerAway,
    Transport,
    TryLater,
    email,
)
from notifications.delivery.terms import Terms, hashes_of, is_paused
from notifications.message import Message, NotYet, Rendered, Superseded, Told
from notifications.models import Delivery, DeliveryState, MailHold, SuppressionReason

logger = logging.getLogger(__name__)

#: Before a message that was cut is sent once more: long enough for a server that did take it to
#: have it on its way, so that the reader's program knows the copy for one.
PAUSE_BEFORE_COPY = timedelta(minutes=1)
#: Seconds for which this process does not ask a server again that it could not reach. Every hint
#: would else wait for it, and ticks would wait behind the hints.
PAUSE_WITHOUT_SERVER = 20.0
#: A batch ends early when this much of its lease is left.
MARGIN = timedelta(minutes=2)
#: Deliveries that are asked whether the server takes our mail at present.
LATEST = 500
#: How often a bulk batch looks whether anything more urgent has come in, in seconds.
LOOK_UP = 1.0


#: By the clock of ``time.monotonic()``.
_server_is_away_until = 0.0


@dataclass
class Outcome:
    """What became of one batch: how many deliveries ended in which state."""

    states: Counter[str] = field(default_factory=Counter)
    #: Nothing more can be sent in this run: the server is away, or refuses all our mail.
    stopped: bool = False
    away: bool = False


def running_clock(start: datetime) -> Callable[[], datetime]:
    """Return a clock that goes on from the database's time, without asking it for each message."""
    began = _seconds()
    return lambda: start + timedelta(seconds=_seconds() - began)


def _seconds() -> float:
    """Return seconds that go on while the machine sleeps.

    ``time.monotonic()`` stands still then on Linux: whoever wakes up in the middle of a batch would
    send reminders of what is over.
    """
    if hasattr(time, "CLOCK_BOOTTIME"):
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.monotonic()


def send_batch(
    *, now: datetime | None = None, stopping: Callable[[], bool] = lambda: False
) -> Outcome | None:
    """Claim a batch and send it; None if nothing is due.

    ``now`` stops the clock, for tests and for whoever replays a moment. ``stopping`` is asked
    between two messages.
    """
    global _server_is_away_until
    if now is None and time.monotonic() < _server_is_away_until:
        return Outcome(stopped=True)
    start = now or clock.database_now()
    held = holds.holds()
    in_force = [hold for hold in held if hold.until > start]
    if any(hold.office_id is None for hold in in_force):
        return None
    held_offices = {hold.office_id for hold in in_force if hold.office_id is not None}
    batch = claiming.claim(now=start, held_offices=held_offices)
    if batch is None:
        return None
    transport = email.transport()
    run = _Run(
        batch,
        transport,
        clock=(lambda: start) if now else running_clock(start),
        held=held,
        held_offices=held_offices,
    )
    try:
        run.send_all(stopping)
    finally:
        # Also when something unforeseen happens: only the message being sent stays claimed.
        try:
            run.record()
        finally:
            claiming.release(batch)
            transport.close()
    if now is None and run.outcome.away:
        _server_is_away_until = time.monotonic() + PAUSE_WITHOUT_SERVER
    return run.outcome


class _Run:
    """One batch on its way out."""

    def __init__(
        self,
        batch: claiming.Batch,
        transport: Transport,
        *,
        clock: Callable[[], datetime],
        held: list[MailHold],
        held_offices: set[int],
    ) -> None:
        self.batch = batch
        self.transport = transport
        self.clock = clock
        #: Holds that the next accepted message shows to be over, and whose mail waits now.
        self.held = held
        self.held_offices = held_offices
        self.outcome = Outcome()
        self._looked_up = time.monotonic()
        #: The message that the server has taken last, and when, while it is not recorded yet.
        self._accepted: tuple[Delivery, datetime] | None = None
        #: What all readers of one letter in one language share, and the facts it was written from.
        self._drafts: dict[tuple[object, ...], tuple[mime.Draft, Terms]] = {}

    def send_all(self, stopping: Callable[[], bool]) -> None:
        for delivery in self.batch.deliveries:
            if stopping() or self.outcome.stopped:
                return
            if self.clock() > self.batch.lease_until - MARGIN or self._must_make_way(delivery):
                return
            if delivery.office_id in self.held_offices:
                continue
            self._send_one(delivery)

    def _must_make_way(self, delivery: Delivery) -> bool:
        """Whether bulk mail has to wait because something transactional has come in."""
        if delivery.priority == 0 or time.monotonic() < self._looked_up + LOOK_UP:
            return False
        self._looked_up = time.monotonic()
        urgent = Delivery.objects.filter(claiming.due(self.clock()), priority=0)
        if urgent.exclude(office_id__in=self.held_offices).exists():
            return True
        # Facts that nobody has planned yet: most of them are one person's, who is waiting.
        return Outbox.objects.filter(cursor="", not_before=None).exists()

    def _send_one(self, delivery: Delivery) -> None:
        try:
            for _again in range(3):
                ready = self._write(delivery)
                if ready is None:
                    return
                self.transport.prepare()
                if self._begin(delivery, ready):
                    delivery.attempts += 1
                    self._transmit(delivery, ready)
                    return
                if self._explain(delivery, ready):
                    return
            # The facts change faster than they can be written down; the next batch has its turn.
        except ServerAway as away:
            self._stop(str(away))
        except MailRefused as refusal:
            self._hold(delivery, refusal)
        except Exception as error:
            if not claiming.still_claimed(delivery, self.batch, now=self.clock()):
                # It broke while transmitting: only the sweep may say what became of it.
                raise
            # One message that cannot be written must not stop the others.
            logger.exception("Delivery %s (%s) cannot be written", delivery.pk, delivery.message)
            self._put_off(delivery, f"writing: {type(error).__name__}", attempts=1)

    def _begin(self, delivery: Delivery, ready: "_Ready") -> bool:
        begun = claiming.begin(
            delivery,
            self.batch,
            step=ready.terms.step,
            now=self.clock(),
            record=self._write_accepted if self._accepted else None,
            told=ready.told,
            **ready.hashes,
        )
        # Only now: had the commit failed, it would still be to be written.
        self._accepted = None
        return begun

    # --- Before it is transmitted ----------------------------------------------------------------

    def _write(self, delivery: Delivery) -> "_Ready | None":
        """Return the mail and the condition under which it may go; None if it has ended here."""
        now = self.clock()
        message = catalogue.named(delivery.message)
        address = delivery.person.email if delivery.person is not None else None
        if not address:
            self._end(delivery, DeliveryState.SUPERSEDED, words.NO_ADDRESS)
            return None
        if delivery.expires_at is not None and delivery.expires_at <= now:
            said = f"{words.BEFORE}{delivery.error}" if delivery.error else ""
            why = f"{words.TOO_LATE}{said}"
            self._end(delivery, DeliveryState.EXPIRED, why)
            soft_bounces.after_end(delivery, error=why, now=now)
            return None
        hashes = hashes_of(address)
        if message.own is not None:
            draft, terms = self._draft(delivery, message)
            mail = draft.copy(delivery, address=address, own=message.own(delivery))
            return _Ready(mail, hashes, terms)
        terms = Terms.of(delivery, message)
        if message.still_true(delivery, now):
            rendered = rendering.render(delivery, now)
        else:
            rendered = Superseded(words.NOT_TRUE)
        if isinstance(rendered, Superseded):
            self._end(delivery, DeliveryState.SUPERSEDED, rendered.reason)
            return None
        if isinstance(rendered, NotYet):
            # Never in the same minute again: a time that has passed would go round for ever.
            until = max(rendered.until, now + timedelta(minutes=1))
            self._finish(delivery, DeliveryState.DUE, next_attempt_at=until)
            return None
        mail = mime.build(delivery, rendered, address=address, bulk=message.bulk)
        return _Ready(mail, hashes, terms, rendered.told)

    def _draft(self, delivery: Delivery, message: Message) -> tuple[mime.Draft, Terms]:
        """Return what is written once a batch for all readers of one language.

        The database tests in the step to transmitting whether the reader still gets it, and
        whether the words are still those of the facts.
        """
        which = (message.name, delivery.letter_id, delivery.office_id, delivery.language)
        if which not in self._drafts:
            terms = Terms.of(delivery, message)
            rendered = rendering.render_for_many(delivery, self.clock())
            if not isinstance(rendered, Rendered):
                raise TypeError(f"{message.name} has one text for all its readers")
            self._drafts[which] = mime.Draft(delivery, rendered, bulk=message.bulk), terms
        return self._drafts[which]

    def _explain(self, delivery: Delivery, ready: "_Ready") -> bool:
        """Record why it was not begun; returns False if it is to be written anew."""
        if not claiming.still_claimed(delivery, self.batch, now=self.clock()):
            self.outcome.states["lost"] += 1
            return True
        mine = Delivery.objects.filter(pk=delivery.pk)
        bulk = ready.terms.message.bulk
        if mine.filter(suppression.is_suppressed([*ready.hashes.values()], bulk=bulk)).exists():
            if self._may_try_again(delivery, ready):
                return False
            self._end(delivery, DeliveryState.SUPPRESSED, words.NOT_TO_THEM)
        elif not mine.filter(ready.terms.guard).exists():
            self._end(delivery, DeliveryState.SUPERSEDED, words.NOT_TRUE)
        elif mine.filter(is_paused()).exists():
            # Its letter was paused since the claim: it waits where it was.
            self._finish(delivery, DeliveryState.DUE)
        else:
            self._drafts.clear()
            return False
        return True

    def _may_try_again(self, delivery: Delivery, ready: "_Ready") -> bool:
        """Whether this message may find out if a mailbox that was not there is there by now."""
        assert delivery.person is not None
        return ready.terms.message.answers_form and suppression.may_try_again(
            delivery=delivery, person=delivery.person, now=self.clock()
        )

    def _end(self, delivery: Delivery, state: DeliveryState, why: str) -> None:
        self._finish(delivery, state, error=why, finished_at=self.clock())

    # --- While it is transmitted -----------------------------------------------------------------

    def _transmit(self, delivery: Delivery, ready: "_Ready") -> None:
        try:
            self.transport.send(ready.mail)
        except Cut as cut:
            self._cut(delivery, ready.terms.message, str(cut))
        except Rejected as rejection:
            self._finish(
                delivery, DeliveryState.FAILED, error=str(rejection), finished_at=self.clock()
            )
            if rejection.bad_address and delivery.person is not None:
                suppression.suppress(
                    email=delivery.person.email or "",
                    scope="all",
                    reason=SuppressionReason.BOUNCED,
                    detail=str(rejection),
                    delivery_id=delivery.pk,
                    now=self.clock(),
                )
            else:
                soft_bounces.after_end(delivery, error=str(rejection), now=self.clock())
        except TryLater as later:
            self._put_off(delivery, str(later))
        except (ServerAway, MailRefused) as trouble:
            if getattr(trouble, "at_recipient", False) and self._is_taken():
                # Anybody can type an address that our server does not relay to: it must not hold
                # everybody's mail.
                self._put_off(delivery, str(trouble))
                return
            # It was not taken, and it is nothing about this message: back where it was.
            self._finish(delivery, DeliveryState.DUE, error=str(trouble))
            raise
        else:
            self._accepted = (delivery, self.clock())
            if self.held:
                self.held = holds.lift(self.held, office_id=delivery.office_id, now=self.clock())

    def record(self) -> None:
        """Record that the last message was accepted, if that is not done yet.

        It waits for the step of the next message, a millisecond later, or for the end of the batch.
        """
        if self._accepted is not None:
            self._write_accepted()
            self._accepted = None

    def _write_accepted(self) -> None:
        assert self._accepted is not None
        delivery, at = self._accepted
        self._write_down(delivery, DeliveryState.ACCEPTED, error="", finished_at=at)

    def _is_taken(self) -> bool:
        """Whether the server has taken other mail of ours, of this run or of the last hour."""
        if self.outcome.states[str(DeliveryState.ACCEPTED.value)]:
            return True
        latest = Delivery.objects.order_by("-pk").values("pk")[:LATEST]
        return Delivery.objects.filter(
            pk__in=latest,
            state=DeliveryState.ACCEPTED,
            finished_at__gt=self.clock() - timedelta(hours=1),
        ).exists()

    def _put_off(self, delivery: Delivery, why: str, *, attempts: int = 0) -> None:
        """Try again later, or no more when it has been tried for days."""
        count = delivery.attempts + attempts
        if count >= retry.MOST_ATTEMPTS:
            self._finish(
                delivery,
                DeliveryState.EXPIRED,
                error=why,
                attempts=count,
                finished_at=self.clock(),
            )
            soft_bounces.after_end(delivery, error=why, now=self.clock())
            return
        self._finish(
            delivery,
            DeliveryState.RETRY,
            error=why,
            attempts=count,
            next_attempt_at=self.clock() + retry.pause(max(count, 1)),
        )

    def _cut(self, delivery: Delivery, message: Message, why: str) -> None:
        """Nobody can say whether it was taken: send it once more, or hold it, by its kind."""
        if message.again and delivery.resends == 0:
            self._finish(
                delivery,
                DeliveryState.DUE,
                error=why,
                resends=1,
                next_attempt_at=self.clock() + PAUSE_BEFORE_COPY,
            )
        else:
            self._finish(delivery, DeliveryState.UNKNOWN, error=why, finished_at=self.clock())

    def _finish(self, delivery: Delivery, state: DeliveryState, **values: object) -> None:
        self.record()
        self._write_down(delivery, state, **values)

    def _write_down(self, delivery: Delivery, state: DeliveryState, **values: object) -> None:
        if "error" in values:
            values["error"] = str(values["error"])[:500]
        if claiming.finish(delivery, self.batch, state=state, **values):
            self.outcome.states[str(state.value)] += 1

    # --- When nothing more can be sent -----------------------------------------------------------

    def _stop(self, why: str) -> None:
        """The server is away: everything stays due, and nothing is held against any message.

        How long it has been due is what staff and monitoring are told.
        """
        logger.warning("No mail can be sent now: %s", why)
        claiming.release(self.batch, error=why[:500])
        self.outcome.stopped = self.outcome.away = True

    def _hold(self, delivery: Delivery, refusal: MailRefused) -> None:
        """The server refuses our mail as such: hold it, tell staff, lose nothing."""
        own_sender = delivery.office is not None and bool(delivery.office.sender_address)
        office_id = delivery.office_id if refusal.sender_only and own_sender else None
        logger.error("The mail server refuses our mail: %s", refusal)
        holds.hold(office_id=office_id, reason=str(refusal), now=self.clock())
        if office_id is None:
            self.outcome.stopped = True
        else:
            self.held_offices.add(office_id)


@dataclass(frozen=True)
class _Ready:
    """A message as written, the hashes of its address, and what must hold for it."""

    mail: Mail
    hashes: dict[str, str]
    terms: Terms
    told: Told | None = None
