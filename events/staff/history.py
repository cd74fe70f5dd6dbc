"""What was done with an event, in words: the audit trail as staff read it."""

from collections.abc import Iterable
from datetime import datetime
from itertools import groupby
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.db.models import Q
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events import dates_text, extensions
from events.languages import language_in_use
from events.models import RSVP, AuditEntry, Event, EventStatus, EventType, Mode, Person
from events.queries import read_page
from events.staff.access import StaffRequest, desk_page, own_row, staff_page

PAGE_SIZE = 100

#: What this app's facts are called. Upper apps add theirs to ``extensions.history_words``.
WORDS = {
    "event.created": gettext_lazy("Draft begun"),
    "event.posted": gettext_lazy("Posted"),
    "event.edited": gettext_lazy("Changed"),
    "event.rescheduled": gettext_lazy("Moved to another time"),
    "event.moved": gettext_lazy("Moved to another place"),
    "event.cancelled": gettext_lazy("Cancelled"),
    "event.postponed": gettext_lazy("Postponed"),
    "event.resumed": gettext_lazy("On again, at the date that was planned"),
    "event.confirmed": gettext_lazy("Certain now"),
    "event.made_tentative": gettext_lazy("No longer certain"),
    "series.edited": gettext_lazy("Changed together with other dates of the series"),
    "series.ended": gettext_lazy("Series ended before this date"),
    "rsvp.confirmed": gettext_lazy("RSVP: a place"),
    "rsvp.waitlisted": gettext_lazy("RSVP: on the waitlist"),
    "rsvp.unproven": gettext_lazy("RSVP: to be confirmed by mail"),
    "rsvp.repeated": gettext_lazy("RSVP sent again"),
    "rsvp.promoted": gettext_lazy("Moved up from the waitlist"),
    "rsvp.passed_over": gettext_lazy("Told how many would fit now"),
    "rsvp.proven": gettext_lazy("Confirmed by mail"),
    "rsvp.changed": gettext_lazy("RSVP changed"),
    "rsvp.ended": gettext_lazy("RSVP for the other way to attend ended"),
    "rsvp.needs_changed": gettext_lazy("Access needs changed"),
    "rsvp.cancelled": gettext_lazy("RSVP cancelled"),
    "rsvp.expired": gettext_lazy("RSVP ended: never confirmed"),
    "rsvp.affirmed": gettext_lazy("Still comes"),
    "rsvp.attended": gettext_lazy("Attendance written down"),
    "entry.checked_in": gettext_lazy("Checked in at the door"),
    "entry.walked_in": gettext_lazy("Counted at the door"),
    "entry.undone": gettext_lazy("Entry at the door taken back"),
    "task.added": gettext_lazy("Task added"),
    "task.changed": gettext_lazy("Task changed"),
    "task.done": gettext_lazy("Task done"),
    "task.reopened": gettext_lazy("Task not done after all"),
    "task.removed": gettext_lazy("Task taken off the list"),
    "follow_up.noted": gettext_lazy("Noted that a guest needs an answer"),
    "follow_up.changed": gettext_lazy("A note on a guest who needs an answer changed"),
    "follow_up.removed": gettext_lazy("A note on a guest who needs an answer removed"),
    "follow_up.done": gettext_lazy("A guest has their answer"),
    "follow_up.reopened": gettext_lazy("A guest needs an answer after all"),
    "minutes.edited": gettext_lazy("Minutes written"),
    "minutes.posted": gettext_lazy("Minutes posted"),
    "promise.made": gettext_lazy("Promise made"),
    "promise.changed": gettext_lazy("Promise changed"),
    "promise.kept": gettext_lazy("Promise kept"),
    "promise.withdrawn": gettext_lazy("Promise withdrawn"),
    "promise.reopened": gettext_lazy("Promise open again"),
    "access.assigned": gettext_lazy("Access request: another owner"),
    "access.arranged": gettext_lazy("Access arranged"),
    "access.cannot": gettext_lazy("Access that cannot be arranged"),
    "access.reopened": gettext_lazy("Access to arrange again"),
    "access.told": gettext_lazy("Told in person what is arranged or not"),
    "access.called_off": gettext_lazy("What was arranged is called off"),
    "access.edited": gettext_lazy("Companions of a guest counted"),
    "question.asked": gettext_lazy("Question asked"),
    "question.vote_asked": gettext_lazy("Link to vote asked for"),
    "question.unproven": gettext_lazy("Question asked, to be confirmed by mail"),
    "question.proven": gettext_lazy("Question confirmed by mail"),
    "question.published": gettext_lazy("Question published"),
    "question.declined": gettext_lazy("Question declined"),
    "question.second_reader_asked": gettext_lazy("Second reader asked for"),
    "question.upheld": gettext_lazy("Question declined by a second reader, too"),
    "question.merged": gettext_lazy("Question merged with another"),
    "question.ordered": gettext_lazy("Questions put into another order"),
    "question.lot_drawn": gettext_lazy("Order of the questions drawn by lot"),
    "question.answered": gettext_lazy("Question answered in writing"),
    "question.answered_live": gettext_lazy("Question answered at the event"),
    "question.reopened": gettext_lazy("Question not answered after all"),
}
#: What changed fields are called.
FIELDS = {
    "title": gettext_lazy("Title"),
    "description": gettext_lazy("Description"),
    "event_type": gettext_lazy("Type"),
    "starts_at": gettext_lazy("Starts"),
    "ends_at": gettext_lazy("Ends"),
    "timezone": gettext_lazy("Time zone"),
    "all_day": gettext_lazy("All day"),
    "status": gettext_lazy("Status"),
    "status_reason": gettext_lazy("Reason"),
    "mode": gettext_lazy("How to attend"),
    "venue": gettext_lazy("Place"),
    "remote_url": gettext_lazy("Link to join online"),
    "dial_in": gettext_lazy("Phone number to join"),
    "capacity": gettext_lazy("Places in the room"),
    "remote_capacity": gettext_lazy("Places online"),
    "party_size": gettext_lazy("People"),
    "takes_rsvps": gettext_lazy("Takes RSVPs"),
    "spoken_languages": gettext_lazy("Languages"),
    "access_services": gettext_lazy("Access services on offer"),
    "topics": gettext_lazy("Topics"),
    "cohosts": gettext_lazy("Together with"),
    "agenda": gettext_lazy("Agenda"),
    "speakers": gettext_lazy("Speakers"),
    "documents": gettext_lazy("Documents"),
    "notice_hours": gettext_lazy("Hours of notice"),
    "notice_excuse": gettext_lazy("Why it is late"),
    "accommodation": gettext_lazy("How to ask for access"),
    "text": gettext_lazy("Text"),
    "due": gettext_lazy("By when"),
    "owner": gettext_lazy("Who sees to it"),
    "is_recorded": gettext_lazy("Recorded"),
    "translations": gettext_lazy("Other languages"),
    "minimum": gettext_lazy("People needed"),
    "location": gettext_lazy("Name and address of the place"),
    "shift.capacity": gettext_lazy("Most people"),
    "notes": gettext_lazy("What to know before you come"),
    "role": gettext_lazy("Role"),
    "attended": gettext_lazy("Came"),
    "access_needs": gettext_lazy("Access needs"),
    "access_note": gettext_lazy("In their own words"),
}
#: Said by the fact itself.
UNSAID = frozenset({"posted_at", "source_hash"})


