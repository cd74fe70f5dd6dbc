"""The proof cookie: this browser has POSTed a link that was mailed to an address.

It holds a keyed hash of the address and nothing else; signed, HttpOnly, Lax, 30 days (DESIGN.md,
Proof). A browser with it sees at once what others learn by mail.
"""

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare, salted_hmac

COOKIE = "proof"
MAX_AGE = 30 * 24 * 60 * 60
_SALT = "plazuela.proof"


def address_hash(email: str, *, key: str | None = None) -> str:
    """Return the hash of an address, in lower case, under ``SECRET_KEY`` or a former key."""
    return salted_hmac(
        "plazuela.address", email.strip().lower(), secret=key, algorithm="sha256"
    ).hexdigest()


def address_hashes(email: str) -> list[str]:
    """Return the hashes of an address under the present key and every former one.

    What was written before the key was changed still holds.
    """
    former = [address_hash(email, key=key) for key in settings.SECRET_KEY_FALLBACKS]
    return [address_hash(email), *former]


def has_proven(request: HttpRequest, email: str) -> bool:
    """Whether this browser carries the proof for ``email``."""
    if not email or COOKIE not in request.COOKIES:
        return False
    try:
        held = signing.loads(request.COOKIES[COOKIE], salt=_SALT, max_age=MAX_AGE)
    except signing.BadSignature:
        return False
    return any(constant_time_compare(str(held), one) for one in address_hashes(email))


def remember(request: HttpRequest, response: HttpResponse, email: str | None) -> None:
    """Give the browser the proof for ``email``: it has just POSTed a link mailed there."""
    if email:
        response.set_cookie(
            COOKIE,
            signing.dumps(address_hash(email), salt=_SALT),
            max_age=MAX_AGE,
            httponly=True,
            samesite="Lax",
            secure=request.is_secure(),
        )
