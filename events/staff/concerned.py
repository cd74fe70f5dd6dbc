"""Who will be told of a change before it is made (PRODUCT.md: "who will be told what")."""

from dataclasses import dataclass
from datetime import datetime

from babel.lists import format_list
from django.db.models import Count, Q
from django.utils.translation import ngettext

from events import extensions
from events.dates_text import babel_locale
from events.extensions import Change, Concerned
from events.languages import language_in_use
from events.models import RSVP, Event, Mode, Venue


@dataclass(frozen=True)
class Told:
    """The people whom a change concerns, group by group."""

    groups: list[Concerned]
    #: Whether nobody is told because all of it is past.
    is_over: bool = False
    #: Whether nobody is told before a postponed event has a date again.
    is_postponed: bool = False

    @property
    def by_mail(self) -> int:
        return sum(group.by_mail for group in self.groups)

    @property
    def without_mail(self) -> int:
        return sum(group.without_mail for group in self.groups)

    @property
    def words(self) -> str:
        """Everyone who gets a message: "41 guests and 3 volunteers"."""
        locale = babel_locale(language_in_use())
        return format_list([group.words for group in self.groups if group.by_mail], locale=locale)


def who_is_told(
    *events: Event, now: datetime, until: datetime | None = None, joining_alone: bool = False
) -> Told:
    """Return whom a change of these events, made at once, is told: each person once.

    Nobody, once they and the new date are over. ``until`` is the new end, if it changes;
    ``joining_alone``: only how to join online changes.
    """
    public = [event for event in events if event.is_posted]
    coming = [event for event in public if max(event.ends_at, until or event.ends_at) > now]
    if public and not coming:
        return Told([], is_over=True)
    return _told(Change([event.pk for event in coming], joining_alone=joining_alone))


def who_is_told_of_venue(venue: Venue, *, now: datetime) -> Told:
    """Return whom another name or address of a place is told: each person once."""
    coming = Event.objects.posted().going_on().upcoming(now).visited_at(venue)
    return _told(Change(list(coming.values_list("pk", flat=True)), venue=venue, now=now))


def _told(change: Change) -> Told:
    counted = [count(change) for count in (guests, *extensions.concerned)]
    return Told([group for group in counted if group is not None])


def guests(change: Change) -> Concerned | None:
    """Count everyone with a place, or a place in line, once each."""
    rsvps = RSVP.objects.active().filter(event__in=change.events)
    if change.joining_alone:
        rsvps = rsvps.filter(mode=Mode.REMOTE)
    people = rsvps.aggregate(
        all=Count("person", distinct=True),
        by_mail=Count("person", distinct=True, filter=Q(person__email__isnull=False)),
    )
    if not people["all"]:
        return None
    words = ngettext("%(count)s guest", "%(count)s guests", people["by_mail"])
    return Concerned(
        words % {"count": people["by_mail"]}, people["by_mail"], people["all"] - people["by_mail"]
    )
