"""The public's forms about events: narrow a list, RSVP, change an RSVP."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django import forms
from django.conf import settings
from django.http import QueryDict
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from events import dates_text
from events.actions.questions import LONGEST_QUESTION
from events.actions.rsvps import MAX_PARTY
from events.choices import offer, offer_filter
from events.errors import Refused
from events.languages import language_in_use, own_name
from events.models import RSVP, AccessKind, Event, EventType, Office, Topic
from events.person_fields import your_email, your_name
from events.templatetags.ui import telephone
from events.ways import Way

#: Longer words about needs belong into a call.
LONGEST_NOTE = 2000


class EventFilterForm(forms.Form):
    """The filters above the list. Shows what was asked for; the query is read by ``queries``."""

    mark_optional = False

    q = forms.CharField(label=_("Words"), widget=forms.TextInput({"type": "search"}))
    type = forms.ChoiceField(label=_("Type"))
    topic = forms.ChoiceField(label=_("Topic"))
    office = forms.ChoiceField(label=_("Office"))
    when = forms.CharField(widget=forms.HiddenInput)

    def __init__(
        self, asked: Mapping[str, str], *, topics: Iterable[Topic], offices: list[Office]
    ) -> None:
        super().__init__(initial={name: asked.get(name, "") for name in self.base_fields})
        language = language_in_use()
        offer_filter(self, "type", _("All types"), EventType.choices)
        named = [(topic.slug, topic.in_language(language).name) for topic in topics]
        offer_filter(self, "topic", _("All topics"), named)
        offer_filter(
            self, "office", _("All offices"), [(office.slug, office.name) for office in offices]
        )
        if not named:
            del self.fields["topic"]
        if len(offices) < 2:
            del self.fields["office"]
        if not asked.get("when"):
            del self.fields["when"]

    def refuse(self, field: str, message: str) -> None:
        """Say that ``field`` asks for something that does not exist; the page answers 422."""
        self.is_bound = True
        self.data = {name: self.initial[name] for name in self.fields}
        self._errors = forms.utils.ErrorDict()
        self.cleaned_data: dict[str, Any] = {}
        self.add_error(field if field in self.fields else None, message)


_PARTY_SIZE = format_lazy(
    _("Enter a number of people from 1 to {most}. For a larger group, call the office."),
    most=MAX_PARTY,
)


class PartyForm(forms.Form):
    """What an RSVP says of a party: how many, in which way, and what they need.

    A field that the sender leaves out altogether has the value that the form had proposed.
    """

    party_size = forms.IntegerField(
        label=_("How many people, with you?"),
        widget=forms.NumberInput({"inputmode": "numeric", "min": 1, "max": MAX_PARTY}),
        error_messages={"required": _PARTY_SIZE, "invalid": _PARTY_SIZE},
    )
    mode = forms.ChoiceField(
        label=_("How will you take part?"),
        widget=forms.RadioSelect,
        error_messages={"invalid_choice": _("This event is not offered that way.")},
    )
    access_needs = forms.MultipleChoiceField(
        label=_("What do you need to take part?"),
        choices=AccessKind.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple({"class": "choices--columns"}),
        error_messages={"invalid_choice": _("Choose from the list, or write it below.")},
    )
    access_note = forms.CharField(
        label=_("More about what you need"),
        help_text=_("For example, which language to interpret."),
        max_length=LONGEST_NOTE,
        required=False,
        widget=forms.Textarea({"rows": 3}),
    )

    proposed: tuple[str, ...] = ("party_size", "mode")

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        event: Event,
        ways: list[Way],
        now: datetime,
        initial: dict[str, Any],
    ) -> None:
        if data is not None:
            data = data.copy()
            for name in self.proposed:
                data.setdefault(name, str(initial[name]))
        super().__init__(data, initial=initial)
        offer(self, "mode", [(way.mode, way.label) for way in ways])
        if len(ways) == 1:
            self.fields["mode"].widget = forms.HiddenInput()
        self.fields["access_needs"].help_text = needs_hint(event, now)
        asked = initial.get("access_needs", [])
        offered = [*event.office.access_kinds, *asked, AccessKind.OTHER]
        offer(self, "access_needs", [one for one in AccessKind.choices if one[0] in offered])

    def clean_party_size(self) -> int:
        size: int = self.cleaned_data["party_size"]
        if not 1 <= size <= MAX_PARTY:
            raise forms.ValidationError(_PARTY_SIZE)
        return size

    def add_refusal(self, refused: Refused) -> None:
        """Show why an action said no, beside the field that it is about."""
        field = refused.field if refused.field in self.fields else None
        if field and self.fields[field].widget.is_hidden:
            field = None
        self.add_error(field, refused.message)


class RsvpForm(PartyForm):
    """RSVP to one event: a name and an address; all else has an answer already."""

    name = your_name()
    email = your_email(_("We send your confirmation here, with a link to change or cancel."))
    language = forms.ChoiceField(
        label=_("Language you prefer"),
        error_messages={"invalid_choice": _("Choose a language from the list.")},
    )
    question = forms.CharField(
        label=_("A question for the event"),
        help_text=_("Somebody reads it first. Then everybody can see it, without your name."),
        max_length=LONGEST_QUESTION,
        required=False,
        widget=forms.Textarea({"rows": 3}),
    )

    field_order = (
        "name", "email", "party_size", "mode", "language", "access_needs", "access_note",
        "question",
    )  # fmt: skip
    proposed = (*PartyForm.proposed, "language")

    def __init__(
        self, data: QueryDict | None = None, *, event: Event, ways: list[Way], now: datetime
    ) -> None:
        page = language_in_use()
        initial = {"party_size": 1, "mode": suggested_mode(ways), "language": page}
        super().__init__(data, event=event, ways=ways, now=now, initial=initial)
        codes = languages_offered(event)
        language = self.fields["language"]
        assert isinstance(language, forms.ChoiceField)
        language.choices = [(code, own_name(code)) for code in codes]
        if len(codes) < 2:
            language.widget = forms.HiddenInput()


class ChangeForm(PartyForm):
    """Change an RSVP, from what it says now."""

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        rsvp: RSVP,
        event: Event,
        ways: list[Way],
        now: datetime,
    ) -> None:
        initial = {
            "party_size": rsvp.party_size,
            "mode": rsvp.mode,
            "access_needs": [request.kind for request in rsvp.needs],
            "access_note": rsvp.access_note,
        }
        super().__init__(data, event=event, ways=ways, now=now, initial=initial)
        mode, as_now = self.fields["mode"], gettext("%(way)s (as now)")
        assert isinstance(mode, forms.ChoiceField)
        mode.choices = [
            (way.mode, as_now % {"way": way.name} if way.mode == rsvp.mode else way.label)
            for way in ways
        ]

    @property
    def tells_needs(self) -> bool:
        """Whether the sender says anything of needs; a browser always sends the text field."""
        return "access_note" in self.data or "access_needs" in self.data


def needs_hint(event: Event, now: datetime) -> SafeString:
    """Say by when access has to be asked for, and the number to call."""
    office, today = event.office, dates_text.local(now, event.timezone).date()
    if today <= event.access_deadline:
        day = dates_text.date_text(event.access_deadline, language_in_use(), year=False)
        text = escape(gettext("Tell us by %(day)s, so that we can arrange it.") % {"day": day})
    else:
        text = escape(gettext("There is little time left to arrange it. Ask anyway: we will try."))
    if not office.phone:
        return text
    call = gettext("You can also call %(phone)s.")
    link = format_html('<a class="nowrap" href="{}">{}</a>', telephone(office.phone), office.phone)
    return format_html("{} {}", text, mark_safe(escape(call) % {"phone": link}))  # noqa: S308


def suggested_mode(ways: list[Way]) -> str:
    """Return the way that the form proposes: the first that has a place left, else the first."""
    return next((way.mode for way in ways if not way.is_full), ways[0].mode)


def languages_offered(event: Event) -> list[str]:
    """Return the languages to choose from: the site's, the office's and those at the event.

    American Sign Language is asked for among the needs.
    """
    codes = [code for code, _name in settings.LANGUAGES]
    codes = [code for code in codes if code in event.office.languages] or codes
    codes += [*event.office.languages, *event.spoken_languages]
    if (page := language_in_use()) not in codes:
        codes.insert(0, page)
    return [code for code in dict.fromkeys(codes) if code not in ("asl", "ase") and len(code) <= 12]
