"""What went out, what waits and what failed, on the desk: a list, a plot, and each one's story."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.db.models import Count, QuerySet
from django.db.models.functions import TruncDate
from django.http import HttpResponse, QueryDict
from django.utils.translation import gettext_lazy as _

from events import clock, extensions
from events.choices import offer
from events.form_rendering import DateInput
from events.models import Event, Office, Person
from events.queries import FURTHEST_OFFSET, read_page
from events.staff.access import StaffRequest, asked_key, desk_page, own_row, staff_page
from notifications import catalogue, explaining
from notifications.known_people import person_of
from notifications.models import Delivery, DeliveryState, Letter
from notifications.models.delivery import OPEN
from notifications.outcomes import LATER, STATES, later, outcome, title_of
from volunteers.models import Shift

SECTION = "deliveries"
PAGE_SIZE = 50
#: Days that the plot shows, and from when on the list is, if nothing else is asked for.
DAYS = 14


# --- The list ------------------------------------------------------------------------------------


class FilterForm(forms.Form):
    """What the list is narrowed to. An address is asked for in full: parts of it find nobody."""

    mark_optional = False

    q = forms.CharField(
        label=_("Email address, in full"),
        required=False,
        widget=forms.TextInput({"type": "search", "autocomplete": "off"}),
    )
    state = forms.ChoiceField(label=_("State"), required=False)
    message = forms.ChoiceField(label=_("Message"), required=False)
    since = forms.DateField(label=_("Since"), required=False, widget=DateInput)
    letter = forms.IntegerField(required=False, widget=forms.HiddenInput)
    event = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, asked: QueryDict) -> None:
        super().__init__({name: asked.get(name, "") for name in self.base_fields})
        waiting = [("waiting", _("Still to go out"))]
        ends = [(state.value, words) for state, words in STATES.items() if state not in OPEN]
        offer(self, "state", [("", _("All states")), *waiting, *ends, *LATER.items()])
        known = [(message.name, message.title) for message in catalogue.MESSAGES]
        offer(self, "message", [("", _("All messages")), *known])
        for name in ("letter", "event"):
            if not asked.get(name):
                del self.fields[name]


@dataclass(frozen=True)
class Row:
    """A delivery in the list."""

    delivery: Delivery
    title: str
    state: Any
    later: list[Any]


@staff_page("see_deliveries")
def deliveries(request: StaffRequest) -> HttpResponse:
    """Show deliveries of this member's offices, latest first, above them the last two weeks."""
    now = clock.now()
    limit, offset = read_page(request.GET, usual=PAGE_SIZE)
    form = FilterForm(request.GET)
    office = request.offices[0]
    letter, event = _about(request)
    found = Delivery.objects.none()
    if form.is_valid():
        found = _narrowed(request.offices, form.cleaned_data, letter, event, now)
    page = found.select_related("person", "office").order_by("-planned_at", "-pk")
    # Counted no further than the list can be leafed through.
    count = found.order_by()[: FURTHEST_OFFSET + limit].count()
    context = {
        "form": form,
        "rows": [
            Row(one, title_of(one), STATES[DeliveryState(one.state)], later(one))
            for one in page[offset : offset + limit]
        ],
        "letter": letter,
        "event": event,
        "is_narrowed": bool(set(request.GET) - {"offset", "limit"}),
        "plot": plot(request.offices, now=now, zone=office.zone),
        "offset": offset,
        "limit": limit,
        "count": count,
    }
    template = "notifications/staff/deliveries.html"
    status = 422 if form.errors else 200
    return desk_page(request, template, context, section=SECTION, status=status)


def _about(request: StaffRequest) -> tuple[Letter | None, Event | None]:
    """Return the letter or the event of this member's offices that the query names; else 404."""
    letter: Letter | None = None
    event: Event | None = None
    if (key := asked_key(request, "letter")) is not None:
        letter = own_row(request, Letter.objects.all(), pk=key)
    if (key := asked_key(request, "event")) is not None:
        event = own_row(request, Event.objects.all(), pk=key)
    return letter, event


