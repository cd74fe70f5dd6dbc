"""The public's forms about shifts: find one, claim it, give it back."""

from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from events import dates_text
from events.choices import offer
from events.languages import language_in_use
from events.models import Event, Office
from events.person_fields import your_email, your_name
from events.translations import called
from volunteers.models import Shift, VolunteerRole
from volunteers.queries import WHEN_LABELS

#: Events that the filter offers; beyond these one comes from the event's own page.
MOST_EVENTS = 100


class ClaimForm(forms.Form):
    """Claim one shift: a name and an address, nothing else has to be given."""

    name = your_name()
    email = your_email(_("We send the details here, and the link to give the shift back."))
    phone = forms.CharField(
        label=_("Phone number"),
        help_text=_("Only for calls about this shift, such as a change on the day."),
        max_length=40,
        required=False,
        widget=forms.TextInput({"type": "tel", "autocomplete": "tel"}),
    )

    def clean_phone(self) -> str:
        phone: str = self.cleaned_data["phone"]
        if phone and sum(sign.isdigit() for sign in phone) < 7:
            raise forms.ValidationError(
                _("Enter a phone number with its area code, or leave this empty.")
            )
        return phone


class ReleaseForm(forms.Form):
    """Give a place on a shift back."""

    reason = forms.CharField(
        label=_("Why? This helps us plan; only staff see it."),
        max_length=500,
        required=False,
        widget=forms.Textarea({"rows": 2}),
    )


class BoardFilters(forms.Form):
    """The filters above the open shifts. Shows what was asked for; the query reads it itself."""

    mark_optional = False

    role = forms.ChoiceField(label=_("What you would do"))
    event = forms.ChoiceField(label=_("Event"))
    office = forms.ChoiceField(label=_("Office"))
    when = forms.ChoiceField(label=_("When"))

    def __init__(self, asked: dict[str, str], *, offices: list[Office], now: datetime) -> None:
        super().__init__(initial=asked)
        coming = Shift.objects.effective(now).upcoming(now).posted().order_by()
        language = language_in_use()
        used = VolunteerRole.objects.filter(pk__in=coming.values("role"))
        roles = called(used, "name", language).order_by("called", "slug")
        events = (
            Event.objects.filter(pk__in=coming.filter(event__isnull=False).values("event"))
            .order_by("starts_at", "id")
            .prefetch_related("translations")
        )
        self._choose("role", _("Any role"), dict(roles.values_list("slug", "called")).items())
        self._choose(
            "event",
            _("Any event"),
            [(event.slug, title_and_day(event, language)) for event in events[:MOST_EVENTS]],
        )
        self._choose("when", _("Any time"), WHEN_LABELS.items())
        if len(offices) > 1:
            self._choose("office", _("Any office"), [(o.slug, o.name) for o in offices])
        else:
            del self.fields["office"]

    def _choose(self, name: str, any_label: Any, choices: Any) -> None:
        self.fields[name].required = False
        offer(self, name, [("", any_label), *choices])


def title_and_day(event: Event, language: str) -> str:
    """Name an event so that the dates of a series can be told apart."""
    day = dates_text.local(event.starts_at, event.timezone).date()
    title = event.in_language(language).title
    return f"{title} ({dates_text.date_text(day, language, weekday=False)})"
