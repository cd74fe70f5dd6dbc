"""Who asked for what, and who must not be written to."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext.db.models.manager import RelatedManager


#: How long the link that confirms a sign-up is good for.
REQUEST_TTL = timedelta(days=7)


class SubscriptionRequestQuerySet(models.QuerySet["SubscriptionRequest"]):
    def waiting(self, now: datetime) -> "SubscriptionRequestQuerySet":
        """Not confirmed, and still good."""
        return self.filter(confirmed_at__isnull=True, created_at__gt=now - REQUEST_TTL)

    def expired(self, now: datetime) -> "SubscriptionRequestQuerySet":
        """Not confirmed in time."""
        return self.filter(confirmed_at__isnull=True, created_at__lte=now - REQUEST_TTL)


class SubscriptionRequest(models.Model):
    """One sign-up form that was sent: the link in its mail confirms what it asked for, no more.

    So a stranger who signs up somebody's address for one thing gains nothing when that person
    confirms another.
    """

    person = models.ForeignKey(
        "events.Person", on_delete=models.PROTECT, related_name="subscription_requests"
    )
    #: Who asks and whose list it is; the first one, where the form named several.
    office = models.ForeignKey("events.Office", on_delete=models.CASCADE, related_name="+")
    language = models.CharField(max_length=12, blank=True)
    created_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True)

    objects = SubscriptionRequestQuerySet.as_manager()

    if TYPE_CHECKING:
        subscriptions: RelatedManager["Subscription"]
        person_id: int
        office_id: int

    class Meta:
        indexes = [
            models.Index(fields=["person", "created_at"], name="subscription_request_person")
        ]

    def __str__(self) -> str:
        return f"subscription request {self.pk}"

    def is_waiting(self, now: datetime) -> bool:
        """Whether its link still confirms something."""
        return self.confirmed_at is None and now < self.created_at + REQUEST_TTL

    def is_expired(self, now: datetime) -> bool:
        return self.confirmed_at is None and not self.is_waiting(now)


class Frequency(models.TextChoices):
    """How often somebody hears of a topic: each letter as it is posted, or a digest."""

    IMMEDIATE = "immediate", _("At once, when a letter is posted")
    DAILY = "daily", _("Once a day, if there is news")
    WEEKLY = "weekly", _("Once a week, on Mondays, if there is news")


class SubscriptionQuerySet(models.QuerySet["Subscription"]):
    def live(self) -> "SubscriptionQuerySet":
        """Confirmed and not ended: mail may go to it."""
        return self.filter(confirmed_at__isnull=False, ended_at__isnull=True)

    def pending(self) -> "SubscriptionQuerySet":
        """Asked for, and neither confirmed nor ended."""
        return self.filter(confirmed_at__isnull=True, ended_at__isnull=True)

    def immediate(self) -> "SubscriptionQuerySet":
        """Those that bring each letter as it is posted."""
        return self.filter(frequency=Frequency.IMMEDIATE)

    def left_digests(self, since: datetime) -> "SubscriptionQuerySet":
        """Those that came in digests, and after ``since`` were changed to come at once."""
        return self.immediate().filter(frequency_at__gt=since)

    def in_digests(self) -> "SubscriptionQuerySet":
        """Those that bring a digest."""
        return self.exclude(frequency=Frequency.IMMEDIATE)


class Subscription(models.Model):
    """One person's wish for one topic of one office. Ended ones stay as the record of consent.

    A wish that is not confirmed yet belongs to its request alone, so the same wish may wait in
    two of them; only one is ever live.
    """

    person = models.ForeignKey(
        "events.Person", on_delete=models.PROTECT, related_name="subscriptions"
    )
    topic = models.ForeignKey(
        "events.Topic", on_delete=models.CASCADE, related_name="subscriptions"
    )
    office = models.ForeignKey(
        "events.Office", on_delete=models.CASCADE, related_name="subscriptions"
    )
    #: The form that asked for it; none where the person chose it on the preferences page.
    request = models.ForeignKey(
        SubscriptionRequest, null=True, on_delete=models.SET_NULL, related_name="subscriptions"
    )
    language = models.CharField(max_length=12, blank=True)
    frequency = models.CharField(
        max_length=10, choices=Frequency.choices, default=Frequency.IMMEDIATE
    )
    #: When that was chosen, where it was after the confirmation: the first digest is the next one.
    frequency_at = models.DateTimeField(null=True)
    #: Since when it comes in digests, or did before, where that was chosen after the confirmation.
    digests_since = models.DateTimeField(null=True)
    #: Asked for; the double opt-in confirms it.
    created_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    #: Where the person asked: the path of the form, or the command that brought a list.
    consent_source = models.CharField(max_length=200)
    #: The wording that the person agreed to.
    consent_text = models.TextField()

    objects = SubscriptionQuerySet.as_manager()

    if TYPE_CHECKING:
        person_id: int
        topic_id: int
        office_id: int

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person", "topic", "office"],
                condition=Q(confirmed_at__isnull=False, ended_at__isnull=True),
                name="subscription_once",
            ),
            models.UniqueConstraint(
                fields=["request", "topic", "office"], name="subscription_once_a_request"
            ),
            models.CheckConstraint(
                condition=Q(frequency__in=["immediate", "daily", "weekly"]),
                name="subscription_frequency_known",
            ),
        ]
        indexes = [
            # In the order in which a letter's readers are planned: chunk by chunk, by person.
            models.Index(
                fields=["office", "person", "topic"],
                condition=Q(confirmed_at__isnull=False, ended_at__isnull=True),
                name="subscription_live",
            ),
            # The few who get digests, in the order in which these are planned.
            models.Index(
                fields=["office", "person"],
                condition=Q(confirmed_at__isnull=False, ended_at__isnull=True)
                & ~Q(frequency="immediate"),
                name="subscription_digests",
            ),
            # The fewer who got digests once.
            models.Index(
                fields=["office", "person"],
                condition=Q(
                    confirmed_at__isnull=False,
                    ended_at__isnull=True,
                    frequency="immediate",
                    frequency_at__isnull=False,
                ),
                name="subscription_left_digests",
            ),
        ]

    def __str__(self) -> str:
        return f"subscription {self.pk}"


class SuppressionReason(models.TextChoices):
    """Why an address gets no mail. A person's own no and a complaint are theirs to take back."""

    BOUNCED = "bounced", _("There is no such mailbox")
    SOFT_BOUNCES = "soft_bounces", _("The mailbox stays full or takes nothing")
    COMPLAINED = "complained", _("Complaint")
    PERSON = "person", _("The person wants no mail")
    STAFF = "staff", _("Stopped by the office")


