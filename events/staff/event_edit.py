"""Write, copy and edit an event on the desk.

What changes time, place or certainty of a public event is shown first, with how many people will
be told; nothing is saved before that page is confirmed.
"""

from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from events import clock
from events.actions.events import PLACE_FIELDS, TIME_FIELDS, create_event, edit_event
from events.actions.offices import create_venue
from events.actions.series import create_series
from events.errors import Refused
from events.languages import own_name
from events.models import Event, Mode, Office, Topic, Venue
from events.staff import series_edit
from events.staff.access import (
    FORM,
    StaffRequest,
    asked_key,
    chosen_office,
    desk_page,
    own_row,
    staff_page,
)
from events.staff.concerned import Told, who_is_told
from events.staff.event_form import EventForm, initial_copy, initial_new, initial_of
from events.staff.stale import Conflict, last_saved
from events.token_pages import see_other


@staff_page("edit_events", methods=FORM)
def event_new(request: StaffRequest) -> HttpResponse:
    """Write an event, or (``?copy=``) one like another. With several offices, first say whose."""
    pattern = None
    if (key := asked_key(request, "copy")) is not None:
        pattern = own_row(request, Event.objects.with_all_shown(), pk=key)
        office: Office | None = pattern.office
    else:
        office = chosen_office(request, request.GET.get("office"))
    if office is None:
        context = {"choices": request.offices}
        return desk_page(request, "events/staff/event_office.html", context, section="events")
    initial = initial_copy(pattern) if pattern is not None else initial_new(office)
    return Editing(request, office, None, initial, pattern).answer()


@staff_page("edit_events", methods=FORM)
def event_edit(request: StaffRequest, pk: int) -> HttpResponse:
    """Edit an event. Its address stays the same."""
    event = own_row(request, Event.objects.with_all_shown(), pk=pk)
    if event.is_cancelled:
        messages.warning(request, _("This event was cancelled. Copy it to set a new one."))
        return redirect("staff-event", pk=event.pk)
    return Editing(request, event.office, event, initial_of(event)).answer()


class Change(NamedTuple):
    """Something of time, place or certainty that differs, old beside new, in the page of review."""

    event: Event
    time: bool
    place: bool
    mode: bool
    joining: bool
    #: Whether it takes place: tentative or certain.
    certainty: bool
    #: The names of other fields that are saved with it.
    rest: list[str]

    @property
    def concerns_joining_alone(self) -> bool:
        """Whether nothing changes for those who come in person."""
        return self.joining and not (self.time or self.place or self.mode or self.certainty)


