"""The one-time code that opens `/setup/` on an empty database.

Only its hash is kept, in a file of the data folder, so that the process that prints it and the
processes that check it need nothing in common but that folder. On several hosts, the code of a host
opens `/setup/` on that host.
"""

import hashlib
import hmac
import os
import secrets
from pathlib import Path

from django.conf import settings

# Without 0, O, 1, I and L, which people confuse. Twelve of these are 59 bits.
_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"


def _file() -> Path:
    return Path(settings.DATA_DIR) / "setup-code"


def _hash(code: str) -> str:
    plain = "".join(letter for letter in code.upper() if letter in _LETTERS)
    return hashlib.sha256(plain.encode("ascii")).hexdigest()


def issue_code() -> str:
    """Return a new code, like `7KQ4-M2XW-9TRB`; an older one is void from now on."""
    code = "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(3))
    draft = _file().with_suffix(".new")
    draft.unlink(missing_ok=True)
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(_hash(code))
    draft.replace(_file())
    return code


def check_code(code: str) -> bool:
    """Return whether this is the code in force; spaces, dashes and case do not matter."""
    try:
        kept = _file().read_text(encoding="ascii")
    except FileNotFoundError:
        return False
    return hmac.compare_digest(kept, _hash(code))


def spend() -> None:
    """Make the code in force void, once the first office stands."""
    _file().unlink(missing_ok=True)
