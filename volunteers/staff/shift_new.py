"""Write a new shift: first for whom and at what, then the form."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events import clock
from events.choices import offer
from events.errors import Refused
from events.languages import language_in_use
from events.models import Event, Office
from events.staff.access import (
    FORM,
    StaffRequest,
    asked_key,
    chosen_office,
    desk_page,
    own_row,
    staff_page,
)
from events.token_pages import see_other
from volunteers.actions.shifts import create_shift
from volunteers.forms import title_and_day
from volunteers.models import Shift
from volunteers.staff.shift_edit import (
    FOLDER,
    SECTION,
    choices_of,
    own_shift,
    page_of,
    posted_message,
    written,
)
from volunteers.staff.shift_forms import (
    EventShiftForm,
    ShiftForm,
    initial_copy,
    initial_new,
)

#: Events to choose from; one further off has "Add a shift" on its own page.
MOST_EVENTS = 200
#: In the address: the shift is at no event.
ALONE = "none"


class AtWhatForm(forms.Form):
    """At which event a new shift is, if at any."""

    mark_optional = False

    event = forms.ChoiceField(label=gettext_lazy("Is it at an event?"))
    office = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *, office: Office, events: list[Event]) -> None:
        super().__init__(initial={"office": office.slug, "event": ALONE})
        language = language_in_use()
        named = [(str(event.pk), title_and_day(event, language)) for event in events]
        offer(self, "event", [(ALONE, _("No, it is on its own")), *named])


@staff_page("edit_shifts", methods=FORM)
def shift_new(request: StaffRequest) -> HttpResponse:
    """Write a shift, or (``?copy=``) one like another.

    ``event`` in the address is the key of the event that it is at, or "none". Without it that is
    asked first; with several offices, before that, whose shift it is.
    """
    if (key := asked_key(request, "copy")) is not None:
        pattern = own_shift(request, key)
        return _form(request, pattern.office, pattern.event, initial_copy(pattern), pattern)
    if (key := asked_key(request, "event")) is not None:
        events = Event.objects.select_related("venue").prefetch_related("translations")
        event = own_row(request, events, pk=key)
        if event.is_cancelled:
            messages.warning(request, _("This event was cancelled. It needs no shifts."))
            return redirect("staff-event", pk=event.pk)
        return _form(request, event.office, event, initial_new(event))
    office = chosen_office(request, request.GET.get("office"))
    if office is None:
        context: dict[str, Any] = {"choices": request.offices}
        return desk_page(request, f"{FOLDER}/shift_office.html", context, section=SECTION)
    if request.GET.get("event") != ALONE:
        coming = Event.objects.filter(office=office).exclude(status="cancelled")
        coming = coming.upcoming(clock.now()).prefetch_related("translations")
        choices = list(coming[:MOST_EVENTS])
        if choices:
            context = {"form": AtWhatForm(office=office, events=choices)}
            return desk_page(
                request, f"{FOLDER}/shift_at_what.html", context, section=SECTION, office=office
            )
    return _form(request, office, None, initial_new(None))


def _form(
    request: StaffRequest,
    office: Office,
    event: Event | None,
    initial: dict[str, Any],
    pattern: Shift | None = None,
) -> HttpResponse:
    make_form = ShiftForm if event is None else EventShiftForm
    sent = request.POST if request.method == "POST" else None
    versions = [row.language for row in pattern.translations.all()] if pattern else []
    form = make_form(
        sent, office=office, event=event, initial=initial, versions=versions, **choices_of(office)
    )
    if form.is_valid():
        post, now = request.POST.get("do") == "post", clock.now()
        try:
            facts = written(form, now=now, actor=request.user)
            shift = create_shift(
                office=office, event=event, post=post, now=now, actor=request.user, **facts
            )
        except Refused as refused:
            form.add_refusal(refused)
        else:
            shift.event = event
            said = posted_message(shift) if post else _("Saved as a draft. Only staff see it.")
            messages.success(request, said)
            return see_other(page_of(shift))
    context = {"shift": None, "event": event, "form": form, "pattern": pattern, "conflict": None}
    status = 422 if form.errors else 200
    template = f"{FOLDER}/shift_form.html"
    return desk_page(request, template, context, section=SECTION, office=office, status=status)
