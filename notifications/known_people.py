"""Whom an office knows: those whom it has rows of, and nobody else (DESIGN.md, People)."""

from collections.abc import Sequence

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from events.models import RSVP, Office, Person
from notifications.models import Delivery, Subscription
from volunteers.models import ShiftClaim

#: What is said of everybody else, whether somebody has the address or not.
NOBODY = _("Your office has nothing to do with anybody of this address.")


def known_to(offices: Sequence[Office], person: str = "person") -> Q:
    """Return the condition that ``person`` is a guest, a volunteer or a reader of these offices.

    Or somebody whom they wrote to. ``person`` names the column that holds the key.
    """
    theirs = [
        Delivery.objects.filter(office__in=offices),
        RSVP.objects.filter(event__office__in=offices),
        ShiftClaim.objects.filter(shift__office__in=offices),
        Subscription.objects.filter(office__in=offices),
    ]
    known = Q()
    for rows in theirs:
        known |= Q(Exists(rows.filter(person=OuterRef(person))))
    return known


def person_of(email: str, offices: Sequence[Office]) -> Person | None:
    """Return whom these offices know under an address; None also where only others do."""
    return Person.objects.filter(known_to(offices, "pk"), email=email.strip().lower()).first()
