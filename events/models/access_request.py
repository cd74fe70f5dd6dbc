"""What a guest needs in order to take part, and what became of it."""

from datetime import date, datetime

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from events import dates_text, extensions
from events.fields import EncryptedTextField
from events.languages import own_name
from events.models.attendance import ACTIVE, AttendanceStatus
from events.models.event import EventStatus


class AccessKind(models.TextChoices):
    ASL = "asl", _("American Sign Language interpreter")
    CAPTIONS = "captions", _("Live captions")
    INTERPRETER = "interpreter", _("Interpreter for a spoken language")
    WHEELCHAIR = "wheelchair", _("Wheelchair space")
    HEARING_LOOP = "hearing_loop", _("Hearing loop or assistive listening device")
    LARGE_PRINT = "large_print", _("Large print or screen-reader documents")
    OTHER = "other", _("Something else")


#: What serves everybody in the room once it is there, so that the event's page says it.
FOR_EVERYBODY = (AccessKind.ASL, AccessKind.CAPTIONS, AccessKind.INTERPRETER)


class AccessState(models.TextChoices):
    REQUESTED = "requested", _("To arrange")
    ARRANGED = "arranged", _("Arranged")
    CANNOT = "cannot", _("Cannot be arranged")
    #: The guest needs it no more, after somebody had worked on it.
    WITHDRAWN = "withdrawn", _("No longer needed")


_FOR_THIS_TIME = Q(schedule_rev=F("rsvp__event__schedule_rev"))
ARRANGED = Q(state=AccessState.ARRANGED) & _FOR_THIS_TIME
TO_ARRANGE = Q(state=AccessState.REQUESTED) | Q(state=AccessState.ARRANGED) & ~_FOR_THIS_TIME
#: Each guest's once: who waits for the room with a remote place in hand asks with that place.
WANTED = (
    Q(rsvp__status__in=ACTIVE)
    & ~Q(state=AccessState.WITHDRAWN)
    & ~Q(rsvp__upgrade_of__status__in=ACTIVE)
)
TO_CALL_OFF = ~Q(arranged_with="") & (
    Q(state=AccessState.WITHDRAWN) | Q(rsvp__status=AttendanceStatus.CANCELLED)
)


def to_call() -> Q:
    """Answered, nobody has told the guest in person yet, and mail does not reach them."""
    unreached = Q(rsvp__person__email=None)
    for without_mail in extensions.without_mail:
        unreached |= without_mail("rsvp__person")
    return (ARRANGED | Q(state=AccessState.CANNOT)) & Q(told_at=None) & unreached


class AccessRequestQuerySet(models.QuerySet["AccessRequest"]):
    def wanted(self) -> "AccessRequestQuerySet":
        """What guests who come or wait still need.

        Of who waits for the room with a remote place in hand, the row in line repeats what that
        place asks for, and takes it over with the place in the room.
        """
        return self.filter(WANTED)

    def coming(self, now: datetime) -> "AccessRequestQuerySet":
        """At events that take place, as far as anybody knows, and are not over."""
        return self.filter(
            rsvp__event__status__in=[EventStatus.TENTATIVE, EventStatus.CONFIRMED],
            rsvp__event__ends_at__gt=now,
        )

    def to_arrange(self) -> "AccessRequestQuerySet":
        """Without an answer, or arranged for a time at which the event no longer is."""
        return self.filter(TO_ARRANGE)

    def arranged(self) -> "AccessRequestQuerySet":
        """Arranged for the time at which the event is now."""
        return self.filter(ARRANGED)

    def cannot(self) -> "AccessRequestQuerySet":
        return self.filter(state=AccessState.CANNOT)

    def to_call(self) -> "AccessRequestQuerySet":
        """What no mail can tell: somebody has to call."""
        return self.filter(to_call())

    def to_call_off(self) -> "AccessRequestQuerySet":
        """Arranged, and its guest needs it or comes no more."""
        return self.filter(TO_CALL_OFF)

    def shown_to_all(self) -> "AccessRequestQuerySet":
        """What the event's public page says is arranged."""
        return self.wanted().arranged().filter(kind__in=FOR_EVERYBODY)


