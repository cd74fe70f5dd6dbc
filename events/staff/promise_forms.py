"""The forms of promises: what was promised, by when and by whom; what became of it."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from events.actions.promises import LONGEST_PROMISE
from events.choices import offer
from events.errors import Refused
from events.form_rendering import DateInput
from events.models import Promise, StaffUser


class _RefusableForm(forms.Form):
    def add_refusal(self, refused: Refused) -> None:
        """Show why an action said no, beside the field that it is about."""
        self.add_error(refused.field if refused.field in self.fields else None, refused.message)


def _words(label: Any, hint: Any, missing: Any) -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=hint,
        max_length=LONGEST_PROMISE,
        widget=forms.Textarea({"rows": 3}),
        error_messages={"required": missing},
    )


class PromiseForm(_RefusableForm):
    """A promise; ``promise`` is the one that is changed."""

    text = _words(
        _("What was promised"),
        _("The event’s page shows it. Name nobody from the public."),
        _("Say what was promised."),
    )
    due = forms.DateField(
        label=_("By when"),
        widget=DateInput,
        error_messages={
            "required": _("Choose a day."),
            "invalid": _("Enter a day, like 2026-06-11."),
        },
    )
    owner = forms.ChoiceField(
        label=_("Who sees to it"), help_text=_("Only staff see the name."), required=False
    )

    def __init__(
        self, data: Any = None, *, staff: Iterable[StaffUser], promise: Promise | None = None
    ) -> None:
        initial: dict[str, Any] = {}
        people = {one.pk: one for one in staff}
        if promise is not None:
            initial = {
                "text": promise.text, "due": promise.due, "owner": promise.owner_id or "",
            }  # fmt: skip
            if promise.owner is not None:
                people.setdefault(promise.owner.pk, promise.owner)
        super().__init__(data, initial=initial, auto_id="promise_%s")
        offer(self, "owner", [("", _("Nobody yet")), *((pk, str(p)) for pk, p in people.items())])
        self.people = people

    def clean_owner(self) -> StaffUser | None:
        typed = self.cleaned_data["owner"]
        return self.people[int(typed)] if typed else None


class KeptForm(_RefusableForm):
    outcome = _words(_("What was done"), _("The event’s page shows it."), _("Say what was done."))

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, auto_id="kept_%s")


class WithdrawnForm(_RefusableForm):
    outcome = _words(
        _("Why it is withdrawn"), _("The event’s page shows it."), _("Say why it is withdrawn.")
    )

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, auto_id="withdrawn_%s")
