"""Local date and time in a form: wall clock as people type it, instants as rows store them.

When clocks go forward an hour is missing, when they go back one comes twice. A time that does not
exist is refused with the reason; for one that comes twice the form asks which of the two is meant.
"""

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events import dates_text
from events.form_rendering import DateInput, TimeInput
from events.languages import language_in_use

#: Zones of the United States, which stand first in the list.
NEAR = (
    "America/New_York", "America/Chicago", "America/Denver", "America/Phoenix",
    "America/Los_Angeles", "America/Anchorage", "Pacific/Honolulu", "America/Puerto_Rico",
)  # fmt: skip
_PLACES = ("Africa/", "America/", "Antarctica/", "Asia/", "Atlantic/", "Australia/", "Europe/",
           "Indian/", "Pacific/")  # fmt: skip


def instants_of(local: datetime, zone: ZoneInfo) -> list[datetime]:
    """Return the instants (UTC) at which clocks of ``zone`` show ``local`` (naive): 0, 1 or 2."""
    found: list[datetime] = []
    for fold in (0, 1):
        instant = local.replace(tzinfo=zone, fold=fold).astimezone(UTC)
        shown = instant.astimezone(zone).replace(tzinfo=None, fold=0)
        if shown == local and instant not in found:
            found.append(instant)
    return sorted(found)


def first_instant_of(day: date, zone: ZoneInfo) -> datetime:
    """Return the instant (UTC) at which ``day`` begins, also where midnight is left out."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


@cache
def zones() -> frozenset[str]:
    """Return the names of all time zones."""
    return frozenset(available_timezones())


def zone_choices(*used: str) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the zones to choose from: those in use and those near first, then all."""
    near = dict.fromkeys([*used, *NEAR])
    every = sorted(name for name in zones() if name.startswith(_PLACES))
    return [
        (_("Near"), [(name, _zone_name(name)) for name in near if name]),
        (_("All"), [(name, _zone_name(name)) for name in every if name not in near]),
    ]


def _zone_name(name: str) -> str:
    return name.replace("_", " ").replace("/", " – ")


def _is_year(day: date) -> bool:
    """Whether the calendar shows the year. Python's own ends at a midnight of 9999 in UTC."""
    return 1900 <= day.year <= 2199


def _time_field(label: Any, hint: Any) -> forms.TimeField:
    field = forms.TimeField(
        label=label, required=False, widget=TimeInput, error_messages={"invalid": hint}
    )
    # Asked for unless it lasts all day, so the label does not call it optional.
    field.sometimes_required = True  # type: ignore[attr-defined]
    return field


