"""What is logged never holds a secret link."""

import logging
import re

# The paths whose next segment is a token: whoever reads the log could act as that person. Encoded
# slashes count, too, since a path travels inside `?next=`.
_SECRET_PATH = re.compile(
    r"((?:/|%2F)(?:rsvps|claims|feeds(?:/|%2F)me|me|unsubscribe|subscriptions"
    r"|subscribe(?:/|%2F)confirm|password(?:/|%2F)reset(?:/|%2F)key)(?:/|%2F))"
    r"(?:(?!%2F)[^/\s?#&\"'<>])+",
    re.IGNORECASE,
)


def redact(text: str) -> str:
    """Return the text with the token of every secret link replaced by an ellipsis."""
    return _SECRET_PATH.sub(r"\1…", text)


class RedactingFormatter(logging.Formatter):
    """Formats a record and strips secret links from all of it, tracebacks included."""

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))
