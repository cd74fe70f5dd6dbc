"""The forms of promises: what was promised, by when and by whom; what became of it."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from events.actions.promises import LONGEST_PROMISE
from events.choices import offer
from events.form_parts import RefusableForm, due_field, words_field
from events.models import Promise, StaffUser


class PromiseForm(RefusableForm):
    """A promise; ``promise`` is the one that is changed."""

    text = words_field(
        _("What was promised"),
        _("The event’s page shows it. Name nobody from the public."),
        _("Say what was promised."),
        longest=LONGEST_PROMISE,
    )
    due = due_field()
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


class KeptForm(RefusableForm):
    outcome = words_field(
        _("What was done"),
        _("The event’s page shows it."),
        _("Say what was done."),
        longest=LONGEST_PROMISE,
    )

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, auto_id="kept_%s")


class WithdrawnForm(RefusableForm):
    outcome = words_field(
        _("Why it is withdrawn"),
        _("The event’s page shows it."),
        _("Say why it is withdrawn."),
        longest=LONGEST_PROMISE,
    )

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, auto_id="withdrawn_%s")
