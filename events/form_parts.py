"""What several forms have in common: the place of an action's refusal, a few words, a day."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from events.errors import Refused
from events.form_rendering import DateInput


class RefusableForm(forms.Form):
    """A form that shows what the action behind it says."""

    def add_refusal(self, refused: Refused) -> None:
        """Show why an action said no, beside the field that it is about."""
        self.add_error(refused.field if refused.field in self.fields else None, refused.message)


def retype(form: forms.Form, name: str, value: Any) -> None:
    """Put a value into what a bound form was sent, as if it had been typed."""
    data: Any = form.data
    data = data.copy()
    data[name] = value
    form.data = data


def words_field(label: Any, hint: Any, missing: Any, *, longest: int) -> forms.CharField:
    """Return a field for a few sentences; ``missing`` is said where there are none."""
    return forms.CharField(
        label=label,
        help_text=hint,
        max_length=longest,
        widget=forms.Textarea({"rows": 3}),
        error_messages={"required": missing},
    )


def due_field() -> forms.DateField:
    """Return the field for the day by which something is done."""
    return forms.DateField(
        label=_("By when"),
        widget=DateInput,
        error_messages={
            "required": _("Choose a day."),
            "invalid": _("Enter a day, like 2026-06-11."),
        },
    )
