"""Who did what, and what is still to be told."""

from django.conf import settings
from django.db import models


class AuditEntry(models.Model):
    """One fact, in the past tense (``event.cancelled``). Append-only.

    ``operation`` is the id of the action that recorded it: one action, one transaction, one
    operation. ``changes`` holds old and new values of fields that are not personal, and the bare
    name of every other changed field (``None``).
    """

    operation = models.UUIDField(db_index=True)
    action = models.CharField(max_length=60)
    at = models.DateTimeField()
    staff = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    #: "staff", "person" (the resident concerned) or "system" (the tick, an import, a command).
    actor_kind = models.CharField(max_length=10)
    office_id = models.BigIntegerField(null=True)
    event_id = models.BigIntegerField(null=True, db_index=True)
    person_id = models.BigIntegerField(null=True, db_index=True)
    #: Ids of the other rows that the fact is about, such as ``{"rsvp": 7}``.
    subjects = models.JSONField(default=dict)
    changes = models.JSONField(default=dict)

    class Meta:
        verbose_name_plural = "audit entries"
        indexes = [models.Index(fields=["office_id", "at"], name="audit_office_at")]

    def __str__(self) -> str:
        return f"{self.action} {self.at:%Y-%m-%d %H:%M}"


class Outbox(models.Model):
    """An operation whose facts have not yet been planned. Deleted by the planner that planned it.

    ``cursor`` is how far a big audience has been planned; it means something to the planner alone.
    """

    operation = models.UUIDField(unique=True)
    created_at = models.DateTimeField()
    cursor = models.CharField(max_length=200, blank=True)
    #: Set when planning failed: the planner tries again from then on, behind the healthy rows.
    not_before = models.DateTimeField(null=True)
    failures = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name_plural = "outbox"

    def __str__(self) -> str:
        return str(self.operation)


class ClockOffset(models.Model):
    """Seconds added to the database's clock. Only tests write it (see ``events.clock``)."""

    seconds = models.FloatField(default=0)
