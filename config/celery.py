"""The Celery app and the beat schedule: the only schedule there is.

Celery is the hand that empties the tables, not the place where work is kept. Nothing here carries
an argument, an ETA or a retry; due times live in rows.
"""

import os

from celery import Celery
from celery.signals import worker_ready
from kombu.transport import redis

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

TICK = "notifications.tick"

app = Celery("plazuela")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

# In seconds, since a crontab schedule drifts over the change to and from daylight saving time.
# No `expires`: it is compared with the worker's own clock, and a host whose clock is wrong would
# then drop every tick. Ten ticks at once do no harm.
app.conf.beat_schedule = {"tick": {"task": TICK, "schedule": 60.0}}


class ForgivingQoS(redis.QoS):
    """Counts a hint as heard even where Redis could not be told so.

    A worker takes no more hints than it has processes for. One whose acknowledgement was lost (a
    Redis that froze at that moment; kombu logs it and goes on) would count as being worked on for
    ever: the worker would be alive, and deaf. Redis gives such a hint once more after an hour,
    which does no harm.
    """

    def ack(self, delivery_tag: str) -> None:
        try:
            super().ack(delivery_tag)
        except Exception:
            self._quick_ack(delivery_tag)
            raise


redis.Channel.QoS = ForgivingQoS


@worker_ready.connect
def tick_at_once(sender: object, **kwargs: object) -> None:
    """Make up for what fell due while no worker ran, instead of waiting for beat's first minute."""
    app.send_task(TICK)
