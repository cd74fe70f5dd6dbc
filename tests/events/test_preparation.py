"""Before an event: the office's lists, the tasks of an event, and the desk that reminds of them."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from events.actions.calling_off import cancel_event
from events.actions.events import EventDraft, post_event, reschedule_event
from events.actions.offices import remove_staff
from events.actions.preparation import TaskDraft, add_task, set_checklist, set_done, use_checklist
from events.actions.series import create_series
from events.errors import Refused
from events.models import ChecklistItem, Event, EventType, Office, Role, StaffUser, Task
from tests.clock import at
from tests.desk import Desk
from tests.factories import LOS_ANGELES, NOW, make_event, make_office, make_staff
from tests.pages import page

pytestmark = pytest.mark.django_db

LIST = [TaskDraft("Book the room", 30), TaskDraft("Call the press", 5)]


@pytest.fixture(autouse=True)
def _now() -> Iterator[None]:
    with at(NOW):
        yield


@pytest.fixture
def office() -> Office:
    return make_office()


@pytest.fixture
def sam(office: Office) -> StaffUser:
    return make_staff(office)


def listed(office: Office, sam: StaffUser) -> None:
    set_checklist(
        office_id=office.pk, event_type=EventType.TOWN_HALL, items=LIST, now=NOW, actor=sam
    )


def titles(event: Event) -> list[str]:
    return [task.title for task in event.tasks.all()]


def test_an_event_that_is_posted_begins_with_the_list_of_its_type(
    office: Office, sam: StaffUser
) -> None:
    before = make_event(office)
    listed(office, sam)
    draft = make_event(office, post=False)
    assert titles(draft) == []
    post_event(event_id=draft.pk, now=NOW)
    assert titles(draft) == ["Book the room", "Call the press"]
    assert titles(make_event(office, event_type=EventType.HEARING)) == []
    # What was posted before gets it on demand, and what is there already only once.
    add_task(event_id=before.pk, task=TaskDraft("Call the press", 9), now=NOW, actor=sam)
    assert use_checklist(event_id=before.pk, now=NOW, actor=sam) == 1
    assert use_checklist(event_id=before.pk, now=NOW, actor=sam) == 0
    assert titles(before) == ["Book the room", "Call the press"]


def test_dates_of_a_series_get_it_on_demand_alone(office: Office, sam: StaffUser) -> None:
    listed(office, sam)
    first = make_event(office, post=False)
    draft = EventDraft(
        title="Hours", event_type=EventType.TOWN_HALL, starts_at=first.starts_at,
        ends_at=first.ends_at, timezone=LOS_ANGELES, mode="in_person", venue=first.venue,
    )  # fmt: skip
    series = create_series(
        office=office, draft=draft, rule="FREQ=WEEKLY;COUNT=3", post=True, now=NOW
    )
    assert Task.objects.filter(event__series=series).count() == 0


def test_a_task_is_due_days_before_the_event_and_moves_with_it(
    office: Office, sam: StaffUser
) -> None:
    event = make_event(office)
    task = add_task(event_id=event.pk, task=TaskDraft("Call", 5), now=NOW, actor=sam)
    # The event is on June 11 in Los Angeles.
    assert (task.due, task.is_late(NOW)) == (date(2026, 6, 6), False)
    assert not task.is_late(datetime(2026, 6, 7, 6, 59, tzinfo=UTC))
    assert task.is_late(datetime(2026, 6, 7, 7, 0, tzinfo=UTC))
    later = event.starts_at + timedelta(days=7)
    reschedule_event(
        event_id=event.pk, starts_at=later, ends_at=later + timedelta(hours=1), now=NOW
    )
    task = Task.objects.select_related("event").get()
    assert task.due == date(2026, 6, 13)


def test_today_reminds_of_what_is_due_until_it_is_done_late_first(
    office: Office, sam: StaffUser
) -> None:
    event, far = make_event(office, title="On buses"), make_event(office, title="Far off")
    add_task(event_id=far.pk, task=TaskDraft("Pack", 1), now=NOW, actor=sam)
    press = add_task(event_id=event.pk, task=TaskDraft("Call", 5), now=NOW, actor=sam)
    room = add_task(event_id=event.pk, task=TaskDraft("Book", 30, sam), now=NOW, actor=sam)
    desk = Desk(sam)
    shown = desk.see("staff").text
    assert (
        "To prepare Late: due May 12, 2026 Book : On buses On buses · Sam Staff "
        "By June 6, 2026 Call : On buses On buses · nobody sees to it yet"
    ) in shown
    assert "Pack" not in shown
    desk.send("staff-task-done", {}, pk=room.pk)
    assert "Book" not in desk.see("staff").text
    desk.send("staff-task-done", {"undo": "1"}, pk=room.pk)
    assert "Late: due May 12, 2026" in desk.see("staff").text
    set_done(task_id=room.pk, done=True, now=NOW, actor=sam)
    cancel_event(event_id=event.pk, reason="Rain", now=NOW)
    assert "To prepare" not in desk.see("staff").text
    assert press.done_at is None


def test_staff_write_tasks_of_an_event(office: Office, sam: StaffUser) -> None:
    desk, event = Desk(make_staff(office, role=Role.EDITOR)), make_event(office)
    empty = desk.send("staff-preparation", {}, pk=event.pk)
    assert empty.status_code == 422
    assert "Say what is to do." in page(empty).text
    new = {"title": "Call the press", "days": "5", "owner": str(sam.pk)}
    added = desk.follow(desk.send("staff-preparation", new, pk=event.pk))
    assert "Call the press By June 6, 2026 · Sam Staff" in added.text
    assert desk.send("staff-preparation", new, pk=event.pk).status_code == 422
    task = Task.objects.get()
    desk.change("staff-task", {"days": "2", "owner": ""}, pk=task.pk)
    shown = desk.see("staff-preparation", pk=event.pk).text
    assert "By June 9, 2026 · nobody sees to it yet" in shown
    gone = desk.follow(desk.send("staff-task-remove", {}, pk=task.pk))
    assert "Nothing is on the list yet." in gone.text


def test_a_manager_writes_the_lists_of_the_office(office: Office, sam: StaffUser) -> None:
    desk = Desk(sam)
    proposed = desk.fill("staff-checklist", slug=office.slug)
    assert proposed["title0"] == "Book the room"
    assert not ChecklistItem.objects.exists()
    vain = desk.send("staff-checklist", proposed | {"days0": ""}, slug=office.slug)
    assert vain.status_code == 422
    assert "Enter how many days before the event." in page(vain).text
    typed = proposed | {"owner0": str(sam.pk), "title1": "", "title6": "Print signs", "days6": "3"}
    desk.follow(desk.send("staff-checklist", typed, slug=office.slug))
    rows = ChecklistItem.objects.values_list("event_type", "title", "lead", "owner")
    assert rows[0] == ("town_hall", "Book the room", timedelta(days=30), sam.pk)
    assert [row[1] for row in rows][-2:] == [
        "Print signs",
        "Pack supplies: signs, pens, sign-in sheets",
    ]
    assert desk.ask("staff-checklist", "?type=party", slug=office.slug).status_code == 404


def test_who_has_left_keeps_a_task_until_somebody_else_has_it(
    office: Office, sam: StaffUser
) -> None:
    event, rosa = make_event(office), make_staff(office)
    draft = TaskDraft("Book the room", 3, rosa)
    task = add_task(event_id=event.pk, task=draft, now=NOW, actor=sam)
    set_checklist(office_id=office.pk, event_type="hearing", items=[draft], now=NOW, actor=sam)
    remove_staff(membership_id=rosa.memberships.get().pk, now=NOW, actor=sam)
    Desk(sam).follow(Desk(sam).change("staff-task", {"days": "2"}, pk=task.pk))
    task.refresh_from_db()
    assert (task.lead.days, task.owner) == (2, rosa)
    known = {"office_id": office.pk, "event_type": "hearing", "now": NOW, "actor": sam}
    set_checklist(items=[draft, TaskDraft("Print signs", 1)], **known)
    with pytest.raises(Refused, match="not_of_the_office"):
        set_checklist(items=[draft, TaskDraft("Print signs", 1, rosa)], **known)
    new = make_event(office, event_type="hearing")
    assert set(new.tasks.values_list("title", "owner")) == {
        ("Book the room", None), ("Print signs", None),
    }  # fmt: skip
    with pytest.raises(Refused, match="not_of_the_office"):
        add_task(event_id=event.pk, task=TaskDraft("x", 1, rosa), now=NOW, actor=sam)


def test_what_no_list_can_hold_is_refused(office: Office, sam: StaffUser) -> None:
    event = make_event(office)
    for task, code in (
        (TaskDraft(" ", 1), "words_missing"),
        (TaskDraft("x", 366), "lead"),
        (TaskDraft("x", -1), "lead"),
        (TaskDraft("x", 1, make_staff(make_office())), "not_of_the_office"),
    ):
        with pytest.raises(Refused, match=code):
            add_task(event_id=event.pk, task=task, now=NOW, actor=sam)
    task = add_task(event_id=event.pk, task=TaskDraft("x", 1), now=NOW, actor=sam)
    with pytest.raises(IntegrityError), transaction.atomic():
        Task.objects.filter(pk=task.pk).update(lead=timedelta(days=-1))
