"""What a reminder says. Whom it goes to and when: ``notifications.reminders``."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from babel.lists import format_list
from django.db.models import Q
from django.utils.translation import gettext as _

from events import dates_text
from events.languages import language_in_use
from events.models import RSVP, Mode, Office
from notifications.message import Recipient
from notifications.messages import addresses, claims, guards, occasions, rsvps
from notifications.models import Delivery
from notifications.reminder_times import (
    end_of_quiet_hours,
    is_quiet,
    known_leads,
    lead_words,
)

#: Somebody who is asked this long before can still tell, so that the place goes to who waits.
ASKS_FROM = timedelta(hours=12)


def rsvp_key(recipient: Recipient, operation: UUID | None, message: str) -> str:
    """One reminder for each RSVP, lead and schedule."""
    lead = recipient.context["lead"]
    return f"reminder:rsvp:{recipient.rsvp_id}:{lead}:{recipient.schedule_rev}"


def claim_key(recipient: Recipient, operation: UUID | None, message: str) -> str:
    """One reminder for each claim, lead and schedule."""
    lead = recipient.context["lead"]
    return f"reminder:claim:{recipient.claim_id}:{lead}:{recipient.schedule_rev}"


def rsvp_is_still_due() -> Q:
    """The place is the person's, and the event takes place when it was going to."""
    return rsvps.has_a_place() & guards.event_time_is_the_same()


def claim_is_still_due() -> Q:
    """The place is the volunteer's, and the shift takes place when it was going to."""
    return claims.has_a_place() & guards.shift_time_is_the_same()


def rsvp_context(delivery: Delivery, now: datetime) -> dict[str, Any]:
    """When and where, how to get in, the help asked for, and a way to say whether one comes."""
    rsvp = rsvps.read(delivery)
    known = rsvps.facts(rsvp, delivery, now)
    in_room = rsvp.mode != Mode.REMOTE
    return {
        **known,
        **_distance(rsvp.event, now),
        "reason": _because(known["reason"], rsvp.event.office),
        "getting_in": occasions.getting_in(known["venue"]) if in_room else [],
    }


def claim_context(delivery: Delivery, now: datetime) -> dict[str, Any]:
    """The shift, and the event that the volunteer also has an RSVP for, until that is over."""
    claim, shift = claims.read(delivery)
    known = claims.facts(claim, shift, delivery, now)
    rsvp = None
    if shift.event_id is not None and delivery.person_id is not None:
        rsvp = (
            RSVP.objects.confirmed()
            .filter(event_id=shift.event_id, event__ends_at__gt=now, person_id=delivery.person_id)
            .select_related("event")
            .prefetch_related("access_requests")
            .first()
        )
    return {
        **known,
        **_distance(shift, now),
        "reason": _because(known["reason"], shift.office),
        "getting_in": occasions.getting_in(known["venue"]),
        "event_when": occasions.when_words(shift.event) if shift.event is not None else "",
        "rsvp_url": addresses.rsvp_links(rsvp)["manage_url"] if rsvp is not None else "",
        "rsvp_party": rsvp.party_size if rsvp is not None else 0,
        **(occasions.help_facts(rsvp) if rsvp is not None else {}),
    }


def _distance(occasion: occasions.Occasion, now: datetime) -> dict[str, Any]:
    """Return how far off it is at this moment, and whether there is time to ask who comes.

    Raises :class:`guards.TooEarly` in quiet hours.
    """
    if is_quiet(now, occasion.timezone):
        # It was tried in time, and comes back in the night.
        raise guards.TooEarly(end_of_quiet_hours(now, occasion.timezone))
    language = language_in_use()
    return {
        "relative": dates_text.relative_text(
            occasion.starts_at, occasion.ends_at, occasion.timezone, now, language
        ),
        "asks": occasion.starts_at - now >= ASKS_FROM,
    }


def _because(reason: str, office: Office) -> str:
    """Say why, and when the office sends reminders."""
    language = language_in_use()
    leads = [lead_words(lead, language) for lead in known_leads(office.reminder_leads)]
    listed = format_list(leads, locale=dates_text.babel_locale(language))
    words = _("%(reason)s When reminders go out: %(leads)s") % {"reason": reason, "leads": listed}
    # "11:00 a.m." has the full stop already.
    return words if words.endswith(".") else f"{words}."
