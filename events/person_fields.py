"""The fields in which people name themselves, and those in which staff write down somebody else."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from events.address_field import AddressField

#: The browser of a member of staff must not offer their own name and address.
_OF_OTHERS = {"autocomplete": "off"}


def your_name() -> forms.CharField:
    return forms.CharField(
        label=_("Your name"),
        max_length=200,
        widget=forms.TextInput({"autocomplete": "name"}),
        error_messages={"required": _("Enter your name.")},
    )


def your_email(hint: Any = "") -> AddressField:
    return AddressField(
        label=_("Email address"),
        help_text=hint,
        widget=forms.EmailInput({"autocomplete": "email"}),
    )


def their_name(missing: Any) -> forms.CharField:
    """Return the name of somebody who calls or comes by; ``missing``: what to say without one."""
    return forms.CharField(
        label=_("Name"),
        max_length=200,
        widget=forms.TextInput(_OF_OTHERS),
        error_messages={"required": missing},
    )


def their_phone() -> forms.CharField:
    return forms.CharField(
        label=_("Phone number"),
        help_text=_("Without an email address, this is how a change reaches them."),
        max_length=40,
        required=False,
        widget=forms.TextInput({"type": "tel", **_OF_OTHERS}),
    )


def their_email(hint: Any) -> AddressField:
    return AddressField(
        label=_("Email address"),
        help_text=hint,
        required=False,
        widget=forms.EmailInput(_OF_OTHERS),
    )
