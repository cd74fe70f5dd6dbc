"""A place that is not on the office's list yet, written down with what takes place there."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

#: The columns that are asked for; the rest is added under Places later.
PARTS = ("name", "street", "locality", "region", "postal_code")
FIELDS = tuple(f"venue_{part}" for part in PARTS)


class NewVenueForm(forms.Form):
    """Fields of a new place beside ``venue``, the choice from the list. What is filled in wins."""

    venue_name = forms.CharField(label=_("Name of the place"), max_length=200, required=False)
    venue_street = forms.CharField(label=_("Street address"), max_length=200, required=False)
    venue_locality = forms.CharField(label=_("City"), max_length=100, required=False)
    venue_region = forms.CharField(label=_("State"), max_length=50, required=False)
    venue_postal_code = forms.CharField(label=_("Postal code"), max_length=20, required=False)

    def order_new_venue(self) -> None:
        """Put the fields where they stand on the page, so that errors are summed up in order."""
        others = [name for name in self.fields if name not in FIELDS]
        here = others.index("venue") + 1
        self.order_fields([*others[:here], *FIELDS, *others[here:]])

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not data.get("venue_name") and any(data.get(name) for name in FIELDS):
            self.add_error("venue_name", _("Give the new place a name."))
        return data

    def new_venue(self) -> dict[str, str] | None:
        """Return the columns of a place that is not on the list yet, or ``None``."""
        if not self.cleaned_data["venue_name"]:
            return None
        return {part: self.cleaned_data[f"venue_{part}"] for part in PARTS}

    @property
    def new_venue_is_open(self) -> bool:
        """Whether the fields are to be seen at once."""
        return any(self[name].value() or self[name].errors for name in FIELDS)
