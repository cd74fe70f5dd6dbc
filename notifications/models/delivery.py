"""One message to one person over one channel: the queue is this table (DELIVERY.md)."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Coalesce
from django.utils.translation import pgettext_lazy


class DeliveryState(models.TextChoices):
    DUE = "due"
    CLAIMED = "claimed"
    TRANSMITTING = "transmitting"
    ACCEPTED = "accepted"
    RETRY = "retry"
    FAILED = "failed"
    SUPPRESSED = "suppressed"
    SUPERSEDED = "superseded"
    EXPIRED = "expired"
    UNKNOWN = "unknown"


#: States that a worker or the sweep still has something to do with.
OPEN = [
    DeliveryState.DUE,
    DeliveryState.RETRY,
    DeliveryState.CLAIMED,
    DeliveryState.TRANSMITTING,
]


class Bounce(models.TextChoices):
    """Why a message came back after our own server, or our provider, had taken it."""

    HARD = "hard", pgettext_lazy("bounce", "there is no such mailbox")
    SOFT = "soft", pgettext_lazy("bounce", "the mailbox is full or takes nothing now")
    REFUSED = "refused", pgettext_lazy("bounce", "the receiving server did not want it")


class Delivery(models.Model):
    """A row is the intent; no body is stored, it is rendered from the facts when it is sent.

    ``key`` as DELIVERY.md, Design 1. ``priority`` 0 is transactional, 1 is bulk. The references
    (``operation``, ``rsvp_id`` …) are plain numbers: a delivery outlives what it tells of.
    """

    key = models.CharField(max_length=200)
    channel = models.CharField(max_length=10, default="email")
    #: Name of the message in the catalogue.
    message = models.CharField(max_length=60)
    person = models.ForeignKey(
        "events.Person", null=True, on_delete=models.SET_NULL, related_name="deliveries"
    )
    office = models.ForeignKey(
        "events.Office", null=True, on_delete=models.SET_NULL, related_name="deliveries"
    )
    address_hash = models.CharField(max_length=64)
    language = models.CharField(max_length=12)
    priority = models.PositiveSmallIntegerField(default=0)

    #: What the body is rendered from.
    operation = models.UUIDField(null=True)
    event_id = models.BigIntegerField(null=True)
    rsvp_id = models.BigIntegerField(null=True)
    shift_id = models.BigIntegerField(null=True)
    claim_id = models.BigIntegerField(null=True)
    letter_id = models.BigIntegerField(null=True)
    #: Further plain facts that the renderer needs, such as a reminder's lead.
    context = models.JSONField(default=dict)
    #: The schedule that a reminder was planned for; another one supersedes it.
    schedule_rev = models.PositiveIntegerField(null=True)

    state = models.CharField(
        max_length=12, choices=DeliveryState.choices, default=DeliveryState.DUE
    )
    planned_at = models.DateTimeField()
    next_attempt_at = models.DateTimeField()
    #: After this it is no longer worth sending (a reminder after the event began).
    expires_at = models.DateTimeField(null=True)
    #: Times that it began to be transmitted, or could not be written.
    attempts = models.PositiveSmallIntegerField(default=0)
    #: Who claimed it last. It stays when the claim is over, so that a worker that was presumed
    #: dead can still record what the server told it.
    claim_token = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)
    transmitting_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    #: The last error in words: phase, code and the server's text without addresses.
    error = models.CharField(max_length=500, blank=True)
    #: Times that a message cut while transmitting was sent again.
    resends = models.PositiveSmallIntegerField(default=0)
    #: Member of staff who ordered the last resend.
    resend_ordered_by = models.ForeignKey(
        "events.StaffUser", null=True, on_delete=models.SET_NULL, related_name="+"
    )

    #: Later facts, beside the state (DELIVERY.md, Design 2): when we heard that it came back, why,
    #: and in which words, without addresses; and when that the person complained about it.
    bounced_at = models.DateTimeField(null=True)
    bounce = models.CharField(max_length=8, choices=Bounce.choices, blank=True)
    bounce_words = models.CharField(max_length=300, blank=True)
    complained_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = [
            models.UniqueConstraint(fields=["key", "channel"], name="delivery_once"),
            models.CheckConstraint(
                condition=Q(state__in=DeliveryState.values), name="delivery_state_known"
            ),
            models.CheckConstraint(
                condition=Q(bounced_at=None, bounce="")
                | Q(bounced_at__isnull=False, bounce__in=Bounce.values),
                name="delivery_bounce_known",
            ),
        ]
        indexes = [
            models.Index(
                fields=["priority", "next_attempt_at", "id"],
                condition=Q(state__in=["due", "retry"]),
                name="delivery_due",
            ),
            models.Index(
                fields=["lease_until"],
                condition=Q(state__in=["claimed", "transmitting"]),
                name="delivery_leased",
            ),
            models.Index(fields=["letter_id", "state"], name="delivery_letter_state"),
            models.Index(fields=["person", "planned_at"], name="delivery_person"),
            models.Index(fields=["planned_at"], name="delivery_planned"),
            # Letters, which are nearly all rows, have none.
            models.Index(
                fields=["event_id"], condition=Q(event_id__isnull=False), name="delivery_event"
            ),
            # Few rows have these.
            models.Index(
                fields=["bounced_at"],
                condition=Q(bounced_at__isnull=False),
                name="delivery_bounced",
            ),
            models.Index(
                fields=["complained_at"],
                condition=Q(complained_at__isnull=False),
                name="delivery_complained",
            ),
        ]

    def __str__(self) -> str:
        return self.key

    @property
    def event_ids(self) -> list[int]:
        """The events that it tells of, in order: its own, and the several that it names."""
        several = self.context.get("events", [])
        return sorted({*several, *([] if self.event_id is None else [self.event_id])})

    @property
    def shift_ids(self) -> list[int]:
        """The shifts that it tells of by themselves, in order."""
        several = self.context.get("shifts", [])
        return sorted({*several, *([] if self.shift_id is None else [self.shift_id])})


class SenderMinute(models.Model):
    """How many messages were claimed for one sender's address in one minute (MAIL_RATE)."""

    sender = models.CharField(max_length=254)
    minute = models.DateTimeField()
    messages = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["sender", "minute"], name="sender_minute_once"),
        ]

    def __str__(self) -> str:
        return f"{self.sender} {self.minute:%H:%M}"


