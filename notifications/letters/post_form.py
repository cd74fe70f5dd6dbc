"""The last question before a letter goes up: when, with mail or without, and near an election."""

from datetime import date, datetime, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext as now_in_language
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from events import dates_text
from events.form_parts import retype
from events.form_rendering import DateInput, TimeInput
from events.languages import language_in_use
from events.models import Office
from events.staff.local_times import instants_of
from notifications.models import Letter
from notifications.reminder_times import is_quiet

#: Years that the calendar shows.
YEARS = range(1900, 2200)
#: A letter whose own date lies further back is an old one, which an office mostly brings to have it
#: on the website. Nothing is chosen for it: mail that went out by mistake cannot be called back.
OLD = timedelta(days=30)


class PostForm(forms.Form):
    """Now or at a time of the office's wall clock; who confirms near an election, what in words."""

    when = forms.ChoiceField(
        label=_("When?"),
        choices=[("now", _("Now")), ("later", _("By itself, on a day and at a time"))],
        required=False,
        widget=forms.RadioSelect,
    )
    on = forms.DateField(
        label=_("Day"),
        required=False,
        widget=DateInput,
        error_messages={"invalid": _("Enter a date, like 2026-06-11.")},
    )
    at = forms.TimeField(
        label=_("Time"),
        required=False,
        widget=TimeInput,
        error_messages={"invalid": _("Enter a time, like 18:30.")},
    )
    mails = forms.ChoiceField(
        label=_("Mail it?"),
        choices=[],
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Choose whether it is mailed."),
            "invalid_choice": _("Choose whether it is mailed."),
        },
    )
    confirmed = forms.BooleanField(required=False)
    #: Of the letter as it is shown above the question.
    revision = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(
        self, data: Any = None, *, letter: Letter, readers: int, at_once: int, now: datetime
    ) -> None:
        self.office, self.now = letter.office, now
        is_old = letter.dated < (now - OLD).astimezone(self.office.zone).date()
        super().__init__(data, initial=_initial(letter, is_old=is_old))
        self.shown_revision = letter.revision
        self._offer_mail(readers, at_once)
        if is_old:
            told = now_in_language(
                "The letter is dated %(day)s. Old letters mostly go on the website alone."
            )
            day = dates_text.date_text(letter.dated, language_in_use())
            self.fields["mails"].help_text = told % {"day": day}
        self.fields["when"].sometimes_required = True  # type: ignore[attr-defined]
        for name in ("on", "at"):
            self.fields[name].sometimes_required = True  # type: ignore[attr-defined]
        hint = now_in_language("By the clock of %(zone)s.") % {
            "zone": self.office.timezone.replace("_", " ")
        }
        if is_quiet(now, self.office.timezone):
            # What people post by hand goes out when they say; only what the program sends of its
            # own accord waits for the morning.
            night = now_in_language(
                "It is night there: mail that goes out now may wake people. Choose a time in the "
                "morning if it can wait."
            )
            hint = f"{hint} {night}"
        self.fields["when"].help_text = hint
        self.election = self._election()
        if self.election is None:
            del self.fields["confirmed"]
        else:
            self.fields["confirmed"].label = wording(self.office, self.election)
            self.fields["confirmed"].sometimes_required = True  # type: ignore[attr-defined]

    def _offer_mail(self, readers: int, at_once: int) -> None:
        field = self.fields["mails"]
        assert isinstance(field, forms.ChoiceField)
        mail = ngettext(
            "Post it, and mail it to %(count)s reader",
            "Post it, and mail it to %(count)s readers",
            at_once,
        ) % {"count": at_once}
        if not readers:
            mail = now_in_language("Post it; nobody is on the list of its topics yet")
        field.choices = [("yes", mail), ("no", _("Post it on the website only; mail nobody"))]

    def _election(self) -> date | None:
        """Return the election that the letter would go up before, now or at the typed time."""
        soon = self.office.election_soon(self.now)
        if soon is None and (at := self._typed()) is not None:
            soon = self.office.election_soon(at)
        return soon

    def _typed(self) -> datetime | None:
        """Return the instant that is typed, or stands in the form; None if there is no such one."""
        if self["when"].value() != "later":
            return None
        try:
            on = self.fields["on"].clean(self["on"].value())
            at = self.fields["at"].clean(self["at"].value())
        except forms.ValidationError:
            return None
        if on is None or at is None or on.year not in YEARS:
            return None
        found = instants_of(datetime.combine(on, at), self.office.zone)
        return found[0] if len(found) == 1 else None

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        data["moment"] = None
        if data.get("when") == "later":
            data["moment"] = self._moment(data)
        at = data["moment"] or self.now
        if self.office.election_soon(at) is not None and not data.get("confirmed"):
            self.add_error(
                "confirmed", _("An election is near. Confirm that the letter may be posted then.")
            )
        return data

    def _moment(self, data: dict[str, Any]) -> datetime | None:
        """Return the instant of the office's wall clock; errors where there is no single one."""
        on, at = data.get("on"), data.get("at")
        for name, value, missing in (
            ("on", on, _("Enter the day.")),
            ("at", at, _("Enter the time.")),
        ):
            if value is None and name not in self.errors:
                self.add_error(name, missing)
        if on is None or at is None:
            return None
        if on.year not in YEARS:
            self.add_error("on", _("Enter a year from 1900 to 2199."))
            return None
        found = instants_of(datetime.combine(on, at), self.office.zone)
        if len(found) != 1:
            self.add_error(
                "at",
                _("Clocks change then, and this time comes twice or never. Choose another."),
            )
            return None
        if found[0] <= self.now:
            self.add_error("on", _("Choose a time that is still to come."))
            return None
        return found[0]

    @property
    def confirmation(self) -> str:
        """The words that were confirmed, to be kept; empty where nothing had to be."""
        if self.election is None or not self.cleaned_data.get("confirmed"):
            return ""
        return wording(self.office, self.election)

    def refuse(self, message: str) -> None:
        """Say why it was not posted; the letter is shown as it is now."""
        self.add_error(None, message)
        retype(self, "revision", self.shown_revision)


def _initial(letter: Letter, *, is_old: bool) -> dict[str, Any]:
    initial: dict[str, Any] = {"when": "now", "revision": letter.revision}
    if not is_old:
        initial["mails"] = "yes"
    if letter.scheduled_for is not None:
        local = letter.scheduled_for.astimezone(letter.office.zone)
        initial |= {"when": "later", "on": local.date(), "at": local.time()}
        initial["mails"] = "yes" if letter.mails else "no"
    return initial


def wording(office: Office, election: date) -> str:
    """Return what is confirmed before an election, in the reader's language."""
    words = now_in_language(
        "The election of %(day)s is at most %(days)s days away. I confirm that this letter is "
        "about the work of the office, asks for nobody’s vote, and may be posted under our rules."
    )
    day = dates_text.date_text(election, language_in_use())
    return words % {"day": day, "days": office.election_notice_days}
