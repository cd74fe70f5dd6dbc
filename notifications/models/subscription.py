"""Who asked for what, and who must not be written to."""

from django.db import models
from django.db.models import Q


class SubscriptionQuerySet(models.QuerySet["Subscription"]):
    def live(self) -> "SubscriptionQuerySet":
        """Confirmed and not ended: mail may go to it."""
        return self.filter(confirmed_at__isnull=False, ended_at__isnull=True)


class Subscription(models.Model):
    """One person's wish for one topic of one office. Ended ones stay as the record of consent."""

    person = models.ForeignKey(
        "events.Person", on_delete=models.PROTECT, related_name="subscriptions"
    )
    topic = models.ForeignKey(
        "events.Topic", on_delete=models.CASCADE, related_name="subscriptions"
    )
    office = models.ForeignKey(
        "events.Office", on_delete=models.CASCADE, related_name="subscriptions"
    )
    language = models.CharField(max_length=12, blank=True)
    #: Asked for; the double opt-in confirms it.
    created_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    #: Where the person asked: the path of the form, or the command that brought a list.
    consent_source = models.CharField(max_length=200)
    #: The wording that the person agreed to.
    consent_text = models.TextField()

    objects = SubscriptionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person", "topic", "office"],
                condition=Q(ended_at__isnull=True),
                name="subscription_once",
            ),
        ]
        indexes = [
            models.Index(
                fields=["office", "topic", "person"],
                condition=Q(confirmed_at__isnull=False, ended_at__isnull=True),
                name="subscription_live",
            ),
        ]

    def __str__(self) -> str:
        return f"subscription {self.pk}"


class Suppression(models.Model):
    """An address that must not get bulk mail (``scope`` "bulk") or any mail ("all").

    Only a keyed hash of the address is kept, so that the row outlives the person's erasure.
    """

    address_hash = models.CharField(max_length=64)
    scope = models.CharField(max_length=10)
    #: "bounced", "complained" or "staff".
    reason = models.CharField(max_length=20)
    detail = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["address_hash", "scope"], name="suppression_once"),
            models.CheckConstraint(
                condition=Q(scope__in=["bulk", "all"]), name="suppression_scope_known"
            ),
        ]
