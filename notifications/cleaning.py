"""Throws out or folds rows that nobody will read again. The tick's work, at most once an hour."""

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from events import rate_limits
from events.models import RSVP, Event, Question, SignInLink
from events.models.event import FEED_PAST
from notifications.calendars.blocks import render_version
from notifications.delivery.folding import fold_some
from notifications.models import (
    CalendarBlock,
    SenderMinute,
    Subscription,
    SubscriptionRequest,
    Tick,
)
from volunteers.models import Shift

logger = logging.getLogger(__name__)

PAUSE = timedelta(hours=1)
#: Rows that one statement deletes: on SQLite nobody else writes meanwhile.
BATCH = 500
#: Seconds that one run takes at most; the next tick takes up what is left.
SLICE = 2.0
#: Sign-in links are good for half an hour; the planner may still ask for one of last week.
KEPT_LINKS = timedelta(days=8)
#: Words that nobody has said are theirs, from the moment on at which they were typed.
KEPT_QUESTIONS = timedelta(days=30)


def spent_links(now: datetime) -> "QuerySet[Any]":
    """Sign-in links that nobody can use any more."""
    return SignInLink.objects.filter(created_at__lt=now - KEPT_LINKS)


def unproven_questions(now: datetime) -> "QuerySet[Any]":
    """Questions from addresses that nobody has confirmed; no moderator ever saw them.

    One that came with an RSVP waits for that RSVP's proof until the event is over. The link of one
    that is gone says that it is no longer good.
    """
    old = Question.objects.filter(proven_at=None, created_at__lt=now - KEPT_QUESTIONS)
    return old.exclude(rsvp__in=RSVP.objects.active().filter(event__ends_at__gt=now))


def old_blocks(now: datetime) -> "QuerySet[Any]":
    """Calendar blocks of an earlier version, or of what has left the feeds or is gone.

    A feed that is asked for such a one after all renders it again.
    """
    since = now - FEED_PAST
    events = Event.objects.filter(uid=OuterRef("uid"), ends_at__gte=since)
    shifts = Shift.objects.filter(uid=OuterRef("uid")).effective(start=since)
    return CalendarBlock.objects.filter(
        ~Q(render_version=render_version()) | ~(Q(Exists(events)) | Q(Exists(shifts)))
    )


def old_minutes(now: datetime) -> "QuerySet[Any]":
    """How much each sender sent in minutes that are over."""
    return SenderMinute.objects.filter(minute__lt=now - PAUSE)


def wishes_of_expired_requests(now: datetime) -> "QuerySet[Any]":
    """What somebody was signed up for and never said yes to: nobody has agreed to anything."""
    expired = SubscriptionRequest.objects.expired(now).values("pk")
    return Subscription.objects.filter(confirmed_at=None, request__in=expired)


def expired_requests(now: datetime) -> "QuerySet[Any]":
    """The sign-ups themselves. Their link then says to sign up again."""
    return SubscriptionRequest.objects.expired(now)


Spent = Callable[[datetime], "QuerySet[Any]"]

SPENT: list[Spent] = [
    rate_limits.spent,
    spent_links,
    unproven_questions,
    # The wishes first: they outlive their request else.
    wishes_of_expired_requests,
    expired_requests,
    old_blocks,
    old_minutes,
]


def _delete_some(spent: Spent, now: datetime) -> int:
    """Delete a batch of what is spent; return how many rows."""
    rows = spent(now)
    with transaction.atomic():
        # Locked, so that nobody confirms meanwhile what goes.
        locked = rows.select_for_update(no_key=True, skip_locked=True, of=("self",))
        keys = list(locked.values_list("pk", flat=True)[:BATCH])
        if keys:
            rows.model._base_manager.filter(pk__in=keys).delete()
    return len(keys)


#: Each does a batch of its work and returns how many rows that were; 0 when nothing is left.
STEPS: list[Callable[[datetime], int]] = [
    *(partial(_delete_some, spent) for spent in SPENT),
    fold_some,
]


def clean(*, now: datetime) -> int:
    """Delete or fold what is spent, in batches; return how many rows.

    0 within an hour of the last run. Of ticks that come at once, one does it. A step that fails
    keeps no later one from its turn.
    """
    due = Tick.objects.filter(Q(cleaned_at=None) | Q(cleaned_at__lte=now - PAUSE))
    if not due.update(cleaned_at=now):
        return 0
    end = time.monotonic() + SLICE
    done = 0
    for step in STEPS:
        try:
            while rows := step(now):
                done += rows
                if time.monotonic() > end:
                    Tick.objects.update(cleaned_at=None)
                    return done
        except Exception:
            logger.exception("Cleaning failed in %s; the next hour tries again", step)
    return done
