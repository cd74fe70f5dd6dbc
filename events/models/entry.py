"""Who came in, as somebody at a door wrote it down."""

from datetime import datetime, time, timedelta

from django.db import models
from django.db.models import F, Q, Sum

from events.models.event import Event

#: Guests of an event soon after midnight come the evening before.
BEFORE_START = timedelta(hours=6)


def counted_from(event: Event) -> datetime:
    """Return when the door opens, and since when entries count.

    Who came before an event got its new date has gone home.
    """
    day = event.starts_at.astimezone(event.zone).date()
    midnight = datetime.combine(day, time(), event.zone)
    return min(midnight, event.starts_at - BEFORE_START)


class EntryQuerySet(models.QuerySet["Entry"]):
    def standing(self) -> "EntryQuerySet":
        """Those that nobody has taken back."""
        return self.filter(undone_at=None)

    def inside(self, event: Event) -> "EntryQuerySet":
        """Those that stand, of the event as it is dated now."""
        return self.standing().filter(event=event, at__gte=counted_from(event))

    def of_the_date(self) -> "EntryQuerySet":
        """Those soon before an event as it is dated now, or later, whichever event it is."""
        return self.filter(at__gte=F("event__starts_at") - BEFORE_START)

    def people(self) -> int:
        """How many people they are together."""
        return self.aggregate(n=Sum("people"))["n"] or 0


class Entry(models.Model):
    """People who came in together through one of the doors of an event.

    A guest of the list (``rsvp``), a walk-in who said a name, or nameless people who were counted.
    Rows are added and taken back, never changed; how many are inside is their sum.
    """

    event = models.ForeignKey("events.Event", on_delete=models.PROTECT, related_name="entries")
    #: Made by the page that the door has open. A tap that is sent twice is one entry.
    tap = models.UUIDField()
    rsvp = models.ForeignKey(
        "events.RSVP", null=True, on_delete=models.CASCADE, related_name="entries"
    )
    #: As a walk-in said it at the door; empty for nameless people.
    name = models.CharField(max_length=200, blank=True)
    people = models.PositiveSmallIntegerField()
    at = models.DateTimeField()
    staff = models.ForeignKey("events.StaffUser", null=True, on_delete=models.SET_NULL)
    undone_at = models.DateTimeField(null=True)

    objects = EntryQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["event", "at"], name="entry_event_at")]
        constraints = [
            models.UniqueConstraint(fields=["event", "tap"], name="entry_tap_once"),
            models.CheckConstraint(condition=Q(people__gte=1), name="entry_is_somebody"),
            models.CheckConstraint(
                condition=Q(rsvp__isnull=True) | Q(name=""), name="entry_name_of_walk_ins_alone"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.people} at event {self.event_id}"

    @property
    def is_undone(self) -> bool:
        return self.undone_at is not None
