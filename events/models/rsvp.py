"""A resident's RSVP."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Exists, F, OuterRef, Q

from events.fields import EncryptedTextField
from events.models.access_request import AccessKind, AccessRequest
from events.models.attendance import ACTIVE, Attendance, AttendanceStatus
from events.models.entry import Entry
from events.models.event import Mode

if TYPE_CHECKING:
    from django_stubs_ext.db.models.manager import RelatedManager

    from events.models.question import Question


class RSVPQuerySet(models.QuerySet["RSVP"]):
    def active(self) -> "RSVPQuerySet":
        return self.filter(status__in=ACTIVE)

    def confirmed(self) -> "RSVPQuerySet":
        return self.filter(status=AttendanceStatus.CONFIRMED)

    def in_line(self) -> "RSVPQuerySet":
        """Waiting, first come first served (DESIGN.md, Places)."""
        return self.filter(status=AttendanceStatus.WAITLISTED).order_by("waitlisted_at", "id")

    def not_yet_affirmed(self) -> "RSVPQuerySet":
        """Places taken before the event's date or place changed, whose party has not said since
        then that it still comes."""
        changed = F("event__asks_anew_since")
        silent = Q(affirmed_at=None) | Q(affirmed_at__lt=changed)
        return self.confirmed().filter(silent, confirmed_at__lt=changed)

    def came(self) -> "RSVPQuerySet":
        """Those of whom somebody wrote down that they came, on the list or at the door.

        Who came to a date that the event no longer has is none of them.
        """
        entries = Entry.objects.standing().of_the_date().filter(rsvp=OuterRef("pk"))
        return self.filter(Q(attended=True) | Q(Exists(entries)))


class RSVP(Attendance):
    """A party's place in the room or online at one event (schema.org: RsvpAction).

    One active row per event, person and mode. ``upgrade_of`` points from a row that waits for the
    room to the remote place that the party holds meanwhile.
    """

    event = models.ForeignKey("events.Event", on_delete=models.PROTECT, related_name="rsvps")
    person = models.ForeignKey("events.Person", on_delete=models.PROTECT, related_name="rsvps")
    mode = models.CharField(
        max_length=10, choices=[(m.value, m.label) for m in (Mode.IN_PERSON, Mode.REMOTE)]
    )
    party_size = models.PositiveSmallIntegerField(default=1)
    upgrade_of = models.ForeignKey(
        "self", null=True, on_delete=models.SET_NULL, related_name="upgrades"
    )
    #: When the party last said, by itself or to the office, that it still comes.
    affirmed_at = models.DateTimeField(null=True)
    #: The most places that a waiting party was told it could have with fewer people.
    offered = models.PositiveSmallIntegerField(default=0)
    #: The person's own words about what they need; seen by roles that arrange it, never public.
    access_note = EncryptedTextField(blank=True)

    objects = RSVPQuerySet.as_manager()

    if TYPE_CHECKING:
        access_requests: RelatedManager["AccessRequest"]
        questions: RelatedManager["Question"]

    class Meta:
        verbose_name = "RSVP"
        indexes = [
            models.Index(fields=["event", "status", "mode"], name="rsvp_event_status_mode"),
            models.Index(
                fields=["created_at"], condition=Q(status="unproven"), name="rsvp_unproven_age"
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["event", "person", "mode"],
                condition=Q(status__in=ACTIVE),
                name="rsvp_once_per_mode",
            ),
            models.CheckConstraint(condition=Q(party_size__gte=1), name="rsvp_party_is_somebody"),
            models.CheckConstraint(
                condition=Q(status__in=AttendanceStatus.values), name="rsvp_status_known"
            ),
            models.CheckConstraint(
                condition=Q(mode__in=[Mode.IN_PERSON, Mode.REMOTE]), name="rsvp_mode_known"
            ),
            models.CheckConstraint(
                condition=~Q(status=AttendanceStatus.WAITLISTED) | Q(waitlisted_at__isnull=False),
                name="rsvp_waits_since",
            ),
        ]

    @property
    def needs(self) -> "list[AccessRequest]":
        """What the party asks for, in the order of the kinds (uses a prefetch)."""
        wanted = [request for request in self.access_requests.all() if request.is_wanted]
        return sorted(wanted, key=lambda request: AccessKind.values.index(request.kind))

    def is_asked_anew(self, changed_at: datetime | None) -> bool:
        """Whether the party has not said that it still comes since its event changed at that time;
        as :meth:`RSVPQuerySet.not_yet_affirmed` finds them."""
        if changed_at is None or self.confirmed_at is None:
            return False
        if not self.is_confirmed or self.confirmed_at >= changed_at:
            return False
        return self.affirmed_at is None or self.affirmed_at < changed_at

    def __str__(self) -> str:
        return f"RSVP {self.pk} ({self.status})"
