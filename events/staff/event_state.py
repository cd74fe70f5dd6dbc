"""Post, move, postpone, cancel or throw away an event, each after a page that says what follows."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from events import clock
from events.actions.calling_off import cancel_event, postpone_event, resume_event
from events.actions.events import delete_draft, post_event, reschedule_event
from events.actions.series import dates_from, end_series, post_series
from events.errors import Refused
from events.models import Event
from events.notice import quorums_at, refusal
from events.staff.access import FORM, StaffRequest, desk_page, own_row, staff_page
from events.staff.concerned import Told, who_is_told
from events.staff.event_page import missing
from events.staff.local_times import WhenForm, initial_when
from events.staff.stale import SeenForm, last_saved
from events.token_pages import see_other


def _event(request: StaffRequest, pk: int) -> Event:
    events = Event.objects.with_all_shown().prefetch_related("speakers__body")
    return own_row(request, events, pk=pk)


def _page_of(event: Event) -> HttpResponse:
    return see_other(reverse("staff-event", kwargs={"pk": event.pk}))


def _answer(
    request: StaffRequest, name: str, event: Event, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    return desk_page(
        request,
        f"events/staff/{name}.html",
        {"event": event, **context},
        section="events",
        office=event.office,
        status=status,
    )


# -- Post -----------------------------------------------------------------------------------------


class SeriesForm(forms.Form):
    """Whether one date of a series is meant, or others with it."""

    dates = forms.ChoiceField(label=gettext_lazy("Which dates?"), widget=forms.RadioSelect)

    def __init__(self, data: Any = None, *, one: str, many: str) -> None:
        super().__init__(data, initial={"dates": "one"})
        field = self.fields["dates"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("one", one), ("all", many)]
        field.error_messages["required"] = _("Choose which dates you mean.")


@staff_page("edit_events", methods=FORM)
def event_post(request: StaffRequest, pk: int) -> HttpResponse:
    """Check a draft, then make it public; of a series, all drafts at once if wanted."""
    event = _event(request, pk)
    if event.is_posted or event.is_cancelled:
        return _page_of(event)
    now = clock.now()
    drafts = _open_dates(event, now).filter(posted_at=None).count() if event.series_id else 0
    form = None
    if drafts > 1:
        form = SeriesForm(
            request.POST if request.method == "POST" else None,
            one=_("This date alone"),
            many=_("All %(count)s drafts of the series") % {"count": drafts},
        )
    # Said before anybody presses the button, too.
    refused = refusal(event, now) if request.method != "POST" else None
    if request.method == "POST" and (form is None or form.is_valid()):
        try:
            if form is not None and form.cleaned_data["dates"] == "all":
                assert event.series_id is not None
                count = post_series(series_id=event.series_id, now=now, actor=request.user)
                said = ngettext("%(count)s date is posted.", "%(count)s dates are posted.", count)
                messages.success(request, said % {"count": count})
            else:
                post_event(event_id=event.pk, now=now, actor=request.user)
                messages.success(request, _("Posted. Everybody can see it now."))
        except Refused as error:
            refused = error
        else:
            return _page_of(event)
    context = {
        "form": form,
        "refused": refused,
        "missing": missing(event),
        "quorums": quorums_at(event),
        "is_past": event.starts_at <= now,
    }
    failed = request.method == "POST"
    return _answer(request, "event_post", event, context, status=422 if failed else 200)


def _open_dates(event: Event, now: datetime) -> Any:
    """Return the dates of the event's series that are neither over nor cancelled."""
    return Event.objects.filter(series=event.series_id, ends_at__gt=now).exclude(status="cancelled")


# -- Move -----------------------------------------------------------------------------------------


class RescheduleForm(WhenForm, SeenForm):
    """A new date for an event."""

    def __init__(self, data: Any = None, *, event: Event) -> None:
        initial = initial_when(
            event.starts_at, event.ends_at, event.timezone, all_day=event.all_day
        )
        super().__init__(data, initial=initial, near=[event.office.timezone])
        self.remember()


@staff_page("edit_events", methods=FORM)
def event_reschedule(request: StaffRequest, pk: int) -> HttpResponse:
    """Move an event in time. What was postponed is on again with its new date.

    The first POST shows old and new and who is told; the confirmed one saves.
    """
    event = _event(request, pk)
    if event.is_cancelled:
        return _page_of(event)
    sent = request.POST if request.method == "POST" else None
    form = RescheduleForm(sent, event=event)
    now = clock.now()
    if sent is None or not form.is_valid():
        return _answer(
            request, "event_reschedule", event, {"form": form}, status=422 if form.errors else 200
        )
    if form.is_stale:
        context = {"form": form, "conflict": form.beside_what_is_saved(last_saved(event))}
        return _answer(request, "event_reschedule", event, context, status=409)
    facts = {name: form.cleaned_data[name] for name in ("starts_at", "ends_at", "timezone")}
    facts["all_day"] = form.cleaned_data["all_day"]
    if all(getattr(event, name) == value for name, value in facts.items()):
        form.add_error(None, _("This is the date it has now. Enter the new one."))
        return _answer(request, "event_reschedule", event, {"form": form}, status=422)
    told = who_is_told(event, now=now, until=facts["ends_at"])
    do = request.POST.get("do")
    if do == "change" or (event.is_posted and do != "confirm"):
        context = {
            "form": form,
            "review": Event(office=event.office, **facts) if do != "change" else None,
            "told": told,
        }
        return _answer(request, "event_reschedule", event, context)
    try:
        reschedule_event(
            event_id=event.pk, **facts, revision=event.revision, now=now, actor=request.user
        )
    except Refused as refused:
        form.add_error(None, refused.message)
        return _answer(request, "event_reschedule", event, {"form": form}, status=422)
    messages.success(request, _done(told, _("The new date is saved.")))
    return _page_of(event)


