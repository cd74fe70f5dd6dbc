"""The programme of an event on the desk: what it is about in order, who speaks, which papers."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from events import clock
from events.actions.agenda import set_programme
from events.errors import Refused
from events.models import Body, Document, Event
from events.staff.access import FORM, StaffRequest, desk_page, own_row, staff_page
from events.staff.programme_form import ProgrammeForm
from events.staff.stale import last_saved, status_of
from events.token_pages import see_other
from events.views.media import stored_file


@staff_page("edit_events", methods=FORM)
def programme(request: StaffRequest, pk: int) -> HttpResponse:
    """Write agenda, speakers and documents of an event."""
    event = own_row(request, Event.objects.with_all_shown().with_programme(), pk=pk)
    if event.is_cancelled:
        messages.warning(request, _("This event was cancelled. Copy it to set a new one."))
        return redirect("staff-event", pk=event.pk)
    bodies = list(Body.objects.filter(office=event.office))
    sent = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    form = ProgrammeForm(*sent, event=event, bodies=bodies)
    conflict = None
    if form.is_valid() and form.is_stale:
        conflict = form.beside_what_is_saved(last_saved(event))
    elif form.is_valid():
        try:
            set_programme(
                event_id=event.pk,
                agenda=form.agenda_drafts(),
                speakers=form.speaker_drafts(),
                is_recorded=form.cleaned_data["is_recorded"],
                add=form.cleaned_data["documents"],
                remove=form.cleaned_data.get("drop_documents") or (),
                now=clock.now(),
                actor=request.user,
            )
        except Refused as refused:
            form.add_error(refused.field if refused.field in form.fields else None, refused.message)
        else:
            said = _("Saved. The public page shows it.") if event.is_posted else _("Saved.")
            messages.success(request, said)
            return see_other(reverse("staff-event", kwargs={"pk": event.pk}))
    context = {"event": event, "tab": "programme", "form": form, "conflict": conflict}
    return desk_page(
        request, "events/staff/programme.html", context, section="events", office=event.office,
        status=status_of(form, conflict),
    )  # fmt: skip


@staff_page("edit_events")
def document(request: StaffRequest, event_pk: int, pk: int) -> HttpResponse:
    """Hand out a document of an event to staff, also of a draft."""
    event = own_row(request, Event.objects.all(), pk=event_pk)
    row = Document.objects.filter(event=event, pk=pk).first()
    if row is None:
        raise Http404
    return stored_file(row.path, name=row.name, content_type=row.content_type)  # type: ignore[return-value]
