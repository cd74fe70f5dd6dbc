"""What to do when two members of staff edit the same thing: show both, overwrite nothing.

A form carries a fingerprint of what it showed when it was opened. If what is saved has another one
by then, somebody else has saved meanwhile; the form says who, and shows theirs beside yours.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any, NamedTuple

from django import forms
from django.utils.translation import gettext as _

from events import dates_text
from events.form_parts import retype
from events.languages import language_in_use
from events.models import AuditEntry, Event


def fingerprint(initial: Mapping[str, Any]) -> str:
    """Return a short digest of what a form shows of a row."""
    text = json.dumps(dict(initial), sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


class Difference(NamedTuple):
    """A field in which what is saved and what is typed differ."""

    name: str
    label: str
    saved: str
    typed: str


class Conflict(NamedTuple):
    """What somebody else saved meanwhile, and who it was, as far as is known."""

    differences: list[Difference]
    last: AuditEntry | None


class SeenForm(forms.Form):
    """A form that knows what its reader saw: give it ``initial`` as it is saved now."""

    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def remember(self) -> None:
        """Put the fingerprint of what is saved now into the form."""
        saved = {name: value for name, value in self.initial.items() if name != "seen"}
        self.now_saved = fingerprint(saved)
        self.initial["seen"] = self.now_saved

    @property
    def is_stale(self) -> bool:
        """Whether somebody has saved since the form was opened, and something differs."""
        seen = self.cleaned_data.get("seen")
        return bool(seen and seen != self.now_saved and self.differences())

    def differences(self) -> list[Difference]:
        """Return the fields in which what is saved and what is typed differ."""
        found = []
        for name in self.changed_data:
            if name == "seen" or name not in self.fields:
                continue
            field, typed = self.fields[name], self.cleaned_data.get(name)
            saved = self.get_initial_for_field(field, name)
            shown = _words(field, saved), _words(field, typed)
            if shown[0] != shown[1]:
                found.append(Difference(name, str(field.label or ""), *shown))
        return found

    def beside_what_is_saved(self, last: AuditEntry | None = None) -> Conflict:
        """Return what differs, and by whom. The next save is a knowing one: it has seen that."""
        conflict = Conflict(self.differences(), last)
        retype(self, "seen", self.now_saved)
        return conflict


def status_of(form: forms.Form, conflict: Conflict | None) -> int:
    """Return the status of a page that shows ``form``: in conflict, with errors, or well."""
    return 409 if conflict else 422 if form.errors else 200


def _words(field: forms.Field, value: Any) -> str:
    """Return a field's value as the form's reader would say it."""
    language = language_in_use()
    if isinstance(field, forms.BooleanField):
        return _("Yes") if value else _("No")
    if isinstance(field, forms.MultipleChoiceField):
        labels = _labels(field.choices)
        return ", ".join(labels.get(str(one), str(one)) for one in value or [])
    if isinstance(field, forms.ChoiceField):
        return _labels(field.choices).get(str(value or ""), str(value or ""))
    if isinstance(value, datetime):
        value = value.time()
    if isinstance(value, time):
        return dates_text.clock_text(value, language)
    if isinstance(value, date):
        return dates_text.date_text(value, language)
    return "" if value is None else str(value).replace("\r\n", "\n").strip()


def _labels(choices: Any) -> dict[str, str]:
    """Return the labels of a choice field by value, those in groups too."""
    labels: dict[str, str] = {}
    for value, label in choices:
        if isinstance(label, list | tuple):
            labels |= _labels(label)
        else:
            labels[str(value)] = str(label)
    return labels


def last_saved(event: Event) -> AuditEntry | None:
    """Return the last fact of an event itself, with who did it."""
    facts = AuditEntry.objects.filter(event_id=event.pk, action__startswith="event.")
    return facts.select_related("staff").order_by("-at", "-pk").first()
