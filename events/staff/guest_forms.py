"""The forms in which staff write down a guest."""

from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from events.choices import offer
from events.errors import Refused
from events.forms import ChangeForm, PartyForm, languages_offered, suggested_mode
from events.languages import language_in_use, own_name
from events.models import Event
from events.person_fields import their_email, their_name, their_phone
from events.ways import Way

#: Refusals that speak to the guest, in words for staff.
STAFF_WORDS = {
    "party_size": _("Enter a number of people from 1 to %(most)s."),
    "party_never_fits": _("Places in all: %(capacity)s. More people never fit."),
    "does_not_fit": _(
        "Only %(fits)s people fit now. The place for %(old)s is kept. Enter %(fits)s or fewer."
    ),
    "mode_full": _("Online places are full. The place in the room is kept."),
    "other_way_full": _("There is no free place that way either. The place in line is kept."),
    "already_waiting": _("This guest has another RSVP for that already. Change it there."),
    "rsvp_cancelled": _("This RSVP was cancelled meanwhile. Add the guest again."),
}


class _ForStaff:
    """The public's form in the hands of staff, who write down what somebody else says."""

    def add_refusal(self, refused: Refused) -> None:
        """Show why an action said no, in words for staff."""
        words = STAFF_WORDS.get(refused.code)
        if words is not None:
            refused = Refused(refused.code, words, field=refused.field, **refused.params)
        super().add_refusal(refused)  # type: ignore[misc]


class GuestForm(_ForStaff, PartyForm):
    """Somebody who calls or comes by. An e-mail address or a phone number is enough."""

    name = their_name(_("Enter the guest’s name."))
    phone = their_phone()
    email = their_email(_("With one, they get a confirmation and a link to change or cancel."))
    language = forms.ChoiceField(label=_("Language they prefer"))
    overbook = forms.BooleanField(
        label=_("Give them a place even if that is more people than planned"), required=False
    )

    field_order = (
        "name", "phone", "email", "party_size", "mode", "overbook", "language", "access_needs",
        "access_note",
    )  # fmt: skip
    #: What ``events.actions.rsvps.rsvp`` takes from the form as it is.
    passed_on = (
        "name", "phone", "email", "party_size", "mode", "language", "access_needs", "access_note",
    )  # fmt: skip
    proposed = (*PartyForm.proposed, "language")

    def __init__(self, data: Any = None, *, event: Event, ways: list[Way], now: datetime) -> None:
        initial = {
            "party_size": 1,
            "mode": suggested_mode(ways),
            "language": event.office.first_language,
        }
        super().__init__(data, event=event, ways=ways, now=now, initial=initial)
        codes = languages_offered(event)
        page = language_in_use()
        first = event.office.first_language
        spoken = dict.fromkeys([first, *codes, page])
        offer(self, "language", [(code, own_name(code)) for code in spoken])
        _speak_of_the_guest(self, ways)
        #: With one way to take part nothing is chosen, so the page says how full it is.
        self.places_left = [_places(way) for way in ways] if len(ways) == 1 else []
        for name in ("phone", "email"):
            # One of the two is enough.
            self.fields[name].sometimes_required = True  # type: ignore[attr-defined]
        if all(way.left is None for way in ways):
            del self.fields["overbook"]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        nothing_typed = not data.get("phone") and not data.get("email")
        if nothing_typed and not {"phone", "email"} & set(self.errors):
            self.add_error("phone", _("Enter a phone number or an email address."))
        return data


class GuestChangeForm(_ForStaff, ChangeForm):
    """Change what a guest's RSVP says."""

    def __init__(self, data: Any = None, *, ways: list[Way], **facts: Any) -> None:
        super().__init__(data, ways=ways, **facts)
        _speak_of_the_guest(self, ways)


def _speak_of_the_guest(form: PartyForm, ways: list[Way]) -> None:
    """Word the fields for staff."""
    form.fields["party_size"].label = _("How many people, with them?")
    form.fields["access_needs"].label = _("What do they need to take part?")
    form.fields["access_needs"].help_text = ""
    form.fields["access_note"].label = _("In their own words")
    mode = form.fields["mode"]
    assert isinstance(mode, forms.ChoiceField)
    mode.label = _("How do they take part?")
    mode.choices = [(way.mode, _places(way)) for way in ways]


def _places(way: Way) -> str:
    if way.left is None:
        return gettext("%(way)s: no limit on places") % {"way": way.name}
    if way.left:
        text = ngettext("%(way)s: %(left)s place left", "%(way)s: %(left)s places left", way.left)
        return text % {"way": way.name, "left": way.left}
    text = gettext("%(way)s: full, parties waiting: %(count)s")
    return text % {"way": way.name, "count": way.waiting.parties}
