"""When to try again, and when to stop trying."""

import random
from datetime import timedelta

#: The pause after the first failure; each further one doubles it.
FIRST_PAUSE = timedelta(minutes=1)
#: The longest backoff (DELIVERY.md, Terms).
LONGEST_PAUSE = timedelta(hours=1)
#: About five days of hourly attempts, after which a mail server is expected to give up (RFC 5321,
#: 4.5.4.1). Attempts while the server could not be reached at all do not count.
MOST_ATTEMPTS = 125


def pause(attempts: int) -> timedelta:
    """Return how long to wait after that many failed attempts (1 or more).

    Between half and the whole of the backoff, so that what failed together is not tried together.
    """
    # 2 ** 6 minutes is past the hour; a larger exponent would only overflow.
    backoff = min(FIRST_PAUSE * 2 ** min(attempts - 1, 6), LONGEST_PAUSE)
    share = random.uniform(0.5, 1)  # noqa: S311  nothing secret depends on it
    waits: timedelta = share * backoff
    return waits
