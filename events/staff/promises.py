"""What comes after an event on the desk: what was promised there, and what became of it."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from events import clock
from events.actions import promises as actions
from events.errors import Refused
from events.models import Event, Promise, Question
from events.queries import read_page, told_afterwards
from events.staff.access import FORM, POST, StaffRequest, desk_page, own_row, staff_page
from events.staff.access_board import staff_of
from events.staff.minutes import minutes_of
from events.staff.promise_forms import KeptForm, PromiseForm, WithdrawnForm
from events.token_pages import see_other

PAGE_SIZE = 50


@staff_page("edit_events", methods=FORM)
def afterwards(request: StaffRequest, pk: int) -> HttpResponse:
    """Show what was promised at an event, and write down one more."""
    event = own_row(request, Event.objects.for_cards(), pk=pk)
    now = clock.now()
    has_begun = event.starts_at <= now and not event.is_cancelled
    form = None
    if has_begun:
        form = PromiseForm(_sent(request), staff=staff_of([event.office]))
    if request.method == "POST" and form is None:
        raise Refused("too_early", _("The event has not begun yet."))
    if form is not None and form.is_valid():
        try:
            actions.make_promise(
                event_id=event.pk, **form.cleaned_data, now=now, actor=request.user
            )
        except Refused as refused:
            form.add_refusal(refused)
        else:
            messages.success(request, _("Written down."))
            return see_other(reverse("staff-afterwards", kwargs={"pk": event.pk}))
    published = Question.objects.filter(event=event).published()
    context = {
        "event": event,
        "tab": "afterwards",
        "promises": _of(event, now),
        "minutes": minutes_of(event),
        "has_begun": has_begun,
        "is_over": event.is_over(now),
        "told": told_afterwards(event).count(),
        "asked": published.count(),
        "unanswered": published.filter(answered="").count(),
        "form": form,
    }
    return desk_page(
        request, "events/staff/afterwards.html", context, section="events", office=event.office,
        status=422 if form is not None and form.errors else 200,
    )  # fmt: skip


@staff_page("edit_events")
def promise_list(request: StaffRequest) -> HttpResponse:
    """Show what is promised and still open, what is due first on top."""
    now = clock.now()
    limit, offset = read_page(request.GET, usual=PAGE_SIZE)
    rows = Promise.objects.filter(event__office__in=request.offices).still_open()
    page = rows.select_related("owner", "event__office", "event__venue").prefetch_related(
        "event__translations"
    )[offset : offset + limit]
    context = {
        "promises": [(promise, promise.is_late(now)) for promise in page],
        "limit": limit,
        "offset": offset,
        "count": rows.count(),
    }
    return desk_page(request, "events/staff/promises.html", context, section="events")


@staff_page("edit_events", methods=FORM)
def promise_edit(request: StaffRequest, pk: int) -> HttpResponse:
    """Show a promise: change it, or say what became of it."""
    promise = _asked(request, pk)
    form = None
    if promise.is_open or request.method == "POST":
        form = PromiseForm(_sent(request), staff=staff_of([promise.event.office]), promise=promise)
    if form is not None and form.is_valid():
        try:
            actions.change_promise(
                promise_id=promise.pk, **form.cleaned_data, now=clock.now(), actor=request.user
            )
        except Refused as refused:
            form.add_refusal(refused)
        else:
            messages.success(request, _("Saved. The public page shows it."))
            return _back(promise)
    return _page(request, promise, change=form)


@staff_page("edit_events", methods=POST)
def promise_keep(request: StaffRequest, pk: int) -> HttpResponse:
    """Say what was done."""
    promise, form = _asked(request, pk), KeptForm(request.POST)
    if form.is_valid():
        actions.keep_promise(
            promise_id=promise.pk, **form.cleaned_data, now=clock.now(), actor=request.user
        )
        messages.success(
            request, _("Kept. The event’s page says what was done, and who took part is told.")
        )
        return _back(promise)
    return _page(request, promise, kept=form)


@staff_page("edit_events", methods=POST)
def promise_withdraw(request: StaffRequest, pk: int) -> HttpResponse:
    """Say why it will not be kept."""
    promise, form = _asked(request, pk), WithdrawnForm(request.POST)
    if form.is_valid():
        actions.withdraw_promise(
            promise_id=promise.pk, **form.cleaned_data, now=clock.now(), actor=request.user
        )
        messages.success(request, _("Withdrawn. The event’s page says why."))
        return _back(promise)
    return _page(request, promise, withdrawn=form)


@staff_page("edit_events", methods=POST)
def promise_reopen(request: StaffRequest, pk: int) -> HttpResponse:
    """Take back that it is kept or withdrawn."""
    promise = _asked(request, pk)
    actions.reopen_promise(promise_id=promise.pk, now=clock.now(), actor=request.user)
    messages.success(request, _("It is open again."))
    return see_other(reverse("staff-promise", kwargs={"pk": promise.pk}))


def _sent(request: StaffRequest) -> Any:
    return request.POST if request.method == "POST" else None


def _asked(request: StaffRequest, pk: int) -> Promise:
    """Return the promise, of an office of this member; else 404."""
    event = own_row(request, Event.objects.for_cards(), promises=pk)
    promise = Promise.objects.filter(pk=pk).select_related("owner").first()
    if promise is None:
        raise Http404
    promise.event = event
    return promise


def _of(event: Event, now: datetime) -> list[tuple[Promise, bool]]:
    rows = list(event.promises.select_related("owner"))
    for promise in rows:
        promise.event = event
    return [(promise, promise.is_late(now)) for promise in rows]


def _back(promise: Promise) -> HttpResponse:
    return see_other(reverse("staff-afterwards", kwargs={"pk": promise.event_id}))


def _page(
    request: StaffRequest,
    promise: Promise,
    *,
    change: PromiseForm | None = None,
    kept: KeptForm | None = None,
    withdrawn: WithdrawnForm | None = None,
) -> HttpResponse:
    event = promise.event
    failed = next((form for form in (change, kept, withdrawn) if form and form.errors), None)
    context: dict[str, Any] = {
        "event": event,
        "promise": promise,
        "is_late": promise.is_late(clock.now()),
        # The summary on top is of the form that was sent.
        "form": failed,
    }
    if promise.is_open:
        staff = staff_of([event.office])
        context |= {
            "change": change or PromiseForm(staff=staff, promise=promise),
            "kept": kept or KeptForm(),
            "withdrawn": withdrawn or WithdrawnForm(),
        }
    return desk_page(
        request, "events/staff/promise.html", context, section="events", office=event.office,
        status=422 if failed else 200,
    )  # fmt: skip
