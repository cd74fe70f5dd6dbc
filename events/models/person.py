"""A resident, volunteer or subscriber. No password, no account."""

from django.db import models
from django.db.models import Q


class Person(models.Model):
    """One lower-cased e-mail address, or a name with a phone or a postal address.

    ``name`` is what the person first gave; the name typed in a later form stays on that RSVP or
    claim and never overwrites it, so that a stranger who types somebody's address learns and
    changes nothing.
    """

    email = models.EmailField(null=True, unique=True, max_length=254)
    name = models.CharField(max_length=200, blank=True)
    phone = models.CharField(max_length=40, blank=True)
    postal_address = models.TextField(blank=True)
    language = models.CharField(max_length=12, blank=True)
    #: Version of the private feed's link: renewing the feed raises it.
    link_version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(email__isnull=False)
                | (~Q(name="") & (~Q(phone="") | ~Q(postal_address=""))),
                name="person_can_be_reached",
            ),
        ]

    def __str__(self) -> str:
        return f"person {self.pk}"


class SignInLink(models.Model):
    """A sign-in link to ``/me/`` that was asked for: good for 30 minutes, once."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="sign_in_links")
    created_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["person", "created_at"], name="sign_in_person_created")]