class ChangedField(NamedTuple):
    """A field with its old and new value in words; both empty where they are personal or long."""

    label: str
    old: str
    new: str


class Fact(NamedTuple):
    """One thing that was done."""

    words: str
    #: The guest concerned, as far as it is one.
    who: str
    rsvp: int | None
    changes: list[ChangedField]


class Step(NamedTuple):
    """What one person did at one moment."""

    at: datetime
    by: str
    facts: list[Fact]


@staff_page("see_attendance")
def event_history(request: StaffRequest, pk: int) -> HttpResponse:
    """Show who did what with an event, latest first; its guests' part by itself."""
    event = own_row(request, Event.objects.for_cards(), pk=pk)
    limit, offset = read_page(request.GET, usual=PAGE_SIZE)
    about = "guests" if request.GET.get("about") == "guests" else ""
    entries = AuditEntry.objects.filter(event_id=event.pk, action__in=extensions.history_words)
    people = Q()
    for noun in ("rsvp", "claim", "access", "question"):
        people |= Q(action__startswith=f"{noun}.")
    views = {"": entries.exclude(people), "guests": entries.filter(people)}
    labels = {"": _("The event"), "guests": _("Guests and volunteers")}
    counts = {name: rows.count() for name, rows in views.items()}
    tabs = [
        {
            "label": labels[name],
            "url": "?" + urlencode({"about": name} if name else {}),
            "count": counts[name],
            "current": name == about,
        }
        for name in views
    ]
    page = views[about].select_related("staff").order_by("-at", "-pk")[offset : offset + limit]
    context = {
        "event": event,
        "tab": "history",
        "history_tabs": tabs,
        "steps": steps(page, event),
        "offset": offset,
        "limit": limit,
        "count": counts[about],
    }
    return desk_page(
        request, "events/staff/history.html", context, section="events", office=event.office
    )


