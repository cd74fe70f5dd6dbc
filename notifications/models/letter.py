"""A letter that the office posts."""

import uuid
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from events.translations import language_of, version_of

if TYPE_CHECKING:
    from django_stubs_ext.db.models.manager import RelatedManager


class LetterQuerySet(models.QuerySet["Letter"]):
    def posted(self) -> "LetterQuerySet":
        """What the public may read, latest first by the date on the letter.

        Not by the day it went up: an office that brings twenty years of letters in one afternoon
        does not push this week's off the page.
        """
        return self.filter(posted_at__isnull=False).order_by("-dated", "-posted_at", "-id")

    def drafts(self) -> "LetterQuerySet":
        """What is still being written, the last touched first."""
        return self.filter(posted_at__isnull=True, scheduled_for__isnull=True).order_by(
            "-updated_at", "-id"
        )

    def scheduled(self) -> "LetterQuerySet":
        """What goes up by itself, the next first."""
        return self.filter(scheduled_for__isnull=False).order_by("scheduled_for", "id")

    def due(self, now: datetime) -> "LetterQuerySet":
        """What should have gone up by ``now``, the earliest first."""
        return self.scheduled().filter(scheduled_for__lte=now)

    def retracted(self) -> "LetterQuerySet":
        """What was taken back, the last first."""
        return self.filter(retracted_at__isnull=False).order_by("-retracted_at", "-id")

    def standing(self) -> "LetterQuerySet":
        """Leave out what was taken back."""
        return self.filter(retracted_at__isnull=True)

    def with_all_shown(self) -> "LetterQuerySet":
        """Fetch what pages, the feed and the API show, in a constant number of queries."""
        return self.select_related("office").prefetch_related(
            "topics__translations", "translations"
        )

    def with_attachments(self) -> "LetterQuerySet":
        """Fetch the files beside it; one query."""
        return self.prefetch_related("attachments")


#: Why a letter did not go up at its time, by the code under which posting it was refused.
SENT_BACK: dict[str, Any] = {
    "election_unconfirmed": _(
        "An election is near, and nobody has confirmed that the letter may be posted then."
    ),
    "payer_missing": _("Nobody is named as the one who pays for the campaign’s mail."),
}


