"""Addresses that must not be written to. Only keyed hashes of them are kept."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, Q

from events.models import Person
from events.proof import address_hash
from notifications.models import Suppression


def suppress(*, email: str, scope: str, reason: str, detail: str = "", now: datetime) -> None:
    """Stop bulk mail (``scope`` "bulk") or all mail ("all") to the address. Twice is harmless."""
    with transaction.atomic(durable=True):
        # What is just about to go out to the person waits for this, or this for it.
        Person.objects.select_for_update(no_key=True).filter(email=email.strip().lower()).first()
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


def is_suppressed(hashes: Sequence[object], *, bulk: bool) -> Q:
    """Return the condition that bulk mail, or any mail, must not go to an address.

    ``hashes`` are those of the address (``events.proof.address_hashes``), or slots for them.
    """
    scopes = ["all", "bulk"] if bulk else ["all"]
    return Q(Exists(Suppression.objects.filter(address_hash__in=hashes, scope__in=scopes)))
