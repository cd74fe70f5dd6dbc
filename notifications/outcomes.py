"""What became of a delivery and what will happen next, in words for staff."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from events import dates_text
from events.languages import language_in_use
from events.proof import address_hashes
from notifications import catalogue
from notifications.delivery.words import BEFORE
from notifications.models import (
    Bounce,
    Delivery,
    DeliveryState,
    Letter,
    MailHold,
    Suppression,
    SuppressionReason,
)

#: What the states are called.
STATES: dict[DeliveryState, Any] = {
    DeliveryState.DUE: pgettext_lazy("message", "Waiting"),
    DeliveryState.CLAIMED: pgettext_lazy("message", "Taken up"),
    DeliveryState.TRANSMITTING: pgettext_lazy("message", "Being sent"),
    DeliveryState.RETRY: pgettext_lazy("message", "To be tried again"),
    DeliveryState.ACCEPTED: pgettext_lazy("message", "Accepted"),
    DeliveryState.FAILED: pgettext_lazy("message", "Failed"),
    DeliveryState.UNKNOWN: pgettext_lazy("message", "Unknown"),
    DeliveryState.SUPPRESSED: pgettext_lazy("message", "Not written to"),
    DeliveryState.SUPERSEDED: pgettext_lazy("message", "No longer true"),
    DeliveryState.EXPIRED: pgettext_lazy("message", "Given up"),
}


def in_words(error: str) -> str:
    """Return the last words about a delivery: a server's as they are, ours in the page's language.

    Ours are marked in the code that writes them down (``gettext_noop``).
    """
    last, before, earlier = error.partition(BEFORE)
    if not last:
        return ""
    return _(last) + (_("; before: %(words)s") % {"words": earlier} if before else "")


@dataclass(frozen=True)
class Answer:
    """Why or why not, in words; ``code`` names the kind of answer."""

    code: str
    text: str
    delivery: Delivery | None = None


def moment(at: datetime, timezone: str) -> str:
    """Return an instant in words, in the zone and in the language of the page."""
    return dates_text.moment_text(at, timezone, language_in_use())


def title_of(delivery: Delivery) -> str:
    """Return what a delivery's message is called; its bare name where no message is called so."""
    try:
        return str(catalogue.named(delivery.message).title)
    except KeyError:
        return delivery.message


def outcome(delivery: Delivery, *, now: datetime, timezone: str) -> Answer:
    """Say what became of one delivery, and what will happen next. Three queries at most."""
    state = DeliveryState(delivery.state)
    ended = moment(delivery.finished_at, timezone) if delivery.finished_at else ""
    words = in_words(delivery.error)
    if state == DeliveryState.ACCEPTED and later(delivery):
        text = _("The mail server took it %(when)s.") % {"when": ended}
    elif state == DeliveryState.ACCEPTED:
        text = _(
            "The receiving mail server took it %(when)s. It may be in the spam folder; what "
            "happens behind that server nobody can see."
        ) % {"when": ended}
    elif state == DeliveryState.FAILED:
        text = _(
            "The mail server refused it for good %(when)s, and said: %(words)s. It is not tried "
            "again by itself."
        ) % {"when": ended, "words": words or "–"}
    elif state == DeliveryState.UNKNOWN:
        text = _(
            "The line broke %(when)s, just as it was sent: the person may have it or not. It goes "
            "out again only if staff order it."
        ) % {"when": ended}
    elif state == DeliveryState.SUPPRESSED:
        text = _("It was not sent: %(why)s") % {"why": _why_suppressed(delivery, timezone)}
    elif state == DeliveryState.SUPERSEDED:
        text = _(
            "It was not sent, since it was no longer true when its turn came %(when)s (%(words)s). "
            "Nothing more happens."
        ) % {"when": ended, "words": words or "–"}
    elif state == DeliveryState.EXPIRED:
        text = _(
            "It was given up %(when)s, since it came too late to be of use. Nothing more happens."
        ) % {"when": ended}
    elif state in (DeliveryState.CLAIMED, DeliveryState.TRANSMITTING):
        text = _("It is being sent at this moment.")
    else:
        text = still_due(delivery, now=now, timezone=timezone)
    return Answer(state.value, " ".join([text, *_later(delivery, timezone)]), delivery)


