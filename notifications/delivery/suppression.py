"""Addresses that must not be written to. Only keyed hashes of them are kept."""

from datetime import datetime

from django.conf import settings
from django.db.models import Exists, Q

from events.proof import address_hash
from notifications.models import Suppression


def address_hashes(email: str) -> list[str]:
    """Return the hashes of an address under the present key and every former one.

    A suppression that was written before the key was changed still holds.
    """
    former = [address_hash(email, key=key) for key in settings.SECRET_KEY_FALLBACKS]
    return [address_hash(email), *former]


def suppress(*, email: str, scope: str, reason: str, detail: str = "", now: datetime) -> None:
    """Stop bulk mail (``scope`` "bulk") or all mail ("all") to the address. Twice is harmless."""
    Suppression.objects.bulk_create(
        [
            Suppression(
                address_hash=address_hash(email),
                scope=scope,
                reason=reason,
                detail=detail[:300],
                created_at=now,
            )
        ],
        ignore_conflicts=True,
    )


def is_suppressed(email: str, *, bulk: bool) -> Q:
    """Return the condition that bulk mail, or any mail, must not go to the address."""
    scopes = ["all", "bulk"] if bulk else ["all"]
    return Q(
        Exists(Suppression.objects.filter(address_hash__in=address_hashes(email), scope__in=scopes))
    )
