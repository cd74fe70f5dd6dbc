"""Sign up for letters; choose what one gets."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from babel.lists import format_list
from django import forms
from django.conf import settings
from django.http import QueryDict
from django.utils.html import format_html
from django.utils.translation import gettext as now_in_language
from django.utils.translation import gettext_lazy as _

from events.choices import offer
from events.dates_text import babel_locale
from events.languages import language_in_use, own_name
from events.models import Office, OfficeKind, Topic
from events.person_fields import your_email
from notifications.models import Frequency
from notifications.subscriptions.actions import Wish


def topics_shown() -> list[Topic]:
    """Return all topics in order with their words in every language; two queries."""
    return list(Topic.objects.prefetch_related("translations"))


def topic_choices(topics: Iterable[Topic]) -> list[tuple[str, Any]]:
    """Return slug and label, with what a subscriber gets below the name."""
    language = language_in_use()
    return [(topic.slug, _topic_label(topic.in_language(language))) for topic in topics]


def _topic_label(words: Any) -> Any:
    if not words.description:
        return words.name
    return format_html(
        '{}<span class="usa-checkbox__label-description">{}</span>', words.name, words.description
    )


def peers_of(office: Office, offices: Iterable[Office]) -> list[Office]:
    """Return the offices that may stand on one form with ``office``: those of its kind."""
    return [other for other in offices if other.kind == office.kind]


def usual_offices(offices: Sequence[Office]) -> list[Office]:
    """Return whose letters a form without an office asks for (INTERFACE.md, `/subscribe/`).

    The only office there is; else every official one, which may be none.
    """
    if len(offices) == 1:
        return list(offices)
    return [office for office in offices if office.kind == OfficeKind.OFFICIAL]


def consent_text(offices: Sequence[Office]) -> str:
    """Return the words above the button, which are kept with each subscription."""
    locale = babel_locale(language_in_use())
    names = format_list([office.name for office in offices], locale=locale)
    return now_in_language(
        "%(office)s may send me letters by email on the topics that I chose. "
        "Every letter has a link that ends this."
    ) % {"office": names}


def interface_languages(offices: Sequence[Office]) -> list[str]:
    """Return the languages that letters' frames can be written in and these offices speak."""
    spoken = {code for office in offices for code in office.languages}
    codes = [code for code, _name in settings.LANGUAGES]
    page = language_in_use()
    return [code for code in codes if code in spoken or code == page] or codes


class OfficesField(forms.MultipleChoiceField):
    """Offers the offices of one kind and knows them all.

    So a form that mixes kinds is refused with its reason, and not as if the office were unknown.
    """

    known: Iterable[str] = ()

    def valid_value(self, value: Any) -> bool:
        return value in self.known


class SubscribeForm(forms.Form):
    """Sign up with an address and at least one topic. The page's language is the mail's.

    ``offices`` are all that there are: which ones are offered depends on ``chosen``, and those of
    another kind are on a form of their own.
    """

    # What is shown has to be filled in; an office that is left out means none.
    mark_optional = False

    email = your_email()
    office = OfficesField(
        label=_("Whose letters?"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": _("There is no office “%(value)s” here.")},
    )
    topics = forms.MultipleChoiceField(
        label=_("What would you like to hear about?"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": _("Choose at least one topic."),
            "invalid_choice": _("There is no topic “%(value)s”. Choose from the list."),
        },
    )
    name = forms.CharField(required=False, max_length=200, widget=forms.HiddenInput)
    # Nobody has to think of it here: the preferences page offers it. Who sends it is heard.
    frequency = forms.ChoiceField(
        required=False,
        choices=Frequency.choices,
        widget=forms.HiddenInput,
        error_messages={"invalid_choice": _("Choose from the list how often.")},
    )
    language = forms.ChoiceField(
        required=False,
        widget=forms.HiddenInput,
        error_messages={"invalid_choice": _("We cannot write to you in that language.")},
    )

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        offices: Sequence[Office],
        topics: Sequence[Topic],
        chosen: Sequence[Office] = (),
        ticked: Iterable[str] = (),
        hide_office: bool = False,
        auto_id: str = "id_%s",
    ) -> None:
        self.all_offices = {office.slug: office for office in offices}
        self.all_topics = {topic.slug: topic for topic in topics}
        if data is not None:
            asked = [self.all_offices[s] for s in data.getlist("office") if s in self.all_offices]
            chosen = asked or chosen
        chosen = list(chosen) or usual_offices(offices)
        self.offered = peers_of(chosen[0], offices) if chosen else []
        ticks = list(ticked) or ([topics[0].slug] if len(topics) == 1 else [])
        initial = {"topics": ticks, "office": [office.slug for office in chosen]}
        super().__init__(data, initial=initial, auto_id=auto_id)
        self.chosen = chosen
        offer(self, "topics", topic_choices(topics))
        offer(self, "language", settings.LANGUAGES)
        office = self.fields["office"]
        assert isinstance(office, OfficesField)
        office.known = self.all_offices
        if hide_office or len(self.offered) < 2:
            office.widget = forms.MultipleHiddenInput()
        offer(self, "office", [(offered.slug, offered.name) for offered in self.offered])

    @property
    def has_choice_of_office(self) -> bool:
        """Whether the reader can tick offices: then none ticked means none."""
        return not self.fields["office"].widget.is_hidden

    def clean_office(self) -> list[Office]:
        slugs = self.cleaned_data["office"]
        if not slugs and "office_asked" in self.data:
            raise forms.ValidationError(_("Choose whose letters you want."))
        everyone = list(self.all_offices.values())
        found = [self.all_offices[slug] for slug in slugs] or usual_offices(everyone)
        if not found:
            raise forms.ValidationError(_("Choose whose letters you want."))
        return found

    def clean_frequency(self) -> str:
        return str(self.cleaned_data["frequency"] or Frequency.IMMEDIATE)

    def clean_topics(self) -> list[Topic]:
        return [self.all_topics[slug] for slug in self.cleaned_data["topics"]]

    @property
    def consent(self) -> str:
        """The words that the reader agrees to by sending the form."""
        return consent_text(self.chosen)


