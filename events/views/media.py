"""Uploaded files, served through Django's storage: the same from a folder and from a bucket."""

import mimetypes
from pathlib import PurePosixPath

from django.core.exceptions import SuspiciousFileOperation
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe

from events import extensions
from events.pictures import MEDIA_TYPES

#: Folders whose files are for everybody. Whatever else is stored is not served here.
PUBLIC = ("logos",)
#: A name holds a hash of the content, so that a copy stays right for ever.
CACHE_CONTROL = "public, max-age=31536000, immutable"


#: What another app hands out may be taken back: a cache asks again soon.
BRIEFLY = "public, max-age=300"


@require_safe
def media(request: HttpRequest, path: str) -> HttpResponseBase:
    """Answer a public file. Raster pictures are shown, everything else is saved, never run."""
    parts = PurePosixPath(path).parts
    if not parts or ".." in parts or "\0" in path:
        raise Http404
    if parts[0] in PUBLIC:
        guessed = mimetypes.guess_type(path)[0] or "application/octet-stream"
        response = stored_file(path, name=parts[-1], content_type=guessed)
        response["Cache-Control"] = CACHE_CONTROL
        return response
    find = extensions.media_folders.get(parts[0])
    found = find(path) if find is not None else None
    if found is None:
        raise Http404
    response = stored_file(path, name=found.name, content_type=found.content_type)
    response["Cache-Control"] = BRIEFLY
    return response


def stored_file(path: str, *, name: str, content_type: str) -> FileResponse:
    """Answer a stored file (404 if it is not there) so that no browser runs anything in it."""
    try:
        file = default_storage.open(path)
    except (OSError, SuspiciousFileOperation) as error:
        raise Http404 from error
    shown = MEDIA_TYPES.get(PurePosixPath(path).suffix.removeprefix(".").lower())
    response = FileResponse(
        file, as_attachment=shown is None, filename=name, content_type=shown or content_type
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