class WhenForm(forms.Form):
    """When something is, in the wall time of a zone. ``clean`` gives ``starts_at``, ``ends_at``.

    An empty last day is the first one. All-day things have no times; their end is the midnight
    after the last day, as DTEND is.
    """

    starts_on = forms.DateField(
        label=gettext_lazy("Date"),
        widget=DateInput,
        error_messages={
            "required": gettext_lazy("Enter the date."),
            "invalid": gettext_lazy("Enter a date, like 2026-06-11."),
        },
    )
    starts_time = _time_field(gettext_lazy("Starts"), gettext_lazy("Enter a time, like 18:30."))
    starts_which = forms.ChoiceField(
        label=gettext_lazy("Which of the two?"), widget=forms.RadioSelect
    )
    ends_time = _time_field(gettext_lazy("Ends"), gettext_lazy("Enter a time, like 20:00."))
    ends_which = forms.ChoiceField(
        label=gettext_lazy("Which of the two?"), widget=forms.RadioSelect
    )
    ends_on = forms.DateField(
        label=gettext_lazy("Last day"),
        help_text=gettext_lazy("Only if it ends on another day."),
        required=False,
        widget=DateInput,
        error_messages={"invalid": gettext_lazy("Enter a date, like 2026-06-11.")},
    )
    all_day = forms.BooleanField(label=gettext_lazy("All day: no times are shown"), required=False)
    timezone = forms.ChoiceField(
        label=gettext_lazy("Time zone"),
        error_messages={"invalid_choice": gettext_lazy("Choose a time zone from the list.")},
    )

    def __init__(self, data: Any = None, *, initial: dict[str, Any], near: list[str]) -> None:
        """The zones of ``near`` stand first in the list of zones; the first of them is proposed."""
        super().__init__(data, initial={"timezone": near[0]} | initial)
        field = self.fields["timezone"]
        assert isinstance(field, forms.ChoiceField)
        chosen = str(self["timezone"].value() or "")
        field.choices = zone_choices(*near, chosen if chosen in zones() else "")
        for end, day in (("starts", "starts_on"), ("ends", "ends_on")):
            self._ask_which(end, day)

    def _ask_which(self, end: str, day: str) -> None:
        """Ask which instant is meant if the clock shows two of them alike, else drop the field."""
        local, zone = self._typed(end, day), self["timezone"].value()
        found: list[datetime] = []
        if local is not None and zone in zones() and not self["all_day"].value():
            found = instants_of(local, ZoneInfo(zone))
        name = f"{end}_which"
        if len(found) < 2 or local is None:
            del self.fields[name]
            return
        language = language_in_use()
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        labels = (_("The first, %(time)s"), _("The second, %(time)s"))
        field.choices = [
            (str(number), label % {"time": _with_zone(instant, zone, language)})
            for number, (label, instant) in enumerate(zip(labels, found, strict=True))
        ]
        text = _("Clocks go back on %(day)s, and %(time)s comes twice. Choose which one you mean.")
        field.error_messages["required"] = text % _named(local, language)

    def _typed(self, end: str, day: str) -> datetime | None:
        """Return date and time as typed, or ``None`` where one cannot be read."""
        try:
            on = self.fields[day].clean(self[day].value())
            on = on or self.fields["starts_on"].clean(self["starts_on"].value())
            at = self.fields[f"{end}_time"].clean(self[f"{end}_time"].value())
        except forms.ValidationError:
            return None
        if on is None or at is None or not _is_year(on):
            return None
        return datetime.combine(on, at)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        first = data.get("starts_on")
        if first is None or "timezone" not in data:
            return data
        zone, last = ZoneInfo(data["timezone"]), data.get("ends_on") or first
        if not _is_year(first):
            self.add_error("starts_on", _("Enter a year from 1900 to 2199."))
        elif last < first:
            self.add_error("ends_on", _("The last day is before the first."))
        elif not _is_year(last):
            self.add_error("ends_on", _("Enter a year from 1900 to 2199."))
        elif data.get("all_day"):
            data["starts_at"] = first_instant_of(first, zone)
            data["ends_at"] = first_instant_of(last + timedelta(days=1), zone)
        else:
            self._clean_times(data, first, last, zone)
        return data

    def _clean_times(self, data: dict[str, Any], first: date, last: date, zone: ZoneInfo) -> None:
        starts_at = self._instant(data, "starts", first, zone, _("Enter when it starts."))
        ends_at = self._instant(data, "ends", last, zone, _("Enter when it ends."))
        if starts_at is None or ends_at is None:
            return
        if ends_at < starts_at:
            self.add_error(
                "ends_time",
                _("It ends before it starts. If it ends after midnight, enter the last day."),
            )
            return
        data["starts_at"], data["ends_at"] = starts_at, ends_at

    def _instant(
        self, data: dict[str, Any], end: str, day: date, zone: ZoneInfo, missing: str
    ) -> datetime | None:
        """Return the instant that was typed; an error in the form where there is no single one."""
        field, which = f"{end}_time", f"{end}_which"
        typed = data.get(field)
        if typed is None:
            if field not in self.errors:
                self.add_error(field, missing)
            return None
        local = datetime.combine(day, typed)
        found = instants_of(local, zone)
        if not found:
            text = _("Clocks go forward on %(day)s, and %(time)s is left out. Choose another time.")
            self.add_error(field, text % _named(local, language_in_use()))
            return None
        if which in self.fields and which not in data:
            return None  # asked, and not answered
        return found[int(data.get(which) or 0)] if len(found) > 1 else found[0]


def _named(local: datetime, language: str) -> dict[str, str]:
    return {
        "day": dates_text.date_text(local.date(), language, year=False),
        "time": dates_text.clock_text(local, language),
    }


def _with_zone(instant: datetime, timezone: str, language: str) -> str:
    moment = dates_text.local(instant, timezone)
    return f"{dates_text.clock_text(moment, language)} {dates_text.zone_text(moment)}"


def initial_when(
    starts_at: datetime, ends_at: datetime, timezone: str, *, all_day: bool = False
) -> dict[str, Any]:
    """Return what :class:`WhenForm` shows of something that is there."""
    zone = ZoneInfo(timezone)
    start, end = starts_at.astimezone(zone), ends_at.astimezone(zone)
    last = (end - timedelta(microseconds=1)).date() if all_day and end > start else end.date()
    initial: dict[str, Any] = {
        "starts_on": start.date(),
        "ends_on": last if last != start.date() else None,
        "starts_time": None if all_day else start.time(),
        "ends_time": None if all_day else end.time(),
        "all_day": all_day,
        "timezone": timezone,
    }
    for name, moment in (("starts_which", start), ("ends_which", end)):
        twice = len(instants_of(moment.replace(tzinfo=None, fold=0), zone)) == 2
        initial[name] = str(moment.fold) if twice and not all_day else ""
    return initial