class Suppression(models.Model):
    """An address that must not get bulk mail (``scope`` "bulk") or any mail ("all").

    Only a keyed hash of the address is kept, so that the row outlives the person's erasure; as long
    as they are known, ``person`` says whom it keeps from getting mail. One row a reason: taking one
    back leaves the others.
    """

    address_hash = models.CharField(max_length=64)
    person = models.ForeignKey(
        "events.Person", null=True, on_delete=models.SET_NULL, related_name="suppressions"
    )
    scope = models.CharField(max_length=10)
    reason = models.CharField(max_length=20, choices=SuppressionReason.choices)
    #: The mail server's words, without addresses.
    detail = models.CharField(max_length=300, blank=True)
    #: When it was last found to be so.
    created_at = models.DateTimeField()
    #: The delivery that met it. A plain number: the row outlives it.
    delivery_id = models.BigIntegerField(null=True)
    #: The last attempt to reach an address that bounced, and the delivery that may make it.
    tried_at = models.DateTimeField(null=True)
    trial_id = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["address_hash", "scope", "reason"], name="suppression_once_a_reason"
            ),
            models.CheckConstraint(
                condition=Q(scope__in=["bulk", "all"]), name="suppression_scope_known"
            ),
            models.CheckConstraint(
                condition=Q(reason__in=SuppressionReason.values), name="suppression_reason_known"
            ),
        ]

    def __str__(self) -> str:
        return f"suppression {self.pk}"