def steps(entries: Iterable[AuditEntry], event: Event) -> list[Step]:
    """Return facts (latest first) in words, those of one operation together. Two queries."""
    entries = list(entries)
    names = _names(entries)
    found = []
    for _operation, group in groupby(entries, key=lambda entry: entry.operation):
        # Within an operation the facts stand in the order in which they happened.
        together = list(group)[::-1]
        facts = [
            Fact(
                str(extensions.history_words[entry.action]),
                names.get(entry.pk, ""),
                entry.subjects.get("rsvp"),
                changed_fields(entry, event),
            )
            for entry in together
        ]
        found.append(Step(together[0].at, _by(together[0]), facts))
    return found


def _names(entries: list[AuditEntry]) -> dict[int, str]:
    """Return the name of whom each entry concerns: as on the RSVP, else as the person gave it."""
    rsvps = {entry.subjects["rsvp"] for entry in entries if "rsvp" in entry.subjects}
    typed = dict(RSVP.objects.filter(pk__in=rsvps).values_list("pk", "name"))
    people = Person.objects.in_bulk(
        {entry.person_id for entry in entries if entry.person_id and "rsvp" not in entry.subjects}
    )
    names = {}
    for entry in entries:
        person = people.get(entry.person_id or 0)
        names[entry.pk] = typed.get(entry.subjects.get("rsvp") or 0, "")
        if person is not None:
            names[entry.pk] = person.name or person.email or ""
    return names


def _by(entry: AuditEntry) -> str:
    if entry.actor_kind == "staff":
        return str(entry.staff) if entry.staff is not None else _("Somebody who left")
    if entry.actor_kind == "person":
        return _("The guest or volunteer")
    return _("The program itself")


def changed_fields(entry: AuditEntry, event: Event) -> list[ChangedField]:
    """Return what an entry says of changed fields, in words."""
    found = []
    # A database may keep the keys of a JSON object in an order of its own.
    order = list(FIELDS)
    changes = sorted(entry.changes.items(), key=lambda item: (*order, item[0]).index(item[0]))
    for name, pair in changes:
        if name in UNSAID:
            continue
        old, new = (_value(name, value, event) for value in pair) if pair else ("", "")
        # A field of two nouns can have a name for each.
        noun = entry.action.partition(".")[0]
        label = FIELDS.get(f"{noun}.{name}") or FIELDS.get(name, name.replace("_", " "))
        found.append(ChangedField(str(label), old, new))
    return found


_CHOICES: dict[str, Any] = {"mode": Mode, "status": EventStatus, "event_type": EventType}


def _value(name: str, value: Any, event: Event) -> str:
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if name in ("starts_at", "ends_at"):
        language = language_in_use()
        return dates_text.moment_text(datetime.fromisoformat(value), event.timezone, language)
    if name in _CHOICES and value in _CHOICES[name].values:
        return str(_CHOICES[name](value).label)
    return str(value)
