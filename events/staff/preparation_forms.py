"""The forms of preparation: one task, and an office's list for a type of event."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from django import forms
from django.utils.translation import gettext_lazy as _

from events.actions.preparation import TaskDraft
from events.choices import offer
from events.form_parts import RefusableForm
from events.models import ChecklistItem, Office, StaffUser, Task
from events.models.preparation import LONGEST_LEAD

#: Empty rows for further lines.
SPARE_ROWS = 3
#: What an office without a list is offered; saved only if it presses the button.
USUAL = [
    (_("Book the room"), 30),
    (_("Book interpreters"), 21),
    (_("Check that the public notice is out"), 7),
    (_("Tell the press"), 5),
    (_("Pack supplies: signs, pens, sign-in sheets"), 2),
]


def _title(*, required: bool) -> forms.CharField:
    return forms.CharField(
        label=_("What is to do"), max_length=200, required=required,
        error_messages={"required": _("Say what is to do.")},
    )  # fmt: skip


def _days(*, required: bool) -> forms.IntegerField:
    return forms.IntegerField(
        label=_("Days before the event"),
        min_value=0,
        max_value=LONGEST_LEAD.days,
        required=required,
        widget=forms.NumberInput({"inputmode": "numeric"}),
        error_messages={
            "required": _("Enter how many days before the event."),
            "invalid": _("Enter a whole number."),
            "min_value": _("Enter 0 or more."),
            "max_value": _("Enter a smaller number."),
        },
    )


def _owner() -> forms.ChoiceField:
    return forms.ChoiceField(label=_("Who sees to it"), required=False)


class TaskForm(RefusableForm):
    """One thing to do for an event; ``task`` is the one that is changed."""

    title = _title(required=True)
    days = _days(required=True)
    owner = _owner()

    def __init__(
        self, data: Any = None, *, staff: Iterable[StaffUser], task: Task | None = None
    ) -> None:
        initial: dict[str, Any] = {}
        self.people = {one.pk: one for one in staff}
        if task is not None:
            initial = {"title": task.title, "days": task.lead.days, "owner": task.owner_id or ""}
            if task.owner is not None:
                self.people.setdefault(task.owner.pk, task.owner)
        super().__init__(data, initial=initial, auto_id="task_%s")
        offer(self, "owner", _owners(self.people))

    def draft(self) -> TaskDraft:
        """Return what the form says."""
        data = self.cleaned_data
        return TaskDraft(data["title"], data["days"], _chosen(self.people, data["owner"]))


class Row(NamedTuple):
    """The fields of one line."""

    number: int
    fields: list[forms.BoundField]


class ChecklistForm(forms.Form):
    """An office's list for a type of event, a row a line; one without a title is none."""

    def __init__(
        self,
        data: Any = None,
        *,
        office: Office,
        items: Sequence[ChecklistItem],
        staff: Iterable[StaffUser],
    ) -> None:
        self.people = {one.pk: one for one in staff}
        for item in items:
            if item.owner is not None:
                self.people.setdefault(item.owner.pk, item.owner)
        rows = [(item.title, item.lead.days, item.owner_id or "") for item in items]
        rows = rows or [(str(title), days, "") for title, days in USUAL]
        self.count = len(rows) + SPARE_ROWS
        initial: dict[str, Any] = {}
        for number, (title, days, owner) in enumerate(rows):
            initial |= {f"title{number}": title, f"days{number}": days, f"owner{number}": owner}
        super().__init__(data, initial=initial)
        for number in range(self.count):
            made = {
                f"title{number}": _title(required=False),
                f"days{number}": _days(required=False),
                f"owner{number}": _owner(),
            }
            for name, field in made.items():
                # Empty rows are there to be left so.
                field.sometimes_required = True  # type: ignore[attr-defined]
                self.fields[name] = field
            offer(self, f"owner{number}", _owners(self.people))

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        seen: set[str] = set()
        for number in range(self.count):
            title, days = data.get(f"title{number}"), data.get(f"days{number}")
            if title and days is None and f"days{number}" not in self.errors:
                self.add_error(f"days{number}", _("Enter how many days before the event."))
            if title and title in seen:
                self.add_error(f"title{number}", _("This stands on the list already."))
            seen.add(title or "")
        return data

    def drafts(self) -> list[TaskDraft]:
        """Return the lines, as ``set_checklist`` wants them."""
        data = self.cleaned_data
        return [
            TaskDraft(
                data[f"title{number}"],
                data[f"days{number}"],
                _chosen(self.people, data[f"owner{number}"]),
            )
            for number in range(self.count)
            if data[f"title{number}"]
        ]

    @property
    def rows(self) -> list[Row]:
        return [
            Row(number + 1, [self[f"{part}{number}"] for part in ("title", "days", "owner")])
            for number in range(self.count)
        ]


def _owners(people: dict[int, StaffUser]) -> list[tuple[Any, Any]]:
    return [("", _("Nobody yet")), *((pk, str(person)) for pk, person in people.items())]


def _chosen(people: dict[int, StaffUser], typed: str) -> StaffUser | None:
    return people[int(typed)] if typed else None
