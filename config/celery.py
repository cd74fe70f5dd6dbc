"""The Celery app and the beat schedule: the only schedule there is.

Celery is the hand that empties the tables, not the place where work is kept. Nothing here carries
an argument, an ETA or a retry; due times live in rows.
"""

import os

from celery import Celery
from celery.signals import worker_ready
from kombu import Exchange, Queue

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

TICK = "notifications.tick"

app = Celery("plazuela")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

# A hint is taken without an acknowledgement: it is worth nothing once a worker has heard it. One
# whose acknowledgement is lost (a Redis that freezes at that moment) would count as being worked on
# for ever, and a worker takes no more than it has processes for: it would be alive, and deaf.
_queue = app.conf.task_default_queue
app.conf.task_queues = [Queue(_queue, Exchange(_queue), routing_key=_queue, no_ack=True)]

# In seconds, since a crontab schedule drifts over the change to and from daylight saving time.
# No `expires`: it is compared with the worker's own clock, and a host whose clock is wrong would
# then drop every tick. Ten ticks at once do no harm.
app.conf.beat_schedule = {"tick": {"task": TICK, "schedule": 60.0}}


@worker_ready.connect
def tick_at_once(sender: object, **kwargs: object) -> None:
    """Make up for what fell due while no worker ran, instead of waiting for beat's first minute."""
    app.send_task(TICK)
