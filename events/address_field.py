"""An e-mail address in a form, of the kind that mail can go to."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator
from django.utils.translation import gettext_lazy as _

#: RFC 5321, 4.5.3.1.1 and 4.5.3.1.3 (a path of 256 with its angle brackets).
LONGEST_LOCAL_PART, LONGEST = 64, 254

_has_its_form = EmailValidator(allowlist=[])


def validate_reachable(address: str) -> None:
    """Refuse what no mail server can be given, although it has the form of an address.

    Names before the ``@`` are ASCII, since few servers take others (RFC 6531); the domain is one
    that the DNS can know, never an address of a machine: a stranger would else have our own mail
    server look for mailboxes on its network.
    """
    _has_its_form(address)
    local, _at, domain = address.rpartition("@")
    try:
        known_as = domain.encode("idna")
    except UnicodeError:
        known_as = b""
    if (
        not local.isascii()
        or len(local) > LONGEST_LOCAL_PART
        or not known_as
        or known_as.startswith(b"[")
        or len(local) + 1 + len(known_as) > LONGEST
    ):
        raise ValidationError(EmailValidator.message, code="invalid")


class AddressField(forms.EmailField):
    """One e-mail address, at most 254 characters long, that can be written to."""

    default_validators = [validate_reachable]
    default_error_messages = {
        "required": _("Enter your email address."),
        "invalid": _("Enter an email address in full, like name@example.org."),
    }

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**({"max_length": LONGEST} | kwargs))
