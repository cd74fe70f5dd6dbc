"""What an event is about in order: its agenda, who speaks, and the papers that go with it."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from events.translations import language_of, version_of

if TYPE_CHECKING:
    from django_stubs_ext.db.models.manager import RelatedManager


class AgendaItem(models.Model):
    """One item (Open Civic Data: EventAgendaItem), in the office's first language.

    ``minutes``: when it comes, after the start of the event, so that it moves with the event;
    ``None`` where nobody has said.
    """

    event = models.ForeignKey("events.Event", on_delete=models.CASCADE, related_name="agenda")
    position = models.PositiveSmallIntegerField()
    minutes = models.PositiveSmallIntegerField(null=True)
    title = models.CharField(_("title"), max_length=300)
    notes = models.TextField(_("notes"), blank=True)

    if TYPE_CHECKING:
        translations: RelatedManager["AgendaItemTranslation"]

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["event", "position"], name="agenda_item_once"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def starts_at(self) -> datetime | None:
        if self.minutes is None:
            return None
        return self.event.starts_at + timedelta(minutes=self.minutes)

    def in_language(self, language: str) -> "AgendaItem | AgendaItemTranslation":
        """Return what carries ``title`` and ``notes`` in ``language`` (uses a prefetch)."""
        shown: AgendaItem | AgendaItemTranslation = version_of(self, language)
        return shown

    def shown_language(self, language: str) -> str:
        """The language that :meth:`in_language` really gives, for ``lang=`` attributes."""
        return language_of(self, language, self.event.office.first_language)


class AgendaItemTranslation(models.Model):
    item = models.ForeignKey(AgendaItem, on_delete=models.CASCADE, related_name="translations")
    language = models.CharField(max_length=12)
    title = models.CharField(_("title"), max_length=300)
    notes = models.TextField(_("notes"), blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["item", "language"], name="agenda_translation_once"),
        ]


class Body(models.Model):
    """A council, board or commission (Popolo: Organization) and how many of it are a quorum.

    Open-meeting laws make a meeting of its own of an event that so many of its members come to.
    """

    office = models.ForeignKey("events.Office", on_delete=models.CASCADE, related_name="bodies")
    name = models.CharField(_("name"), max_length=200)
    quorum = models.PositiveSmallIntegerField(_("quorum"), validators=[MinValueValidator(1)])

    class Meta:
        ordering = ["name", "id"]
        verbose_name_plural = "bodies"
        constraints = [
            models.UniqueConstraint(fields=["office", "name"], name="body_once"),
            models.CheckConstraint(condition=Q(quorum__gte=1), name="body_quorum_of_one"),
        ]

    def __str__(self) -> str:
        return self.name


class Speaker(models.Model):
    """Somebody who is expected at an event in a role that the page names, such as an official.

    ``body``: the body that they are a member of, as far as it has a quorum.
    """

    event = models.ForeignKey("events.Event", on_delete=models.CASCADE, related_name="speakers")
    position = models.PositiveSmallIntegerField()
    name = models.CharField(_("name"), max_length=200)
    role = models.CharField(_("role"), max_length=200, blank=True)
    body = models.ForeignKey(Body, null=True, on_delete=models.PROTECT, related_name="speakers")

    if TYPE_CHECKING:
        translations: RelatedManager["SpeakerTranslation"]
        body_id: int | None

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["event", "position"], name="speaker_once"),
        ]

    def __str__(self) -> str:
        return self.name

    def in_language(self, language: str) -> "Speaker | SpeakerTranslation":
        """Return what carries ``role`` in ``language`` (uses a prefetch)."""
        shown: Speaker | SpeakerTranslation = version_of(self, language)
        return shown

    def shown_language(self, language: str) -> str:
        """The language that :meth:`in_language` really gives, for ``lang=`` attributes."""
        return language_of(self, language, self.event.office.first_language)


class SpeakerTranslation(models.Model):
    speaker = models.ForeignKey(Speaker, on_delete=models.CASCADE, related_name="translations")
    language = models.CharField(max_length=12)
    role = models.CharField(_("role"), max_length=200)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["speaker", "language"], name="speaker_translated_once"),
        ]


class Document(models.Model):
    """A paper that goes with an event. ``content_type`` is what its content is."""

    event = models.ForeignKey("events.Event", on_delete=models.CASCADE, related_name="documents")
    file = models.FileField(max_length=300)
    name = models.CharField(max_length=120)
    #: In bytes.
    size = models.PositiveIntegerField()
    content_type = models.CharField(max_length=100)
    #: SHA-256 of the content.
    digest = models.CharField(max_length=64)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["event", "digest"], name="document_once"),
        ]
        indexes = [models.Index(fields=["file"], name="document_file")]

    def __str__(self) -> str:
        return self.name

    @property
    def path(self) -> str:
        """Where it is stored."""
        return self.file.name or ""

    @property
    def url(self) -> str:
        """Its path on this site, wherever it is stored."""
        return reverse("media", kwargs={"path": self.path})
