"""What is logged never holds a secret link, an e-mail address or a row of the database."""

import logging
import re
from typing import Any

# The paths whose next segment is a token: whoever reads the log could act as that person. Encoded
# slashes count, too, since a path travels inside `?next=`.
_SECRET_PATH = re.compile(
    r"((?:/|%2F)(?:rsvps|claims|feeds(?:/|%2F)me|me|unsubscribe|subscriptions"
    r"|subscribe(?:/|%2F)confirm|password(?:/|%2F)reset(?:/|%2F)key)(?:/|%2F))"
    r"(?:(?!%2F)[^/\s?#&\"'<>])+",
    re.IGNORECASE,
)

# Tried where a word begins alone: from each letter of a long one it would take minutes.
_ADDRESS = re.compile(r"(?<![^\s<>()\[\]\"'=,;:/])[^\s<>()\[\]\"'=,;:/]+@[^\s<>()\[\]\"'=,;:/]+")
# PostgreSQL adds to an error what it is about: "DETAIL:  Failing row contains (7, Ana, …)".
_DETAIL = re.compile(r"^(DETAIL:).*", re.MULTILINE)


def redact(text: str) -> str:
    """Return the text with an ellipsis for every token, e-mail address and row of the database."""
    return _ADDRESS.sub("…@…", _DETAIL.sub(r"\1 …", _SECRET_PATH.sub(r"\1…", text)))


class RedactingFormatter(logging.Formatter):
    """Formats a record and strips all of it as :func:`redact` does, tracebacks included."""

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))


def to_console(loggers: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Return a logging configuration: every record is one redacted line, ``loggers`` are tuned."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "plain": {
                "()": RedactingFormatter,
                "format": "{levelname} {name}: {message}",
                "style": "{",
            }
        },
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
        "root": {"handlers": ["console"], "level": "INFO"},
        "loggers": loggers,
    }
