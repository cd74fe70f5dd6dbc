"""The forms of the board of access: what it is narrowed to, who sees to a request, its answer."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from events.actions.access_requests import LONGEST_WORDS, MOST_COMPANIONS
from events.choices import offer, offer_filter
from events.form_parts import RefusableForm, words_field
from events.languages import ASK_LINES, own_name
from events.models import AccessKind, AccessRequest, Event, Office, StaffUser
from events.models.access_request import FOR_EVERYBODY


class BoardFilterForm(forms.Form):
    """What the board is narrowed to."""

    mark_optional = False

    kind = forms.ChoiceField(label=_("Kind"), required=False)
    owner = forms.ChoiceField(label=_("Owner"), required=False)
    office = forms.ChoiceField(label=_("Office"), required=False)
    show = forms.CharField(required=False, widget=forms.HiddenInput)
    event = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(
        self, asked: QueryDict, *, offices: list[Office], staff: Iterable[StaffUser]
    ) -> None:
        super().__init__(initial={name: asked.get(name, "") for name in self.base_fields})
        offer_filter(self, "kind", _("All kinds"), AccessKind.choices)
        owners = [("me", _("Me")), ("nobody", _("Nobody yet"))]
        offer_filter(
            self, "owner", _("Anybody"), [*owners, *((str(one.pk), str(one)) for one in staff)]
        )
        offer_filter(self, "office", _("All offices"), [(one.slug, one.name) for one in offices])
        if len(offices) < 2:
            del self.fields["office"]
        for name in ("show", "event"):
            if not asked.get(name):
                del self.fields[name]


class WorkForm(forms.Form):
    """Who sees to a request, and how many people stay beside the guest."""

    owner = forms.ChoiceField(label=_("Owner"), required=False)
    companions = forms.IntegerField(
        label=_("Companions"),
        help_text=_("People who stay beside the guest. Empty: the rest of the party."),
        required=False,
        min_value=0,
        max_value=MOST_COMPANIONS,
        widget=forms.NumberInput({"inputmode": "numeric"}),
        error_messages={"invalid": _("Enter a number of people, like 1.")},
    )

    def __init__(
        self, data: Any = None, *, request: AccessRequest, staff: Iterable[StaffUser]
    ) -> None:
        initial = {"owner": request.owner_id or "", "companions": request.companions}
        super().__init__(data, initial=initial, auto_id="work_%s")
        people = {one.pk: one for one in staff}
        if request.owner is not None:
            people.setdefault(request.owner.pk, request.owner)
        offer(self, "owner", [("", _("Nobody yet")), *((pk, str(p)) for pk, p in people.items())])
        self.people = people

    def clean_owner(self) -> StaffUser | None:
        typed = self.cleaned_data["owner"]
        return self.people[int(typed)] if typed else None


class _AnswerForm(RefusableForm):
    """An answer, and which one its writer had seen before."""

    seen = forms.UUIDField(required=False, widget=forms.HiddenInput)


class ArrangedForm(_AnswerForm):
    """What is arranged, and for whom else at the same event."""

    arranged_with = words_field(
        _("What is arranged"),
        _("The guest reads this. For example: two interpreters, seats kept in the first row."),
        _("Say what is arranged."),
        longest=LONGEST_WORDS,
    )
    language = forms.ChoiceField(
        label=_("Language that is interpreted"),
        error_messages={"required": _("Choose the language that is interpreted.")},
    )
    others = forms.TypedMultipleChoiceField(
        label=_("It serves these guests, too"),
        help_text=_("They asked for the same at this event. Each gets a message."),
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    field_order = ("seen", "arranged_with", "language", "others")

    def __init__(
        self,
        data: Any = None,
        *,
        request: AccessRequest,
        event: Event,
        others: list[AccessRequest],
        reads: bool,
    ) -> None:
        spoken = request.rsvp.language
        serves_all = request.kind in FOR_EVERYBODY and request.kind != AccessKind.INTERPRETER
        initial = {
            "seen": request.answer,
            "arranged_with": request.arranged_with if reads else "",
            "language": request.language
            or (spoken if spoken != event.office.first_language else ""),
            "others": [other.pk for other in others] if serves_all else [],
        }
        super().__init__(data, initial=initial, auto_id="arranged_%s")
        if request.kind == AccessKind.INTERPRETER:
            known = {*event.spoken_languages, *event.office.languages, *ASK_LINES, spoken} - {
                "", "asl", "ase",
            }  # fmt: skip
            named = sorted(((code, own_name(code)) for code in known), key=lambda pair: pair[1])
            offer(self, "language", [("", _("Choose a language")), *named])
        else:
            del self.fields["language"]
        if others:
            offer(self, "others", [(other.pk, other.rsvp.name) for other in others])
        else:
            del self.fields["others"]


class CannotForm(_AnswerForm):
    """What cannot be: who decided, why, and what instead. All three, for the guest gets them."""

    instead = words_field(
        _("What you offer instead"),
        _("Ask the guest what would work for them."),
        _("Say what you offer instead. Without it, keep trying."),
        longest=LONGEST_WORDS,
    )
    reason = words_field(
        _("Why it cannot be arranged"),
        "",
        _("Say why it cannot be arranged."),
        longest=LONGEST_WORDS,
    )
    decided_by = forms.CharField(
        label=_("Who decided it"),
        help_text=_("Name and position: the head of the office, or whom the head has named."),
        max_length=200,
        error_messages={"required": _("Say who decided it, by name and position.")},
    )

    def __init__(self, data: Any = None, *, request: AccessRequest, reads: bool) -> None:
        initial: dict[str, Any] = {"seen": request.answer}
        if reads:
            initial |= {
                name: getattr(request, name) for name in ("instead", "reason", "decided_by")
            }
        super().__init__(data, initial=initial, auto_id="cannot_%s")


class CallerForm(forms.Form):
    """Who calls, and about which event."""

    mark_optional = False

    event = forms.ChoiceField(label=_("Event"))
    q = forms.CharField(
        label=_("Name, email or phone"),
        required=False,
        widget=forms.TextInput({"type": "search", "autocomplete": "off"}),
    )

    def __init__(self, asked: QueryDict, *, events: Iterable[tuple[str, str]]) -> None:
        super().__init__(initial={name: asked.get(name, "") for name in self.base_fields})
        offer(self, "event", [("", _("Choose an event")), *events])
