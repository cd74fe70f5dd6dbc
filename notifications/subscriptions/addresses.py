"""The addresses behind mailed links about subscriptions, and what their tokens name.

A token for preferences or for unsubscribing names a person and an office: whoever holds a letter
of a campaign sees and changes nothing of what its reader gets from a public office.
"""

from typing import NamedTuple

from django.conf import settings
from django.urls import reverse

from events import links
from events.models import Office, Person


class Holder(NamedTuple):
    """The reader whose mail a link was in, and the office that sent it."""

    person: Person
    office: Office


def confirm_path(request_id: int, language: str = "") -> str:
    """Return the address that confirms a sign-up."""
    return _path("subscribe-confirm", links.sign(links.SUBSCRIBE, request_id), language)


def preferences_path(person_id: int, office_id: int, language: str = "") -> str:
    """Return the address of what a person gets from an office, and from others of its kind."""
    token = links.sign(links.SUBSCRIPTIONS, person_id, office_id)
    return _path("subscriptions", token, language)


def unsubscribe_path(person_id: int, office_id: int, language: str = "") -> str:
    """Return the address that ends an office's bulk mail to a person."""
    return _path("unsubscribe", links.sign(links.UNSUBSCRIBE, person_id, office_id), language)


def absolute(path: str) -> str:
    """Return the address as mail needs it."""
    return f"{settings.SITE_URL}{path}"


def _path(name: str, token: str, language: str) -> str:
    path = reverse(name, kwargs={"token": token})
    if language in dict(settings.LANGUAGES) and language != settings.LANGUAGE_CODE:
        path = f"{path}?lang={language}"
    return path


def holder_of(purpose: str, token: str) -> Holder:
    """Return whom a token names; raises :class:`links.BadLink` if it is none or they are gone."""
    person_id, office_id = links.unsign(purpose, token)
    person = Person.objects.filter(pk=person_id).first()
    office = Office.objects.filter(pk=office_id).first()
    if person is None or office is None:
        raise links.BadLink
    return Holder(person, office)


def masked(email: str | None) -> str:
    """Return as much of an address as its owner needs to know it: ``r•••@e•••.org``."""
    local, _at, domain = (email or "").partition("@")
    if not domain:
        return "•••"
    name, dot, ending = domain.rpartition(".")
    return f"{local[:1]}•••@{name[:1]}•••{dot}{ending}"
