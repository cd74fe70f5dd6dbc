"""The notice receipt in words: what each version of an event's public facts changed, and when."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from difflib import SequenceMatcher
from typing import Any, NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from events import dates_text
from events.languages import language_in_use, own_name
from events.models import EventStatus, EventType, Mode, NoticeVersion
from events.notice import DAY
from events.versions import Facts, read_facts

#: What the facts of ``events.versions`` are called.
LABELS = {
    "title": gettext_lazy("Title"),
    "event_type": gettext_lazy("Type"),
    "status": gettext_lazy("Status"),
    "status_reason": gettext_lazy("Reason"),
    "starts_at": gettext_lazy("Starts"),
    "ends_at": gettext_lazy("Ends"),
    "timezone": gettext_lazy("Time zone"),
    "all_day": gettext_lazy("All day"),
    "mode": gettext_lazy("How to attend"),
    "place": gettext_lazy("Place"),
    "entrance": gettext_lazy("Entrance"),
    "transit": gettext_lazy("Transit and parking"),
    "step_free": gettext_lazy("Step-free from the street to a seat"),
    "accessible_restroom": gettext_lazy("Accessible restroom"),
    "accessible_parking": gettext_lazy("Accessible parking"),
    "hearing_loop": gettext_lazy("Hearing loop"),
    "wheelchair_spaces": gettext_lazy("Wheelchair spaces"),
    "remote_url": gettext_lazy("Link to join online"),
    "dial_in": gettext_lazy("Phone number to join"),
    "office": gettext_lazy("Office"),
    "cohosts": gettext_lazy("Together with"),
    "topics": gettext_lazy("Topics"),
    "spoken_languages": gettext_lazy("Languages"),
    "access_services": gettext_lazy("Access services on offer"),
    "accommodation": gettext_lazy("How to ask for access"),
    "accommodation_day": gettext_lazy("Ask for access by"),
    "takes_rsvps": gettext_lazy("Takes RSVPs"),
    "capacity": gettext_lazy("Places in the room"),
    "remote_capacity": gettext_lazy("Places online"),
    "is_recorded": gettext_lazy("Recorded"),
    "agenda": gettext_lazy("Agenda"),
    "speakers": gettext_lazy("Speakers"),
    "documents": gettext_lazy("Documents"),
    "description": gettext_lazy("Description"),
    "notice_hours": gettext_lazy("Hours of notice"),
    "late_because": gettext_lazy("Why it is late"),
}
_CHOICES: dict[str, Any] = {"event_type": EventType, "status": EventStatus, "mode": Mode}


class Fact(NamedTuple):
    """One fact with its name in words. ``language`` is empty where it is the office's first."""

    label: str
    language: str
    text: str


class Difference(NamedTuple):
    """What a version changed of one fact: lines that went and lines that came."""

    label: str
    language: str
    gone: str
    come: str


class Step(NamedTuple):
    """One version: when it was public, how long before the start that it named, what it changed."""

    version: NoticeVersion
    before: str
    differences: list[Difference]


def facts_in_words(version: NoticeVersion, own: str) -> list[Fact]:
    """Return all that a version says. ``own`` is the language of the event itself."""
    facts = read_facts(version.text)
    return [Fact(*_named(name), _said(name, value, facts, own)) for name, value in facts.items()]


def steps_of(versions: Sequence[NoticeVersion], own: str) -> list[Step]:
    """Return the versions of an event (all of them, in order), latest first."""
    steps: list[Step] = []
    before: dict[str, str] | None = None
    for version in versions:
        facts = read_facts(version.text)
        starts_at = datetime.fromisoformat(facts["starts_at"])
        differences = differences_of(before, facts, own) if before is not None else []
        steps.append(Step(version, lead_text(starts_at - version.at), differences))
        before = facts
    return steps[::-1]


def differences_of(old: Facts, new: Facts, own: str) -> list[Difference]:
    """Return in words what differs, in the order of the facts."""
    names = dict.fromkeys([*new, *old])
    found = []
    for name in names:
        if old.get(name) == new.get(name):
            continue
        gone, come = (
            _said(name, facts[name], facts, own).splitlines() if name in facts else []
            for facts in (old, new)
        )
        matcher = SequenceMatcher(a=gone, b=come, autojunk=False)
        changed = [code for code in matcher.get_opcodes() if code[0] != "equal"]
        found.append(
            Difference(
                *_named(name),
                "\n".join(line for _tag, a, b, _c, _d in changed for line in gone[a:b]),
                "\n".join(line for _tag, _a, _b, c, d in changed for line in come[c:d]),
            )
        )
    return found


def lead_text(lead: timedelta) -> str:
    """Return how long before the start something was: "9 days before the start"."""
    if lead < timedelta(0):
        return _("after the start")
    hours = lead // timedelta(hours=1)
    if hours >= 72:
        days = hours // 24
        words = ngettext("%(count)s day before the start", "%(count)s days before the start", days)
        return words % {"count": days}
    words = ngettext("%(count)s hour before the start", "%(count)s hours before the start", hours)
    return words % {"count": hours}


def _named(name: str) -> tuple[str, str]:
    """Return what a fact is called, and its language where that is another one."""
    stem, _dot, code = name.partition(".")
    label = str(LABELS.get(stem, stem))
    return (f"{label} ({own_name(code)})", code) if code else (label, "")


def _said(name: str, value: str, facts: Facts, own: str) -> str:
    language = language_in_use()
    if name in ("starts_at", "ends_at"):
        return dates_text.moment_text(datetime.fromisoformat(value), facts["timezone"], language)
    if name == "accommodation_day":
        return dates_text.date_text(date.fromisoformat(value), language)
    if DAY in value and name.startswith("accommodation"):
        # In the language of the line, as the page has it.
        by = date.fromisoformat(facts["accommodation_day"])
        return value.replace(DAY, dates_text.date_text(by, name.partition(".")[2] or own))
    if name in _CHOICES and value in _CHOICES[name].values:
        return str(_CHOICES[name](value).label)
    if name == "spoken_languages":
        return ", ".join(own_name(code) for code in value.split(", "))
    if value in ("yes", "no") and "\n" not in value and name in _YES_OR_NO:
        return _("Yes") if value == "yes" else _("No")
    return value


_YES_OR_NO = {
    "all_day", "step_free", "accessible_restroom", "accessible_parking", "hearing_loop",
    "takes_rsvps", "is_recorded",
}  # fmt: skip
