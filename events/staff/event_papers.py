"""Papers around an event as PDFs: sign-in sheet, flyer, run sheet, and the sheet to ask from.

Where one cannot be set here (``events.papers``), the page that says the same is shown in its place.
"""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override, pgettext

from events import clock, dates_text
from events.languages import language_in_use
from events.models import RSVP, AccessRequest, Event, Mode, Task
from events.models.access_request import AccessKind, AccessState
from events.notice import access_line
from events.palettes import colours
from events.papers import NotSet, qr_drawing, set_paper
from events.staff.access import StaffRequest, own_row, staff_page
from events.staff.door import room
from events.staff.guest_files import WALK_INS

PROGRAM = Path(__file__).with_name("event_papers.typ")

Part = dict[str, Any]
Sheet = dict[str, Any]


@staff_page("see_attendance")
def sign_in_pdf(request: StaffRequest, pk: int) -> HttpResponse:
    """Answer the sign-in sheet in large print: names and nothing that others should not read."""
    event = own_row(request, Event.objects.for_cards(), pk=pk)
    guests = RSVP.objects.confirmed().filter(event=event, mode=Mode.IN_PERSON)
    rows = [[guest.name, str(guest.party_size), ""] for guest in guests.order_by("name", "id")]
    rows += [["", "", ""]] * WALK_INS
    welcome = _("Everyone is welcome. Signing is voluntary; nobody has to sign to come in.")
    head = [_("Name"), _("People"), _("Signature, if you like")]
    parts = [
        *_when_and_where(event),
        _part("strong", text=welcome),
        _part("table", widths=[5, 2, 5], room=0.55, head=head, rows=rows),
    ]
    kind = _("Sign-in sheet")
    sheets = [_sheet(event, parts, kind)]
    name = f"{event.slug}-sign-in.pdf"
    instead = reverse("staff-sign-in-sheet", kwargs={"pk": pk})
    return _answer(event, name, kind, sheets, size=18, instead=instead)


@staff_page("see_desk")
def flyer_pdf(request: StaffRequest, pk: int) -> HttpResponse:
    """Answer the flyer, one sheet a language; a draft and what was called off have none."""
    event = own_row(request, Event.objects.with_all_shown(), pk=pk)
    sheets = _in_each_language(event, _flyer)
    name = f"{event.slug}-flyer.pdf"
    instead = event.get_absolute_url()
    return _answer(event, name, _("Flyer"), sheets, size=17, instead=instead, counted=False)


@staff_page("see_desk")
def ask_here_pdf(request: StaffRequest, pk: int) -> HttpResponse:
    """Answer the sheet for walls and seats, whose code opens the page of questions."""
    event = own_row(request, Event.objects.with_all_shown(), pk=pk)
    sheets = _in_each_language(event, _ask_here)
    name, kind = f"{event.slug}-ask-here.pdf", _("Ask here")
    instead = reverse("event-questions", kwargs={"slug": event.slug})
    return _answer(event, name, kind, sheets, size=20, instead=instead, counted=False)


@staff_page("see_attendance")
def run_sheet_pdf(request: StaffRequest, pk: int) -> HttpResponse:
    """Answer the run sheet: seats, access, agenda, speakers and who sees to what, at a glance."""
    event = own_row(request, Event.objects.for_cards().with_programme(), pk=pk)
    language = language_in_use()
    agenda = [
        [
            dates_text.clock_text(dates_text.local(item.starts_at, event.timezone), language)
            if item.starts_at
            else "–",
            item.in_language(language).title,
        ]
        for item in event.agenda.all()
    ]
    speakers = [
        ", ".join(part for part in (one.name, one.in_language(language).role) if part)
        for one in event.speakers.all()
    ]
    parts = _when_and_where(event)
    if event.venue and event.venue.entrance:
        parts.append(_part("text", text=event.venue.entrance))
    for heading, items in (
        (_("Seats"), _seats(event)),
        (_("Access"), _access(event)),
        (_("Speakers"), speakers),
        (_("Contacts"), _contacts(event)),
    ):
        if items:
            parts += [_part("heading", text=heading), _part("list", items=items)]
    if agenda:
        head = [_("Time"), _("Item")]
        parts += [
            _part("heading", text=_("Agenda")),
            _part("table", widths=[1, 4], room=0.4, head=head, rows=agenda),
        ]
    name, kind = f"{event.slug}-run-sheet.pdf", _("Run sheet")
    instead = reverse("staff-event", kwargs={"pk": pk})
    return _answer(event, name, kind, [_sheet(event, parts, kind)], size=12, instead=instead)


def _in_each_language(event: Event, sheet: Callable[[Event], Sheet]) -> list[Sheet]:
    """Return the sheet in each language of the office; a draft and what was called off have none.

    Raises ``Http404`` for these.
    """
    if not event.is_posted or not event.is_on:
        raise Http404
    sheets = []
    for language in event.office.languages:
        with override(language):
            sheets.append(sheet(event))
    return sheets


