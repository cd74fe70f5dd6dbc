"""The forms of a shift on the desk: every fact that staff may write, and its time alone."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as now_in_language
from django.utils.translation import gettext_lazy as _

from events.choices import offer
from events.errors import Refused
from events.languages import local_name, other_languages, own_name
from events.models import Event, Office, Venue
from events.staff.local_times import WhenForm, initial_when
from events.staff.new_venue import NewVenueForm
from events.staff.stale import SeenForm
from volunteers.actions.shifts import default_shift_times
from volunteers.models import Shift, VolunteerRole

#: More than anybody reads before a shift.
LONGEST_TEXT = 10_000
MOST_PEOPLE = 10_000

#: The field of the form on which a refusal of the actions is shown.
_REFUSED_ON = {"starts_at": "starts_on", "ends_at": "ends_time"}


def _people(label: Any, hint: Any, *, required: bool) -> forms.IntegerField:
    return forms.IntegerField(
        label=label,
        help_text=hint,
        min_value=1,
        max_value=MOST_PEOPLE,
        required=required,
        error_messages={
            "required": _("Enter how many people are needed."),
            "invalid": _("Enter a whole number."),
            "min_value": _("Enter 1 or more."),
            "max_value": _("Enter a smaller number."),
        },
    )


class MoveForm(WhenForm, SeenForm):
    """When a shift is. It has a start and an end: no shift lasts "all day"."""

    def __init__(
        self, data: Any = None, *, office: Office, event: Event | None, initial: Mapping[str, Any]
    ) -> None:
        self.office, self.event = office, event
        near = event.timezone if event is not None else office.timezone
        super().__init__(data, initial=dict(initial), near=[near])
        del self.fields["all_day"]
        self.remember()

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        starts_at, ends_at = data.get("starts_at"), data.get("ends_at")
        if starts_at is not None and starts_at == ends_at:
            self.add_error("ends_time", _("It ends when it starts. Enter a later time."))
        return data

    def times(self) -> dict[str, Any]:
        """Return when the shift is to be, as the actions want it."""
        return {name: self.cleaned_data[name] for name in ("starts_at", "ends_at", "timezone")}

    def add_refusal(self, refused: Refused) -> None:
        """Say on the right field why an action said no."""
        field = _REFUSED_ON.get(refused.field, refused.field)
        self.add_error(field if field in self.fields else None, refused.message)


class ShiftForm(NewVenueForm, MoveForm):
    """Write or edit a shift. A new role or place that is filled in wins over the list."""

    role = forms.ChoiceField(label=_("What the volunteers do"), required=False)
    role_name = forms.CharField(
        label=_("Name of the role"),
        help_text=_("For example: Greeter, Note taker, Food sorter."),
        max_length=100,
        required=False,
    )
    role_description = forms.CharField(
        label=_("What a volunteer does in it"),
        max_length=LONGEST_TEXT,
        required=False,
        widget=forms.Textarea({"rows": 3}),
    )
    minimum = _people(_("People needed"), _("With fewer, the desk shows a gap."), required=True)
    capacity = _people(_("Most people"), _("Leave it empty for no limit."), required=False)
    venue = forms.ChoiceField(label=_("Place"), required=False)
    notes = forms.CharField(
        label=_("What to know before you come"),
        help_text=_("Volunteers read this on the page and in their mail: what to bring or wear, "
                    "whom to ask for."),
        max_length=LONGEST_TEXT,
        required=False,
        widget=forms.Textarea({"rows": 4}),
    )  # fmt: skip

    def __init__(
        self,
        data: Any = None,
        *,
        office: Office,
        event: Event | None,
        roles: Sequence[VolunteerRole],
        venues: Sequence[Venue],
        initial: Mapping[str, Any],
        versions: Sequence[str] = (),
    ) -> None:
        """``versions``: the languages that the shift's notes have been written in."""
        super().__init__(data, office=office, event=event, initial=initial)
        self.languages = other_languages(office.first_language, office.languages, versions)
        for code in self.languages:
            self.fields[f"notes_{code}"] = forms.CharField(
                label=_notes_in(code),
                max_length=LONGEST_TEXT,
                required=False,
                widget=forms.Textarea({"rows": 4, "lang": code}),
            )
        if self.languages:
            self.fields["notes"].label = _notes_in(office.first_language)
            self.fields["notes"].widget.attrs["lang"] = office.first_language
        self.all_roles = {str(role.pk): role for role in roles}
        self.all_venues = {str(venue.pk): venue for venue in venues}
        # Wanted, unless a new one is written.
        for name in ("role", "venue"):
            self.fields[name].sometimes_required = True  # type: ignore[attr-defined]
        none = now_in_language("Choose a role")
        if not roles:
            none = now_in_language("No role is on the list yet")
        roles_named = [(pk, local_name(role)) for pk, role in self.all_roles.items()]
        offer(self, "role", [("", none), *roles_named])
        offer(self, "venue", [("", self._usual_place()), *self._places()])
        self.order_new_venue()

    def _usual_place(self) -> str:
        if self.event is None:
            return now_in_language("No place yet")
        if self.event.venue is None:
            return now_in_language("Where the event is")
        return now_in_language("Where the event is: %(place)s") % {"place": self.event.venue.name}

    def _places(self) -> list[tuple[str, str]]:
        """Return the places to choose from. The event's own needs no second mention."""
        usual = str(self.event.venue_id) if self.event is not None else ""
        return [
            (pk, f"{venue.name}, {venue.street}" if venue.street else venue.name)
            for pk, venue in self.all_venues.items()
            if pk != usual or pk == self.initial.get("venue")
        ]

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if data.get("role_description") and not data.get("role_name"):
            self.add_error("role_name", _("Give the new role a name."))
        elif not data.get("role") and not data.get("role_name") and "role" not in self.errors:
            self.add_error("role", _("Choose a role, or write a new one."))
        minimum, capacity = data.get("minimum"), data.get("capacity")
        if minimum and capacity and capacity < minimum:
            self.add_error("capacity", _("This is less than the people needed."))
        return data

    def new_role(self) -> dict[str, Any] | None:
        """Return name and description of a role that is not in the list yet, or ``None``."""
        if not self.cleaned_data["role_name"]:
            return None
        return {
            "name": self.cleaned_data["role_name"],
            "description": _text(self.cleaned_data["role_description"]),
        }

    def changes(
        self, role: VolunteerRole | None = None, venue: Venue | None = None
    ) -> dict[str, Any]:
        """Return what the form says, as the actions want it; ``role``, ``venue``: the new ones."""
        data = self.cleaned_data
        return {
            **self.times(),
            "role": role or self.all_roles.get(data["role"]),
            "minimum": data["minimum"],
            "capacity": data["capacity"],
            "venue": venue or self.all_venues.get(data["venue"]),
            "notes": _text(data["notes"]),
            "translations": {
                code: {"notes": _text(data[f"notes_{code}"])} for code in self.languages
            },
        }

    @property
    def other_notes(self) -> list[forms.BoundField]:
        """The notes in the office's other languages."""
        return [self[f"notes_{code}"] for code in self.languages]

    @property
    def new_role_is_open(self) -> bool:
        """Whether the fields of a new role are to be seen at once."""
        new = (self["role_name"], self["role_description"])
        return not self.all_roles or any(field.value() or field.errors for field in new)


