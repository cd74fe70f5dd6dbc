"""What has to be done before an event, on the desk: its tasks, and the lists of the office."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from events import clock
from events.actions import preparation as actions
from events.errors import Refused
from events.models import ChecklistItem, Event, EventType, Task
from events.staff.access import (
    FORM,
    POST,
    StaffRequest,
    chosen_office,
    desk_page,
    own_row,
    staff_page,
)
from events.staff.access_board import staff_of
from events.staff.preparation_forms import ChecklistForm, TaskForm
from events.token_pages import see_other


@staff_page("edit_events", methods=FORM)
def preparation(request: StaffRequest, pk: int) -> HttpResponse:
    """Show what is to do before an event, and add one more thing."""
    event = own_row(request, Event.objects.for_cards(), pk=pk)
    now = clock.now()
    sent = request.POST if request.method == "POST" else None
    form = TaskForm(sent, staff=staff_of([event.office]))
    if form.is_valid():
        try:
            actions.add_task(event_id=event.pk, task=form.draft(), now=now, actor=request.user)
        except Refused as refused:
            form.add_refusal(refused)
        else:
            messages.success(request, _("It is on the list."))
            return _back(event.pk)
    tasks = list(event.tasks.select_related("owner"))
    for task in tasks:
        task.event = event
    lines = ChecklistItem.objects.filter(office=event.office, event_type=event.event_type)
    there = {task.title for task in tasks}
    context = {
        "event": event,
        "tab": "preparation",
        "tasks": [(task, task.is_late(now)) for task in tasks],
        "lacking": sum(title not in there for title in lines.values_list("title", flat=True)),
        "form": form,
    }
    return desk_page(
        request, "events/staff/preparation.html", context, section="events", office=event.office,
        status=422 if form.errors else 200,
    )  # fmt: skip


@staff_page("edit_events", methods=POST)
def preparation_copy(request: StaffRequest, pk: int) -> HttpResponse:
    """Give the event the tasks of its type."""
    event = own_row(request, Event.objects.all(), pk=pk)
    added = actions.use_checklist(event_id=event.pk, now=clock.now(), actor=request.user)
    said = ngettext("%(count)s task added.", "%(count)s tasks added.", added)
    messages.success(request, said % {"count": added})
    return _back(event.pk)


@staff_page("edit_events", methods=FORM)
def task_edit(request: StaffRequest, pk: int) -> HttpResponse:
    """Change one thing to do."""
    task = _asked(request, pk)
    sent = request.POST if request.method == "POST" else None
    form = TaskForm(sent, staff=staff_of([task.event.office]), task=task)
    if form.is_valid():
        try:
            actions.change_task(
                task_id=task.pk, task=form.draft(), now=clock.now(), actor=request.user
            )
        except Refused as refused:
            form.add_refusal(refused)
        else:
            messages.success(request, _("Saved."))
            return _back(task.event_id)
    return desk_page(
        request, "events/staff/task.html", {"event": task.event, "task": task, "form": form},
        section="events", office=task.event.office, status=422 if form.errors else 200,
    )  # fmt: skip


@staff_page("edit_events", methods=POST)
def task_done(request: StaffRequest, pk: int) -> HttpResponse:
    """Say that it is done; with ``undo`` that it is not after all."""
    task = _asked(request, pk)
    actions.set_done(
        task_id=task.pk, done="undo" not in request.POST, now=clock.now(), actor=request.user
    )
    return _back(task.event_id)


@staff_page("edit_events", methods=POST)
def task_remove(request: StaffRequest, pk: int) -> HttpResponse:
    """Take it off the list of its event."""
    task = _asked(request, pk)
    actions.remove_task(task_id=task.pk, now=clock.now(), actor=request.user)
    messages.success(request, _("It is off the list."))
    return _back(task.event_id)


@staff_page("edit_office", methods=FORM)
def checklist(request: StaffRequest, slug: str) -> HttpResponse:
    """Write an office's list for a type of event (``?type=``)."""
    office = chosen_office(request, slug)
    assert office is not None
    asked = request.GET.get("type", EventType.TOWN_HALL)
    if asked not in EventType.values:
        raise Http404
    items = list(
        ChecklistItem.objects.filter(office=office, event_type=asked).select_related("owner")
    )
    sent = request.POST if request.method == "POST" else None
    form = ChecklistForm(sent, office=office, items=items, staff=staff_of([office]))
    here = reverse("staff-checklist", kwargs={"slug": slug})
    if form.is_valid():
        try:
            actions.set_checklist(
                office_id=office.pk, event_type=asked, items=form.drafts(), now=clock.now(),
                actor=request.user,
            )  # fmt: skip
        except Refused as refused:
            form.add_error(None, refused.message)
        else:
            messages.success(request, _("Saved."))
            return see_other(f"{here}?type={asked}")
    context = {
        "form": form,
        "is_saved": bool(items),
        "tabs": [
            {"label": label, "url": f"{here}?type={value}", "current": value == asked}
            for value, label in EventType.choices
        ],
    }
    return desk_page(
        request, "events/staff/checklist.html", context, section="office", office=office,
        status=422 if form.errors else 200,
    )  # fmt: skip


def _asked(request: StaffRequest, pk: int) -> Task:
    """Return the task, of an office of this member; else 404."""
    event = own_row(request, Event.objects.for_cards(), tasks=pk)
    task = Task.objects.filter(pk=pk).select_related("owner").first()
    if task is None:
        raise Http404
    task.event = event
    return task


def _back(event_id: int) -> HttpResponse:
    return see_other(reverse("staff-preparation", kwargs={"pk": event_id}))
