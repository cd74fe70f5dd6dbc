"""What the fields of a form offer, where that is known only when the form is made."""

from collections.abc import Iterable
from typing import Any

from django import forms


def offer(form: forms.Form, name: str, choices: Iterable[Any]) -> None:
    """Let the field ``name`` offer these choices: pairs of value and label."""
    field = form.fields[name]
    assert isinstance(field, forms.ChoiceField)
    field.choices = list(choices)


def offer_filter(
    form: forms.Form, name: str, everything: Any, choices: Iterable[tuple[str, Any]]
) -> None:
    """Let a filter offer ``everything``, these choices, and what is asked for at present."""
    offered = [("", everything), *choices]
    asked = form.initial.get(name, "")
    if asked not in {value for value, _label in offered}:
        # Of an old link: shown as it is, or the list would be narrower than its filters say.
        offered.append((asked, asked))
    offer(form, name, offered)