class DeliveryCount(models.Model):
    """What became of deliveries whose rows are gone: folded after 90 days (DELIVERY.md, 10)."""

    message = models.CharField(max_length=60)
    letter_id = models.BigIntegerField(null=True)
    event_id = models.BigIntegerField(null=True)
    state = models.CharField(max_length=12, choices=DeliveryState.choices)
    #: The first day of the month in which they were planned, in UTC.
    month = models.DateField()
    count = models.PositiveIntegerField(default=0)
    #: How many of them came back later, and about how many people complained.
    bounced = models.PositiveIntegerField(default=0)
    complained = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            # One row where the references are null, too.
            models.UniqueConstraint(
                "message",
                "state",
                "month",
                Coalesce("letter_id", 0),
                Coalesce("event_id", 0),
                name="delivery_count_once",
            ),
        ]
        indexes = [
            models.Index(fields=["letter_id", "state"], name="delivery_count_letter"),
        ]

    def __str__(self) -> str:
        return f"{self.message} {self.state}: {self.count}"


class MailHold(models.Model):
    """Why no mail goes out: the server refused our login or our mail as such.

    At most one row for all mail (``office`` is null), and one for an office whose own sender
    address was refused. Set by a worker that met it; sending is tried again from ``until`` on,
    and the row goes with the first message that is accepted.
    """

    office = models.ForeignKey(
        "events.Office", null=True, on_delete=models.CASCADE, related_name="mail_holds"
    )
    reason = models.CharField(max_length=300)
    since = models.DateTimeField()
    until = models.DateTimeField()

    class Meta:
        constraints = [
            # One row where the office is null, too.
            models.UniqueConstraint(Coalesce("office", 0), name="mail_hold_once"),
        ]

    def __str__(self) -> str:
        return self.reason


class Tick(models.Model):
    """When beat's minute last came round. One row, written by the tick.

    ``cleaned_at``: when it last threw out what nobody needs any more; empty where it did not get
    to the end.
    """

    at = models.DateTimeField()
    cleaned_at = models.DateTimeField(null=True)
