"""Put it on your website: the lines of HTML that an office pastes into its present site."""

from typing import Any, NamedTuple
from urllib.parse import urlencode

from django import forms
from django.conf import settings
from django.http import HttpResponse, QueryDict
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext, override
from django.utils.translation import gettext_lazy as _

from events import extensions
from events.choices import offer
from events.languages import language_in_use, own_name
from events.models import EventType, Office, Topic
from events.staff.access import StaffRequest, desk_page, staff_page
from notifications.models import Subscription
from notifications.subscriptions.forms import topics_shown

#: How high the frame is, in pixels, when nothing else is said: a page cannot know how high a frame
#: of another site has to be without a script there.
HEIGHTS = {"subscribe": 760, "events": 900}
LEAST_HEIGHT, MOST_HEIGHT = 200, 3000
MOST_EVENTS = 20


class EmbedForm(forms.Form):
    """What to show. Read from the query, so that a choice is an address."""

    mark_optional = False

    what = forms.ChoiceField(
        label=_("What to show"),
        choices=[("subscribe", _("Sign-up for letters")), ("events", _("Next events"))],
        widget=forms.RadioSelect,
        required=False,
    )
    office = forms.ChoiceField(label=_("Office"), required=False)
    language = forms.ChoiceField(label=_("Language"), required=False)
    topic = forms.ChoiceField(label=_("Topic"), required=False)
    type = forms.ChoiceField(
        label=_("Type of event"),
        help_text=_("For the next events alone."),
        choices=[("", _("All types")), *EventType.choices],
        required=False,
    )
    limit = forms.IntegerField(
        label=_("How many events"),
        min_value=1,
        max_value=MOST_EVENTS,
        required=False,
    )
    height = forms.IntegerField(
        label=_("Height in pixels"),
        help_text=_("Leave it empty for what usually fits."),
        min_value=LEAST_HEIGHT,
        max_value=MOST_HEIGHT,
        required=False,
    )

    def __init__(self, asked: QueryDict, *, offices: list[Office], topics: list[Topic]) -> None:
        usual = {"what": "subscribe", "limit": "5", "office": offices[0].slug}
        super().__init__(usual | {name: value for name, value in asked.items() if value})
        speaks = language_in_use()
        offer(self, "office", [(office.slug, office.name) for office in offices])
        offer(self, "language", [(code, own_name(code)) for code, _name in settings.LANGUAGES])
        named = [(topic.slug, topic.in_language(speaks).name) for topic in topics]
        offer(self, "topic", [("", _("All topics")), *named])
        if len(offices) < 2:
            del self.fields["office"]


class Snippet(NamedTuple):
    """What to paste, and what the frame in it shows."""

    html: str
    #: The frame's address on this very site, for the preview.
    path: str
    height: int
    title: str


def snippet(choice: dict[str, Any], office: Office) -> Snippet:
    """Return the frame of a choice that :class:`EmbedForm` has checked."""
    is_list = choice["what"] == "events"
    query = {"office": office.slug, "topic": choice["topic"]}
    if is_list:
        query |= {"type": choice["type"], "limit": str(choice["limit"] or 5)}
    language = choice["language"] or settings.LANGUAGE_CODE
    with override(language):
        path = reverse("embed-events" if is_list else "embed-subscribe")
        title = gettext("Events") if is_list else gettext("Get updates by email")
    path = f"{path}?{urlencode({name: value for name, value in query.items() if value})}"
    height = choice["height"] or HEIGHTS[choice["what"]]
    html = format_html(
        '<iframe src="{}" title="{}, {}" width="100%" height="{}" loading="lazy" '
        'style="border: 0; max-width: 40rem"></iframe>',
        settings.SITE_URL + path,
        title,
        office.name,
        height,
    )
    return Snippet(html, path, height, title)


@staff_page("see_desk")
def embeds(request: StaffRequest) -> HttpResponse:
    """Choose what to show, see it, and copy the lines for the office's own site."""
    form = EmbedForm(request.GET, offices=request.offices, topics=topics_shown())
    office, made = request.offices[0], None
    if form.is_valid():
        slug = form.cleaned_data.get("office")
        office = next((one for one in request.offices if one.slug == slug), office)
        made = snippet(form.cleaned_data, office)
    context = {"form": form, "snippet": made}
    return desk_page(
        request,
        "notifications/staff/embeds.html",
        context,
        section="embeds",
        office=office,
        status=422 if form.errors else 200,
    )


def has_signed_up_in_a_frame(offices: list[Office]) -> bool:
    """Whether somebody has used the sign-up on the office's own site."""
    rows = Subscription.objects.filter(office__in=offices, consent_source__contains="/embed/")
    return rows.exists()


def register() -> None:
    """Add the page to the desk. Called once, when the app is ready."""
    extensions.desk_sections.append(
        extensions.DeskSection(
            "embeds",
            _("Your website"),
            "staff-embeds",
            "see_desk",
            3,
            extensions.DeskGroup.SET_UP,
        )
    )
    extensions.first_steps.append(
        extensions.FirstStep(
            _("Put the sign-up on your website"),
            _("A few lines to paste. It takes the width and the colors that you have."),
            "staff-embeds",
            "see_desk",
            has_signed_up_in_a_frame,
            5,
            optional=True,
        )
    )
