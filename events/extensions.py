"""What upper apps add to pages and duties of this one, without being imported by it.

An upper app appends to these lists in its ``AppConfig.ready()``. The lists are typed, so that a
reader sees what an extension has to bring.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.db.models import Q
    from django.http import HttpRequest

    from events.audit import Operation
    from events.models import Event, Office, Person, Venue


@dataclass(frozen=True)
class EventPanel:
    """A part of the event page that another app fills.

    ``load(event, now)`` returns the template's context (a constant number of queries), or ``None``
    to leave the panel out. ``audience`` is "public" or "staff".
    """

    name: str
    template: str
    load: "Callable[[Event, datetime], dict[str, Any] | None]"
    audience: str = "public"


@dataclass(frozen=True)
class DeskCard:
    """A part of the staff desk's first page, in order of ``position``.

    ``load(request, offices, now)`` returns the template's context (a constant number of queries),
    or ``None`` to leave it out. ``place`` is "banner" (above everything, for what is broken),
    "main" (the whole width) or "card" (a small one beside others, ``<li class="desk-card">``).
    """

    name: str
    template: str
    load: "Callable[[HttpRequest, list[Office], datetime], dict[str, Any] | None]"
    place: str = "card"
    position: int = 5


@dataclass(frozen=True)
class FirstStep:
    """What a new office does first, shown until it is done.

    ``is_done(offices)`` asks at most one query. The list goes when all is done but what is
    optional.
    """

    label: Any
    text: Any
    url_name: str
    permission: str
    is_done: "Callable[[list[Office]], bool]"
    position: int
    optional: bool = False


@dataclass(frozen=True)
class Change:
    """A change of time, place or status before it is made: of events, or of a place."""

    #: Their keys: what is public and not over.
    events: Sequence[int]
    #: The link to join online is all that changes.
    joining_alone: bool = False
    #: The place whose name or address changes, with what takes place there beside the events.
    venue: "Venue | None" = None
    now: datetime | None = None


@dataclass(frozen=True)
class Concerned:
    """A group of people whom a change of an event concerns."""

    #: "41 guests", in the language of the page.
    words: str
    #: How many of them are told by mail, and how many have no address.
    by_mail: int
    without_mail: int


@dataclass(frozen=True)
class PersonSection:
    """A part of a person's page ``/me/``: what this app knows of the person, in order of position.

    ``load(person, now)`` returns the template's context (a constant number of queries), or ``None``
    to leave the section out.
    """

    name: str
    template: str
    load: "Callable[[Person, datetime], dict[str, Any] | None]"
    position: int


class DeskGroup(TextChoices):
    """Where the navigation keeps what is not daily work, in this order."""

    PEOPLE = "people", _("People")
    MAIL = "mail", _("Mail")
    SET_UP = "set-up", _("Set-up")


@dataclass(frozen=True)
class DeskSection:
    """An entry of the staff desk's navigation: a URL name and who may see it.

    Without a ``group`` it is daily work and always in sight: four such entries fill a line of a
    phone, so that a fifth needs a good reason. ``position`` is the order among its neighbours.
    """

    name: str
    label: Any
    url_name: str
    permission: str
    position: int
    group: DeskGroup | None = None

    def is_open_to(self, roles: set[str]) -> bool:
        """Whether somebody with these roles, in whichever offices, may see it."""
        from events.permissions import TABLE

        return bool(TABLE[self.permission] & roles)


@dataclass(frozen=True)
class MediaFile:
    """A stored file as it is handed out: under which name, and as what."""

    name: str
    content_type: str


event_panels: list[EventPanel] = []
desk_cards: list[DeskCard] = []
desk_sections: list[DeskSection] = []
person_sections: list[PersonSection] = []
first_steps: list[FirstStep] = []

#: ``concerned(change)`` counts whom beside the guests a change is told, one query each; ``None``
#: where there is nobody.
concerned: "list[Callable[[Change], Concerned | None]]" = []

#: Called inside the action that edits a place, for what else shows it: with its operation, the
#: place, and its name and address in one line as they were. Raises revisions, and where that line
#: is another one now also SEQUENCE (DESIGN.md, Counters), and records whose place moved with it.
venue_edited: "list[Callable[[Operation, Venue, str], None]]" = []

#: Called inside the action that gives an event other times, with its operation, the event, and
#: when it began before: for what was true of that time alone. No query each for a date that was
#: still to come, one where there is nothing of the kind.
event_rescheduled: "list[Callable[[Operation, Event, datetime], None]]" = []

#: Called inside the action that a mailed link led to by POST, with its operation and the key of the
#: person whose address that proves: for what waits for such a proof. One query each.
address_proven: "list[Callable[[Operation, int], None]]" = []

#: ``without_mail(column)`` returns the condition that mail does not reach the person whose key
#: stands in ``column``, though there is an address: it came back, or they want none.
without_mail: "list[Callable[[str], Q]]" = []


#: Folders of stored files that another app hands out. ``find(path)`` returns the file if everybody
#: may have it at this moment, else ``None``; one query.
media_folders: "dict[str, Callable[[str], MediaFile | None]]" = {}

#: What a fact is called in the history of an event: the action of its AuditEntry → words in the
#: past tense ("Shift moved"). Actions that are not here do not show.
history_words: dict[str, Any] = {}

#: Called after a commit that left facts to tell. Must not raise and must not take long: the row in
#: the Outbox is the message, the doorbell only hurries it.
doorbells: list[Callable[[], object]] = []
