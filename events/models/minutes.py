"""What happened at an event, in writing and as a recording."""

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from events.translations import language_of, version_of

if TYPE_CHECKING:
    from django_stubs_ext.db.models.manager import RelatedManager


class MinutesQuerySet(models.QuerySet["Minutes"]):
    def posted(self) -> "MinutesQuerySet":
        """What the public may read."""
        return self.filter(posted_at__isnull=False)


class Minutes(models.Model):
    """Minutes and recording of one event; the text is Markdown in the office's first language."""

    event = models.OneToOneField("events.Event", on_delete=models.CASCADE, related_name="minutes")
    text = models.TextField(_("minutes"), blank=True)
    recording_url = models.URLField(_("link to the recording"), blank=True, max_length=500)
    #: First public at; a draft has none. Who took part is told once, then.
    posted_at = models.DateTimeField(null=True)

    objects = MinutesQuerySet.as_manager()

    if TYPE_CHECKING:
        translations: RelatedManager["MinutesTranslation"]
        event_id: int

    class Meta:
        verbose_name_plural = "minutes"
        constraints = [
            models.CheckConstraint(
                condition=Q(posted_at__isnull=True) | ~Q(text="") | ~Q(recording_url=""),
                name="minutes_posted_say_something",
            ),
        ]

    def __str__(self) -> str:
        return f"Minutes of event {self.event_id}"

    def in_language(self, language: str) -> "Minutes | MinutesTranslation":
        """Return what carries ``text`` in ``language`` (uses a prefetch)."""
        shown: Minutes | MinutesTranslation = version_of(self, language)
        return shown

    def shown_language(self, language: str) -> str:
        """The language that :meth:`in_language` really gives, for ``lang=`` attributes."""
        return language_of(self, language, self.event.office.first_language)


class MinutesTranslation(models.Model):
    minutes = models.ForeignKey(Minutes, on_delete=models.CASCADE, related_name="translations")
    language = models.CharField(max_length=12)
    text = models.TextField(_("minutes"))

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["minutes", "language"], name="minutes_translation_once"
            ),
        ]
