"""Who will be told of a change of a shift, before it is made."""

from datetime import datetime

from django.db.models import Count, Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from events.extensions import Concerned
from events.models import AuditEntry
from events.staff.concerned import Told
from volunteers.models import Shift, ShiftClaim


def who_is_told(shift: Shift, *, now: datetime, until: datetime | None = None) -> Told:
    """Return whom a change of time, place or status is told: everyone with a place or in line.

    Nobody, while the shift is a draft, and once it and the new date are over. ``until`` is the
    new end, if it changes; ``shift`` is effective. One query.
    """
    if not shift.is_posted or max(shift.ends_at, until or shift.ends_at) <= now:
        return Told([])
    people = ShiftClaim.objects.active().filter(shift=shift, person__isnull=False)
    counts = people.aggregate(
        all=Count("person", distinct=True),
        by_mail=Count("person", distinct=True, filter=Q(person__email__isnull=False)),
    )
    if not counts["all"]:
        return Told([])
    words = ngettext("%(count)s volunteer", "%(count)s volunteers", counts["by_mail"])
    group = Concerned(
        words % {"count": counts["by_mail"]}, counts["by_mail"], counts["all"] - counts["by_mail"]
    )
    return Told([group])


def done_message(told: Told, what: str) -> str:
    """Return what was done, and who hears of it."""
    if not told.by_mail:
        return what
    return f"{what} " + _("%(people)s will get a message.") % {"people": told.words}


def last_saved(shift: Shift) -> AuditEntry | None:
    """Return the last fact of the shift itself or of its event's time, with who did it."""
    of_shift = Q(action__startswith="shift.", subjects__shift=shift.pk)
    if shift.event_id is not None:
        of_event = Q(action__in=("event.rescheduled", "event.moved"))
        facts = AuditEntry.objects.filter(of_shift | of_event, event_id=shift.event_id)
    else:
        facts = AuditEntry.objects.filter(of_shift, office_id=shift.office_id)
    return facts.select_related("staff").order_by("-at", "-pk").first()
