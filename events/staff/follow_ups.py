"""Notes on guests who need an answer after the event: who sees to each, and until when."""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as now_in_language
from django.utils.translation import gettext_lazy as _

from events import clock, dates_text
from events.actions import follow_ups as actions
from events.choices import offer
from events.errors import Refused
from events.form_parts import RefusableForm, due_field, words_field
from events.models import RSVP, Event, FollowUp, StaffUser
from events.staff.access import (
    FORM,
    POST,
    StaffRequest,
    asked_key,
    desk_page,
    own_row,
    staff_page,
)
from events.staff.access_board import staff_of
from events.staff.guest_files import csv_file
from events.token_pages import see_other

#: What a note starts from.
USUAL = timedelta(days=7)


class FollowUpForm(RefusableForm):
    """A note on ``guest``, or on a walk-in who says a name; ``note`` is the one that is changed."""

    name = forms.CharField(
        label=_("Who it is, and how to reach them"),
        max_length=200,
        error_messages={"required": _("Say who it is, and how to reach them.")},
    )
    words = words_field(
        _("What they need"),
        _("Only staff read this."),
        _("Say what they need."),
        longest=actions.LONGEST_NOTE,
    )
    due = due_field()
    owner = forms.ChoiceField(label=_("Who sees to it"), required=False)

    def __init__(
        self,
        data: Any,
        *,
        guest: RSVP | None,
        staff: list[StaffUser],
        initial: dict[str, Any] | None = None,
        note: FollowUp | None = None,
    ) -> None:
        people = {one.pk: one for one in staff}
        if note is not None:
            initial = {
                "name": note.name, "words": note.words, "due": note.due,
                "owner": note.owner_id or "",
            }  # fmt: skip
            if note.owner is not None:
                people.setdefault(note.owner.pk, note.owner)
        super().__init__(data, initial=initial)
        if guest is not None:
            del self.fields["name"]
        self.people = people
        offer(self, "owner", [("", _("Nobody yet")), *((pk, str(p)) for pk, p in people.items())])

    def clean_owner(self) -> StaffUser | None:
        typed = self.cleaned_data["owner"]
        return self.people[int(typed)] if typed else None


@staff_page("edit_attendance", methods=FORM)
def follow_ups(request: StaffRequest, pk: int) -> HttpResponse:
    """Show the notes of an event, and write one more: on a guest (``?guest=``) or a walk-in."""
    event = own_row(request, Event.objects.for_cards(), pk=pk)
    now = clock.now()
    guest = None
    if (key := asked_key(request, "guest")) is not None:
        guest = RSVP.objects.filter(event=event, pk=key).first()
        if guest is None:
            raise Http404
    form = FollowUpForm(
        request.POST if request.method == "POST" else None,
        guest=guest,
        staff=staff_of([event.office]),
        initial={"due": dates_text.local(now, event.timezone).date() + USUAL,
                 "owner": request.user.pk},
    )  # fmt: skip
    if form.is_valid():
        try:
            actions.note_follow_up(
                event_id=event.pk, rsvp_id=guest.pk if guest is not None else None,
                **form.cleaned_data, now=now, actor=request.user,
            )  # fmt: skip
        except Refused as refused:
            form.add_refusal(refused)
        else:
            messages.success(request, now_in_language("Noted. The desk reminds you of it."))
            return _back(event.pk)
    context = {
        "event": event,
        "tab": "guests",
        "guest": guest,
        "notes": [(note, note.is_late(now)) for note in _of(event)],
        "form": form,
    }
    return desk_page(
        request, "events/staff/follow_ups.html", context, section="events", office=event.office,
        status=422 if form.errors else 200,
    )  # fmt: skip


@staff_page("edit_attendance", methods=FORM)
def follow_up_edit(request: StaffRequest, pk: int) -> HttpResponse:
    """Change a note."""
    note = _asked(request, pk)
    form = FollowUpForm(
        request.POST if request.method == "POST" else None,
        guest=note.rsvp,
        staff=staff_of([note.event.office]),
        note=note,
    )
    if form.is_valid():
        try:
            actions.change_follow_up(
                follow_up_id=note.pk, **form.cleaned_data, now=clock.now(), actor=request.user
            )
        except Refused as refused:
            form.add_refusal(refused)
        else:
            messages.success(request, now_in_language("Saved."))
            return _back(note.event_id)
    return desk_page(
        request, "events/staff/follow_up.html",
        {"event": note.event, "note": note, "form": form}, section="events",
        office=note.event.office, status=422 if form.errors else 200,
    )  # fmt: skip


@staff_page("edit_attendance", methods=FORM)
def follow_up_remove(request: StaffRequest, pk: int) -> HttpResponse:
    """Throw a note away, after one question."""
    note = _asked(request, pk)
    if request.method != "POST":
        return desk_page(
            request, "events/staff/follow_up_remove.html", {"event": note.event, "note": note},
            section="events", office=note.event.office,
        )  # fmt: skip
    actions.remove_follow_up(follow_up_id=note.pk, now=clock.now(), actor=request.user)
    messages.success(request, now_in_language("Removed."))
    return _back(note.event_id)


@staff_page("edit_attendance", methods=POST)
def follow_up_done(request: StaffRequest, pk: int) -> HttpResponse:
    """Say that somebody has seen to it; with ``undo`` that it is open after all."""
    event = own_row(request, Event.objects.all(), follow_ups=pk)
    actions.set_seen_to(
        follow_up_id=pk, done="undo" not in request.POST, now=clock.now(), actor=request.user
    )
    return _back(event.pk)


@staff_page("edit_attendance")
def follow_ups_csv(request: StaffRequest, pk: int) -> HttpResponse:
    """Answer the notes of an event as a file for spreadsheets."""
    event = own_row(request, Event.objects.for_cards(), pk=pk)
    header = [
        now_in_language("Name"), now_in_language("Email"), now_in_language("Phone"),
        now_in_language("What they need"), now_in_language("By when"),
        now_in_language("Who sees to it"), now_in_language("Done"),
    ]  # fmt: skip
    cells = (
        [
            note.who,
            (note.rsvp.person.email or "") if note.rsvp is not None else "",
            note.rsvp.phone if note.rsvp is not None else "",
            note.words,
            note.due.isoformat(),
            str(note.owner) if note.owner is not None else "",
            f"{dates_text.local(note.done_at, event.timezone):%Y-%m-%d}" if note.done_at else "",
        ]
        for note in _of(event)
    )
    return csv_file(f"{event.slug}-follow-ups.csv", header, cells)


def _asked(request: StaffRequest, pk: int) -> FollowUp:
    """Return the note, of an office of this member; else 404."""
    event = own_row(request, Event.objects.for_cards(), follow_ups=pk)
    note = FollowUp.objects.filter(pk=pk).select_related("owner", "rsvp").first()
    if note is None:
        raise Http404
    note.event = event
    return note


def _of(event: Event) -> list[FollowUp]:
    rows = list(event.follow_ups.select_related("owner", "rsvp__person"))
    for note in rows:
        note.event = event
    return rows


def _back(event_id: int) -> HttpResponse:
    return see_other(reverse("staff-follow-ups", kwargs={"pk": event_id}))
