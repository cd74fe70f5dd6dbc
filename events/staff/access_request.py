"""One access request on the desk: what is asked for, who sees to it, and the answer."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from events import clock
from events.actions import access_requests as actions
from events.errors import Refused
from events.models import AccessRequest, AccessState, Event
from events.staff.access import FORM, POST, StaffRequest, desk_page, own_row, staff_page
from events.staff.access_board import SECTION, row_of, staff_of
from events.staff.access_forms import ArrangedForm, CannotForm, WorkForm
from events.token_pages import see_other


@staff_page("arrange_access")
def access_request(request: StaffRequest, pk: int) -> HttpResponse:
    """Show a request, with the guest's words for who may read them."""
    event, asked = _asked(request, pk)
    return _page(request, event, asked)


@staff_page("arrange_access", methods=POST)
def access_take(request: StaffRequest, pk: int) -> HttpResponse:
    """Make this member of staff the owner, from the board."""
    _event, asked = _asked(request, pk)
    actions.assign_request(
        request_id=asked.pk, owner=request.user, now=clock.now(), actor=request.user
    )
    messages.success(request, _("You see to it now: %(what)s.") % {"what": asked.label})
    return see_other(reverse("staff-access-request", kwargs={"pk": asked.pk}))


@staff_page("arrange_access", methods=POST)
def access_work(request: StaffRequest, pk: int) -> HttpResponse:
    """Set owner and companions."""
    event, asked = _asked(request, pk)
    form = WorkForm(request.POST, request=asked, staff=staff_of([event.office]))
    if not form.is_valid():
        return _page(request, event, asked, work=form)
    now = clock.now()
    actions.assign_request(
        request_id=asked.pk, owner=form.cleaned_data["owner"], now=now, actor=request.user
    )
    actions.count_companions(
        request_id=asked.pk, companions=form.cleaned_data["companions"], now=now,
        actor=request.user,
    )  # fmt: skip
    messages.success(request, _("Saved."))
    return _back(asked)


@staff_page("arrange_access", methods=FORM)
def access_arrange(request: StaffRequest, pk: int) -> HttpResponse:
    """Write down what is arranged, for this guest and others who asked for the same."""
    event, asked = _asked(request, pk)
    form = _arranged_form(request, event, asked, request.POST or None)
    if not form.is_valid():
        return _page(request, event, asked, arranged=form)
    facts = form.cleaned_data
    try:
        together = actions.arrange_requests(
            request_ids=[asked.pk, *facts.get("others", [])],
            arranged_with=facts["arranged_with"],
            language=facts.get("language", ""),
            seen=facts["seen"],
            now=clock.now(),
            actor=request.user,
        )
    except Refused as refused:
        form.add_refusal(refused)
        return _page(request, event, asked, arranged=form)
    _say_who_hears(request, together)
    return _back(asked)


@staff_page("arrange_access", methods=FORM)
def access_cannot(request: StaffRequest, pk: int) -> HttpResponse:
    """Write down that it cannot be: who decided, why, and what instead."""
    event, asked = _asked(request, pk)
    form = _cannot_form(request, asked, request.POST or None)
    if not form.is_valid():
        return _page(request, event, asked, cannot=form)
    try:
        actions.cannot_arrange(
            request_id=asked.pk, **form.cleaned_data, now=clock.now(), actor=request.user
        )
    except Refused as refused:
        form.add_refusal(refused)
        return _page(request, event, asked, cannot=form)
    _say_who_hears(request, [asked])
    return _back(asked)


@staff_page("arrange_access", methods=POST)
def access_reopen(request: StaffRequest, pk: int) -> HttpResponse:
    """Take the answer back."""
    _event, asked = _asked(request, pk)
    was_told = asked.told_at is not None
    actions.reopen_request(
        request_id=asked.pk, seen=asked.answer, now=clock.now(), actor=request.user
    )
    if was_told:
        messages.warning(
            request, _("It is to arrange again. The guest knows the old answer: call them.")
        )
    else:
        messages.success(
            request,
            _("It is to arrange again. If the guest knows the old answer, they hear of it."),
        )
    return _back(asked)


