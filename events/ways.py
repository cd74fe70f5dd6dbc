"""The ways to take part in an event, the room and online, each with its places in words."""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from events.models import Event, Mode
from events.queries import Line


@dataclass(frozen=True)
class Way:
    """One pool of places as the public sees it. ``left`` is ``None`` where there is no limit."""

    mode: str
    capacity: int | None
    left: int | None
    waiting: Line

    @property
    def is_full(self) -> bool:
        return self.left == 0

    @property
    def name(self) -> str:
        return _("Online or by phone") if self.mode == Mode.REMOTE else _("In the room")

    @property
    def label(self) -> str:
        """Name the way with what is left, for the form."""
        if self.left is None:
            return _("%(way)s: no limit on places") % {"way": self.name}
        if self.left:
            text = ngettext(
                "%(way)s: %(left)s place left", "%(way)s: %(left)s places left", self.left
            )
            return text % {"way": self.name, "left": self.left}
        if not self.waiting.parties:
            return _("%(way)s: full. You would be first on the waitlist") % {"way": self.name}
        text = ngettext(
            "%(way)s: full. You would join the waitlist behind %(count)s other party",
            "%(way)s: full. You would join the waitlist behind %(count)s other parties",
            self.waiting.parties,
        )
        return text % {"way": self.name, "count": self.waiting.parties}

    @property
    def short_text(self) -> str:
        """Say in a few words whether there is room, for beside the button."""
        if self.left is None:
            return _("%(way)s: no limit on places") % {"way": self.name}
        return _("%(way)s: full") % {"way": self.name} if self.is_full else self.label

    @property
    def places_text(self) -> str:
        """Say how many places there are and how many are left."""
        if self.left is None or self.capacity is None:
            return _("There is no limit on places.")
        if self.left:
            text = ngettext(
                "%(left)s of %(capacity)s place left.",
                "%(left)s of %(capacity)s places left.",
                self.capacity,
            )
            return text % {"left": self.left, "capacity": self.capacity}
        text = ngettext(
            "The one place is taken.", "All %(capacity)s places are taken.", self.capacity
        )
        return text % {"capacity": self.capacity}

    @property
    def line_text(self) -> str:
        """Say who waits, empty where nobody does."""
        if not self.waiting.parties:
            return ""
        parties = ngettext(
            "%(count)s party is waiting", "%(count)s parties are waiting", self.waiting.parties
        ) % {"count": self.waiting.parties}
        people = ngettext("%(count)s person", "%(count)s people", self.waiting.people) % {
            "count": self.waiting.people
        }
        return _("%(parties)s (%(people)s).") % {"parties": parties, "people": people}


def ways_into(event: Event, lines: dict[str, Line]) -> list[Way]:
    """Return the ways that the event offers, the room first; ``lines``: ``queries.lines_at``."""
    capacities = {Mode.IN_PERSON: event.capacity, Mode.REMOTE: event.remote_capacity}
    return [
        Way(mode, capacities[mode], event.places_left_in(mode), lines.get(mode, Line()))
        for mode in event.modes
    ]