def _flyer(event: Event) -> Sheet:
    office = event.office
    contact = " · ".join(text for text in (office.name, office.phone, office.website) if text)
    address = settings.SITE_URL + event.get_absolute_url()
    parts = _when_and_where(event)
    if event.mode != Mode.IN_PERSON:
        joins = _("Online or by phone") if event.mode == Mode.REMOTE else None
        parts.append(_part("text", text=joins or _("Also online or by phone")))
    if event.takes_rsvps:
        how = _("Scan the code or open the address below to say that you come.")
    else:
        how = _("Come as you are. Scan the code or open the address below to read more.")
    alt = _("QR code of the event’s page")
    return _sheet(
        event,
        [
            *parts,
            _part("heading", text=_("How to take part")),
            _part("text", text=how),
            _part("qr", drawing=qr_drawing(address), alt=alt, inches=2.4),
            _part("strong", text=address.split("://", 1)[1]),
            *_access_lines(event),
            _part("text", text=contact),
        ],
    )


def _ask_here(event: Event) -> Sheet:
    address = settings.SITE_URL + reverse("event-questions", kwargs={"slug": event.slug})
    how = _("Scan the code with your phone, or open the address below. You need no account.")
    alt = _("QR code of the page of questions")
    then = _("You can also vote for what others have asked.")
    parts = [
        _part("heading", text=_("Ask your question here")),
        _part("text", text=how),
        _part("qr", drawing=qr_drawing(address), alt=alt, inches=4),
        _part("strong", text=address.split("://", 1)[1]),
        _part("text", text=then),
    ]
    return _sheet(event, parts)


def _access_lines(event: Event) -> list[Part]:
    parts = [_part("text", text=event.access_services)] if event.access_services else []
    line = access_line(event, language_in_use())
    if line.text:
        parts.append(_part("text", text=line.text, lang=line.language.split("-")[0]))
    return [_part("heading", text=_("Access")), *parts] if parts else []


def _when_and_where(event: Event) -> list[Part]:
    when = dates_text.when_lines(
        event.starts_at, event.ends_at, event.timezone, language_in_use(), all_day=event.all_day
    )
    parts = [_part("strong", text=line) for line in when]
    if event.venue and event.mode != Mode.REMOTE:
        parts.append(_part("text", text=event.venue.location))
    return parts


def _seats(event: Event) -> list[str]:
    seats = []
    if event.mode != Mode.REMOTE:
        full = room(event)
        seats.append(_("Expected: %(number)d") % {"number": event.taken})
        if full["planned"] is not None:
            seats.append(_("Planned seats: %(number)d") % {"number": full["planned"]})
        if full["occupancy"] is not None:
            seats.append(_("Allowed by the sign: %(number)d") % {"number": full["occupancy"]})
    if event.mode != Mode.IN_PERSON:
        seats.append(_("Online or by phone: %(number)d") % {"number": event.remote_taken})
    return seats


def _access(event: Event) -> list[str]:
    """Return what is asked for, how often and how far it is; no guest's name, no word of theirs."""
    asked = AccessRequest.objects.wanted().filter(rsvp__event=event).select_related("rsvp__event")
    kinds = Counter((request.kind, request.shown_state) for request in asked)
    return [
        f"{AccessKind(kind).label}: {AccessState(state).label} ({number})"
        for (kind, state), number in sorted(kinds.items())
    ]


def _contacts(event: Event) -> list[str]:
    office = ", ".join(part for part in (event.office.name, event.office.phone) if part)
    tasks = Task.objects.filter(event=event, owner__isnull=False, done_at=None)
    owners = (f"{task.owner}: {task.title}" for task in tasks.select_related("owner"))
    return [office, *owners]


def _part(kind: str, **fields: Any) -> Part:
    return {"kind": kind, **fields}


def _sheet(event: Event, parts: list[Part], kind: str = "") -> Sheet:
    language = language_in_use()
    return {
        "lang": language.split("-")[0],
        "title": event.in_language(language).title,
        "title_lang": event.shown_language(language).split("-")[0],
        "kind": kind,
        "parts": parts,
    }


def _answer(
    event: Event, name: str, kind: str, sheets: list[Sheet], *, size: int, instead: str,
    counted: bool = True,
) -> HttpResponse:  # fmt: skip
    """Answer the sheets as one PDF; where ``counted`` each says of when it is, and its number."""
    now = clock.now()
    language = language_in_use()
    printed = dates_text.moment_text(now, event.timezone, language)
    data = {
        "title": f"{kind}: {sheets[0]['title']}",
        "lang": language.split("-")[0],
        "size": size,
        "office": event.office.name,
        "colour": colours(event.office.palette).strong,
        "foot": _("As of %(printed)s.") % {"printed": printed} if counted else "",
        "page": pgettext("of a document", "Page {page} of {pages}") if counted else "",
        "sheets": sheets,
    }
    try:
        content = set_paper(PROGRAM, data, dated=now)
    except NotSet:
        return HttpResponseRedirect(instead)
    response = HttpResponse(content, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{name}"'
    return response
