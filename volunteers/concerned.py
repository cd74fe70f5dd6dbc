"""Whom of its volunteers a change of an event concerns; what its history calls facts of shifts."""

from django.db.models import Count, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from events import extensions
from events.extensions import Change, Concerned
from events.models import RSVP
from volunteers.models import Shift, ShiftClaim

WORDS = {
    "shift.created": _("Shift begun"),
    "shift.posted": _("Shift posted"),
    "shift.edited": _("Shift changed"),
    "shift.rescheduled": _("Shift moved to another time"),
    "shift.moved": _("Shift moved to another place"),
    "shift.cancelled": _("Shift cancelled"),
    "shift.deleted": _("Draft of a shift thrown away"),
    "claim.confirmed": _("Shift taken"),
    "claim.waitlisted": _("Shift: on the waitlist"),
    "claim.repeated": _("Shift asked for again"),
    "claim.refused": _("Shift refused: another one at that time"),
    "claim.promoted": _("Shift: moved up from the waitlist"),
    "claim.proven": _("Shift confirmed by mail"),
    "claim.released": _("Shift given back"),
    "claim.attended": _("Volunteer’s attendance written down"),
}


def volunteers(change: Change) -> Concerned | None:
    """Count everyone with a place, or a place in line, on a shift that changes, once each.

    Whoever has an RSVP as well is among the guests already: they get one message. A new link to
    join online concerns nobody who works in the room.
    """
    if change.joining_alone:
        return None
    shifts = Shift.objects.standing().filter(event__in=change.events).values("pk")
    of_place: list[int] = []
    if change.venue is not None and change.now is not None:
        there = Shift.objects.coming_at(change.venue, change.now).going_on()
        of_place = list(there.values_list("pk", flat=True))
    guests = RSVP.objects.active().filter(event__in=change.events).values("person")
    claims = ShiftClaim.objects.active().filter(person__isnull=False)
    claims = claims.filter(Q(shift__in=shifts) | Q(shift__in=of_place))
    claims = claims.exclude(person__in=guests)
    people = claims.aggregate(
        all=Count("person", distinct=True),
        by_mail=Count("person", distinct=True, filter=Q(person__email__isnull=False)),
    )
    if not people["all"]:
        return None
    words = ngettext("%(count)s volunteer", "%(count)s volunteers", people["by_mail"])
    return Concerned(
        words % {"count": people["by_mail"]}, people["by_mail"], people["all"] - people["by_mail"]
    )


def register() -> None:
    """Add them. Called once, when the app is ready."""
    extensions.concerned.append(volunteers)
    extensions.history_words.update(WORDS)
