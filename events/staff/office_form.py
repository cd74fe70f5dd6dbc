"""The form of an office's settings: all that its staff may change."""

from datetime import date, time
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext as now_in_language
from django.utils.translation import gettext_lazy as _

from events.address_field import AddressField
from events.choices import offer
from events.dates_text import clock_text
from events.languages import ASK_LINES, language_in_use, own_name
from events.models import AccessKind, Office, OfficeKind
from events.models.office import Palette
from events.pictures import LONGEST_SIDE, Format, NotAPicture, read_format
from events.staff.local_times import zone_choices, zones
from events.staff.stale import SeenForm

#: Leads that an office chooses from, in the order in which they come, in words.
LEADS = {
    "14d": _("Two weeks before"),
    "7d": _("One week before"),
    "3d": _("Three days before"),
    "1d@11:00": _("The day before, at 11:00 a.m."),
    "1d@17:00": _("The day before, at 5:00 p.m."),
    "0d@09:00": _("On the day, at 9:00 a.m."),
    "4h": _("Four hours before"),
    "2h": _("Two hours before"),
    "1h": _("One hour before"),
}
LARGEST_LOGO = 500_000


class OfficeForm(SeenForm):
    """Name, contact, languages, look and habits of an office."""

    name = forms.CharField(
        label=_("Name"),
        max_length=200,
        error_messages={"required": _("Give the office a name.")},
    )
    jurisdiction = forms.CharField(
        label=_("Jurisdiction"),
        help_text=_("For example: City of San Arroyo, District 4."),
        max_length=200,
        required=False,
    )
    timezone = forms.ChoiceField(
        label=_("Time zone"),
        help_text=_("New events start from it. Those that are there keep theirs."),
        error_messages={"invalid_choice": _("Choose a time zone from the list.")},
    )
    languages = forms.MultipleChoiceField(
        label=_("Other languages"),
        help_text=_(
            "Events and letters can have a version in each, and every page says in it whom to ask."
        ),
        required=False,
        widget=forms.CheckboxSelectMultiple({"class": "choices--columns"}),
    )
    phone = forms.CharField(
        label=_("Phone"),
        help_text=_("On every page and in every mail: for those who do not write."),
        max_length=40,
        required=False,
        widget=forms.TextInput({"type": "tel"}),
    )
    postal_address = forms.CharField(
        label=_("Postal address"),
        help_text=_("Stands in the footer of all mail, as the law asks for."),
        max_length=500,
        required=False,
        widget=forms.Textarea({"rows": 3}),
    )
    website = forms.URLField(
        label=_("Website"),
        required=False,
        assume_scheme="https",
        error_messages={"invalid": _("Enter the whole address, like https://example.org.")},
    )
    sender_address = AddressField(
        label=_("Address that mail is sent from"),
        help_text=_("Your mail server must accept it. Empty: the site’s own address."),
        required=False,
        error_messages={"invalid": _("Enter an email address in full, like office@example.org.")},
    )
    reply_to = AddressField(
        label=_("Address that answers go to"),
        required=False,
        error_messages={"invalid": _("Enter an email address in full, like office@example.org.")},
    )
    palette = forms.ChoiceField(
        label=_("Color"),
        choices=Palette.choices,
        widget=forms.RadioSelect({"class": "swatches choices--columns"}),
    )
    logo = forms.FileField(
        label=_("Logo"),
        help_text=_("A PNG, JPEG, WebP or GIF of at most 500 KB. It is shown 48 pixels high."),
        required=False,
        widget=forms.FileInput({"accept": "image/png,image/jpeg,image/webp,image/gif"}),
        error_messages={"empty": _("This file is empty.")},
    )
    drop_logo = forms.BooleanField(label=_("Take the logo away"), required=False)
    reminders = forms.MultipleChoiceField(
        label=_("Reminders"),
        help_text=_(
            "Guests and volunteers with a place get one at each of these times, never at night."
        ),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    access_notice_days = forms.IntegerField(
        label=_("Days that you need to arrange access"),
        help_text=_("Forms ask for access needs by so many days before the event."),
        min_value=0,
        max_value=90,
        error_messages={
            "required": _("Enter a number of days, like 3."),
            "invalid": _("Enter a number of days, like 3."),
            "max_value": _("Enter 90 or fewer."),
        },
    )
    access_kinds = forms.MultipleChoiceField(
        label=_("Help that your forms offer"),
        choices=[(kind.value, kind.label) for kind in AccessKind if kind != AccessKind.OTHER],
        help_text=_("“Something else” is always there: everybody may ask for what they need."),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    public_record_text = forms.CharField(
        label=_("Public record notice under forms"),
        help_text=_("Empty: official offices say that what is sent may be a public record."),
        max_length=1000,
        required=False,
        widget=forms.Textarea({"rows": 3}),
    )
    election_dates = forms.CharField(
        label=_("Election dates"),
        help_text=_("One a line, like 2026-11-03."),
        required=False,
        widget=forms.Textarea({"rows": 3}),
    )

    election_notice_days = forms.IntegerField(
        label=_("Days before an election in which letters are confirmed"),
        help_text=_("Who posts a letter then is asked to confirm that it may go out."),
        min_value=0,
        max_value=365,
        error_messages={
            "required": _("Enter a number of days, like 60."),
            "invalid": _("Enter a number of days, like 60."),
            "max_value": _("Enter 365 or fewer."),
        },
    )
    paid_for_by = forms.CharField(
        label=_("Paid for by"),
        help_text=_(
            "The name that the law wants on campaign mail. No letter goes out before it is here."
        ),
        max_length=200,
        required=False,
    )

    def __init__(self, data: Any = None, files: Any = None, *, office: Office) -> None:
        super().__init__(data, files, initial=initial_of(office))
        self.office = office
        chosen = str(self["timezone"].value() or "")
        near = [office.timezone, chosen if chosen in zones() else ""]
        offer(self, "timezone", zone_choices(*near))
        others = sorted(ASK_LINES, key=lambda code: own_name(code).casefold())
        codes = dict.fromkeys([*office.languages, *(c for c, _n in settings.LANGUAGES), *others])
        offer(self, "languages", [(c, own_name(c)) for c in codes if c != office.first_language])
        language = language_in_use()
        leads = {lead: str(words) for lead, words in LEADS.items()}
        leads |= {
            lead: _own_lead(lead, language) for lead in office.reminder_leads if lead not in leads
        }
        offer(self, "reminders", list(leads.items()))
        if not office.logo:
            del self.fields["drop_logo"]
        if office.kind == OfficeKind.CIVIC:
            del self.fields["election_dates"]
        if office.kind != OfficeKind.OFFICIAL:
            del self.fields["election_notice_days"]
        if office.kind != OfficeKind.CAMPAIGN:
            del self.fields["paid_for_by"]
        self.logo_format: Format | None = None
        self.remember()

    def clean_logo(self) -> Any:
        """Take only what is a picture by its bytes, small enough for every page of the site."""
        file = self.cleaned_data.get("logo")
        if not file:
            return None
        if file.size > LARGEST_LOGO:
            raise forms.ValidationError(now_in_language("Choose a file of at most 500 KB."))
        data = file.read()
        file.seek(0)
        try:
            self.logo_format, width, height = read_format(data)
        except NotAPicture as error:
            text = now_in_language("This is no PNG, JPEG, WebP or GIF picture. SVG cannot be used.")
            raise forms.ValidationError(text) from error
        if not (0 < width <= LONGEST_SIDE and 0 < height <= LONGEST_SIDE):
            text = now_in_language("Choose a picture of at most %(most)s pixels a side.")
            raise forms.ValidationError(text % {"most": LONGEST_SIDE})
        return file

    def clean_election_dates(self) -> list[str]:
        found = []
        for line in self.cleaned_data["election_dates"].split():
            try:
                found.append(date.fromisoformat(line).isoformat())
            except ValueError as error:
                text = now_in_language("“%(line)s” is no date. Write it like 2026-11-03.")
                raise forms.ValidationError(text % {"line": line}) from error
        return sorted(set(found))

    def changes(self) -> dict[str, Any]:
        """Return what the form says, as ``edit_office`` wants it; the logo is apart."""
        data = self.cleaned_data
        changes: dict[str, Any] = {
            name: data[name]
            for name in (
                "name", "jurisdiction", "timezone", "phone", "website", "sender_address",
                "reply_to", "palette", "access_notice_days",
            )
        }  # fmt: skip
        kinds = [*data["access_kinds"], AccessKind.OTHER.value]
        changes["access_kinds"] = [kind for kind in AccessKind.values if kind in kinds]
        for name in ("postal_address", "public_record_text"):
            changes[name] = data[name].replace("\r\n", "\n")
        changes["languages"] = [self.office.first_language, *data["languages"]]
        order = [lead for lead, _words in self.fields["reminders"].choices]  # type: ignore[attr-defined]
        changes["reminder_leads"] = self.office.reminder_leads
        if set(data["reminders"]) != set(self.office.reminder_leads):
            changes["reminder_leads"] = sorted(data["reminders"], key=order.index)
        for name in ("election_dates", "election_notice_days", "paid_for_by"):
            if name in self.fields:
                changes[name] = data[name]
        return changes


def initial_of(office: Office) -> dict[str, Any]:
    """Return what the form shows of an office."""
    names = (
        "name", "jurisdiction", "timezone", "phone", "postal_address", "website",
        "sender_address", "reply_to", "palette", "access_notice_days", "public_record_text",
        "election_notice_days", "paid_for_by",
    )  # fmt: skip
    return {name: getattr(office, name) for name in names} | {
        "languages": [code for code in office.languages if code != office.first_language],
        "reminders": list(office.reminder_leads),
        "access_kinds": [kind for kind in office.access_kinds if kind != AccessKind.OTHER],
        "election_dates": "\n".join(office.election_dates),
    }


def _own_lead(lead: str, language: str) -> str:
    """Return a lead that is not among the usual ones, as well as it can be said."""
    days, at = lead.partition("@")[::2]
    if at and len(at) == 5:
        words = now_in_language("%(days)s before, at %(time)s")
        return words % {"days": days, "time": clock_text(time.fromisoformat(at), language)}
    return now_in_language("%(lead)s before") % {"lead": lead}
