"""What the demo's office does before a town hall, and how far it has got."""

from config.demo import EDITOR_LOGIN, STAFF_LOGIN
from config.demo.calendar import Town
from events.actions.preparation import TaskDraft, set_checklist, set_done, use_checklist
from events.models import Event, EventType, StaffUser


def prepare(town: Town, events: dict[str, Event]) -> None:
    """Write the list of town halls, and give it to the next one: the room is booked."""
    now = town.days.now
    rosa = StaffUser.objects.get(email=STAFF_LOGIN)
    tom = StaffUser.objects.get(email=EDITOR_LOGIN)
    items = [
        TaskDraft("Book the room", 30, tom),
        TaskDraft("Book interpreters", 21, tom),
        TaskDraft("Send the invitation to the neighborhood groups", 14, rosa),
        TaskDraft("Check that the public notice is out", 7, rosa),
        TaskDraft("Tell the press", 5),
        TaskDraft("Pack supplies: signs, pens, sign-in sheets", 2, tom),
    ]
    set_checklist(
        office_id=town.office.pk, event_type=EventType.TOWN_HALL, items=items, now=now, actor=rosa
    )
    event = events["budget"]
    use_checklist(event_id=event.pk, now=now, actor=tom)
    for task in event.tasks.filter(title__startswith="Book"):
        set_done(task_id=task.pk, done=True, now=now, actor=tom)
