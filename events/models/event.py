"""An event: one date with its own UID, whatever series it belongs to."""

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from events.translations import language_of, version_of

if TYPE_CHECKING:
    from django_stubs_ext.db.models.manager import RelatedManager

    from events.models.agenda import AgendaItem, Document, Speaker
    from events.models.follow_up import FollowUp
    from events.models.preparation import Task
    from events.models.promise import Promise
    from events.models.venue import Venue

#: Feeds show from 30 days ago to twelve months ahead (CALENDARS.md, 8).
FEED_PAST = timedelta(days=30)
FEED_FUTURE = timedelta(days=366)


class EventType(models.TextChoices):
    TOWN_HALL = "town_hall", _("Town hall")
    COMMUNITY_EVENT = "community_event", _("Community event")
    OFFICE_HOURS = "office_hours", _("Office hours")
    HEARING = "hearing", _("Hearing")
    OTHER = "other", _("Other")


class EventStatus(models.TextChoices):
    TENTATIVE = "tentative", _("Tentative")
    CONFIRMED = "confirmed", _("Confirmed")
    CANCELLED = "cancelled", _("Cancelled")
    POSTPONED = "postponed", _("Postponed")


class Mode(models.TextChoices):
    IN_PERSON = "in_person", _("In person")
    REMOTE = "remote", _("Online or by phone")
    BOTH = "both", _("In person and online")


class EventQuerySet(models.QuerySet["Event"]):
    """Reads in the words of the domain; the time is always an argument."""

    def posted(self) -> "EventQuerySet":
        """What the public may see: everything that is not a draft."""
        return self.filter(posted_at__isnull=False)

    def going_on(self) -> "EventQuerySet":
        """Neither cancelled nor postponed."""
        return self.filter(status__in=[EventStatus.TENTATIVE, EventStatus.CONFIRMED])

    def upcoming(self, now: datetime) -> "EventQuerySet":
        """Not yet over at ``now``, soonest first."""
        return self.filter(ends_at__gt=now).order_by("starts_at", "id")

    def past(self, now: datetime) -> "EventQuerySet":
        """Over at ``now``, latest first."""
        return self.filter(ends_at__lte=now).order_by("-starts_at", "-id")

    def between(self, start: datetime, end: datetime) -> "EventQuerySet":
        """Touching the half-open window from ``start`` to ``end``."""
        return self.filter(starts_at__lt=end, ends_at__gte=start)

    def in_feed_window(self, now: datetime) -> "EventQuerySet":
        return self.between(now - FEED_PAST, now + FEED_FUTURE)

    def of_office(self, slug: str) -> "EventQuerySet":
        """Of an office as its owner or as a co-host."""
        hosted = Event.cohosts.through.objects.filter(office__slug=slug).values("event_id")
        return self.filter(Q(office__slug=slug) | Q(pk__in=hosted))

    def about(self, topic_slug: str) -> "EventQuerySet":
        """On a topic."""
        tagged = Event.topics.through.objects.filter(topic__slug=topic_slug).values("event_id")
        return self.filter(pk__in=tagged)

    def visited_at(self, venue: "Venue") -> "EventQuerySet":
        """Those whose guests go to this place."""
        return self.filter(venue=venue).exclude(mode=Mode.REMOTE)

    def for_cards(self) -> "EventQuerySet":
        """Fetch what an event's card in a list shows, in two queries."""
        return self.select_related("office", "venue").prefetch_related("translations")

    def with_all_shown(self) -> "EventQuerySet":
        """Fetch what pages, feeds and the API show, in a constant number of queries."""
        return self.select_related("office", "venue").prefetch_related(
            "topics__translations", "translations", "cohosts"
        )

    def with_programme(self) -> "EventQuerySet":
        """Fetch agenda, speakers and documents, in a constant number of queries."""
        return self.prefetch_related(
            "agenda__translations", "speakers__translations", "speakers__body", "documents"
        )


