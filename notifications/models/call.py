"""What somebody without an e-mail address has to be told by telephone."""

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from notifications.models.delivery import Delivery


class CallState(models.TextChoices):
    TO_CALL = "to_call", _("To call")
    CALLED = "called", _("Called")
    LEFT_WORD = "left_word", _("Left word")
    UNREACHED = "unreached", _("Not reached")


#: Somebody still has something to do.
OPEN_CALLS = [CallState.TO_CALL, CallState.UNREACHED]


class CallQuerySet(models.QuerySet["Call"]):
    def open(self) -> "CallQuerySet":
        return self.filter(state__in=OPEN_CALLS)

    def timely(self, now: datetime) -> "CallQuerySet":
        """What is still worth a call."""
        return self.filter(Q(expires_at=None) | Q(expires_at__gt=now))


class Call(models.Model):
    """One person to be told one thing: a row of the call sheet.

    It is planned as a Delivery is, under the same key, for those whom the planner leaves out there.
    What is said is rendered from the facts when somebody calls.
    """

    key = models.CharField(max_length=200, unique=True)
    message = models.CharField(max_length=60)
    person = models.ForeignKey("events.Person", on_delete=models.CASCADE, related_name="calls")
    office = models.ForeignKey("events.Office", on_delete=models.CASCADE, related_name="calls")
    operation = models.UUIDField(null=True)
    event_id = models.BigIntegerField(null=True)
    rsvp_id = models.BigIntegerField(null=True)
    shift_id = models.BigIntegerField(null=True)
    claim_id = models.BigIntegerField(null=True)
    context = models.JSONField(default=dict)
    schedule_rev = models.PositiveIntegerField(null=True)
    planned_at = models.DateTimeField()
    #: After this it is no longer worth a call.
    expires_at = models.DateTimeField(null=True)

    state = models.CharField(max_length=10, choices=CallState.choices, default=CallState.TO_CALL)
    noted_at = models.DateTimeField(null=True)
    noted_by = models.ForeignKey(
        "events.StaffUser", null=True, on_delete=models.SET_NULL, related_name="+"
    )

    objects = CallQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(
                fields=["office", "planned_at"],
                condition=Q(state__in=OPEN_CALLS),
                name="call_open",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=CallState.values), name="call_state_known"
            ),
        ]

    def __str__(self) -> str:
        return self.key

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_CALLS

    def as_delivery(self, language: str) -> Delivery:
        """Return what its message is rendered from, in the language of whoever calls; unsaved."""
        return Delivery(
            key=self.key, message=self.message, person=self.person, office=self.office,
            language=language, operation=self.operation, event_id=self.event_id,
            rsvp_id=self.rsvp_id, shift_id=self.shift_id, claim_id=self.claim_id,
            context=self.context, schedule_rev=self.schedule_rev, planned_at=self.planned_at,
            expires_at=self.expires_at,
        )  # fmt: skip