@dataclass
class Editing:
    """One request to the form of an event."""

    request: StaffRequest
    office: Office
    event: Event | None
    initial: dict[str, Any]
    pattern: Event | None = None
    now: datetime = field(default_factory=clock.now)

    def __post_init__(self) -> None:
        self.parts: dict[str, Any] = {
            "office": self.office,
            "event": self.event,
            "venues": list(Venue.objects.filter(office=self.office)),
            "topics": list(Topic.objects.prefetch_related("translations")),
            "offices": list(Office.objects.in_order().filter(kind=self.office.kind)),
        }

    @property
    def is_public(self) -> bool:
        return self.event is not None and self.event.is_posted

    def form(self, data: Any = None, *, public: bool = False, **typed: Any) -> EventForm:
        """Return the form: empty, with what is typed (not judged), or judged as ``data``."""
        form = EventForm(data, **self.parts, initial={**self.initial, **typed}, public=public)
        if self.has_others:
            series_edit.add_scope(form)
        return form

    @cached_property
    def has_others(self) -> bool:
        """Whether there are other dates of the series that could change with this one."""
        return series_edit.has_others(self.event, self.now)

    def answer(self) -> HttpResponse:
        """Show the form, or do what the pressed button says."""
        if self.request.method != "POST":
            return self.page(self.form())
        do, typed = self.request.POST.get("do", "save"), self.request.POST
        if do in ("preview", "change"):
            return self.shown_again(preview=do == "preview")
        form = self.form(typed, public=self.is_public or do == "post")
        if not form.is_valid():
            return self.page(form, status=422)
        if self.event is not None and form.is_stale:
            return self.conflict(form)
        if scope := series_edit.scope_of(form):
            return series_edit.answer(self, form, scope, do)
        if self.event is not None and do != "confirm":
            change = self.change(form, self.event)
            if change is not None:
                return self.review(form, change)
        return self.save(form, post=do == "post")

    # -- Answers ----------------------------------------------------------------------------------

    def page(
        self,
        form: EventForm,
        *,
        preview: list[dict[str, str]] | None = None,
        conflict: Conflict | None = None,
        status: int = 200,
    ) -> HttpResponse:
        """Show the form."""
        context = {
            "event": self.event,
            "form": form,
            "pattern": self.pattern,
            "preview": preview,
            "conflict": conflict,
        }
        template = "events/staff/event_form.html"
        return desk_page(
            self.request, template, context, section="events", office=self.office, status=status
        )

    def shown_again(self, *, preview: bool) -> HttpResponse:
        """Show what is typed once more, whatever is still missing in it."""
        form = self.form(**typed_values(self.form(), self.request.POST))
        # Not to be mistaken for what is saved: the fingerprint is the one that was sent.
        form.initial["seen"] = self.request.POST.get("seen", "")
        return self.page(form, preview=previewed(form) if preview else None)

    def conflict(self, form: EventForm) -> HttpResponse:
        """Show what somebody else has saved meanwhile beside what is typed; save nothing."""
        assert self.event is not None
        conflict = form.beside_what_is_saved(last_saved(self.event))
        return self.page(form, conflict=conflict, status=409)

    def change(self, form: EventForm, event: Event) -> Change | None:
        """Return what changes in time, place or certainty of a public event.

        ``None``: nothing that is told.
        """
        if not event.is_posted:
            return None
        columns = form.new_venue()
        venue = Venue(office=self.office, **columns) if columns else None
        wanted = form.changes(venue)
        # What was postponed is not said to be certain, or not, before it has a date again.
        told_of = (*TIME_FIELDS, *PLACE_FIELDS, *(["status"] if "status" in wanted else []))
        differs = {name for name in told_of if getattr(event, name) != wanted[name]}
        if not differs:
            return None
        after = Event(office=self.office, **{name: wanted[name] for name in (*told_of, "title")})
        own = {
            "venue",
            "venue_name",
            "mode",
            "remote_url",
            "dial_in",
            "all_day",
            "timezone",
            "tentative",
            "seen",
        }
        rest = [
            difference.label
            for difference in form.differences()
            if difference.name not in own
            and not difference.name.startswith(("starts_", "ends_", "venue_"))
        ]
        return Change(
            event=after,
            time=bool(differs & set(TIME_FIELDS)),
            place="venue" in differs and (after.venue is not None or after.mode != Mode.REMOTE),
            mode="mode" in differs,
            joining=bool(differs & {"remote_url", "dial_in"}),
            certainty="status" in differs,
            rest=rest,
        )

    def review(self, form: EventForm, change: Change) -> HttpResponse:
        """Show old and new and how many people will be told, before anything is saved."""
        assert self.event is not None
        context = {
            "event": self.event,
            "change": change,
            "told": self.told(change),
            "typed": self.typed(),
        }
        template = "events/staff/event_review.html"
        return desk_page(self.request, template, context, section="events", office=self.office)

    def typed(self) -> list[tuple[str, str]]:
        """Return what was sent, to be sent once more by the page of review."""
        return [
            (name, value)
            for name, values in self.request.POST.lists()
            if name not in ("csrfmiddlewaretoken", "do")
            for value in values
        ]

    def told(self, change: Change) -> Told:
        assert self.event is not None
        if self.event.is_postponed and change.event.starts_at == self.event.starts_at:
            return Told([], is_postponed=True)
        return who_is_told(
            self.event,
            now=self.now,
            until=change.event.ends_at,
            joining_alone=change.concerns_joining_alone,
        )

    def save(self, form: EventForm, *, post: bool) -> HttpResponse:
        """Write what the form says, or show why it cannot be written."""
        try:
            venue = self.venue(form)
            if self.event is None:
                return self.create(form, venue, post=post)
            change = self.change(form, self.event)
            event = edit_event(
                event_id=self.event.pk,
                changes=form.changes(venue),
                revision=self.event.revision,
                post=post,
                now=self.now,
                actor=self.request.user,
            )
        except Refused as refused:
            field_name = refused.field if refused.field in form.fields else None
            form.add_error(field_name, refused.message)
            return self.page(form, status=422)
        if change is not None:
            said = _told_message(self.told(change))
        elif post:
            said = _("Posted. Everybody can see it now.")
        elif event.is_posted:
            said = _("Saved. The public page shows it.")
        else:
            said = _("Saved as a draft. Only staff see it.")
        messages.success(self.request, said)
        return see_other(_address(event))

    def venue(self, form: EventForm) -> Venue | None:
        """Put a new place on the office's list, once, and choose it in the form."""
        columns = form.new_venue()
        if columns is None:
            return None
        known = Venue.objects.filter(office=self.office, **columns).first()
        return known or create_venue(
            office=self.office, now=self.now, actor=self.request.user, **columns
        )

    def create(self, form: EventForm, venue: Venue | None, *, post: bool) -> HttpResponse:
        draft, rule, actor = form.draft(venue), form.rule(), self.request.user
        if not rule:
            event = create_event(
                office=self.office, draft=draft, post=post, now=self.now, actor=actor
            )
            said = _("Posted. Everybody can see it now.") if post else _("Saved as a draft.")
            messages.success(self.request, said)
            return see_other(_address(event))
        series = create_series(
            office=self.office, draft=draft, rule=rule, post=post, now=self.now, actor=actor
        )
        count = series.events.count()
        if post:
            said = ngettext("%(count)s date is posted.", "%(count)s dates are posted.", count)
        else:
            said = ngettext(
                "%(count)s date is saved as a draft.",
                "%(count)s dates are saved as drafts.",
                count,
            )
        messages.success(self.request, said % {"count": count})
        first = series.events.order_by("starts_at").first()
        assert first is not None
        return see_other(_address(first))


def _address(event: Event) -> str:
    return reverse("staff-event", kwargs={"pk": event.pk})


def _told_message(told: Told) -> str:
    if not told.by_mail:
        return _("Saved. The public page shows it.")
    return _("Saved. %(people)s will get a message with old and new.") % {"people": told.words}


def typed_values(form: EventForm, data: QueryDict) -> dict[str, Any]:
    """Return what was sent as a form's initial values, judged by nobody."""
    return {
        name: field.widget.value_from_datadict(data, {}, name)
        for name, field in form.fields.items()
        if name != "seen"
    }


def previewed(form: EventForm) -> list[dict[str, str]]:
    """Return what is typed in each language, to be shown as readers will see it."""
    found = []
    for code in [form.own_language, *form.other_languages]:
        end = "" if code == form.own_language else f"_{code}"
        title = form[f"title{end}"].value() or ""
        text = form[f"description{end}"].value() or ""
        if title.strip() or text.strip():
            found.append({"code": code, "name": own_name(code), "title": title, "text": text})
    return found
