"""Whether mail goes out: one function for each figure.

``/readyz``, ``/metrics`` and the banner of the staff desk ask these, and so agree. Every query is
answered from an index of what is open, or of the last day: none reads the whole table.
"""

from datetime import datetime, timedelta

from django.db.models import Count, Q

from events.models import Outbox
from notifications.models import Bounce, Delivery, MailHold, Tick
from notifications.models.delivery import OPEN

#: Beat's minute may come late, but three times in a row it has stopped.
OLDEST_TICK = timedelta(minutes=3)
#: A confirmation that is due for so long means that mail is not going out. Letters wait for their
#: turn (DELIVERY.md, 7), so their age is reported and does not count.
OLDEST_DUE = timedelta(minutes=15)
#: What the figures count apart: by the priority of its rows.
KINDS = {0: "transactional", 1: "bulk"}


def last_tick() -> datetime | None:
    """Return when beat's minute last came round; None before the first time."""
    return Tick.objects.order_by("-at").values_list("at", flat=True).first()


def oldest_due(now: datetime, *, priority: int, whose: Q | None = None) -> datetime | None:
    """Return since when the oldest delivery has been due; None where nothing is.

    ``whose`` narrows it to some offices.
    """
    due = Delivery.objects.filter(
        whose or Q(), state__in=["due", "retry"], priority=priority, next_attempt_at__lte=now
    )
    return due.order_by("next_attempt_at").values_list("next_attempt_at", flat=True).first()


def oldest_unplanned() -> datetime | None:
    """Return when the oldest fact was recorded that nobody has begun to plan.

    Such facts are messages, too, which only do not exist yet, and are as late as these.
    """
    facts = Outbox.objects.filter(cursor="").order_by("created_at")
    return facts.values_list("created_at", flat=True).first()


def outbox_length() -> int:
    """Return how many operations wait to be planned, to the end."""
    return Outbox.objects.count()


def holds() -> dict[str, int]:
    """Return how many holds keep all mail, and how many that of one office."""
    rows = MailHold.objects.values_list("office_id", flat=True)
    everything = sum(office is None for office in rows)
    return {"all": everything, "office": len(rows) - everything}


#: States, and kinds of mail in each, with their numbers.
Counts = dict[tuple[str, str], int]


def open_deliveries() -> Counts:
    """Count what still has to be done, by state and kind. Two partial indexes hold all of it."""
    return _counted(Q(state__in=OPEN[:2])) | _counted(Q(state__in=OPEN[2:]))


def ended_deliveries(now: datetime) -> Counts:
    """Count what was planned within a day and has ended, by state and kind."""
    return _counted(Q(planned_at__gt=now - timedelta(days=1)) & ~Q(state__in=OPEN))


def reports(now: datetime) -> dict[str, int]:
    """Count what was reported within a day: bounces by kind, and complaints. One query."""
    since = now - timedelta(days=1)
    bounced, complained = Q(bounced_at__gt=since), Q(complained_at__gt=since)
    kinds = {str(kind): bounced & Q(bounce=kind) for kind in Bounce.values}
    found: dict[str, int] = Delivery.objects.filter(bounced | complained).aggregate(
        **{
            name: Count("pk", filter=kind)
            for name, kind in (kinds | {"complaint": complained}).items()
        }
    )
    return found


def _counted(which: Q) -> Counts:
    rows = Delivery.objects.filter(which).order_by().values_list("state", "priority")
    return {
        (state, KINDS.get(priority, str(priority))): count
        for state, priority, count in rows.annotate(count=Count("pk"))
    }
