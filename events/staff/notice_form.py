"""The fields of notice in forms of the desk: the class, the accommodation line, why it is late."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as now_in_language
from django.utils.translation import gettext_lazy as _

from events.languages import own_name
from events.models import Event, Office
from events.notice import REGULAR, SPECIAL, names_a_phone

OTHER = "other"
CLASSES = [
    ("0", _("None: it may be posted at any time")),
    (str(REGULAR), _("72 hours before: a regular meeting")),
    (str(SPECIAL), _("24 hours before: a special meeting")),
    (OTHER, _("Another number of hours")),
]
#: The hours of a year: no law asks for more.
MOST_HOURS = 8784
LONGEST_LINE = 500


class NoticeClassForm(forms.Form):
    """Which notice is needed, for one event or for all new ones."""

    notice_class = forms.ChoiceField(
        label=_("Notice that the law asks for"),
        choices=CLASSES,
        widget=forms.RadioSelect,
        required=False,
    )
    notice_hours = forms.IntegerField(
        label=_("Hours of notice, where it is another number"),
        min_value=1,
        max_value=MOST_HOURS,
        required=False,
        error_messages={
            "invalid": _("Enter a whole number."),
            "min_value": _("Enter 1 or more."),
            "max_value": _("Enter a smaller number."),
        },
    )

    #: One of them is chosen as the form opens; the number is asked for beside the last.
    notice_class.sometimes_required = True  # type: ignore[attr-defined]
    notice_hours.sometimes_required = True  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        asked = data.get("notice_class") == OTHER
        if asked and not data.get("notice_hours") and "notice_hours" not in self.errors:
            self.add_error("notice_hours", _("Enter how many hours before the start."))
        return data

    def hours(self) -> int:
        """Return the hours that were chosen; 0 for none."""
        chosen = self.cleaned_data["notice_class"] or "0"
        return int(self.cleaned_data["notice_hours"] if chosen == OTHER else chosen)


def initial_class(hours: int) -> dict[str, Any]:
    """Return what the form shows of a class."""
    known = str(hours) in dict(CLASSES)
    return {
        "notice_class": str(hours) if known else OTHER,
        "notice_hours": None if known else hours,
    }


class AccessLines:
    """The accommodation line of a form, one field a language: ``accommodation``, ``…_es``."""

    def __init__(self, form: forms.Form, own: str, others: Sequence[str], hint: Any) -> None:
        self.form, self.own, self.others = form, own, list(others)
        for code in [own, *self.others]:
            field = forms.CharField(
                label=_("How to ask for an accommodation"),
                max_length=LONGEST_LINE,
                required=False,
                widget=forms.Textarea({"rows": 3, "lang": code}),
            )
            if self.others:
                named = {"language": own_name(code)}
                words = now_in_language("How to ask for an accommodation (%(language)s)") % named
                field.label = words
            if code == own:
                field.help_text = hint
            form.fields[self.name(code)] = field

    def name(self, code: str) -> str:
        """Return the name of the field of a language."""
        return "accommodation" if code == self.own else f"accommodation_{code}"

    @property
    def names(self) -> list[str]:
        return [self.name(code) for code in [self.own, *self.others]]

    def check(self, data: Mapping[str, Any]) -> None:
        """Add an error to a line without a phone number, and to one without the first language."""
        for name in self.names:
            if data.get(name) and not names_a_phone(data[name]):
                self.form.add_error(
                    name, _("The line on accommodations has to name a phone number.")
                )
        if any(data.get(name) for name in self.names) and not data.get("accommodation"):
            words = now_in_language("Write it in %(language)s, too.")
            self.form.add_error("accommodation", words % {"language": own_name(self.own)})

    def read(self, data: Mapping[str, Any]) -> dict[str, str]:
        """Return the lines by language."""
        lines = {code: data[self.name(code)] for code in [self.own, *self.others]}
        return {code: " ".join(text.split()) for code, text in lines.items() if text.strip()}


def office_hint(office: Office | None) -> str:
    """Return what to write as an office's line, with its own phone as the example."""
    phone = (office.phone if office is not None else "") or "555-0100"
    example = now_in_language(
        "For an interpreter, captions or other help, call %(phone)s by {day}."
    ) % {"phone": phone}
    words = now_in_language(
        "Whom to ask, by when, and the phone number. {day} becomes the last day of each event. For "
        "example: %(example)s"
    )
    return words % {"example": example}


def event_hint(office: Office) -> str:
    """Return what holds if an event has no line of its own."""
    line = office.accommodation.get(office.first_language, "")
    if not line:
        return office_hint(office)
    return now_in_language("Empty: as the office says, “%(line)s”") % {"line": line}


def initial_notice(event: Event) -> dict[str, Any]:
    """Return what the form of an event shows of its notice (uses its prefetched translations)."""
    initial = {
        **initial_class(event.notice_hours),
        "accommodation": event.accommodation,
        "notice_excuse": event.notice_excuse,
    }
    for row in event.translations.all():
        initial[f"accommodation_{row.language}"] = row.accommodation
    return initial