@staff_page("arrange_access", methods=POST)
def access_told(request: StaffRequest, pk: int) -> HttpResponse:
    """Write down that somebody told the guest in person."""
    _event, asked = _asked(request, pk)
    actions.note_told(request_id=asked.pk, now=clock.now(), actor=request.user)
    messages.success(request, _("Written down: the guest knows."))
    return _back(asked)


@staff_page("arrange_access", methods=POST)
def access_called_off(request: StaffRequest, pk: int) -> HttpResponse:
    """Write down that what was arranged is called off."""
    _event, asked = _asked(request, pk)
    actions.note_called_off(request_id=asked.pk, now=clock.now(), actor=request.user)
    messages.success(request, _("Written down: it is called off."))
    return _back(asked)


def _asked(request: StaffRequest, pk: int) -> tuple[Event, AccessRequest]:
    """Return the event and the request, of an office of this member; else 404."""
    event = own_row(
        request,
        Event.objects.for_cards(),
        rsvps__access_requests=pk,
    )
    row = (
        AccessRequest.objects.filter(pk=pk)
        .select_related("owner", "rsvp__person", "rsvp__upgrade_of")
        .first()
    )
    if row is None:
        raise Http404
    row.rsvp.event = event
    return event, row


def _back(asked: AccessRequest) -> HttpResponse:
    return see_other(reverse("staff-access-request", kwargs={"pk": asked.pk}))


def _say_who_hears(request: StaffRequest, answered: list[AccessRequest]) -> None:
    rows = AccessRequest.objects.filter(pk__in=[one.pk for one in answered])
    calls = rows.to_call().count()
    if calls < len(answered):
        messages.success(request, _("Saved. The guest gets a message that says so."))
    if calls:
        messages.warning(request, _("Saved. Call the guest whom no mail reaches."))


def _reads(request: StaffRequest, event: Event) -> bool:
    return "see_access_words" in request.grants.permissions_in(event.office)


def _others(asked: AccessRequest) -> list[AccessRequest]:
    """Return what others at the same event ask for alike, without an answer yet; one query."""
    same = AccessRequest.objects.filter(rsvp__event=asked.rsvp.event, kind=asked.kind)
    rows = same.exclude(pk=asked.pk).wanted().to_arrange()
    return list(rows.select_related("rsvp").order_by("rsvp__name", "pk"))


def _arranged_form(
    request: StaffRequest, event: Event, asked: AccessRequest, data: Any = None
) -> ArrangedForm:
    return ArrangedForm(
        data, request=asked, event=event, others=_others(asked), reads=_reads(request, event)
    )


def _cannot_form(request: StaffRequest, asked: AccessRequest, data: Any = None) -> CannotForm:
    return CannotForm(data, request=asked, reads=_reads(request, asked.rsvp.event))


def _is_open(event: Event, asked: AccessRequest, now: datetime) -> bool:
    """Whether there is still something to arrange."""
    return asked.is_wanted and asked.rsvp.is_active and event.is_on and not event.is_over(now)


def _page(
    request: StaffRequest,
    event: Event,
    asked: AccessRequest,
    *,
    work: WorkForm | None = None,
    arranged: ArrangedForm | None = None,
    cannot: CannotForm | None = None,
) -> HttpResponse:
    now = clock.now()
    is_open = _is_open(event, asked, now)
    failed = next((form for form in (work, arranged, cannot) if form and form.errors), None)
    context: dict[str, Any] = {
        "asked": asked,
        "row": row_of(asked, now),
        "event": event,
        "guest": asked.rsvp,
        "state": asked.shown_state,
        "moved": asked.state == AccessState.ARRANGED and not asked.is_for_this_time,
        "is_open": is_open,
        "is_to_call": AccessRequest.objects.filter(pk=asked.pk).wanted().to_call().exists(),
        # The summary on top is of the form that was sent.
        "form": failed,
    }
    if is_open:
        staff = staff_of([event.office])
        context |= {
            "work": work or WorkForm(request=asked, staff=staff),
            "arranged": arranged or _arranged_form(request, event, asked),
            "cannot": cannot or _cannot_form(request, asked),
        }
    return desk_page(
        request, "events/staff/access_request.html", context, section=SECTION,
        office=event.office, status=422 if failed else 200,
    )  # fmt: skip
