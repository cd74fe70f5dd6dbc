"""The call sheet: what people without an e-mail address are told by telephone, and by whom.

A row comes from the planner, in the transaction that plans the mail of all others. Whoever calls
reads the same words, from the facts at that moment, and notes how it went.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext_lazy as _

from events.audit import operation
from events.errors import Refused
from events.models import RSVP, StaffUser
from notifications import catalogue, rendering
from notifications.models import Call, CallState
from volunteers.models import ShiftClaim


class Spoken(NamedTuple):
    """What to say: one line, and the words after it."""

    heading: str
    text: str


class Caller(NamedTuple):
    """Who is called: as they gave name and number for this very occasion."""

    name: str
    phone: str
    language: str


def note_call(*, call_id: int, state: str, now: datetime, actor: StaffUser) -> Call:
    """Note how a call went: "called", "left_word", "unreached", or "to_call" to begin anew.

    Raises :class:`Refused` for any other word.
    """
    if state not in CallState.values:
        raise Refused("call_state", _("Say how the call went."))
    with operation(at=now, actor=actor) as op:
        call = Call.objects.select_for_update(no_key=True).get(pk=call_id)
        if call.state == state:
            return call
        call.state, call.noted_at, call.noted_by = state, now, actor
        call.save(update_fields=["state", "noted_at", "noted_by"])
        op.record(
            "call.noted", office=call.office_id, person=call.person_id, call=call, state=state
        )
    return call


def asked_anew(call: Call) -> list[RSVP]:
    """Return the person's places at what the call tells of that they have not affirmed since.

    Soonest first; one query.
    """
    events = call.context.get("events") or [call.event_id]
    places = RSVP.objects.not_yet_affirmed().filter(
        person_id=call.person_id, event__in=events, event__office=call.office_id
    )
    return list(places.select_related("event").order_by("event__starts_at", "pk"))


def still_true(calls: Iterable[Call]) -> set[int]:
    """Return the keys of those that are still so; one query a kind of message.

    Of several calls of one kind about one event the latest tells all.
    """
    later = Call.objects.filter(
        person_id=OuterRef("person_id"), message=OuterRef("message"),
        event_id=OuterRef("event_id"), pk__gt=OuterRef("pk"),
    )  # fmt: skip
    wanted: dict[str, list[int]] = {}
    for call in calls:
        wanted.setdefault(call.message, []).append(call.pk)
    true: set[int] = set()
    for name, keys in wanted.items():
        rows = Call.objects.filter(~Exists(later), pk__in=keys)
        guard = catalogue.named(name).guard
        true.update((rows if guard is None else rows.filter(guard())).values_list("pk", flat=True))
    return true


def spoken(call: Call, *, language: str, now: datetime) -> Spoken | None:
    """Return what to say in ``language``; None where there is nothing to tell any more."""
    if call.pk not in still_true([call]):
        return None
    said = rendering.render_spoken(call.as_delivery(language), now)
    return Spoken(*said) if said is not None else None


def callers(calls: Iterable[Call]) -> dict[int, Caller]:
    """Return who is called, by the key of the call; two queries."""
    calls = list(calls)
    rsvps = RSVP.objects.in_bulk({call.rsvp_id for call in calls if call.rsvp_id is not None})
    claims = ShiftClaim.objects.in_bulk(
        {call.claim_id for call in calls if call.claim_id is not None}
    )
    found = {}
    for call in calls:
        held = rsvps.get(call.rsvp_id or 0) or claims.get(call.claim_id or 0)
        # A number that was given on another occasion is not for this one.
        who = call.person if held is None else held
        found[call.pk] = Caller(who.name or call.person.name, who.phone, who.language)
    return found
