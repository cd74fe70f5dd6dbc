"""What the tick does to many rows, one after the other."""

import logging
from collections.abc import Callable, Iterable

logger = logging.getLogger(__name__)


def row_by_row(keys: Iterable[int], act: Callable[[int], int], *, failed: str) -> int:
    """Do something to each row by its key; return the sum of what ``act`` returned.

    Each is an operation of its own: one that raises is logged, by ``failed`` with its key in it,
    and keeps no other from its turn.
    """
    done = 0
    for key in keys:
        try:
            done += act(key)
        except Exception:
            logger.exception("%s; the next tick tries again", failed % key)
    return done
