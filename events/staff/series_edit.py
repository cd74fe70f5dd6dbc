"""Change several dates of a series from the form of one: which, and what becomes of each."""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from events.actions.events import TIME_FIELDS
from events.actions.series_edit import (
    DatePlan,
    Scope,
    SeriesPlan,
    dates_in_scope,
    edit_series,
    plan_series_edit,
)
from events.errors import Refused
from events.models import Event, Venue
from events.staff.access import desk_page
from events.staff.concerned import Told, who_is_told
from events.staff.history import FIELDS
from events.token_pages import see_other

if TYPE_CHECKING:
    from events.staff.event_edit import Editing
    from events.staff.event_form import EventForm

#: The value of :class:`Scope` for this date alone.
ONE = "one"


class ScopeField(forms.ChoiceField):
    """Which dates are meant. The answer is no change of the event."""

    def has_changed(self, initial: Any, data: Any) -> bool:
        return False


def has_others(event: Event | None, now: datetime) -> bool:
    """Whether a change of this event could be one of other dates, too."""
    if event is None or event.series_id is None or not event.is_on:
        return False
    return dates_in_scope(event, Scope.UNEDITED, now).exclude(pk=event.pk).exists()


def add_scope(form: forms.Form) -> None:
    """Ask at the end of the form of a date which dates are meant."""
    form.fields["scope"] = ScopeField(
        label=gettext_lazy("Which dates of the series do you change?"),
        help_text=gettext_lazy(
            "You see each date before anything is saved. What was changed of one date by itself "
            "stays as it is there."
        ),
        choices=[(ONE, gettext_lazy("This date alone")), *Scope.choices],
        widget=forms.RadioSelect,
        required=False,
    )
    # One of them is chosen already.
    form.fields["scope"].sometimes_required = True  # type: ignore[attr-defined]
    form.initial.setdefault("scope", ONE)


def scope_of(form: forms.Form) -> str:
    """Return which dates are meant: a value of :class:`Scope`, or empty for the one alone."""
    scope = form.cleaned_data.get("scope") or ONE
    return "" if scope == ONE else str(scope)


def answer(editing: "Editing", form: "EventForm", scope: str, do: str) -> HttpResponse:
    """Show what a change does to each date and who is told, or (confirmed) make it."""
    event, now = editing.event, editing.now
    assert event is not None
    if do == "post":
        form.add_error("scope", _("Save the dates first. Then post them."))
        return editing.page(form, status=422)
    try:
        if do != "confirm":
            columns = form.new_venue()
            venue = Venue(office=event.office, **columns) if columns else None
            return _review(editing, plan_of(event, scope, form.changes(venue), now))
        changes = form.changes(editing.venue(form))
        told = told_of(plan_of(event, scope, changes, now), now)
        plan = edit_series(
            event_id=event.pk, scope=scope, changes=changes, revision=event.revision, now=now,
            actor=editing.request.user,
        )  # fmt: skip
    except Refused as refused:
        form.add_error(refused.field if refused.field in form.fields else None, refused.message)
        return editing.page(form, status=422)
    messages.success(editing.request, said_after(plan, told))
    return see_other(reverse("staff-event", kwargs={"pk": event.pk}))


def _review(editing: "Editing", plan: SeriesPlan) -> HttpResponse:
    context = {
        "event": editing.event,
        "lines": lines_of(plan),
        "count": len(plan.changing),
        "fields": _named(plan.fields),
        "told": told_of(plan, editing.now) if plan.told else None,
        "typed": editing.typed(),
    }
    template = "events/staff/series_review.html"
    return desk_page(editing.request, template, context, section="events", office=editing.office)


def plan_of(event: Event, scope: str, changes: dict[str, Any], now: datetime) -> SeriesPlan:
    """Return what a change would do, from the rows as they are now. Raises :class:`Refused`."""
    dates = dates_in_scope(event, scope, now).with_all_shown()
    return plan_series_edit(event, list(dates), changes, now=now)


class DateLine(NamedTuple):
    """A date on the page of review."""

    event: Event
    #: With its new time and place.
    after: Event
    time: bool
    place: bool
    #: Whether anything of it changes.
    changes: bool
    #: Why something of it stays as it is; empty if nothing does.
    stays: str


def lines_of(plan: SeriesPlan) -> list[DateLine]:
    """Return the dates of a plan, in their order."""
    return [
        DateLine(
            date.event, date.after,
            time=bool(set(TIME_FIELDS) & set(date.changes)),
            place="venue" in date.changes,
            changes=bool(date.changes),
            stays=_why(date),
        )
        for date in plan.dates
    ]  # fmt: skip


def _named(names: Iterable[str]) -> str:
    found = set(names)
    return ", ".join(str(label) for name, label in FIELDS.items() if name in found)


def _why(date: DatePlan) -> str:
    if date.is_postponed:
        return _("It is postponed. It gets its time when you set a new date.")
    if not date.kept:
        return ""
    return _("Stays, for it was changed of this date by itself: %(fields)s.") % {
        "fields": _named(date.kept)
    }


def told_of(plan: SeriesPlan, now: datetime) -> Told:
    """Return who hears of a plan: each person once."""
    events = [date.event for date in plan.told]
    if not events:
        return Told([])
    ends = max(date.after.ends_at for date in plan.told)
    concern_all = {"status", "venue", "mode", *TIME_FIELDS}
    joining = not any(concern_all & set(date.changes) for date in plan.told)
    return who_is_told(*events, now=now, until=ends, joining_alone=joining)


def said_after(plan: SeriesPlan, told: Told) -> str:
    """Return what is said after the change."""
    count = len(plan.changing)
    saved = ngettext("%(count)s date is changed.", "%(count)s dates are changed.", count)
    saved %= {"count": count}
    if not told.by_mail:
        return saved
    return f"{saved} " + _("%(people)s will get a message with old and new.") % {
        "people": told.words
    }