class AccessRequest(models.Model):
    """One kind of help that one RSVP asks for, as a piece of work with an owner.

    The person's own words are with the RSVP, encrypted. What is arranged or refused is encrypted,
    too: it is told to the person, and read at the desk by those who arrange.

    An answer is arranged (with what) or cannot (who decided, why, and what instead: 28 CFR
    35.160(b)(2) gives the person's own choice first, 35.164 asks for the reasons in writing). When
    it is wanted follows from the event and the office's notice, so that it moves with both.
    """

    rsvp = models.ForeignKey(
        "events.RSVP", on_delete=models.CASCADE, related_name="access_requests"
    )
    kind = models.CharField(max_length=20, choices=AccessKind.choices)
    created_at = models.DateTimeField()
    state = models.CharField(
        max_length=10, choices=AccessState.choices, default=AccessState.REQUESTED
    )
    #: Who sees to it; an account that is gone leaves it to anybody.
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    #: People who stay beside the guest; ``None`` for the rest of the party.
    companions = models.PositiveSmallIntegerField(null=True)
    #: Which spoken language is interpreted.
    language = models.CharField(max_length=12, blank=True)
    #: What is arranged, in words that the guest reads.
    arranged_with = EncryptedTextField(blank=True)
    #: Who decided that it cannot be, by name and position.
    decided_by = models.CharField(max_length=200, blank=True)
    reason = EncryptedTextField(blank=True)
    instead = EncryptedTextField(blank=True)
    #: The event's schedule for which it is arranged; at another one it is to be arranged anew.
    schedule_rev = models.PositiveIntegerField(null=True)
    #: When it got its state, and by which operation: a message about an earlier one is not true.
    answered_at = models.DateTimeField(null=True)
    answer = models.UUIDField(null=True)
    #: When somebody told the guest in person, who has no address.
    told_at = models.DateTimeField(null=True)

    objects = AccessRequestQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["rsvp", "kind"],
                condition=~Q(state=AccessState.WITHDRAWN),
                name="access_request_once",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=AccessKind.values), name="access_kind_known"
            ),
            models.CheckConstraint(
                condition=Q(state__in=AccessState.values), name="access_state_known"
            ),
            models.CheckConstraint(
                condition=~Q(state=AccessState.ARRANGED)
                | ~Q(arranged_with="") & Q(schedule_rev__isnull=False, answered_at__isnull=False),
                name="access_arranged_with_what",
            ),
            models.CheckConstraint(
                condition=~Q(state=AccessState.CANNOT)
                | ~Q(decided_by="") & ~Q(reason="") & ~Q(instead="") & Q(answered_at__isnull=False),
                name="access_cannot_by_whom_why_instead",
            ),
        ]
        indexes = [models.Index(fields=["state", "rsvp"], name="access_state_rsvp")]

    def __str__(self) -> str:
        return f"{self.kind} for RSVP {self.rsvp_id}"

    @property
    def label(self) -> str:
        """The kind in words, with the language that is interpreted."""
        kind = str(AccessKind(self.kind).label)
        return f"{kind} ({own_name(self.language)})" if self.language else kind

    @property
    def is_wanted(self) -> bool:
        return self.state != AccessState.WITHDRAWN

    @property
    def is_for_this_time(self) -> bool:
        """Whether it was arranged for the time at which the event is now."""
        return self.schedule_rev == self.rsvp.event.schedule_rev

    @property
    def shown_state(self) -> str:
        """Its state as things are now: "requested" also where the event has moved since."""
        if self.state == AccessState.ARRANGED and not self.is_for_this_time:
            return AccessState.REQUESTED.value
        return str(AccessState(self.state).value)

    @property
    def wanted_by(self) -> date:
        """The day by which it should be arranged, where the event takes place."""
        return self.rsvp.event.access_deadline

    def is_late(self, now: datetime) -> bool:
        """Whether that day has passed, and there is no answer yet. It is still tried."""
        today = dates_text.local(now, self.rsvp.event.timezone).date()
        return self.shown_state == AccessState.REQUESTED and today > self.wanted_by

    @property
    def companions_there(self) -> int:
        """How many people stay beside the guest: as said, else the rest of the party."""
        return self.rsvp.party_size - 1 if self.companions is None else self.companions
