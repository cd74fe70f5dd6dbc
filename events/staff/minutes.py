"""The minutes of an event on the desk: written, corrected, posted."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as now_in_language
from django.utils.translation import gettext_lazy as _

from events import clock
from events.actions import minutes as actions
from events.errors import Refused
from events.languages import other_languages, own_name
from events.models import Event, Minutes
from events.staff.access import FORM, POST, StaffRequest, desk_page, own_row, staff_page
from events.staff.stale import SeenForm, status_of
from events.token_pages import see_other


class MinutesForm(SeenForm):
    """The text in each language of the office, and the recording."""

    text = forms.CharField(
        max_length=actions.LONGEST_MINUTES, required=False, widget=forms.Textarea({"rows": 16}),
        help_text=_("Two line breaks begin a paragraph, “## ” a heading, “- ” a list."),
    )  # fmt: skip
    recording_url = forms.URLField(
        label=_("Link to the recording"),
        max_length=500,
        required=False,
        assume_scheme="https",
        error_messages={"invalid": _("Enter the whole address, like https://video.example.org/x.")},
    )

    def __init__(self, data: Any = None, *, event: Event, minutes: Minutes | None) -> None:
        rows = {row.language: row.text for row in minutes.translations.all()} if minutes else {}
        initial = {f"text_{code}": text for code, text in rows.items()}
        if minutes is not None:
            initial |= {"text": minutes.text, "recording_url": minutes.recording_url}
        super().__init__(data, initial=initial)
        own = event.office.first_language
        self.languages = other_languages(own, event.office.languages, rows)
        for code in self.languages:
            self.fields[f"text_{code}"] = forms.CharField(
                max_length=actions.LONGEST_MINUTES, required=False,
                widget=forms.Textarea({"rows": 12}),
            )  # fmt: skip
        for code in [own, *self.languages]:
            field = self.fields["text" if code == own else f"text_{code}"]
            field.label = _("Minutes")
            if self.languages:
                named = {"language": own_name(code)}
                field.label = now_in_language("Minutes (%(language)s)") % named
            field.widget.attrs |= {"lang": code, "class": "wide-text"}
        self.order_fields(["seen", "text", *(f"text_{c}" for c in self.languages)])
        self.remember()

    def facts(self) -> dict[str, Any]:
        """Return what the form says, as ``write_minutes`` wants it."""
        data = self.cleaned_data
        return {
            "text": data["text"],
            "recording_url": data["recording_url"],
            "translations": {code: data[f"text_{code}"] for code in self.languages},
        }


@staff_page("edit_events", methods=FORM)
def minutes_edit(request: StaffRequest, pk: int) -> HttpResponse:
    """Write the minutes of an event; once they are posted, correct them."""
    event = own_row(request, Event.objects.for_cards(), pk=pk)
    minutes = minutes_of(event)
    sent = request.POST if request.method == "POST" else None
    form = MinutesForm(sent, event=event, minutes=minutes)
    conflict = None
    if form.is_valid() and form.is_stale:
        conflict = form.beside_what_is_saved()
    elif form.is_valid():
        try:
            actions.write_minutes(
                event_id=event.pk, **form.facts(), now=clock.now(), actor=request.user
            )
        except Refused as refused:
            form.add_error(None, refused.message)
        else:
            messages.success(request, _("Saved."))
            return _back(event)
    context = {
        "event": event, "tab": "afterwards", "minutes": minutes, "form": form, "conflict": conflict,
    }  # fmt: skip
    return desk_page(
        request, "events/staff/minutes.html", context, section="events", office=event.office,
        status=status_of(form, conflict),
    )  # fmt: skip


@staff_page("edit_events", methods=POST)
def minutes_post(request: StaffRequest, pk: int) -> HttpResponse:
    """Post them: the event's page shows them, and who took part gets one message."""
    event = own_row(request, Event.objects.for_cards(), pk=pk)
    actions.post_minutes(event_id=event.pk, now=clock.now(), actor=request.user)
    messages.success(request, _("Posted. The event’s page shows it, and who took part is told."))
    return _back(event)


def minutes_of(event: Event) -> Minutes | None:
    """Return the minutes of an event with their versions; two queries."""
    minutes = Minutes.objects.filter(event=event).prefetch_related("translations").first()
    if minutes is not None:
        minutes.event = event
    return minutes


def _back(event: Event) -> HttpResponse:
    return see_other(reverse("staff-afterwards", kwargs={"pk": event.pk}))
