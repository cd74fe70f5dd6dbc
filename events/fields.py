"""A text column that the database, its backups and its administrators cannot read."""

from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.db import models


@lru_cache(maxsize=4)
def _cipher(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


class EncryptedTextField(models.TextField):
    """Text encrypted with the first of ``FIELD_KEYS`` and readable with any of them.

    Rotate by putting a new key in front: old rows stay readable, and each is written with the new
    key the next time it is saved. The value cannot be filtered on; an empty text is stored empty.
    """

    def get_prep_value(self, value: Any) -> str | None:
        if not value:
            return value
        return _cipher(tuple(settings.FIELD_KEYS)).encrypt(str(value).encode()).decode()

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> str | None:
        if not value:
            return value
        return _cipher(tuple(settings.FIELD_KEYS)).decrypt(value.encode()).decode()
