"""A shift: at an event, whose time it follows, or on its own."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.db import models
from django.db.models import Case, DateTimeField, ExpressionWrapper, F, Q, Value, When
from django.db.models.functions import Coalesce, Greatest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from events.models import EventStatus, Venue
from events.translations import language_of, version_of

if TYPE_CHECKING:
    from django_stubs_ext.db.models.manager import RelatedManager

#: A shift starts at most this far from its event (a CHECK), so that a window of shifts is a window
#: of events, wider by as much, and stays on an index.
MAX_OFFSET = timedelta(days=14)


class ShiftStatus(models.TextChoices):
    CONFIRMED = "confirmed", _("Confirmed")
    CANCELLED = "cancelled", _("Cancelled")


class ShiftQuerySet(models.QuerySet["Shift"]):
    def effective(
        self, start: datetime | None = None, end: datetime | None = None
    ) -> "ShiftQuerySet":
        """Annotate what holds for a shift, its own facts and its event's together.

        Yields ``starts_at, ends_at, timezone, status, status_reason, sequence, schedule_rev,
        revision, updated_at`` and ``is_posted``. Nothing else reads the raw columns. With
        ``start`` and ``end``, keeps the shifts that touch that half-open window.
        """
        shifts = self
        if start is not None:
            shifts = shifts.filter(
                Q(event__isnull=True, own_ends_at__gte=start)
                | Q(event__starts_at__gte=start - 2 * MAX_OFFSET)
            )
        if end is not None:
            shifts = shifts.filter(
                Q(event__isnull=True, own_starts_at__lt=end)
                | Q(event__starts_at__lt=end + MAX_OFFSET)
            )
        at_event = Q(event__isnull=False)

        def moment(value: object) -> ExpressionWrapper:
            return ExpressionWrapper(value, output_field=DateTimeField())

        def both(name: str) -> object:
            return F(f"own_{name}") + Coalesce(F(f"event__{name}"), 0)

        # What annotate() adds is said once, in Shift's own TYPE_CHECKING block.
        shifts = shifts.annotate(  # type: ignore[assignment]
            starts_at=Case(
                When(at_event, then=moment(F("event__starts_at") + F("offset"))),
                default=F("own_starts_at"),
                output_field=DateTimeField(),
            ),
            ends_at=Case(
                When(at_event, then=moment(F("event__starts_at") + F("offset") + F("duration"))),
                default=F("own_ends_at"),
                output_field=DateTimeField(),
            ),
            timezone=Coalesce(F("event__timezone"), F("own_timezone")),
            status=Case(
                When(own_status=ShiftStatus.CANCELLED, then=Value("cancelled")),
                When(event__status=EventStatus.CANCELLED, then=Value("cancelled")),
                When(event__status=EventStatus.POSTPONED, then=Value("postponed")),
                When(event__status=EventStatus.TENTATIVE, then=Value("tentative")),
                default=Value("confirmed"),
                output_field=models.CharField(),
            ),
            status_reason=Case(
                When(own_status=ShiftStatus.CANCELLED, then=F("own_status_reason")),
                default=Coalesce(F("event__status_reason"), Value("")),
                output_field=models.CharField(),
            ),
            sequence=both("sequence"),
            schedule_rev=both("schedule_rev"),
            revision=both("revision"),
            updated_at=Greatest(
                F("own_updated_at"), Coalesce(F("event__updated_at"), F("own_updated_at"))
            ),
            is_posted=Case(
                When(own_posted_at__isnull=True, then=Value(False)),
                When(at_event & Q(event__posted_at__isnull=True), then=Value(False)),
                default=Value(True),
                output_field=models.BooleanField(),
            ),
        )
        if start is not None:
            shifts = shifts.filter(ends_at__gte=start)
        if end is not None:
            shifts = shifts.filter(starts_at__lt=end)
        return shifts

    def coming_at(self, venue: Venue, now: datetime) -> "ShiftQuerySet":
        """What is public, not over at ``now`` nor cancelled, and has this place of its own."""
        return self.filter(venue=venue).effective().posted().upcoming(now).not_cancelled()

    def standing(self) -> "ShiftQuerySet":
        """What was not cancelled by itself, whatever became of its event."""
        return self.exclude(own_status=ShiftStatus.CANCELLED)

    # What follows is asked of an effective() queryset.

    def posted(self) -> "ShiftQuerySet":
        """What the public may see."""
        return self.filter(is_posted=True)

    def going_on(self) -> "ShiftQuerySet":
        return self.filter(status__in=["confirmed", "tentative"])

    def cancelled(self) -> "ShiftQuerySet":
        """Cancelled by itself, or with its event."""
        return self.filter(status="cancelled")

    def not_cancelled(self) -> "ShiftQuerySet":
        """Neither by itself nor with its event."""
        return self.exclude(status="cancelled")

    def scheduled_as(self, schedule_rev: object) -> "ShiftQuerySet":
        """Not moved in time since its ``schedule_rev`` was this one."""
        return self.filter(schedule_rev=schedule_rev)

    def starting_between(self, start: object, end: object) -> "ShiftQuerySet":
        """Starting from ``start`` to ``end``, both included: instants or expressions of them."""
        return self.filter(starts_at__gte=start, starts_at__lte=end)

    def upcoming(self, now: datetime) -> "ShiftQuerySet":
        """Not yet over at ``now``, soonest first."""
        return self.filter(ends_at__gt=now).order_by("starts_at", "id")

    def past(self, now: datetime) -> "ShiftQuerySet":
        """Over at ``now``, latest first."""
        return self.filter(ends_at__lte=now).order_by("-starts_at", "-id")

    def public_between(self, start: datetime, end: datetime) -> "ShiftQuerySet":
        """Those that became public after ``start`` and up to ``end``, with ``public_at``.

        A shift at an event is public when both are.
        """
        since = Greatest(F("own_posted_at"), Coalesce(F("event__posted_at"), F("own_posted_at")))
        return self.annotate(public_at=since).filter(public_at__gt=start, public_at__lte=end)

    def short_of_people(self) -> "ShiftQuerySet":
        """With fewer people than it needs."""
        return self.filter(taken__lt=F("minimum"))

    def with_open_places(self) -> "ShiftQuerySet":
        return self.filter(Q(capacity__isnull=True) | Q(taken__lt=F("capacity")))

    def with_role(self) -> "ShiftQuerySet":
        """Fetch the role with its name in every language."""
        return self.select_related("role__office").prefetch_related("role__translations")

    def for_cards(self) -> "ShiftQuerySet":
        """Fetch what lists show, in a constant number of queries."""
        shifts = self.with_role().select_related("office", "venue", "event__venue", "event__office")
        return shifts.prefetch_related("event__translations")

    def with_all_shown(self) -> "ShiftQuerySet":
        """Fetch what pages, mails and feeds show, in a constant number of queries."""
        return self.for_cards().prefetch_related("translations")


class Shift(models.Model):
    """Work for some people, one role, between a minimum and a maximum.

    A shift at an event stores ``offset`` from the event's start and ``duration``; a free one its
    own start and end. The raw columns are named ``own_…`` in code so that nobody reads them by
    accident: ask :meth:`ShiftQuerySet.effective`.
    """

    office = models.ForeignKey("events.Office", on_delete=models.PROTECT, related_name="shifts")
    event = models.ForeignKey(
        "events.Event", null=True, blank=True, on_delete=models.PROTECT, related_name="shifts"
    )
    role = models.ForeignKey(
        "volunteers.VolunteerRole", on_delete=models.PROTECT, related_name="shifts"
    )
    uid = models.CharField(max_length=255, unique=True, editable=False)
    notes = models.TextField(_("what to know before you come"), blank=True)
    venue = models.ForeignKey(
        "events.Venue", null=True, blank=True, on_delete=models.PROTECT, related_name="shifts"
    )

    offset = models.DurationField(null=True, blank=True)
    duration = models.DurationField(null=True, blank=True)
    own_starts_at = models.DateTimeField(null=True, blank=True, db_column="starts_at")
    own_ends_at = models.DateTimeField(null=True, blank=True, db_column="ends_at")
    own_timezone = models.CharField(max_length=64, blank=True, db_column="timezone")
    own_status = models.CharField(
        max_length=10, choices=ShiftStatus.choices, default=ShiftStatus.CONFIRMED,
        db_column="status",
    )  # fmt: skip
    own_status_reason = models.CharField(max_length=500, blank=True, db_column="status_reason")
    own_posted_at = models.DateTimeField(null=True, db_column="posted_at", editable=False)

    minimum = models.PositiveIntegerField(_("people needed at least"), default=1)
    capacity = models.PositiveIntegerField(_("people at most"), null=True, blank=True)
    taken = models.PositiveIntegerField(default=0, editable=False)
    overbooked = models.PositiveIntegerField(default=0, editable=False)

    own_sequence = models.PositiveIntegerField(default=0, editable=False, db_column="sequence")
    own_schedule_rev = models.PositiveIntegerField(
        default=0, editable=False, db_column="schedule_rev"
    )
    own_revision = models.PositiveIntegerField(default=1, editable=False, db_column="revision")
    created_at = models.DateTimeField(editable=False)
    own_updated_at = models.DateTimeField(editable=False, db_column="updated_at")

    objects = ShiftQuerySet.as_manager()

    if TYPE_CHECKING:
        # Annotated by ShiftQuerySet.effective().
        starts_at: datetime
        ends_at: datetime
        timezone: str
        status: str
        status_reason: str
        sequence: int
        schedule_rev: int
        revision: int
        updated_at: datetime
        is_posted: bool
        translations: RelatedManager["ShiftTranslation"]
        event_id: int | None
        office_id: int
        role_id: int
        venue_id: int | None

    class Meta:
        indexes = [models.Index(fields=["own_starts_at"], name="shift_starts")]
        constraints = [
            models.CheckConstraint(
                name="shift_follows_event_or_stands_alone",
                condition=Q(
                    event__isnull=False, offset__isnull=False, duration__isnull=False,
                    own_starts_at__isnull=True, own_ends_at__isnull=True,
                )
                | Q(
                    event__isnull=True, offset__isnull=True, duration__isnull=True,
                    own_starts_at__isnull=False, own_ends_at__isnull=False,
                ),
            ),
            models.CheckConstraint(
                name="shift_near_its_event",
                condition=Q(offset__isnull=True)
                | Q(
                    offset__gte=-MAX_OFFSET, offset__lte=MAX_OFFSET,
                    duration__gt=timedelta(0), duration__lte=MAX_OFFSET,
                ),
            ),
            models.CheckConstraint(
                name="shift_in_order",
                condition=Q(own_starts_at__isnull=True)
                | Q(own_ends_at__gt=F("own_starts_at")),
            ),
            models.CheckConstraint(
                name="shift_not_oversold",
                condition=Q(capacity__isnull=True)
                | Q(taken__lte=F("capacity") + F("overbooked")),
            ),
            models.CheckConstraint(
                name="shift_status_known", condition=Q(own_status__in=ShiftStatus.values)
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"shift {self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("shift", kwargs={"pk": self.pk})

    @property
    def places_left(self) -> int | None:
        """Free places; ``None`` where there is no limit."""
        return None if self.capacity is None else max(self.capacity - self.taken, 0)

    @property
    def still_needed(self) -> int:
        """How many people are missing to the minimum."""
        return max(self.minimum - self.taken, 0)

    @property
    def is_full(self) -> bool:
        return self.places_left == 0

    def in_language(self, language: str) -> "Shift | ShiftTranslation":
        """Return what carries ``notes`` in ``language`` (uses a prefetch).

        Falls back to the row itself, whose language is the office's first.
        """
        shown: Shift | ShiftTranslation = version_of(self, language)
        return shown

    def shown_language(self, language: str) -> str:
        """The language that :meth:`in_language` really gives, for ``lang=`` attributes."""
        return language_of(self, language, self.office.first_language)

    # What follows is asked of a shift read through effective().

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @property
    def is_on(self) -> bool:
        return self.status in ("confirmed", "tentative")

    @property
    def is_cancelled(self) -> bool:
        return self.status == "cancelled"

    @property
    def waits_for_event(self) -> bool:
        """Whether it is posted, and public as soon as its event is."""
        return self.own_posted_at is not None and not self.is_posted

    def accepts_claims(self, now: datetime) -> bool:
        """Whether the form is open: posted, on and not over."""
        return self.is_posted and self.is_on and self.ends_at > now

    @property
    def place(self) -> object:
        """The shift's own venue, else its event's; ``None`` where nobody has said."""
        if self.venue is not None:
            return self.venue
        return self.event.venue if self.event is not None else None


class ShiftTranslation(models.Model):
    """What to know before a shift in one more language of its office."""

    shift = models.ForeignKey(Shift, on_delete=models.CASCADE, related_name="translations")
    language = models.CharField(max_length=12)
    notes = models.TextField(_("what to know before you come"))

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["shift", "language"], name="shift_translation_once"),
        ]
