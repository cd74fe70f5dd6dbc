"""Edit or move a shift on the desk.

What changes time or place of a shift that somebody has taken is shown first, with how many people
will be told; nothing is saved before that page is confirmed.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from events import clock
from events.actions.offices import create_venue
from events.errors import Refused
from events.models import Office, StaffUser, Venue
from events.staff.access import FORM, StaffRequest, desk_page, own_row, staff_page
from events.staff.concerned import Told
from events.staff.stale import Conflict
from events.token_pages import see_other
from volunteers.actions.shifts import create_role, edit_shift
from volunteers.models import Shift, VolunteerRole
from volunteers.staff.shift_forms import (
    EventMoveForm,
    EventShiftForm,
    MoveForm,
    ShiftForm,
    initial_of,
    initial_times,
)
from volunteers.staff.told import done_message, last_saved, who_is_told

SECTION = "shifts"
FOLDER = "volunteers/staff"


def own_shift(request: StaffRequest, pk: int) -> Shift:
    """Return the shift, effective and with all that pages show; else 404."""
    return own_row(request, Shift.objects.effective().with_all_shown(), pk=pk)


def page_of(shift: Shift) -> str:
    """Return the address of the shift on the desk."""
    return reverse("staff-shift", kwargs={"pk": shift.pk})


@staff_page("edit_shifts", methods=FORM)
def shift_edit(request: StaffRequest, pk: int) -> HttpResponse:
    """Edit a shift: role, numbers, place, notes and time."""
    shift = own_shift(request, pk)
    make_form = ShiftForm if shift.event is None else EventShiftForm
    rows = choices_of(shift.office)
    versions = [row.language for row in shift.translations.all()]

    def form(data: Any = None, **typed: Any) -> ShiftForm:
        initial = {**initial_of(shift), **typed}
        return make_form(
            data, office=shift.office, event=shift.event, initial=initial, versions=versions, **rows
        )

    return _called_off(request, shift) or Editing(request, shift, form, "shift_form").answer()


@staff_page("edit_shifts", methods=FORM)
def shift_reschedule(request: StaffRequest, pk: int) -> HttpResponse:
    """Move a shift to another time. At an event it is this shift that moves, not the event."""
    shift = own_shift(request, pk)
    make_form = MoveForm if shift.event is None else EventMoveForm

    def form(data: Any = None, **typed: Any) -> MoveForm:
        initial = {**initial_times(shift), **typed}
        return make_form(data, office=shift.office, event=shift.event, initial=initial)

    return _called_off(request, shift) or Editing(request, shift, form, "shift_move").answer()


def choices_of(office: Office) -> dict[str, Any]:
    """Return the roles and places that the form of a shift offers; three queries."""
    roles = VolunteerRole.objects.filter(office=office).prefetch_related("translations")
    return {
        "roles": list(roles),
        "venues": list(Venue.objects.filter(office=office)),
    }


def _called_off(request: StaffRequest, shift: Shift) -> HttpResponse | None:
    if not shift.is_cancelled:
        return None
    messages.warning(request, _("This shift was cancelled. Copy it to set a new one."))
    return redirect("staff-shift", pk=shift.pk)


class When(NamedTuple):
    """When a shift is going to be, for the tags that write dates."""

    starts_at: datetime
    ends_at: datetime
    timezone: str


class Change(NamedTuple):
    """What differs in time or place of a shift, old beside new, in the page of review."""

    #: ``None`` where the time stays.
    when: When | None
    place: bool
    old_place: str
    new_place: str
    #: The names of other fields that are saved with it.
    rest: list[str]

    @property
    def until(self) -> datetime | None:
        """The new end, if it changes."""
        return self.when.ends_at if self.when is not None else None


@dataclass
class Editing:
    """One request to a form of a shift that is there."""

    request: StaffRequest
    shift: Shift
    #: Makes the form: empty, with what is typed (not judged), or judged as ``data``.
    make_form: Callable[..., MoveForm]
    template: str
    now: datetime = field(default_factory=clock.now)

    def answer(self) -> HttpResponse:
        """Show the form, or do what the pressed button says."""
        typed = self.request.POST
        if self.request.method != "POST":
            return self.page(self.make_form())
        if typed.get("do") == "change":
            return self.shown_again()
        form = self.make_form(typed)
        if not form.is_valid():
            return self.page(form, status=422)
        if form.is_stale:
            conflict = form.beside_what_is_saved(last_saved(self.shift))
            return self.page(form, conflict=conflict, status=409)
        change = self.change(form)
        if self.template == "shift_move" and (change is None or change.when is None):
            form.add_error(None, _("This is the time it has now. Enter the new one."))
            return self.page(form, status=422)
        told = self.told(change) if change is not None else Told([])
        if change is not None and told.groups and typed.get("do") != "confirm":
            return self.review(change, told)
        return self.save(form, told)

    def page(
        self, form: MoveForm, *, conflict: Conflict | None = None, status: int = 200
    ) -> HttpResponse:
        """Show the form."""
        context = {"shift": self.shift, "form": form, "conflict": conflict}
        return self._desk_page(self.template, context, status=status)

    def shown_again(self) -> HttpResponse:
        """Show what is typed once more, whatever is still missing in it."""
        form = self.make_form(**typed_values(self.make_form(), self.request.POST))
        # Not to be mistaken for what is saved: the fingerprint is the one that was sent.
        form.initial["seen"] = self.request.POST.get("seen", "")
        return self.page(form)

    def change(self, form: MoveForm) -> Change | None:
        """Return what changes in time or place; ``None``: nothing that people are told of."""
        wanted, shift = form.times(), self.shift
        moved = any(getattr(shift, name) != value for name, value in wanted.items())
        old_place = shift.venue.name if shift.venue is not None else ""
        new_place = old_place
        if isinstance(form, ShiftForm):
            columns, venue = form.new_venue(), form.changes()["venue"]
            new_place = columns["name"] if columns else venue.name if venue is not None else ""
            place = columns is not None or venue != shift.venue
        else:
            place = False
        if not moved and not place:
            return None
        usual = shift.event.venue.name if shift.event and shift.event.venue else ""
        own = {"role_description", "timezone", "seen"}
        rest = [
            str(form.fields[name].label)
            for name in form.changed_data
            if name not in own and not name.startswith(("starts_", "ends_", "venue"))
        ]
        return Change(
            when=When(**wanted) if moved else None,
            place=place,
            old_place=old_place or usual,
            new_place=new_place or usual,
            rest=rest,
        )

    def review(self, change: Change, told: Told) -> HttpResponse:
        """Show old and new and how many people will be told, before anything is saved."""
        typed = [
            (name, value)
            for name, values in self.request.POST.lists()
            if name not in ("csrfmiddlewaretoken", "do")
            for value in values
        ]
        context = {"shift": self.shift, "change": change, "told": told, "typed": typed}
        return self._desk_page("shift_review", context)

    def told(self, change: Change) -> Told:
        """Return whom the change is told. While its event is postponed, nobody knows a time."""
        if not self.shift.is_on:
            return Told([])
        return who_is_told(self.shift, now=self.now, until=change.until)

    def save(self, form: MoveForm, told: Told) -> HttpResponse:
        """Write what the form says, or show why it cannot be written."""
        actor, now = self.request.user, self.now
        post = self.request.POST.get("do") == "post"
        try:
            changes = form.times()
            if isinstance(form, ShiftForm):
                changes = written(form, now=now, actor=actor)
            edit_shift(
                shift_id=self.shift.pk, changes=changes, revision=self.shift.revision, post=post,
                now=now, actor=actor,
            )  # fmt: skip
        except Refused as refused:
            form.add_refusal(refused)
            return self.page(form, status=422)
        if post:
            said = posted_message(self.shift)
        elif self.shift.is_posted:
            said = _("Saved. The public page shows it.")
        else:
            said = _("Saved as a draft. Only staff see it.")
        messages.success(self.request, done_message(told, said))
        return see_other(page_of(self.shift))

    def _desk_page(self, name: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
        return desk_page(
            self.request, f"{FOLDER}/{name}.html", context, section=SECTION,
            office=self.shift.office, status=status,
        )  # fmt: skip


def written(form: ShiftForm, *, now: datetime, actor: StaffUser) -> dict[str, Any]:
    """Put a new role and a new place on the office's lists, once; return what the form says."""
    role = venue = None
    if (facts := form.new_role()) is not None:
        role = VolunteerRole.objects.filter(office=form.office, name__iexact=facts["name"]).first()
        role = role or create_role(office=form.office, now=now, actor=actor, **facts)
    if (columns := form.new_venue()) is not None:
        venue = Venue.objects.filter(office=form.office, **columns).first()
        venue = venue or create_venue(office=form.office, now=now, actor=actor, **columns)
    return form.changes(role, venue)


def posted_message(shift: Shift) -> str:
    """Return what posting a shift has led to."""
    if shift.event is not None and not shift.event.is_posted:
        return _("Saved. It is public as soon as its event is.")
    return _("Posted. Everybody can see it now.")


def typed_values(form: MoveForm, data: Any) -> dict[str, Any]:
    """Return what was sent as a form's initial values, judged by nobody."""
    return {
        name: field.widget.value_from_datadict(data, {}, name)
        for name, field in form.fields.items()
        if name != "seen" and not field.disabled
    }
