"""What an event or a letter is about; what a subscriber chooses."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from events.translations import version_of


class Topic(models.Model):
    """A topic (iCalendar: CATEGORIES), shared by all offices."""

    slug = models.SlugField(_("short name in addresses"), max_length=60, unique=True)
    name = models.CharField(_("name"), max_length=100)
    description = models.CharField(_("what a subscriber gets"), max_length=300, blank=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.name

    def in_language(self, language: str) -> "Topic | TopicTranslation":
        """Return what to show in ``language``: a translation, else the topic (uses a prefetch)."""
        shown: Topic | TopicTranslation = version_of(self, language)
        return shown


class TopicTranslation(models.Model):
    topic = models.ForeignKey(Topic, on_delete=models.CASCADE, related_name="translations")
    language = models.CharField(max_length=12)
    name = models.CharField(_("name"), max_length=100)
    description = models.CharField(_("what a subscriber gets"), max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["topic", "language"], name="topic_translation_once"),
        ]
