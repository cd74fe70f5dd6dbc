"""What a volunteer does."""

from typing import TYPE_CHECKING

from django.db import models
from django.utils.translation import gettext_lazy as _

from events.translations import language_of, version_of

if TYPE_CHECKING:
    from django_stubs_ext.db.models.manager import RelatedManager


class VolunteerRole(models.Model):
    """A role such as greeter or interpreter; every shift has one."""

    office = models.ForeignKey(
        "events.Office", on_delete=models.CASCADE, related_name="volunteer_roles"
    )
    slug = models.SlugField(_("short name in addresses"), max_length=60)
    name = models.CharField(_("name"), max_length=100)
    description = models.TextField(_("what a volunteer does"), blank=True)

    if TYPE_CHECKING:
        translations: RelatedManager["RoleTranslation"]

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["office", "slug"], name="role_slug_once"),
        ]

    def __str__(self) -> str:
        return self.name

    def in_language(self, language: str) -> "VolunteerRole | RoleTranslation":
        """Return what carries ``name`` and ``description`` in ``language`` (uses a prefetch).

        Falls back to the row itself, whose language is the office's first.
        """
        shown: VolunteerRole | RoleTranslation = version_of(self, language)
        return shown

    def shown_language(self, language: str) -> str:
        """The language that :meth:`in_language` really gives, for ``lang=`` attributes."""
        return language_of(self, language, self.office.first_language)


class RoleTranslation(models.Model):
    """A role's words in one more language of its office."""

    role = models.ForeignKey(VolunteerRole, on_delete=models.CASCADE, related_name="translations")
    language = models.CharField(max_length=12)
    name = models.CharField(_("name"), max_length=100)
    description = models.TextField(_("what a volunteer does"), blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["role", "language"], name="role_translation_once"),
        ]
