"""The topics that events and letters are about, and that subscribers choose."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events import clock
from events.actions.offices import save_topic
from events.languages import other_languages, own_name
from events.models import Office, OfficeKind, Topic
from events.staff.access import FORM, StaffRequest, desk_page, staff_page
from events.staff.stale import Conflict, SeenForm, status_of
from events.token_pages import see_other

#: Said to those who choose among the topics but do not name them: which managers do.
WHO_EDITS = {
    "": gettext_lazy("Only a manager can add topics or change them."),
    OfficeKind.OFFICIAL: gettext_lazy(
        "Only managers of the official offices of this site can add topics or change them."
    ),
    OfficeKind.CAMPAIGN: gettext_lazy(
        "Only managers of the campaigns on this site can add topics or change them."
    ),
    OfficeKind.CIVIC: gettext_lazy(
        "Only managers of the civic groups on this site can add topics or change them."
    ),
}


class TopicForm(SeenForm):
    """Name and description, in the site's language and in every other one."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=100,
        error_messages={"required": gettext_lazy("Give the topic a name.")},
    )
    description = forms.CharField(
        label=gettext_lazy("What subscribers get"), max_length=300, required=False
    )
    position = forms.IntegerField(
        label=gettext_lazy("Place in the list"),
        help_text=gettext_lazy("Lower numbers stand first."),
        min_value=0,
        max_value=30_000,
        error_messages={"required": gettext_lazy("Enter a number, like 0.")},
    )

    def __init__(
        self, data: Any = None, *, topic: Topic | None, languages: Sequence[str], position: int = 0
    ) -> None:
        initial: dict[str, Any] = {"position": position}
        if topic is not None:
            initial = initial_of(topic)
        super().__init__(data, initial=initial)
        self.languages = list(languages)
        for code in self.languages:
            named = {"language": own_name(code)}
            self.fields[f"name_{code}"] = forms.CharField(
                label=_("Name (%(language)s)") % named,
                max_length=100,
                required=False,
                widget=forms.TextInput({"lang": code}),
            )
            self.fields[f"description_{code}"] = forms.CharField(
                label=_("What subscribers get (%(language)s)") % named,
                max_length=300,
                required=False,
                widget=forms.TextInput({"lang": code}),
            )
        self.order_fields(["name", "description"])
        self.order_fields([name for name in self.fields if name != "position"])
        self.remember()

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        for code in self.languages:
            if data.get(f"description_{code}") and not data.get(f"name_{code}"):
                self.add_error(f"name_{code}", _("Give this version a name, too."))
        return data

    def facts(self) -> dict[str, Any]:
        """Return what the form says, as ``save_topic`` wants it."""
        data = self.cleaned_data
        return {
            "name": data["name"],
            "description": data["description"],
            "position": data["position"],
            "translations": {
                code: {"name": data[f"name_{code}"], "description": data[f"description_{code}"]}
                for code in self.languages
                if data[f"name_{code}"]
            },
        }


def initial_of(topic: Topic) -> dict[str, Any]:
    """Return what the form shows of a topic (uses its prefetched translations)."""
    initial: dict[str, Any] = {
        "name": topic.name, "description": topic.description, "position": topic.position,
    }  # fmt: skip
    for row in topic.translations.all():
        initial[f"name_{row.language}"] = row.name
        initial[f"description_{row.language}"] = row.description
    return initial


def languages_of(request: StaffRequest, topic: Topic | None) -> list[str]:
    """Return the other languages of the member's offices, and those that the topic has."""
    spoken = [code for office in request.offices for code in office.languages]
    has = [row.language for row in topic.translations.all()] if topic is not None else []
    return other_languages(_own_language(request.offices), spoken, has)


def _own_language(offices: Sequence[Office]) -> str:
    return offices[0].first_language if offices else settings.LANGUAGE_CODE


@staff_page("see_desk")
def topic_list(request: StaffRequest) -> HttpResponse:
    """Show all topics: every office of the site shares them. Who may not edit reads who may."""
    topics = Topic.objects.prefetch_related("translations")
    of_another_kind = request.grants.topic_kind != request.offices[0].kind
    context = {
        "topics": topics,
        "languages": languages_of(request, None),
        "who_edits": WHO_EDITS[request.grants.topic_kind if of_another_kind else ""],
    }
    return desk_page(request, "events/staff/topics.html", context, section="topics")


@staff_page("edit_topics", methods=FORM)
def topic_new(request: StaffRequest) -> HttpResponse:
    """Add a topic. Its short name in addresses is made from its name, and stays."""
    last = Topic.objects.order_by("-position").values_list("position", flat=True).first()
    form = TopicForm(
        request.POST if request.method == "POST" else None,
        topic=None,
        languages=languages_of(request, None),
        position=0 if last is None else last + 1,
    )
    if form.is_valid():
        slug = slugify(form.cleaned_data["name"])[:60]
        if not slug:
            form.add_error("name", _("Use at least one letter from a to z, for the address."))
        elif Topic.objects.filter(slug=slug).exists():
            form.add_error("name", _("There is a topic of this name already."))
        else:
            save_topic(slug=slug, **form.facts(), now=clock.now(), actor=request.user)
            messages.success(request, _("The topic is there. Subscribers can choose it now."))
            return see_other(reverse("staff-topics"))
    return _form_page(request, form, None)


@staff_page("edit_topics", methods=FORM)
def topic_edit(request: StaffRequest, slug: str) -> HttpResponse:
    """Change what a topic is called. Its address and its subscribers stay."""
    topic = Topic.objects.prefetch_related("translations").filter(slug=slug).first()
    if topic is None:
        raise Http404
    form = TopicForm(
        request.POST if request.method == "POST" else None,
        topic=topic,
        languages=languages_of(request, topic),
    )
    if form.is_valid():
        if form.is_stale:
            conflict = form.beside_what_is_saved()
            return _form_page(request, form, topic, conflict=conflict)
        save_topic(slug=topic.slug, **form.facts(), now=clock.now(), actor=request.user)
        messages.success(request, _("Saved."))
        return see_other(reverse("staff-topics"))
    return _form_page(request, form, topic)


def _form_page(
    request: StaffRequest,
    form: TopicForm,
    topic: Topic | None,
    *,
    conflict: Conflict | None = None,
) -> HttpResponse:
    context = {"form": form, "topic": topic, "conflict": conflict}
    return desk_page(
        request,
        "events/staff/topic_form.html",
        context,
        section="topics",
        status=status_of(form, conflict),
    )
