"""A volunteer's claim of a place on a shift."""

from django.db import models
from django.db.models import Q

from events.models.attendance import ACTIVE, Attendance, AttendanceStatus


class ShiftClaimQuerySet(models.QuerySet["ShiftClaim"]):
    def active(self) -> "ShiftClaimQuerySet":
        return self.filter(status__in=ACTIVE)

    def confirmed(self) -> "ShiftClaimQuerySet":
        return self.filter(status=AttendanceStatus.CONFIRMED)

    def in_line(self) -> "ShiftClaimQuerySet":
        """Waiting, first come first served (DESIGN.md, Places)."""
        return self.filter(status=AttendanceStatus.WAITLISTED).order_by("waitlisted_at", "id")


class ShiftClaim(Attendance):
    """One place on a shift. A group's claim is several rows, ``person`` null until named."""

    shift = models.ForeignKey("volunteers.Shift", on_delete=models.PROTECT, related_name="claims")
    person = models.ForeignKey(
        "events.Person", null=True, on_delete=models.PROTECT, related_name="claims"
    )
    leader = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="members")
    #: What the volunteer wrote when giving the place back; seen by staff alone.
    release_reason = models.CharField(max_length=500, blank=True)

    objects = ShiftClaimQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["shift", "status"], name="claim_shift_status"),
            models.Index(fields=["person", "status"], name="claim_person_status"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["shift", "person"],
                condition=Q(status__in=ACTIVE) & Q(person__isnull=False),
                name="claim_once",
            ),
            models.CheckConstraint(
                condition=Q(person__isnull=False) | Q(leader__isnull=False),
                name="claim_has_somebody",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["confirmed", "waitlisted", "cancelled"]),
                name="claim_status_known",
            ),
            models.CheckConstraint(
                condition=~Q(status=AttendanceStatus.WAITLISTED) | Q(waitlisted_at__isnull=False),
                name="claim_waits_since",
            ),
        ]

    def __str__(self) -> str:
        return f"claim {self.pk} ({self.status})"
