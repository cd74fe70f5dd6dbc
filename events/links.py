"""Signed links: whoever holds one may do what it names. No link secret is stored.

A token is ``pk.version.signature``; the salt is the purpose, so that a token for one thing opens
nothing else. Raising a row's ``link_version`` ends its old links; ``SECRET_KEY_FALLBACKS`` keeps
links alive over a change of key.
"""

from typing import Protocol

from django.core.signing import BadSignature, Signer

RSVP = "rsvp"
#: Which RSVP it is, for staff alone: whoever photographs the code in the line can do nothing.
DOOR = "door"
CLAIM = "claim"
QUESTION = "question"
#: Over a question and a person.
VOTE = "vote"
SUBSCRIBE = "subscribe"
SUBSCRIPTIONS = "subscriptions"
UNSUBSCRIBE = "unsubscribe"
SIGN_IN = "sign-in"
FEED = "feed"


class Linkable(Protocol):
    """A row that links can point at."""

    pk: int
    link_version: int


class BadLink(Exception):
    """The token is not one of ours, is for another purpose, or was renewed since."""


def _signer(purpose: str) -> Signer:
    return Signer(salt=f"plazuela.link.{purpose}", sep=".")


def sign(purpose: str, *values: int) -> str:
    """Return the token of ``purpose`` over ``values``, safe in a path."""
    return _signer(purpose).sign(".".join(str(value) for value in values))


def unsign(purpose: str, token: str, *, size: int = 2) -> tuple[int, ...]:
    """Return the ``size`` numbers inside ``token``; raises :class:`BadLink`."""
    try:
        values = tuple(int(part) for part in _signer(purpose).unsign(token).split("."))
    except (BadSignature, ValueError) as error:
        raise BadLink from error
    if len(values) != size:
        raise BadLink
    return values


def token_for(purpose: str, row: Linkable) -> str:
    """Return the token that opens ``row`` for ``purpose``."""
    return sign(purpose, row.pk, row.link_version)


def pk_from(purpose: str, token: str) -> int:
    """Return the key inside ``token`` without looking at the row's version.

    For callers that must load the row themselves; they pass it to :func:`check_version`.
    """
    return unsign(purpose, token)[0]


def check_version(purpose: str, token: str, row: Linkable) -> None:
    """Raise :class:`BadLink` unless ``token`` carries the row's key and present version."""
    if unsign(purpose, token) != (row.pk, row.link_version):
        raise BadLink
