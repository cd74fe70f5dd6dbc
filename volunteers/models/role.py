"""What a volunteer does."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class VolunteerRole(models.Model):
    """A role such as greeter or interpreter; every shift has one."""

    office = models.ForeignKey(
        "events.Office", on_delete=models.CASCADE, related_name="volunteer_roles"
    )
    slug = models.SlugField(_("short name in addresses"), max_length=60)
    name = models.CharField(_("name"), max_length=100)
    description = models.TextField(_("what a volunteer does"), blank=True)

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["office", "slug"], name="role_slug_once"),
        ]

    def __str__(self) -> str:
        return self.name