class Event(models.Model):
    """A town hall, hearing or other date of an office (Mobilize, Open Civic Data: Event).

    Counters (DESIGN.md): ``sequence`` rises with time, place or status (iCalendar SEQUENCE);
    ``schedule_rev`` with the time alone (reminders); ``revision`` with anything that the public
    sees (caches). RSVPs touch none of them, nor ``updated_at``.
    """

    office = models.ForeignKey("events.Office", on_delete=models.PROTECT, related_name="events")
    cohosts = models.ManyToManyField("events.Office", related_name="cohosted_events", blank=True)
    slug = models.SlugField(_("short name in addresses"), max_length=120, unique=True)
    uid = models.CharField(max_length=255, unique=True, editable=False)
    event_type = models.CharField(_("type"), max_length=20, choices=EventType.choices)
    title = models.CharField(_("title"), max_length=200)
    description = models.TextField(_("description"), blank=True)
    topics = models.ManyToManyField("events.Topic", related_name="events", blank=True)
    starts_at = models.DateTimeField(_("starts"))
    ends_at = models.DateTimeField(_("ends"))
    timezone = models.CharField(_("time zone"), max_length=64)
    all_day = models.BooleanField(_("all day"), default=False)

    status = models.CharField(
        max_length=10, choices=EventStatus.choices, default=EventStatus.CONFIRMED
    )
    #: Why it was cancelled or postponed; shown to everyone.
    status_reason = models.CharField(max_length=500, blank=True)
    #: First public at; a draft has none.
    posted_at = models.DateTimeField(null=True, editable=False)
    #: Since when the public knows of the date that it has now.
    noticed_at = models.DateTimeField(null=True, editable=False)
    #: Hours before its start at which it must be public (``events.notice``); 0: no class.
    notice_hours = models.PositiveSmallIntegerField(_("hours of notice"), default=0)
    #: Why its date is public later than that; shown to everyone.
    notice_excuse = models.CharField(_("why it is late"), max_length=500, blank=True)
    #: How to ask for an accommodation, where it is another way than the office's own.
    accommodation = models.CharField(_("how to ask for access"), max_length=500, blank=True)

    mode = models.CharField(_("how to attend"), max_length=10, choices=Mode.choices)
    venue = models.ForeignKey(
        "events.Venue", null=True, blank=True, on_delete=models.PROTECT, related_name="events"
    )
    remote_url = models.URLField(_("link to join online"), blank=True, max_length=500)
    dial_in = models.CharField(_("phone number to join by phone"), max_length=200, blank=True)
    #: Language codes spoken or interpreted, such as ``["en", "es", "asl"]``.
    spoken_languages = models.JSONField(_("languages at the event"), default=list, blank=True)
    access_services = models.CharField(_("access services on offer"), max_length=300, blank=True)

    #: Sound and picture are kept, and may be shown later: who comes is told before.
    is_recorded = models.BooleanField(_("the event is recorded"), default=False)

    #: In which order questions are answered: one of ``QuestionOrder``; and the seed of the lot,
    #: drawn once and public from then on.
    question_order = models.CharField(max_length=10, default="in_turn", editable=False)
    question_seed = models.CharField(max_length=32, blank=True, editable=False)

    takes_rsvps = models.BooleanField(_("takes RSVPs"), default=True)
    capacity = models.PositiveIntegerField(_("places in the room"), null=True, blank=True)
    taken = models.PositiveIntegerField(default=0, editable=False)
    overbooked = models.PositiveIntegerField(default=0, editable=False)
    remote_capacity = models.PositiveIntegerField(_("places online"), null=True, blank=True)
    remote_taken = models.PositiveIntegerField(default=0, editable=False)
    remote_overbooked = models.PositiveIntegerField(default=0, editable=False)

    series = models.ForeignKey(
        "events.Series", null=True, blank=True, on_delete=models.SET_NULL, related_name="events"
    )
    #: The local start that the series' rule gave this date, ``2026-06-11T18:30``. A moved date
    #: keeps it, so that the rule never makes the date again.
    series_start = models.CharField(max_length=16, blank=True)
    #: Names of the fields that were changed of this date of a series alone: a change of several
    #: dates leaves them as they are, and new dates are not copied from them.
    own_fields = models.JSONField(default=list, blank=True, editable=False)

    #: Where an imported event came from. Together unique.
    source = models.CharField(max_length=500, blank=True)
    source_uid = models.CharField(max_length=255, blank=True)
    recurrence_id = models.CharField(max_length=40, blank=True)
    source_hash = models.CharField(max_length=64, blank=True)

    #: When what somebody needs to know to come (date, time, place, way) was last changed of the
    #: public event: whoever has a place since before then is asked whether they still come.
    asks_anew_since = models.DateTimeField(null=True, editable=False)
    sequence = models.PositiveIntegerField(default=0, editable=False)
    schedule_rev = models.PositiveIntegerField(default=0, editable=False)
    revision = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(editable=False)
    updated_at = models.DateTimeField(editable=False)
    #: Folded words of title, description, place and translations (``events.search``); kept by the
    #: actions.
    search_text = models.TextField(blank=True, editable=False)

    objects = EventQuerySet.as_manager()

    if TYPE_CHECKING:
        translations: RelatedManager["EventTranslation"]
        agenda: RelatedManager["AgendaItem"]
        speakers: RelatedManager["Speaker"]
        documents: RelatedManager["Document"]
        follow_ups: RelatedManager["FollowUp"]
        promises: RelatedManager["Promise"]
        tasks: RelatedManager["Task"]
        #: Annotated by ``events.queries.with_waitlist_length``.
        waitlist_length: int

    class Meta:
        indexes = [
            models.Index(fields=["starts_at", "id"], name="event_starts"),
            models.Index(fields=["office", "starts_at"], name="event_office_starts"),
            models.Index(fields=["ends_at"], name="event_ends"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gte=F("starts_at")), name="event_in_order"),
            models.CheckConstraint(
                condition=Q(status__in=EventStatus.values), name="event_status_known"
            ),
            models.CheckConstraint(condition=Q(mode__in=Mode.values), name="event_mode_known"),
            models.CheckConstraint(
                condition=Q(event_type__in=EventType.values), name="event_type_known"
            ),
            models.CheckConstraint(
                condition=Q(capacity__isnull=True) | Q(taken__lte=F("capacity") + F("overbooked")),
                name="event_room_not_oversold",
            ),
            models.CheckConstraint(
                condition=Q(remote_capacity__isnull=True)
                | Q(remote_taken__lte=F("remote_capacity") + F("remote_overbooked")),
                name="event_remote_not_oversold",
            ),
            models.CheckConstraint(
                condition=Q(question_order__in=["in_turn", "votes"])
                | Q(question_order="lot") & ~Q(question_seed=""),
                name="event_question_order_known",
            ),
            models.UniqueConstraint(
                fields=["series", "series_start"],
                condition=Q(series__isnull=False),
                name="event_series_date_once",
            ),
            models.UniqueConstraint(
                fields=["source", "source_uid", "recurrence_id"],
                condition=~Q(source=""),
                name="event_source_once",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("event", kwargs={"slug": self.slug})

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @property
    def is_posted(self) -> bool:
        return self.posted_at is not None

    @property
    def is_on(self) -> bool:
        """Whether it takes place as far as anybody knows."""
        return self.status in (EventStatus.TENTATIVE, EventStatus.CONFIRMED)

    @property
    def is_cancelled(self) -> bool:
        return self.status == EventStatus.CANCELLED

    @property
    def is_postponed(self) -> bool:
        return self.status == EventStatus.POSTPONED

    @property
    def modes(self) -> list[Mode]:
        """The ways in that an RSVP can choose from, the room first."""
        if self.mode == Mode.BOTH:
            return [Mode.IN_PERSON, Mode.REMOTE]
        return [Mode(self.mode)]

    @property
    def joining_is_public(self) -> bool:
        """Whether everybody may be told how to join online: nobody is kept out by it.

        Where places online are scarce, the link goes to those who have one.
        """
        return not self.takes_rsvps or self.remote_capacity is None

    @property
    def access_deadline(self) -> date:
        """The last day, where it takes place, on which access asked for can surely be arranged."""
        start = self.starts_at.astimezone(self.zone).date()
        return start - timedelta(days=self.office.access_notice_days)

    def is_over(self, now: datetime) -> bool:
        return self.ends_at <= now

    def accepts_rsvps(self, now: datetime) -> bool:
        """Whether the form is open: posted, on, taking RSVPs and not over."""
        return self.takes_rsvps and self.is_posted and self.is_on and not self.is_over(now)

    @property
    def places_left(self) -> int | None:
        """Free planned places in the room; ``None`` where there is no limit."""
        return None if self.capacity is None else max(self.capacity - self.taken, 0)

    @property
    def remote_places_left(self) -> int | None:
        """Free places online; ``None`` where there is no limit."""
        if self.remote_capacity is None:
            return None
        return max(self.remote_capacity - self.remote_taken, 0)

    def places_left_in(self, mode: str) -> int | None:
        return self.remote_places_left if mode == Mode.REMOTE else self.places_left

    @property
    def is_full(self) -> bool:
        """Whether no pool that the event offers has a free place."""
        return self.takes_rsvps and all(self.places_left_in(mode) == 0 for mode in self.modes)

    def in_language(self, language: str) -> "Event | EventTranslation":
        """Return what carries ``title`` and ``description`` in ``language`` (uses a prefetch).

        Falls back to the row itself, whose language is the office's first.
        """
        shown: Event | EventTranslation = version_of(self, language)
        return shown

    def shown_language(self, language: str) -> str:
        """The language that :meth:`in_language` really gives, for ``lang=`` attributes."""
        return language_of(self, language, self.office.first_language)


class EventTranslation(models.Model):
    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="translations")
    language = models.CharField(max_length=12)
    title = models.CharField(_("title"), max_length=200)
    description = models.TextField(_("description"), blank=True)
    accommodation = models.CharField(_("how to ask for access"), max_length=500, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["event", "language"], name="event_translation_once"),
        ]
