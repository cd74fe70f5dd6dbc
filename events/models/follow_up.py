"""What somebody at the door, or after an event, has to come back to with a guest."""

from datetime import datetime

from django.db import models
from django.db.models import Q

from events.dates_text import local
from events.fields import EncryptedTextField


class FollowUpQuerySet(models.QuerySet["FollowUp"]):
    def still_open(self) -> "FollowUpQuerySet":
        """Those that nobody has seen to, what is due first on top."""
        return self.filter(done_at=None).order_by("due", "pk")


class FollowUp(models.Model):
    """A note on a guest (``rsvp``), or on a walk-in who said a name. For staff alone."""

    event = models.ForeignKey("events.Event", on_delete=models.CASCADE, related_name="follow_ups")
    rsvp = models.ForeignKey(
        "events.RSVP", null=True, on_delete=models.CASCADE, related_name="follow_ups"
    )
    #: Of a walk-in, with how to reach them.
    name = models.CharField(max_length=200, blank=True)
    words = EncryptedTextField()
    #: The last day, where the event takes place.
    due = models.DateField()
    owner = models.ForeignKey(
        "events.StaffUser", null=True, on_delete=models.SET_NULL, related_name="+"
    )
    done_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()

    objects = FollowUpQuerySet.as_manager()

    class Meta:
        ordering = ["due", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(rsvp__isnull=False, name="") | (Q(rsvp__isnull=True) & ~Q(name="")),
                name="follow_up_of_one",
            ),
        ]

    def __str__(self) -> str:
        return f"Follow-up {self.pk} of event {self.event_id}"

    @property
    def who(self) -> str:
        return self.rsvp.name if self.rsvp is not None else self.name

    def is_late(self, now: datetime) -> bool:
        """Whether its day is over, where the event takes place, and nobody has seen to it."""
        return self.done_at is None and local(now, self.event.timezone).date() > self.due
