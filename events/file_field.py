"""The field of a form that takes files: of a letter, of an event."""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _

from events.file_types import ACCEPT, LARGEST, NewFile, NotTaken, read_type


class FilesInput(forms.FileInput):
    """A control that takes several files at once."""

    allow_multiple_selected = True

    def __init__(self) -> None:
        super().__init__({"accept": ACCEPT, "multiple": True})

    def value_from_datadict(
        self, data: Any, files: MultiValueDict[str, UploadedFile], name: str
    ) -> Any:
        return files.getlist(name) if hasattr(files, "getlist") else []


class FilesField(forms.Field):
    """Several files, each looked at: what it is by its content, and not too large."""

    widget = FilesInput

    def clean(self, value: Any) -> list[NewFile]:
        """Return the files; every one that is not taken is named with the reason."""
        found, errors = [], []
        for file in value or []:
            try:
                found.append(_looked_at(file))
            except forms.ValidationError as error:
                errors.append(error)
        if errors:
            raise forms.ValidationError(errors)
        return found


def _looked_at(file: UploadedFile) -> NewFile:
    name = file.name or ""
    if not file.size:
        raise forms.ValidationError(_("“%(name)s” is empty.") % {"name": name})
    if file.size > LARGEST:
        raise forms.ValidationError(_("“%(name)s” is larger than 10 MB.") % {"name": name})
    try:
        kind = read_type(file.file, name)  # type: ignore[arg-type]
    except NotTaken as error:
        words = _("“%(name)s” is no PDF, picture, ODT, DOCX, or text in UTF-8 (TXT, CSV).")
        raise forms.ValidationError(words % {"name": name}) from error
    return NewFile(name, file, kind)
