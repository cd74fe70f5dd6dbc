"""Reads of letters that have two callers or more: list, feed, API, desk, command."""

import re

from django.db.models import Count

from events.models import Office, Topic
from notifications.models import Letter, Subscription
from notifications.models.letter import LetterQuerySet
from notifications.models.subscription import SubscriptionQuerySet

_SLUG = re.compile(r"[-\w]{1,120}", re.ASCII)


def matching_letters(*, topic: str = "", office: str = "") -> LetterQuerySet:
    """Return the posted letters of a topic and an office, each named by its slug if at all.

    Latest first. List, feed and API all ask this, so that they show the same letters.
    """
    letters = Letter.objects.posted()
    for path, slug in (("topics__slug", topic), ("office__slug", office)):
        if slug and not _SLUG.fullmatch(slug):
            return letters.none()
        if slug:
            letters = letters.filter(**{path: slug})
    return letters


def readers_of(office: Office | int, topics: list[Topic] | list[int]) -> int:
    """Return how many people get a letter of ``office`` on any of ``topics``, each once."""
    return _people_of(Subscription.objects.live(), office, topics)


def readers_at_once(office: Office | int, topics: list[Topic] | list[int]) -> int:
    """Return how many of them get it as mail of its own; the others find it in their digest."""
    return _people_of(Subscription.objects.live().immediate(), office, topics)


def _people_of(
    rows: SubscriptionQuerySet, office: Office | int, topics: list[Topic] | list[int]
) -> int:
    found = rows.filter(office=office, topic__in=topics, person__email__isnull=False)
    return found.values("person").distinct().count()


def readers_by_topic(office: Office | int) -> dict[int, int]:
    """Return the number of an office's readers of each topic that has any; one query."""
    live = Subscription.objects.live().filter(office=office, person__email__isnull=False)
    rows = live.order_by().values("topic").annotate(readers=Count("person", distinct=True))
    return {row["topic"]: row["readers"] for row in rows}
