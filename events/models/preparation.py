"""What has to be done before an event: a list per type of event, and the tasks of one event."""

from datetime import date, datetime, timedelta

from django.db import models
from django.db.models import ExpressionWrapper, F, Q

from events.dates_text import local
from events.models.event import Event, EventStatus, EventType

#: The longest time before an event that a task can be due.
LONGEST_LEAD = timedelta(days=365)


class ChecklistItem(models.Model):
    """One line of an office's list for a type of event, which new events of it begin with."""

    office = models.ForeignKey("events.Office", on_delete=models.CASCADE, related_name="checklist")
    event_type = models.CharField(max_length=20, choices=EventType.choices)
    title = models.CharField(max_length=200)
    #: How long before the event it is due, in whole days.
    lead = models.DurationField()
    owner = models.ForeignKey("events.StaffUser", null=True, on_delete=models.SET_NULL)

    class Meta:
        ordering = ["-lead", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["office", "event_type", "title"], name="checklist_item_once"
            ),
            models.CheckConstraint(
                condition=Q(lead__gte=timedelta(0), lead__lte=LONGEST_LEAD),
                name="checklist_item_before",
            ),
        ]

    def __str__(self) -> str:
        return self.title


class TaskQuerySet(models.QuerySet["Task"]):
    def open_before(self, now: datetime, until: datetime) -> "TaskQuerySet":
        """Those to do by ``until`` for events still to come at ``now``, due first on top."""
        due_at = ExpressionWrapper(
            F("event__starts_at") - F("lead"), output_field=models.DateTimeField()
        )
        rows = self.annotate(due_at=due_at).filter(done_at=None, due_at__lte=until)
        coming = Q(
            event__status__in=[EventStatus.TENTATIVE, EventStatus.CONFIRMED],
            event__ends_at__gt=now,
        )
        return rows.filter(coming).order_by("due_at", "pk")


class Task(models.Model):
    """One thing to do for an event. Its day moves with the event. For staff alone."""

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="tasks")
    title = models.CharField(max_length=200)
    lead = models.DurationField()
    owner = models.ForeignKey(
        "events.StaffUser", null=True, on_delete=models.SET_NULL, related_name="+"
    )
    done_at = models.DateTimeField(null=True)

    objects = TaskQuerySet.as_manager()

    class Meta:
        ordering = ["-lead", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["event", "title"], name="task_once"),
            models.CheckConstraint(
                condition=Q(lead__gte=timedelta(0), lead__lte=LONGEST_LEAD), name="task_before"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def due(self) -> date:
        """The last day for it, where the event takes place."""
        return local(self.event.starts_at, self.event.timezone).date() - self.lead

    def is_late(self, now: datetime) -> bool:
        """Whether its day is over and it is not done."""
        return self.done_at is None and local(now, self.event.timezone).date() > self.due
