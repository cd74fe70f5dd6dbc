"""Addresses that must get no bulk mail, or no mail at all. Known by a keyed hash alone."""

from datetime import datetime
from typing import Literal

from django.db.models import Exists, OuterRef

from events.proof import address_hash
from notifications.models import Suppression

Scope = Literal["bulk", "all"]

#: Reasons that a renewed double opt-in outweighs: the address works, and its owner asks again.
_OUTWEIGHED = ("bounced", "complained")


def is_suppressed(email: str, *, bulk: bool) -> bool:
    """Whether an address must not get this mail; ``bulk``: a letter, else what it asked for."""
    return hash_is_suppressed(address_hash(email), bulk=bulk)


def hash_is_suppressed(digest: str, *, bulk: bool) -> bool:
    """The same for the keyed hash that a delivery keeps."""
    return Suppression.objects.filter(address_hash=digest, scope__in=_scopes(bulk)).exists()


def suppressed(hash_column: str, *, bulk: bool) -> Exists:
    """Return the condition that a row's address is suppressed, for the database to test itself."""
    rows = Suppression.objects.filter(address_hash=OuterRef(hash_column), scope__in=_scopes(bulk))
    return Exists(rows)


def _scopes(bulk: bool) -> list[str]:
    return ["bulk", "all"] if bulk else ["all"]


def suppress(*, email: str, scope: Scope, reason: str, detail: str = "", now: datetime) -> None:
    """Keep an address from being written to. Opens no transaction; harmless when it is there.

    ``reason`` is "bounced", "complained" or "staff"; ``detail`` holds no address.
    """
    row = Suppression(
        address_hash=address_hash(email),
        scope=scope,
        reason=reason,
        detail=detail[:300],
        created_at=now,
    )
    Suppression.objects.bulk_create([row], ignore_conflicts=True)


def lift_after_consent(email: str) -> None:
    """Let bulk mail through again to an address whose owner has just confirmed that they want it.

    Not where the address must get no mail at all, nor where staff decided it. Opens no
    transaction.
    """
    Suppression.objects.filter(
        address_hash=address_hash(email), scope="bulk", reason__in=_OUTWEIGHED
    ).delete()