class Letter(models.Model):
    """An open letter in Markdown. ``dated``: the date on it; ``posted_at``: when it went up.

    ``mails``: whether posting it mails subscribers. An old letter brought in with its old date
    mails nobody.
    """

    office = models.ForeignKey("events.Office", on_delete=models.PROTECT, related_name="letters")
    slug = models.SlugField(_("short name in addresses"), max_length=120, unique=True)
    #: Its name in feeds, for ever: feed readers know by it what they have shown already.
    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    title = models.CharField(_("title"), max_length=200)
    body = models.TextField(_("text, in Markdown"))
    #: The language of ``title`` and ``body``; empty: the office's first.
    language = models.CharField(_("language"), max_length=12, blank=True)
    #: One name a line.
    signatories = models.TextField(_("signed by, one a line"), blank=True)
    addressees = models.TextField(_("addressed to, one a line"), blank=True)
    dated = models.DateField(_("date of the letter"))
    topics = models.ManyToManyField("events.Topic", related_name="letters", blank=True)
    posted_at = models.DateTimeField(null=True, editable=False)
    #: When its words were last changed after it went up. An outcome does not change them.
    edited_at = models.DateTimeField(null=True, editable=False)
    mails = models.BooleanField(default=True)
    #: When a draft goes up by itself. Draft → scheduled → posted → retracted.
    scheduled_for = models.DateTimeField(null=True, editable=False)
    #: Since when it is a draft again, for it might not go up at its time; and by which refusal.
    sent_back_at = models.DateTimeField(null=True, editable=False)
    sent_back_reason = models.CharField(max_length=40, blank=True, editable=False)
    #: Its mail waits since then; the page is public all the same.
    paused_at = models.DateTimeField(null=True, editable=False)
    #: Taken back, with the reason that its page shows; the rest of its mail is not sent.
    retracted_at = models.DateTimeField(null=True, editable=False)
    retraction_reason = models.CharField(_("reason"), max_length=500, blank=True)
    #: What came of it ("reply received"), and the day of that.
    outcome = models.TextField(_("outcome"), blank=True)
    outcome_on = models.DateField(_("date of the outcome"), null=True, blank=True)
    #: Hash of the file that it was imported from, so that a second import changes nothing.
    source_hash = models.CharField(max_length=64, blank=True, editable=False)
    #: Raised by every change of what the public reads of it.
    revision = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(editable=False)
    updated_at = models.DateTimeField(editable=False)

    objects = LetterQuerySet.as_manager()

    if TYPE_CHECKING:
        attachments: RelatedManager["LetterAttachment"]
        translations: RelatedManager["LetterTranslation"]
        office_id: int

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["office", "source_hash"],
                condition=~Q(source_hash=""),
                name="letter_file_once",
            ),
            models.CheckConstraint(
                condition=Q(posted_at__isnull=True) | Q(scheduled_for__isnull=True),
                name="letter_posted_or_scheduled",
            ),
            models.CheckConstraint(
                condition=Q(retracted_at__isnull=True)
                | Q(posted_at__isnull=False) & ~Q(retraction_reason=""),
                name="letter_retracted_with_reason",
            ),
        ]
        indexes = [
            models.Index(
                fields=["-dated", "-posted_at", "-id"],
                condition=Q(posted_at__isnull=False),
                name="letter_posted",
            ),
            models.Index(
                fields=["scheduled_for"],
                condition=Q(scheduled_for__isnull=False),
                name="letter_scheduled",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("letter", kwargs={"slug": self.slug})

    @property
    def is_posted(self) -> bool:
        return self.posted_at is not None

    @property
    def why_sent_back(self) -> Any:
        """Say why it did not go up at its time; empty where nothing kept it."""
        return SENT_BACK.get(self.sent_back_reason, "")

    @property
    def is_scheduled(self) -> bool:
        return self.scheduled_for is not None

    @property
    def is_retracted(self) -> bool:
        return self.retracted_at is not None

    @property
    def is_paused(self) -> bool:
        return self.paused_at is not None

    @property
    def was_changed(self) -> bool:
        """Whether it was edited after it went up; the page then says when."""
        return self.edited_at is not None

    @property
    def own_language(self) -> str:
        """The language of the row's own words."""
        return self.language or self.office.first_language

    @property
    def signatory_list(self) -> list[str]:
        return [line.strip() for line in self.signatories.splitlines() if line.strip()]

    @property
    def addressee_list(self) -> list[str]:
        return [line.strip() for line in self.addressees.splitlines() if line.strip()]

    def in_language(self, language: str) -> "Letter | LetterTranslation":
        """Return what carries ``title`` and ``body`` in ``language`` (uses a prefetch)."""
        shown: Letter | LetterTranslation = version_of(self, language)
        return shown

    def outcome_in(self, language: str) -> tuple[str, str]:
        """Return the outcome as far as it is there in ``language``, and the language it is in."""
        for translation in self.translations.all():
            if translation.language == language and translation.outcome:
                return translation.outcome, language
        return self.outcome, self.own_language

    def shown_language(self, language: str) -> str:
        """The language that :meth:`in_language` really gives, for ``lang=`` attributes."""
        return language_of(self, language, self.own_language)

    def version_languages(self) -> list[str]:
        """The languages that it can be read in, its own first (uses a prefetch)."""
        return [self.own_language, *sorted(row.language for row in self.translations.all())]


class LetterAttachment(models.Model):
    """A file that comes with a letter. ``content_type`` is what its content is."""

    letter = models.ForeignKey(Letter, on_delete=models.CASCADE, related_name="attachments")
    file = models.FileField(max_length=300)
    name = models.CharField(max_length=120)
    #: In bytes.
    size = models.PositiveIntegerField()
    content_type = models.CharField(max_length=100)
    #: SHA-256 of the content.
    digest = models.CharField(max_length=64)
    position = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ("position", "id")
        constraints = [
            models.UniqueConstraint(fields=["letter", "digest"], name="letter_attachment_once"),
        ]
        indexes = [models.Index(fields=["file"], name="letter_attachment_file")]

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


class LetterTranslation(models.Model):
    letter = models.ForeignKey(Letter, on_delete=models.CASCADE, related_name="translations")
    language = models.CharField(max_length=12)
    title = models.CharField(_("title"), max_length=200)
    body = models.TextField(_("text, in Markdown"))
    outcome = models.TextField(_("outcome"), blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["letter", "language"], name="letter_translation_once"),
        ]

    def __str__(self) -> str:
        return self.title
