"""The shifts of the desk: what comes, gaps first; drafts, what is over, what was cancelled."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django import forms
from django.db.models import Case, Count, F, IntegerField, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from events import clock
from events.choices import offer
from events.languages import language_in_use
from events.models import AttendanceStatus, Event, Office
from events.queries import read_page
from events.staff.access import StaffRequest, chosen_office, desk_page, staff_page
from events.translations import called
from volunteers.forms import title_and_day
from volunteers.models import Shift, ShiftClaim, VolunteerRole
from volunteers.models.shift import ShiftQuerySet

PAGE_SIZE = 50
#: Events that the filter offers, the one asked for among them.
MOST_EVENTS = 100


class View(NamedTuple):
    """One tab of the list. The rows are effective."""

    name: str
    label: Any
    rows: Callable[[ShiftQuerySet, datetime], ShiftQuerySet]


def coming(shifts: ShiftQuerySet, now: datetime) -> ShiftQuerySet:
    """Public and not over, those short of people first; what is postponed waits for a new date."""
    gap = Case(
        When(Q(taken__lt=F("minimum")) & ~Q(status="postponed"), then=Value(0)),
        default=Value(1),
        output_field=IntegerField(),
    )
    # Any: the type checker does not know the columns that effective() adds.
    found: Any = shifts.posted()
    found = found.filter(Q(ends_at__gt=now) | Q(status="postponed")).exclude(status="cancelled")
    return found.annotate(gap=gap).order_by("gap", "starts_at", "id")


def drafts(shifts: ShiftQuerySet, now: datetime) -> ShiftQuerySet:
    """Not public yet, soonest first; some wait for their event alone."""
    found: Any = shifts
    return found.filter(is_posted=False).exclude(status="cancelled").order_by("starts_at", "id")


def past(shifts: ShiftQuerySet, now: datetime) -> ShiftQuerySet:
    return shifts.posted().going_on().past(now)


def cancelled(shifts: ShiftQuerySet, now: datetime) -> ShiftQuerySet:
    found: Any = shifts.cancelled()
    return found.order_by("-starts_at", "-id")


VIEWS = [
    View("", _("Coming"), coming),
    View("drafts", _("Drafts"), drafts),
    View("past", _("Past"), past),
    View("cancelled", pgettext_lazy("several", "Cancelled"), cancelled),
]


class FilterForm(forms.Form):
    """The filters above the list; the office only where there are several."""

    mark_optional = False

    event = forms.ChoiceField(label=_("Event"), required=False)
    role = forms.ChoiceField(label=_("Role"), required=False)
    office = forms.ChoiceField(label=_("Office"), required=False)
    view = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        asked: dict[str, str],
        *,
        events: list[Event],
        roles: dict[str, str],
        offices: list[Office],
    ) -> None:
        super().__init__(initial=asked)
        language = language_in_use()
        named = [(str(event.pk), title_and_day(event, language)) for event in events]
        offer(self, "event", [("", _("Any event")), ("none", _("None: on their own")), *named])
        offer(self, "role", [("", _("Any role")), *roles.items()])
        offer(self, "office", [("", _("All offices")), *((o.slug, o.name) for o in offices)])
        if len(offices) < 2:
            del self.fields["office"]
        if not asked.get("view"):
            del self.fields["view"]


@staff_page("edit_shifts")
def shift_list(request: StaffRequest) -> HttpResponse:
    """Show the shifts of this member's offices, those that still need people first."""
    now = clock.now()
    limit, offset = read_page(request.GET, usual=PAGE_SIZE)
    names = ("event", "role", "office", "view")
    asked = {name: request.GET[name].replace("\x00", "") for name in names if name in request.GET}
    asked = {name: value for name, value in asked.items() if value}
    office = chosen_office(request, asked.get("office")) if asked.get("office") else None
    offices = [office] if office else request.offices
    mine = Shift.objects.filter(office__in=offices)
    chosen = next((v for v in VIEWS if v.name == asked.get("view", "")), VIEWS[0])
    narrowed = _narrowed(mine, asked).effective()
    tabs, shown, count = [], Shift.objects.none(), 0
    for view in VIEWS:
        rows = view.rows(narrowed, now)
        found = rows.count()
        url = "?" + urlencode(
            {**_without_view(asked), **({"view": view.name} if view.name else {})}
        )
        tabs.append({"label": view.label, "url": url, "current": view is chosen, "count": found})
        if view is chosen:
            shown, count = rows, found
    page = list(with_waiting(shown).for_cards()[offset : offset + limit])
    context = {
        "tabs": tabs,
        "view": chosen.name,
        "groups": _groups(page, chosen),
        "form": FilterForm(
            asked, events=_events(mine, asked), roles=_roles(mine), offices=request.offices
        ),
        "is_narrowed": bool(_without_view(asked)),
        "is_empty": not any(tab["count"] for tab in tabs),
        "now": now,
        "offset": offset,
        "limit": limit,
        "count": count,
    }
    return desk_page(
        request, "volunteers/staff/shifts.html", context, section="shifts", office=office
    )


def _without_view(asked: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in asked.items() if name != "view"}


def _narrowed(shifts: ShiftQuerySet, asked: dict[str, str]) -> ShiftQuerySet:
    """Keep the shifts of an event and a role; what does not exist (any more) leaves none."""
    event = asked.get("event", "")
    if event == "none":
        shifts = shifts.filter(event=None)
    elif event:
        known = event.isascii() and event.isdigit() and len(event) < 19
        shifts = shifts.filter(event=int(event)) if known else shifts.none()
    if asked.get("role"):
        shifts = shifts.filter(role__name=asked["role"])
    return shifts


def _events(mine: ShiftQuerySet, asked: dict[str, str]) -> list[Event]:
    """Return the events to choose from: those with shifts, the latest dates of them, in order."""
    with_shifts = Event.objects.filter(pk__in=mine.filter(event__isnull=False).values("event"))
    latest = with_shifts.order_by("-starts_at", "-id").prefetch_related("translations")
    return list(latest[:MOST_EVENTS])[::-1]


def _roles(mine: ShiftQuerySet) -> dict[str, str]:
    """Return the roles that have shifts: name → name in the page's language.

    Two offices may have one of the same name.
    """
    used = VolunteerRole.objects.filter(pk__in=mine.order_by().values("role"))
    rows = called(used, "name", language_in_use()).order_by("called", "-pk")
    return dict(rows.values_list("name", "called"))


def with_waiting(shifts: ShiftQuerySet) -> ShiftQuerySet:
    """Annotate ``waiting``, how many people are in line."""
    line = (
        ShiftClaim.objects.filter(shift=OuterRef("pk"), status=AttendanceStatus.WAITLISTED)
        .order_by()
        .values("shift")
        .annotate(n=Count("pk"))
        .values("n")
    )
    found: Any = shifts.annotate(waiting=Coalesce(Subquery(line), 0))
    return found


class Group(NamedTuple):
    """Rows of the list under one heading; without one where there is nothing to tell apart."""

    label: Any
    shifts: list[Shift]


def _groups(page: list[Shift], view: View) -> list[Group]:
    """Return the rows of a page, those with a gap apart from the others."""
    if view.rows is not coming:
        return [Group("", page)] if page else []
    short = [shift for shift in page if shift.is_on and shift.still_needed]
    rest = [shift for shift in page if not (shift.is_on and shift.still_needed)]
    found = [Group(_("Still need people"), short), Group(_("Enough people"), rest)]
    return [group for group in found if group.shifts]