def _narrowed(
    offices: list[Office],
    asked: dict[str, Any],
    letter: Letter | None,
    event: Event | None,
    now: datetime,
) -> QuerySet[Delivery]:
    rows = Delivery.objects.filter(office__in=offices)
    if asked["state"] == "waiting":
        rows = rows.filter(state__in=OPEN)
    elif asked["state"] in LATER:
        rows = rows.filter(**{f"{asked['state']}_at__isnull": False})
    elif asked["state"]:
        rows = rows.filter(state=asked["state"])
    if asked["message"]:
        rows = rows.filter(message=asked["message"])
    if asked["q"]:
        email = asked["q"].replace("\x00", "").strip().lower()
        rows = rows.filter(person__in=Person.objects.filter(email=email))
    if letter is not None:
        rows = rows.filter(letter_id=letter.pk)
    if event is not None:
        rows = rows.filter(event_id=event.pk)
    if asked["since"]:
        return rows.filter(planned_at__gte=_midnight(asked["since"], offices[0].zone))
    if letter is None and event is None and not asked["q"] and asked["state"] != "waiting":
        # Nobody leafs through millions of rows from the start.
        return rows.filter(planned_at__gte=now - timedelta(days=DAYS))
    return rows


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)


# --- The plot ------------------------------------------------------------------------------------

#: What the plot draws, a line each: everything that ended well is one, everything open another.
GROUPS = (
    ("accepted", _("Accepted"), (DeliveryState.ACCEPTED,)),
    ("waiting", _("Still to go out"), tuple(OPEN)),
    (
        "not-sent",
        _("Not sent, for a reason"),
        (DeliveryState.SUPPRESSED, DeliveryState.SUPERSEDED, DeliveryState.EXPIRED),
    ),
    ("failed", _("Failed"), (DeliveryState.FAILED,)),
    ("unknown", _("Unknown"), (DeliveryState.UNKNOWN,)),
)
BAR, GAP, HEIGHT = 16, 4, 40


@dataclass(frozen=True)
class Bar:
    """One day of one group, in the plot's own units."""

    x: int
    y: int
    height: int


@dataclass(frozen=True)
class Group:
    """One line of the plot. Each has a scale of its own: one failure shows beside 100,000."""

    name: str
    label: Any
    counts: list[int]
    bars: list[Bar]

    @property
    def total(self) -> int:
        return sum(self.counts)

    @property
    def most(self) -> int:
        return max(self.counts)


@dataclass(frozen=True)
class Plot:
    """Deliveries by the day on which they were planned and by what became of them."""

    days: list[date]
    groups: list[Group]
    width: int = DAYS * (BAR + GAP) - GAP
    height: int = HEIGHT
    bar: int = BAR

    @property
    def rows(self) -> list[tuple[date, list[int]]]:
        """The same as a table: a day, and its number in each group; the latest day first."""
        by_day = zip(self.days, zip(*(group.counts for group in self.groups), strict=True),
                     strict=True)  # fmt: skip
        return [(day, list(counts)) for day, counts in by_day][::-1]

    @property
    def is_empty(self) -> bool:
        return not any(group.total for group in self.groups)


def plot(offices: list[Office], *, now: datetime, zone: ZoneInfo) -> Plot:
    """Count the deliveries of the last two weeks by day and state; one query."""
    last = now.astimezone(zone).date()
    days = [last - timedelta(days=back) for back in reversed(range(DAYS))]
    counted = (
        Delivery.objects.filter(office__in=offices, planned_at__gte=_midnight(days[0], zone))
        .order_by()
        .annotate(day=TruncDate("planned_at", tzinfo=zone))
        .values_list("day", "state")
        .annotate(n=Count("pk"))
    )
    by_day: dict[tuple[date, str], int] = {(day, state): n for day, state, n in counted}
    groups = []
    for name, label, states in GROUPS:
        counts = [sum(by_day.get((day, state), 0) for state in states) for day in days]
        groups.append(Group(name, label, counts, _bars(counts)))
    return Plot(days, groups)


def _bars(counts: list[int]) -> list[Bar]:
    most = max(counts)
    bars = []
    for place, count in enumerate(counts):
        # One of many is still to be seen.
        height = max(round(HEIGHT * count / most), 2) if count else 0
        bars.append(Bar(place * (BAR + GAP), HEIGHT - height, height))
    return bars


# --- One delivery --------------------------------------------------------------------------------


