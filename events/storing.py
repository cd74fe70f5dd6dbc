"""Where uploaded files lie: through Django's storage, under names that nobody guesses."""

import hashlib
import logging

from django.core.files.base import File
from django.core.files.storage import default_storage
from django.utils.text import get_valid_filename

logger = logging.getLogger(__name__)


def digest_of(content: File) -> str:
    """Return the SHA-256 of a file; leaves it at its beginning."""
    content.seek(0)
    digest = hashlib.sha256()
    for chunk in content.chunks():
        digest.update(chunk)
    content.seek(0)
    return digest.hexdigest()


def store(folder: str, content: File, *, name: str, digest: str) -> str:
    """Store a file below ``folder``; return its path, which is never another file's."""
    wanted = f"{folder}/{digest[:16]}/{get_valid_filename(name)}"
    path: str = default_storage.save(wanted, content)
    return path


def delete(path: str) -> None:
    """Delete a stored file. One that stays behind is named nowhere, and handed out to nobody."""
    try:
        default_storage.delete(path)
    except OSError:
        logger.warning("The file %s could not be deleted", path, exc_info=True)
