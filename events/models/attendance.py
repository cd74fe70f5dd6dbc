"""What RSVPs and shift claims have in common."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class AttendanceStatus(models.TextChoices):
    CONFIRMED = "confirmed", _("Confirmed")
    WAITLISTED = "waitlisted", _("On the waitlist")
    #: Only RSVPs: holds no place until the address is proven (DESIGN.md, Proof).
    UNPROVEN = "unproven", _("Waiting for you to confirm")
    CANCELLED = "cancelled", _("Cancelled")


ACTIVE = [AttendanceStatus.CONFIRMED, AttendanceStatus.WAITLISTED, AttendanceStatus.UNPROVEN]


class Attendance(models.Model):
    """One person's place, or place in line. A cancelled one is never revived."""

    #: As typed in the form; never overwrites the person's.
    name = models.CharField(max_length=200, blank=True)
    #: As typed in the form, for this occasion alone. It is never looked up elsewhere: what somebody
    #: told a campaign is not for an office to read, nor is it the person's who typed an address.
    phone = models.CharField(max_length=40, blank=True)
    #: The language that mail about it is written in.
    language = models.CharField(max_length=12, blank=True)
    status = models.CharField(max_length=10, choices=AttendanceStatus.choices)
    created_at = models.DateTimeField()
    #: The last change that concerns this person alone (iCalendar DTSTAMP of an invitation).
    changed_at = models.DateTimeField()
    waitlisted_at = models.DateTimeField(null=True)
    confirmed_at = models.DateTimeField(null=True)
    cancelled_at = models.DateTimeField(null=True)
    #: The first POST through a mailed link: the address is this person's.
    proven_at = models.DateTimeField(null=True)
    #: True, False, or None for "nobody has said".
    attended = models.BooleanField(null=True)
    #: Version of the mailed link.
    link_version = models.PositiveIntegerField(default=1)

    class Meta:
        abstract = True

    @property
    def is_confirmed(self) -> bool:
        return self.status == AttendanceStatus.CONFIRMED

    @property
    def is_waitlisted(self) -> bool:
        return self.status == AttendanceStatus.WAITLISTED

    @property
    def is_unproven(self) -> bool:
        return self.status == AttendanceStatus.UNPROVEN

    @property
    def is_cancelled(self) -> bool:
        return self.status == AttendanceStatus.CANCELLED

    @property
    def is_active(self) -> bool:
        return self.status != AttendanceStatus.CANCELLED
