"""Where events happen, and what a visitor needs to know to get in."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Venue(models.Model):
    """A place with an address (Open Civic Data: Venue) and its access facts.

    ``None`` in an access fact means that nobody has said, and the page says that, too.
    """

    office = models.ForeignKey("events.Office", on_delete=models.CASCADE, related_name="venues")
    name = models.CharField(_("name"), max_length=200)
    street = models.CharField(_("street address"), max_length=200, blank=True)
    locality = models.CharField(_("city"), max_length=100, blank=True)
    region = models.CharField(_("state"), max_length=50, blank=True)
    postal_code = models.CharField(_("postal code"), max_length=20, blank=True)
    entrance = models.CharField(_("how to get in"), max_length=300, blank=True)
    transit = models.TextField(_("public transit and parking, in words"), blank=True)
    step_free = models.BooleanField(_("step-free from the street to a seat"), null=True)
    accessible_restroom = models.BooleanField(_("accessible restroom"), null=True)
    accessible_parking = models.BooleanField(_("accessible parking"), null=True)
    hearing_loop = models.BooleanField(_("hearing loop"), null=True)
    wheelchair_spaces = models.PositiveSmallIntegerField(_("wheelchair spaces"), null=True)
    posted_occupancy = models.PositiveIntegerField(_("posted occupancy"), null=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name

    @property
    def address(self) -> str:
        """The postal address in one line, empty where nothing is known."""
        town = " ".join(part for part in (self.region, self.postal_code) if part)
        return ", ".join(part for part in (self.street, self.locality, town) if part)

    @property
    def location(self) -> str:
        """Name and address in one line (iCalendar: LOCATION)."""
        return ", ".join(part for part in (self.name, self.address) if part)
