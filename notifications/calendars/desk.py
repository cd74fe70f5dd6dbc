"""Bring an existing calendar in on the staff desk: choose a file, see what became of each event."""

from typing import Any

from django import forms
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events import clock
from events.choices import offer
from events.staff.access import FORM, StaffRequest, chosen_office, desk_page, staff_page
from notifications.calendars.ics_lines import NotACalendar
from notifications.calendars.imports import Report, import_calendar

#: A calendar of ten years with long descriptions is smaller.
LARGEST = 5_000_000


class CalendarFileForm(forms.Form):
    """A calendar as Google, Apple or Outlook save it."""

    office = forms.ChoiceField(label=gettext_lazy("For which office?"), required=False)
    file = forms.FileField(
        label=gettext_lazy("Calendar file (.ics)"),
        help_text=gettext_lazy(
            "In Google Calendar: Settings, Import and export, Export; unpack the archive. "
            "In Outlook and Apple Calendar: save or export the calendar as a file."
        ),
        widget=forms.FileInput({"accept": ".ics,text/calendar"}),
        error_messages={
            "required": gettext_lazy("Choose the file."),
            "empty": gettext_lazy("This file is empty."),
        },
    )
    post = forms.ChoiceField(
        label=gettext_lazy("What becomes of new events?"),
        choices=[
            ("drafts", gettext_lazy("Keep them as drafts: I check and post them")),
            ("post", gettext_lazy("Post them at once: they are public already")),
        ],
        widget=forms.RadioSelect,
    )

    def __init__(self, data: Any = None, files: Any = None, *, offices: list[Any]) -> None:
        super().__init__(data, files, initial={"post": "drafts"})
        offer(self, "office", [(one.slug, one.name) for one in offices])
        if len(offices) < 2:
            del self.fields["office"]

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > LARGEST:
            raise forms.ValidationError(_("This file is larger than 5 MB. Export fewer years."))
        return file


@staff_page("edit_events", methods=FORM)
def calendar_import(request: StaffRequest) -> HttpResponse:
    """Read a calendar file into an office's events. The same file again changes nothing."""
    form = CalendarFileForm(request.POST or None, request.FILES or None, offices=request.offices)
    report: Report | None = None
    if request.method == "POST" and form.is_valid():
        office = chosen_office(request, form.cleaned_data.get("office")) or request.offices[0]
        file = form.cleaned_data["file"]
        try:
            report = import_calendar(
                data=file.read(),
                name=(file.name or "").removesuffix(".ics"),
                office=office,
                post=form.cleaned_data["post"] == "post",
                now=clock.now(),
                actor=request.user,
            )
        except NotACalendar:
            form.add_error("file", _("This is no calendar file. It begins with BEGIN:VCALENDAR."))
    context = {
        "form": form,
        "report": report,
        "has_drafts": report is not None and form.cleaned_data["post"] == "drafts",
    }
    return desk_page(
        request,
        "notifications/staff/calendar_import.html",
        context,
        section="events",
        status=422 if form.errors else 200,
    )