@staff_page("see_deliveries")
def delivery(request: StaffRequest, pk: int) -> HttpResponse:
    """Tell one delivery's story: why it was planned, what became of it, what will happen next."""
    rows = Delivery.objects.select_related("person", "resend_ordered_by")
    row = own_row(request, rows, pk=pk)
    assert row.office is not None
    zone = row.office.timezone
    letter: Letter | None = None
    event: Event | None = None
    if row.letter_id is not None:
        letter = Letter.objects.filter(office=row.office, pk=row.letter_id).first()
    if row.event_id is not None:
        event = Event.objects.filter(office=row.office, pk=row.event_id).first()
    known = {message.name for message in catalogue.MESSAGES}
    context = {
        "delivery": row,
        "title": title_of(row),
        "kind": row.message if row.message in known else "",
        "state": STATES[DeliveryState(row.state)],
        "later": later(row),
        "answer": outcome(row, now=clock.now(), timezone=zone),
        "because": explaining.why_got(row, timezone=zone),
        "letter": letter,
        "event": event,
    }
    template = "notifications/staff/delivery.html"
    return desk_page(request, template, context, section=SECTION, office=row.office)


# --- Why not? ------------------------------------------------------------------------------------


class WhyForm(forms.Form):
    """Whom the question is about. What it is about stands in the address."""

    mark_optional = False

    email = forms.CharField(
        label=_("Email address, in full"),
        required=False,
        widget=forms.TextInput({"type": "search", "autocomplete": "off"}),
    )
    letter = forms.IntegerField(required=False, widget=forms.HiddenInput)
    event = forms.IntegerField(required=False, widget=forms.HiddenInput)
    shift = forms.IntegerField(required=False, widget=forms.HiddenInput)


@staff_page("see_deliveries")
def why(request: StaffRequest) -> HttpResponse:
    """Answer why somebody got a letter or heard of an event or a shift, or why not.

    ``email``, and ``letter``, ``event`` or ``shift`` by its key; without one of these, choose.
    """
    now = clock.now()
    letter, event = _about(request)
    shift = _shift(request)
    email = request.GET.get("email", "").replace("\x00", "").strip()
    about = letter or event or shift
    told: list[explaining.Told] = []
    if email and about is not None:
        asked: Any = {
            "person": person_of(email, [about.office]), "now": now,
            "timezone": about.office.timezone,
        }  # fmt: skip
        if letter is not None:
            answer = explaining.why_not_letter(letter=letter, **asked)
            told = [explaining.Told("", letter.posted_at or now, answer)]
        elif event is not None:
            told = explaining.why_not_event(event=event, **asked)
        elif shift is not None:
            told = explaining.why_not_shift(shift=shift, **asked)
    context = {
        "form": WhyForm(initial={name: request.GET.get(name, "") for name in WhyForm.base_fields}),
        "letter": letter,
        "event": event,
        "shift": shift,
        "email": email,
        "told": told,
        "letters": [] if about else _recent_letters(request),
        "events": [] if about else _recent_events(request, now),
    }
    template = "notifications/staff/why.html"
    office = about.office if about is not None else None
    return desk_page(request, template, context, section=SECTION, office=office)


def _shift(request: StaffRequest) -> Shift | None:
    """Return the shift of this member's offices that the query names; else 404."""
    key = asked_key(request, "shift")
    return None if key is None else own_row(request, Shift.objects.effective(), pk=key)


def _recent_letters(request: StaffRequest) -> QuerySet[Letter]:
    return Letter.objects.filter(office__in=request.offices).posted().filter(mails=True)[:10]


def _recent_events(request: StaffRequest, now: datetime) -> QuerySet[Event]:
    mine = Event.objects.filter(office__in=request.offices).posted()
    near = mine.filter(starts_at__gte=now - timedelta(days=30))
    return near.order_by("starts_at", "pk").select_related("office")[:20]


def register() -> None:
    """Add the page to the desk. Called once, when the app is ready."""
    extensions.desk_sections.append(
        extensions.DeskSection(
            SECTION,
            _("Deliveries"),
            "staff-deliveries",
            "see_deliveries",
            0,
            extensions.DeskGroup.MAIL,
        )
    )
