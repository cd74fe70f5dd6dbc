"""Uploaded files, served through Django's storage: the same from a folder and from a bucket."""

import mimetypes
from pathlib import PurePosixPath

from django.core.exceptions import SuspiciousFileOperation
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe

from events.pictures import MEDIA_TYPES

#: Folders whose files are for everybody. Whatever else is stored is not served here.
PUBLIC = ("logos",)
#: A name holds a hash of the content, so that a copy stays right for ever.
CACHE_CONTROL = "public, max-age=31536000, immutable"


@require_safe
def media(request: HttpRequest, path: str) -> HttpResponseBase:
    """Answer a public file. Raster pictures are shown, everything else is saved, never run."""
    parts = PurePosixPath(path).parts
    if not parts or parts[0] not in PUBLIC or ".." in parts or "\0" in path:
        raise Http404
    try:
        file = default_storage.open(path)
    except (OSError, SuspiciousFileOperation) as error:
        raise Http404 from error
    shown = MEDIA_TYPES.get(PurePosixPath(path).suffix.removeprefix(".").lower())
    guessed = mimetypes.guess_type(path)[0] or "application/octet-stream"
    response = FileResponse(
        file,
        as_attachment=shown is None,
        filename=parts[-1],
        content_type=shown or guessed,
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cache-Control"] = CACHE_CONTROL
    return response
