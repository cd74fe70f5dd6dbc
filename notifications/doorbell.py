"""The hint to send now. It may be lost: what it would have hurried, the next tick finds."""

import logging
from functools import lru_cache

from celery import current_app
from kombu import Connection
from kombu.pools import producers

logger = logging.getLogger(__name__)

#: The task that plans and sends what is due.
WORK = "notifications.work"
#: Seconds for any answer of the broker. A worker may wait longer for work; a resident, who has
#: pressed a button and whose place is already taken, may not.
PATIENCE = 0.3


def ring() -> bool:
    """Hint that there is something to do; returns whether the broker took the hint.

    It takes no time to speak of and never raises: whoever calls it has committed already. By name,
    so that a web process need not load all messages to be able to ring.
    """
    try:
        with producers[_line()].acquire(block=True, timeout=PATIENCE) as producer:
            current_app.send_task(WORK, producer=producer, ignore_result=True, retry=False)
    except Exception as error:
        logger.warning("The broker took no hint: %s", error)
        return False
    return True


@lru_cache(maxsize=1)
def _line() -> Connection:
    """Return what the pool opens its connections like: the app's broker, with less patience."""
    line = current_app.connection_for_write()
    line.transport_options = {**line.transport_options, "socket_timeout": PATIENCE}
    return line
