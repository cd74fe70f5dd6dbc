"""A web process that takes an RSVP and is killed after the commit, before the doorbell rings.

python -m tests.faults.dying_web SLUG
"""

import os
import signal
import sys

import django


def main() -> None:
    django.setup()
    from django.test import Client

    from events import extensions
    from tests.clock import at
    from tests.factories import NOW

    extensions.doorbells[:] = [lambda: os.kill(os.getpid(), signal.SIGKILL)]
    form = {"name": "Lee", "email": "last@example.org", "party_size": "1", "mode": "in_person"}
    with at(NOW):
        answer = Client().post(f"/events/{sys.argv[1]}/rsvp/", form)
    print(f"It lived, and answered {answer.status_code}.")


if __name__ == "__main__":
    main()
