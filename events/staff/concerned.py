"""Who will be told of a change before it is made (PRODUCT.md: "who will be told what")."""

from dataclasses import dataclass
from datetime import datetime

from babel.lists import format_list
from django.db.models import Count, Q
from django.utils.translation import ngettext

from events import extensions
from events.dates_text import babel_locale
from events.extensions import Concerned
from events.languages import language_in_use
from events.models import RSVP, Event, Mode


@dataclass(frozen=True)
class Told:
    """The people whom a change concerns, group by group."""

    groups: list[Concerned]
    #: Whether nobody is told because all of it is past.
    is_over: bool = False

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
    event: Event, *, now: datetime, until: datetime | None = None, joining_alone: bool = False
) -> Told:
    """Return whom a change of ``event`` is told. Nobody, once it and the new date are over.

    ``until`` is the new end, if it changes; ``joining_alone``: only how to join online changes.
    """
    if not event.is_posted:
        return Told([])
    if max(event.ends_at, until or event.ends_at) <= now:
        return Told([], is_over=True)
    counted = [count(event, joining_alone) for count in (guests, *extensions.concerned)]
    return Told([group for group in counted if group is not None])


def guests(event: Event, joining_alone: bool) -> Concerned | None:
    """Count everyone with a place, or a place in line, once each."""
    rsvps = RSVP.objects.active().filter(event=event)
    if joining_alone:
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
