"""What was promised at an event: by when, who sees to it, and what became of it."""

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from events.dates_text import local


class PromiseState(models.TextChoices):
    OPEN = "open", _("Open")
    KEPT = "kept", _("Kept")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class PromiseQuerySet(models.QuerySet["Promise"]):
    def still_open(self) -> "PromiseQuerySet":
        """Those neither kept nor withdrawn, what is due first on top."""
        return self.filter(state=PromiseState.OPEN).order_by("due", "pk")


class Promise(models.Model):
    """A promise to those who came, made by the office (``event.office``) in its first language.

    The public reads text, day and outcome; who sees to it is known to staff alone.
    """

    event = models.ForeignKey("events.Event", on_delete=models.CASCADE, related_name="promises")
    text = models.CharField(max_length=500)
    #: The last day, where the event takes place.
    due = models.DateField()
    owner = models.ForeignKey("events.StaffUser", null=True, on_delete=models.SET_NULL)
    state = models.CharField(max_length=10, choices=PromiseState.choices, default=PromiseState.OPEN)
    #: What was done, or why it was withdrawn.
    outcome = models.CharField(max_length=500, blank=True)
    #: Kept or withdrawn at.
    ended_at = models.DateTimeField(null=True)
    #: The operation that ended it.
    answer = models.UUIDField(null=True)
    created_at = models.DateTimeField()

    objects = PromiseQuerySet.as_manager()

    class Meta:
        ordering = ["due", "pk"]
        indexes = [
            models.Index(fields=["due"], condition=Q(state="open"), name="promise_due"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state=PromiseState.OPEN, outcome="", ended_at__isnull=True)
                | Q(
                    ~Q(outcome=""),
                    state__in=[PromiseState.KEPT, PromiseState.WITHDRAWN],
                    ended_at__isnull=False,
                ),
                name="promise_ends_with_an_outcome",
            ),
        ]

    def __str__(self) -> str:
        return self.text

    def shown_language(self, language: str) -> str:
        """The language of its words, for ``lang=`` attributes."""
        return self.event.office.first_language

    @property
    def is_open(self) -> bool:
        return self.state == PromiseState.OPEN

    def is_late(self, now: datetime) -> bool:
        """Whether its day is over, where the event takes place, and it is still open."""
        return self.is_open and local(now, self.event.timezone).date() > self.due
