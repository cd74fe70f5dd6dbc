"""Search through the maintained column ``Event.search_text``, the same words on both databases.

PostgreSQL compares lexemes of its ``simple`` configuration by the index of migration 0002; SQLite
looks for each word with LIKE. Both know no language: an office's texts are in several.
"""

import unicodedata
from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.db import connections

if TYPE_CHECKING:
    from events.models.event import EventQuerySet

#: A longer text in the search field is cut: nobody types more, and a query stays cheap.
MOST_LETTERS = 200
MOST_WORDS = 8
#: PostgreSQL refuses a query with a longer lexeme, and a vector of more than a megabyte.
LONGEST_WORD = 100
LONGEST_TEXT = 100_000


def fold(text: str) -> str:
    """Return ``text`` as it is compared: lower case, no accents, so "reunion" finds "Reunión"."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(sign for sign in apart if not unicodedata.combining(sign) and sign != "\x00")


def column(parts: Iterable[str]) -> str:
    """Return what the column holds of an event whose public words are ``parts``."""
    return fold("\n".join(part for part in parts if part))[:LONGEST_TEXT]


def words_of(text: str) -> list[str]:
    """Return the words of what somebody typed into a search field, folded, each once."""
    words = (word[:LONGEST_WORD] for word in fold(text[:MOST_LETTERS]).split())
    return list(dict.fromkeys(word for word in words if any(map(str.isalnum, word))))[:MOST_WORDS]


def matching(events: "EventQuerySet", text: str) -> "EventQuerySet":
    """Keep the events that hold every word of ``text``, or a longer word that begins so.

    SQLite finds it within a longer word, too.
    """
    words = words_of(text)
    if connections[events.db].vendor != "postgresql":
        for word in words:
            events = events.filter(search_text__contains=word)
        return events
    if not words:
        return events
    # Needs psycopg, which an office on SQLite has no use for.
    from django.contrib.postgres.search import SearchQuery, SearchVector

    # Quoted, each word is parsed as the column was: "covid-19" and "don't" are as many lexemes.
    quoted = (word.replace("\\", "\\\\").replace("'", "''") for word in words)
    query = " & ".join(f"'{word}':*" for word in quoted)
    return events.alias(words=SearchVector("search_text", config="simple")).filter(
        words=SearchQuery(query, config="simple", search_type="raw")
    )