def _done(told: Told, what: str) -> str:
    if not told.by_mail:
        return what
    return f"{what} " + _("%(people)s will get a message.") % {"people": told.words}


@staff_page("edit_events", methods=FORM)
def event_resume(request: StaffRequest, pk: int) -> HttpResponse:
    """Let a postponed event take place on its old date after all, after who is told was shown."""
    event = _event(request, pk)
    if not event.is_postponed:
        return _page_of(event)
    now = clock.now()
    told = who_is_told(event, now=now)
    refused = None
    if request.method == "POST":
        try:
            resume_event(event_id=event.pk, now=now, actor=request.user)
        except Refused as error:
            refused = error
        else:
            messages.success(request, _done(told, _("The event is on again.")))
            return _page_of(event)
    context = {"told": told, "is_over": event.is_over(now), "refused": refused}
    return _answer(request, "event_resume", event, context, status=422 if refused else 200)


# -- Call off -------------------------------------------------------------------------------------


class ReasonForm(forms.Form):
    """Why an event does not take place as it was said."""

    reason = forms.CharField(
        label=gettext_lazy("Why?"),
        help_text=gettext_lazy("Everybody reads this: in the mail, on the page, in calendars."),
        max_length=500,
        widget=forms.Textarea({"rows": 3}),
        error_messages={"required": gettext_lazy("Say why; everyone who hears of it asks.")},
    )
    dates = forms.ChoiceField(label=gettext_lazy("Which dates?"), widget=forms.RadioSelect)

    def __init__(self, data: Any = None, *, later: int) -> None:
        """``later``: how many later dates of its series could go with it."""
        super().__init__(data, initial={"dates": "one"})
        field = self.fields["dates"]
        assert isinstance(field, forms.ChoiceField)
        all_of_them = ngettext(
            "This one and %(count)s later date, and no new ones",
            "This one and %(count)s later dates, and no new ones",
            later,
        )
        field.choices = [("one", _("This date alone")), ("all", all_of_them % {"count": later})]
        if not later:
            del self.fields["dates"]


@staff_page("cancel_events", methods=FORM)
def event_cancel(request: StaffRequest, pk: int) -> HttpResponse:
    """Cancel an event, with a reason. It stays public with the reason."""
    return _call_off(request, pk, postpone=False)


@staff_page("cancel_events", methods=FORM)
def event_postpone(request: StaffRequest, pk: int) -> HttpResponse:
    """Put an event off without a new date, with a reason."""
    return _call_off(request, pk, postpone=True)


def _call_off(request: StaffRequest, pk: int, *, postpone: bool) -> HttpResponse:
    event = _event(request, pk)
    now = clock.now()
    if event.is_cancelled or (postpone and (event.is_postponed or not event.is_posted)):
        return _page_of(event)
    dates = list(dates_from(event, now)) if event.series_id and not postpone else [event]
    later = len([one for one in dates if one.pk != event.pk])
    form = ReasonForm(request.POST if request.method == "POST" else None, later=later)
    told = who_is_told(event, now=now)
    told_of_all = who_is_told(*dates, now=now) if later else None
    if form.is_valid():
        reason = form.cleaned_data["reason"]
        by: dict[str, Any] = {"now": now, "actor": request.user}
        if postpone:
            postpone_event(event_id=event.pk, reason=reason, **by)
            said = _("The event is postponed.")
        elif form.cleaned_data.get("dates") == "all":
            count = end_series(event_id=event.pk, reason=reason, **by)
            told = told_of_all or told
            said = ngettext(
                "%(count)s date is called off.", "%(count)s dates are called off.", count
            )
            said %= {"count": count}
        else:
            cancel_event(event_id=event.pk, reason=reason, **by)
            said = _("The event is cancelled.")
        messages.success(request, _done(told, said))
        event_is_there = Event.objects.filter(pk=event.pk).exists()
        return _page_of(event) if event_is_there else see_other(reverse("staff-events"))
    context = {"form": form, "told": told, "told_of_all": told_of_all, "postpone": postpone}
    return _answer(request, "event_call_off", event, context, status=422 if form.errors else 200)


# -- Throw away -----------------------------------------------------------------------------------


@staff_page("edit_events", methods=FORM)
def event_delete(request: StaffRequest, pk: int) -> HttpResponse:
    """Throw a draft away, after one question; of a series, the later drafts if wanted."""
    event = _event(request, pk)
    if event.is_posted:
        return _page_of(event)
    now = clock.now()
    later = 0
    if event.series_id:
        dates = _open_dates(event, now).filter(posted_at=None)
        later = dates.filter(series_start__gt=event.series_start).count()
        has_public = _open_dates(event, now).filter(
            posted_at__isnull=False, series_start__gt=event.series_start
        )
        # With public dates among them the series is ended where it is cancelled, with a reason.
        later = 0 if has_public.exists() else later
    form = None
    if later:
        form = SeriesForm(
            request.POST if request.method == "POST" else None,
            one=_("This date alone"),
            many=ngettext(
                "This one and %(count)s later draft, and no new ones",
                "This one and %(count)s later drafts, and no new ones",
                later,
            )
            % {"count": later},
        )
    if request.method == "POST" and (form is None or form.is_valid()):
        if form is not None and form.cleaned_data["dates"] == "all":
            end_series(event_id=event.pk, now=now, actor=request.user)
            messages.success(request, _("The drafts are gone."))
        else:
            delete_draft(event_id=event.pk, now=now, actor=request.user)
            messages.success(request, _("The draft is gone."))
        return see_other(reverse("staff-events") + "?view=drafts")
    status = 422 if form is not None and form.errors else 200
    return _answer(request, "event_delete", event, {"form": form}, status=status)
