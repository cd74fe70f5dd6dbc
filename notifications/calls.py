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
from events.models import RSVP, Event, StaffUser
from notifications import catalogue, rendering
from notifications.models import Call, CallState
from volunteers.models import ShiftClaim

#: Messages in which a party is asked whether it still comes.
ASK_ANEW = ("event_changed", "dates_changed")
#: What two calls of one kind have in common when they are about one thing, by what it is.
SAME = {
    "rsvp": "rsvp_id", "claim": "claim_id", "shift": "claim_id", "event": "event_id",
    "place": "event_id",
}  # fmt: skip


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


def asked_anew(call: Call, now: datetime) -> list[RSVP]:
    """Return the person's places at what the call says is moved that they have not affirmed since.

    Soonest first; none where the call is no longer true. A constant number of queries.
    """
    if call.message not in ASK_ANEW or call.pk not in still_true([call]):
        return []
    events = Event.objects.going_on().filter(
        pk__in=call.context.get("events") or [call.event_id], office=call.office_id,
        ends_at__gt=now,
    )  # fmt: skip
    places = RSVP.objects.not_yet_affirmed().filter(person_id=call.person_id, event__in=events)
    shown = places.select_related("event__office").prefetch_related("event__translations")
    return list(shown.order_by("event__starts_at", "pk"))


def still_true(calls: Iterable[Call]) -> set[int]:
    """Return the keys of those that are still so; one query a kind of message.

    Of several calls of one kind about one thing the latest tells all. What is told of several dates
    tells of its own alone.
    """
    wanted: dict[str, list[int]] = {}
    for call in calls:
        wanted.setdefault(call.message, []).append(call.pk)
    true: set[int] = set()
    for name, keys in wanted.items():
        rows = Call.objects.filter(pk__in=keys)
        if same := SAME.get(name.partition("_")[0]):
            later = Call.objects.filter(
                person_id=OuterRef("person_id"), message=name, pk__gt=OuterRef("pk"),
                **{same: OuterRef(same)},
            )  # fmt: skip
            rows = rows.filter(~Exists(later))
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
