"""The office whose calendar and letters these are."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.core.validators import MinValueValidator
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from events.models.access_request import AccessKind


class OfficeKind(models.TextChoices):
    """Kinds never share people, lists or staff views."""

    OFFICIAL = "official", _("Official office")
    CAMPAIGN = "campaign", _("Campaign")
    CIVIC = "civic", _("Civic group")


class Palette(models.TextChoices):
    """The colours that an office can choose; each passes WCAG AA on white and on its own tint."""

    BLUE = "blue", _("Blue")
    TEAL = "teal", _("Teal")
    GREEN = "green", _("Green")
    GOLD = "gold", _("Gold")
    BRICK = "brick", _("Brick red")
    PLUM = "plum", _("Plum")
    INDIGO = "indigo", _("Indigo")
    SLATE = "slate", _("Slate")


def default_languages() -> list[str]:
    return ["en"]


def default_reminder_leads() -> list[str]:
    """One week, one day at 11:00 local time, two hours (PRODUCT.md, "Telling people")."""
    return ["7d", "1d@11:00", "2h"]


def default_access_kinds() -> list[str]:
    """Every kind of help; an office takes away what it never has."""
    return list(AccessKind.values)


class OfficeQuerySet(models.QuerySet["Office"]):
    def official(self) -> "OfficeQuerySet":
        return self.filter(kind=OfficeKind.OFFICIAL)

    def in_order(self) -> "OfficeQuerySet":
        return self.order_by("position", "id")

    def topic_kind(self) -> "models.QuerySet[Office, str]":
        """The kind of office whose managers name the topics, as one value (or a subquery).

        All offices share the topics, and the public reads them on every office's pages: so they are
        the official offices' while there is one, else those of the first office's kind.
        """
        official_first = models.Case(models.When(kind=OfficeKind.OFFICIAL, then=0), default=1)
        rows = self.order_by(official_first, "position", "id").values_list("kind", flat=True)
        return rows[:1]


class Office(models.Model):
    """An organization that posts events and letters (Popolo: Organization)."""

    slug = models.SlugField(_("short name in addresses"), max_length=80, unique=True)
    name = models.CharField(_("name"), max_length=200)
    kind = models.CharField(
        _("kind"), max_length=10, choices=OfficeKind.choices, default=OfficeKind.OFFICIAL
    )
    jurisdiction = models.CharField(_("jurisdiction"), max_length=200, blank=True)
    timezone = models.CharField(_("time zone"), max_length=64)
    #: Language codes; the first is the language of the rows themselves.
    languages = models.JSONField(_("languages"), default=default_languages)
    sender_address = models.EmailField(_("address that mail is sent from"), blank=True)
    reply_to = models.EmailField(_("address that answers go to"), blank=True)
    postal_address = models.TextField(_("postal address"), blank=True)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    website = models.URLField(_("website"), blank=True)
    palette = models.CharField(
        _("colour"), max_length=10, choices=Palette.choices, default=Palette.BLUE
    )
    logo = models.FileField(_("logo"), upload_to="logos/", blank=True)
    public_record_text = models.TextField(_("public record notice under forms"), blank=True)
    access_notice_days = models.PositiveSmallIntegerField(
        _("days that the office needs to arrange access"),
        default=3,
        validators=[MinValueValidator(0)],
    )
    #: Kinds of help that its forms offer. "Something else" always is: nobody is kept from asking.
    access_kinds = models.JSONField(
        _("help that forms offer"), default=default_access_kinds, blank=True
    )
    #: What new events of the desk start from (``Event.notice_hours``).
    notice_hours = models.PositiveSmallIntegerField(_("hours of notice"), default=0)
    #: How to ask for an accommodation, by language; "{day}" stands for the last day.
    accommodation = models.JSONField(_("how to ask for access"), default=dict, blank=True)
    reminder_leads = models.JSONField(_("reminders"), default=default_reminder_leads)
    #: ISO dates of elections that the office takes part in.
    election_dates = models.JSONField(_("election dates"), default=list, blank=True)
    #: An official office confirms what it posts within so many days before one of them.
    election_notice_days = models.PositiveSmallIntegerField(
        _("days before an election in which posting is confirmed"), default=60
    )
    #: Who pays for a campaign's mail, as the law has it named there.
    paid_for_by = models.CharField(_("paid for by"), max_length=200, blank=True)
    position = models.PositiveSmallIntegerField(default=0)
    revision = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    objects = OfficeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind__in=OfficeKind.values), name="office_kind_known"
            ),
            models.CheckConstraint(
                condition=models.Q(palette__in=Palette.values), name="office_palette_known"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    def election_soon(self, moment: datetime) -> date | None:
        """Return the election before which ``moment`` falls into the days of confirmation.

        None where there is no such election, or the office is no official one: such rules are about
        mail at public expense (39 U.S.C. 3210(a)(6)(A) has 60 days for the Senate's). The day of
        the election itself counts.
        """
        if self.kind != OfficeKind.OFFICIAL:
            return None
        today = moment.astimezone(self.zone).date()
        last = today + timedelta(days=self.election_notice_days)
        dates = sorted(date.fromisoformat(text) for text in self.election_dates)
        return next((day for day in dates if today <= day <= last), None)

    @property
    def payer(self) -> str:
        """Who paid for what a campaign sends; empty for every other office."""
        return self.paid_for_by if self.kind == OfficeKind.CAMPAIGN else ""

    @property
    def logo_url(self) -> str:
        """The logo's address on this site, wherever it is stored; empty without one."""
        return reverse("media", kwargs={"path": self.logo.name}) if self.logo else ""

    @property
    def first_language(self) -> str:
        return self.languages[0] if self.languages else "en"