#: What it is called, in lists, that a message came back or was complained of.
LATER = {
    "bounced": pgettext_lazy("message", "Came back"),
    "complained": pgettext_lazy("message", "Complaint"),
}


def later(delivery: Delivery) -> list[Any]:
    """Return what lists say of a delivery beside its state."""
    facts = {"bounced": delivery.bounced_at, "complained": delivery.complained_at}
    return [words for name, words in LATER.items() if facts[name] is not None]


def _later(delivery: Delivery, timezone: str) -> list[str]:
    """Say what we heard of it afterwards."""
    found = []
    if delivery.bounced_at is not None:
        sentence = _("Later it came back, as our provider reported %(when)s: %(why)s.") % {
            "when": moment(delivery.bounced_at, timezone),
            "why": Bounce(delivery.bounce).label,
        }
        found.append(sentence)
        if delivery.bounce_words:
            said = _("The receiving mail server said: %(words)s.")
            found.append(said % {"words": delivery.bounce_words.rstrip(".")})
    if delivery.complained_at is not None:
        found.append(
            _("The person complained about it %(when)s. No more letters go to them.")
            % {"when": moment(delivery.complained_at, timezone)}
        )
    return found


def _why_suppressed(delivery: Delivery, timezone: str) -> str:
    hashes = [delivery.address_hash]
    if delivery.person is not None and delivery.person.email:
        hashes += address_hashes(delivery.person.email)
    row = Suppression.objects.filter(address_hash__in=hashes).order_by("-created_at").first()
    if row is None:
        return _("at that time the address was to get no mail. By now it may be written to again.")
    since = moment(row.created_at, timezone)
    return {
        SuppressionReason.BOUNCED: _("the mail server said %(since)s that the address is bad."),
        SuppressionReason.SOFT_BOUNCES: _(
            "the mailbox was full, or took nothing, on several days; the last one was %(since)s."
        ),
        SuppressionReason.COMPLAINED: _("the person complained about our mail %(since)s."),
        SuppressionReason.PERSON: _("the person wants no mail, since %(since)s."),
        SuppressionReason.STAFF: _("the office stopped mail to this address %(since)s."),
    }[SuppressionReason(row.reason)] % {"since": since}


def still_due(delivery: Delivery, *, now: datetime, timezone: str) -> str:
    """Say why a delivery has not gone out yet, and when it will. Two queries."""
    hold = (
        MailHold.objects.filter(Q(office=None) | Q(office=delivery.office_id))
        .order_by("since")
        .first()
    )
    if hold is not None:
        return _(
            "It waits, as all mail does since %(since)s: the mail server refuses us and says "
            "“%(words)s”. It goes out by itself when that is mended."
        ) % {"since": moment(hold.since, timezone), "words": hold.reason}
    if delivery.letter_id is not None:
        letter = Letter.objects.filter(pk=delivery.letter_id).only("paused_at").first()
        if letter is not None and letter.paused_at is not None:
            return _("It waits: the letter’s mail is paused since %(since)s.") % {
                "since": moment(letter.paused_at, timezone)
            }
    following = moment(delivery.next_attempt_at, timezone)
    if delivery.state == DeliveryState.RETRY:
        return _("The mail server put it off and said: %(words)s. It is tried again %(when)s.") % {
            "words": in_words(delivery.error) or "–",
            "when": following,
        }
    if delivery.next_attempt_at > now:
        return _("It waits for its time, %(when)s.") % {"when": following}
    if delivery.error:
        return _("It could not be sent so far (%(words)s). It is tried again by itself.") % {
            "words": in_words(delivery.error)
        }
    if delivery.priority:
        return _("It waits for its turn: other mail goes before letters. It goes out by itself.")
    return _("It waits for its turn and goes out by itself, mostly within a minute.")
