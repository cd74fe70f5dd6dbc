"""The Message-ID of a delivery, and the delivery of a Message-ID.

It is the delivery's key in another spelling, so that it needs no column: whoever tells us what
became of a message names it by this.
"""

import re
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import QuerySet

from notifications.models import Delivery

_ESCAPED = re.compile(r"=([0-9a-f]{2})")
#: Colons that may be dots: in a dot-atom (RFC 5322, 3.2.3) these stand between other signs.
_COLON = re.compile(r"(?<!^)=3a(?!$)(?!=3a)")


def local_part(key: str) -> str:
    """Return what stands before the @ of the Message-ID of the delivery with this key.

    Colons become dots; anything else but letters, digits, ``_`` and ``-`` becomes a ``=`` and two
    hexadecimal digits for each of its bytes.
    """
    return _COLON.sub(".", re.sub(r"[^A-Za-z0-9_-]", _hexadecimal, key))


def _hexadecimal(match: re.Match[str]) -> str:
    return "".join(f"={byte:02x}" for byte in match[0].encode())


def key_of(message_id: str) -> str:
    """Return the key that a Message-ID, or its local part, was made of.

    With or without its angle brackets. Whatever comes in gives some key, which no delivery may
    have.
    """
    bare = message_id.strip().strip("<>")
    local = bare.partition("@")[0].replace(".", ":")
    unescaped = _ESCAPED.sub(lambda match: chr(int(match[1], 16)), local)
    return unescaped.encode("latin-1", "replace").decode("utf-8", "replace").replace("\0", "")


def host() -> str:
    """Return what stands after the @ of our Message-IDs."""
    return urlsplit(settings.SITE_URL).hostname or "localhost"


def delivery_of(message_id: str) -> "QuerySet[Delivery]":
    """Return the delivery that a Message-ID names; none where it is not one of this site.

    Two sites that share a provider hear of each other's mail, and number theirs alike.
    """
    if message_id.strip().strip("<>").rpartition("@")[2].lower() != host():
        return Delivery.objects.none()
    return Delivery.objects.filter(key=key_of(message_id), channel="email")