def subscribe_form_for(
    offices: Sequence[Office], *, topics: Sequence[Topic] | None = None, ticked: Iterable[str] = ()
) -> SubscribeForm:
    """Return the small form of other pages: ``notifications/_subscribe_form.html`` shows it.

    ``offices`` are those whose page it is, all of one kind; ``ticked`` the slugs of topics that
    the page is about.
    """
    return SubscribeForm(
        offices=offices,
        topics=topics_shown() if topics is None else topics,
        chosen=offices,
        ticked=ticked,
        hide_office=True,
        auto_id="subscribe_%s",
    )


class PreferencesForm(forms.Form):
    """What a person gets: topics of each office and how often, and the language of the mail.

    The topics of ``own``, the office whose mail the link was in, are ``topics``; those of another
    office are ``topics-SLUG``. Likewise ``frequency`` and ``frequency-SLUG``; none is chosen where
    the topics of an office come at different paces.
    """

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        own: Office,
        offices: Sequence[Office],
        topics: Sequence[Topic],
        wishes: Mapping[Wish, str],
        language: str,
    ) -> None:
        self.own, self.topics = own, {topic.slug: topic for topic in topics}
        self.offices = [own, *(office for office in offices if office.pk != own.pk)]
        super().__init__(data, initial={"language": language})
        choices = topic_choices(topics)
        for office in self.offices:
            self.fields[self._name(office)] = forms.MultipleChoiceField(
                label=office.name if len(self.offices) > 1 else _("Topics"),
                choices=choices,
                required=False,
                initial=[t.slug for t in topics if (office.pk, t.pk) in wishes],
                widget=forms.CheckboxSelectMultiple,
                error_messages={"invalid_choice": _("There is no topic “%(value)s”.")},
            )
            paces = {often for (pk, _topic), often in wishes.items() if pk == office.pk}
            self.fields[self._name(office, "frequency")] = forms.ChoiceField(
                label=_("How often?"),
                choices=Frequency.choices,
                required=False,
                initial=(paces or {Frequency.IMMEDIATE}).pop() if len(paces) < 2 else None,
                widget=forms.RadioSelect,
                error_messages={"invalid_choice": _("Choose from the list how often.")},
            )
        codes = interface_languages(self.offices)
        self.fields["language"] = forms.ChoiceField(
            label=_("Language of the mail"),
            choices=[(code, own_name(code)) for code in codes],
            required=False,
            widget=forms.RadioSelect if len(codes) > 1 else forms.HiddenInput,
            error_messages={"invalid_choice": _("Choose a language from the list.")},
        )
        # All of it may be empty: that is a choice, too, and not an omission.
        self.mark_optional = False

    def _name(self, office: Office, what: str = "topics") -> str:
        return what if office.pk == self.own.pk else f"{what}-{office.slug}"

    def wishes(self) -> set[Wish]:
        """Return what is ticked, as (office, topic) keys, once the form is valid."""
        return {
            (office.pk, self.topics[slug].pk)
            for office in self.offices
            for slug in self.cleaned_data[self._name(office)]
        }

    def frequencies(self) -> dict[int, str]:
        """Return how often each office writes, by its key, once the form is valid."""
        chosen = {o.pk: self.cleaned_data[self._name(o, "frequency")] for o in self.offices}
        return {pk: often for pk, often in chosen.items() if often}

    @property
    def own_fields(self) -> list[Any]:
        """The fields of the office that sent the mail, and of every other that the person hears."""
        return self._fields([o for o in self.offices if self._is_open(o)])

    @property
    def further_fields(self) -> list[Any]:
        """The fields of offices that the person gets nothing from."""
        return self._fields([o for o in self.offices if not self._is_open(o)])

    @property
    def gets_any(self) -> bool:
        """Whether the person gets anything from any of the offices."""
        return any(self[self._name(o)].initial for o in self.offices)

    def _fields(self, offices: list[Office]) -> list[Any]:
        return [self[self._name(o, what)] for o in offices for what in ("topics", "frequency")]

    def _is_open(self, office: Office) -> bool:
        field = self[self._name(office)]
        return office.pk == self.own.pk or bool(field.initial) or bool(field.errors)