def _notes_in(code: str) -> str:
    named = {"language": own_name(code)}
    return now_in_language("What to know before you come (%(language)s)") % named


class _EventsZone(forms.Form):
    """A shift at an event is in the event's zone; nothing that is sent changes that."""

    timezone = forms.ChoiceField(disabled=True, widget=forms.HiddenInput)


class EventMoveForm(_EventsZone, MoveForm):
    """When a shift at an event is."""


class EventShiftForm(_EventsZone, ShiftForm):
    """Write or edit a shift at an event."""


def _text(typed: str) -> str:
    return typed.replace("\r\n", "\n").strip()


def initial_times(shift: Shift) -> dict[str, Any]:
    """Return what a form shows of a shift's time. ``shift`` is effective."""
    initial = initial_when(shift.starts_at, shift.ends_at, shift.timezone)
    return {name: value for name, value in initial.items() if name != "all_day"}


def initial_of(shift: Shift) -> dict[str, Any]:
    """Return what the form shows of a shift, read through ``effective()``."""
    return {
        "role": str(shift.role_id),
        "minimum": shift.minimum,
        "capacity": shift.capacity,
        "venue": str(shift.venue_id) if shift.venue_id else "",
        "notes": shift.notes,
        **{f"notes_{row.language}": row.notes for row in shift.translations.all()},
        **initial_times(shift),
    }


def initial_new(event: Event | None) -> dict[str, Any]:
    """Return what the form of a new shift proposes: at an event, from an hour before to its end."""
    initial: dict[str, Any] = {"minimum": 1}
    if event is None:
        return initial
    times = initial_when(*default_shift_times(event), event.timezone)
    del times["all_day"]
    if event.all_day:
        # It has no hours to begin from.
        day = event.starts_at.astimezone(event.zone).date()
        times |= {"starts_on": day, "ends_on": None, "starts_time": None, "ends_time": None}
    return initial | times


def initial_copy(shift: Shift) -> dict[str, Any]:
    """Return what the form of a copy proposes: everything, but of a shift on its own the day."""
    initial = initial_of(shift)
    if shift.event_id is None:
        initial |= {"starts_on": None, "ends_on": None}
    return initial
