"""Content in the other languages of an office: rows beside a row, one a language.

The row itself is in the office's first language. What reads them is ``in_language`` and
``shown_language`` of each model, whose types say what they give.
"""

from collections.abc import Mapping
from typing import Any

from django.db.models import F, FilteredRelation, Q
from django.db.models.functions import Coalesce

#: Language → column → text.
Versions = Mapping[str, Mapping[str, str]]


def version_of(row: Any, language: str) -> Any:
    """Return the translation of ``row`` in ``language``, else the row itself (uses a prefetch)."""
    return next((one for one in row.translations.all() if one.language == language), row)


def language_of(row: Any, language: str, own: str) -> str:
    """Return the language that :func:`version_of` really gives; ``own`` is that of the row."""
    return own if version_of(row, language) is row else language


def write_translations(rows: Any, versions: Versions, *columns: str) -> bool:
    """Make a row's translations these, in an action's transaction; return whether anything changed.

    ``rows`` is the related manager of its translations, ``columns`` are what they hold. A version
    without its first column is none.
    """
    wanted = {
        language: {column: texts.get(column, "") for column in columns}
        for language, texts in versions.items()
        if texts.get(columns[0])
    }
    had = {
        row.language: {column: getattr(row, column) for column in columns}
        for row in rows.order_by("pk")
    }
    if wanted == had:
        return False
    rows.exclude(language__in=wanted).delete()
    for language, texts in wanted.items():
        rows.update_or_create(language=language, defaults=texts)
    return True


def called(rows: Any, column: str, language: str) -> Any:
    """Annotate ``called``: the ``column`` in ``language``, else in the row's own; one join."""
    words = FilteredRelation("translations", condition=Q(translations__language=language))
    return rows.annotate(words=words, called=Coalesce(F(f"words__{column}"), F(column)))
