"""What the frame of the staff desk shows of its member: where they may go, for whom they work."""

from typing import Any, NamedTuple

from django import template
from django.template import Context
from django.urls import reverse

from events import extensions
from events.extensions import DeskGroup
from events.languages import own_name
from events.models import OfficeKind
from events.permissions import Grants, grants_of
from events.staff.access import kinds_of

register = template.Library()


class Entry(NamedTuple):
    """One entry of the desk's navigation."""

    label: Any
    url: str
    current: bool


class Group(NamedTuple):
    """Entries under a name. ``current``: the page that is shown belongs to one of them."""

    key: str
    label: Any
    entries: list[Entry]
    current: bool


class Navigation(NamedTuple):
    """The parts of the desk that a member may see: the daily work, and the rest in groups."""

    daily: list[Entry]
    groups: list[Group]


@register.simple_tag(takes_context=True)
def desk_navigation(context: Context) -> Navigation:
    """Return where this member may go; groups without an entry for them are left out.

    Of their roles those count that they have in offices of the page's kind.
    """
    page = context.get("office")
    roles = {
        role for office, role in _grants(context).roles if not page or office.kind == page.kind
    }
    current = context.get("desk_section")
    entries: dict[DeskGroup | None, list[Entry]] = {}
    for section in sorted(extensions.desk_sections, key=lambda section: section.position):
        if section.is_open_to(roles):
            entry = Entry(section.label, reverse(section.url_name), section.name == current)
            entries.setdefault(section.group, []).append(entry)
    groups = [
        Group(
            group.value,
            group.label,
            entries[group],
            any(entry.current for entry in entries[group]),
        )
        for group in DeskGroup
        if group in entries
    ]
    return Navigation(entries.get(None, []), groups)


@register.filter
def own_language(code: str) -> str:
    """Return the name of a language as its speakers write it: "Español"."""
    return own_name(code)


class Hat(NamedTuple):
    """A kind of office that this member can work for."""

    kind: OfficeKind
    names: str
    current: bool


@register.simple_tag(takes_context=True)
def desk_hats(context: Context) -> list[Hat]:
    """Return the kinds of office to choose between; empty for who works for one kind."""
    grants = _grants(context)
    kinds = kinds_of(grants)
    if len(kinds) < 2:
        return []
    office = context.get("office")
    current = office.kind if office else kinds[0]
    names = {
        kind: ", ".join(office.name for office, _role in grants.roles if office.kind == kind)
        for kind in kinds
    }
    return [Hat(kind, names[kind], kind == current) for kind in kinds]


def _grants(context: Context) -> Grants:
    """What this member may do, as the view has read it, else read once for the page."""
    request = context["request"]
    if not hasattr(request, "grants"):
        request.grants = grants_of(request.user)
    grants: Grants = request.grants
    return grants
