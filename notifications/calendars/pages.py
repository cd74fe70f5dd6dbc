"""The page of all feeds."""

from typing import NamedTuple

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from events.languages import language_in_use
from events.models import Office, Topic
from events.public_pages import public_page
from notifications.calendars.subscribing import SubscribeLinks, subscribe_links


class FeedCard(NamedTuple):
    """One feed as the page shows it; `key` makes its ids."""

    key: str
    name: str
    text: str
    links: SubscribeLinks


@public_page
def feeds_page(request: HttpRequest) -> HttpResponse:
    """List every feed with the links that subscribe to it."""
    language = language_in_use()
    offices = list(Office.objects.in_order())

    def card(url_name: str, name: str, text: str = "", slug: str = "") -> FeedCard:
        path = reverse(url_name, kwargs={"slug": slug} if slug else None)
        key = "-".join(filter(None, [url_name, slug]))
        return FeedCard(key, name, text, subscribe_links(path, name))

    main = [
        card("feed-events", _("All events"), _("Town halls, hearings and everything else.")),
        card("feed-town-halls", _("Town halls"), _("Only town halls.")),
        card("feed-shifts", _("Volunteer shifts"), _("Every shift, so that you can find one.")),
    ]
    topics = [
        card("feed-topic", words.name, words.description, topic.slug)
        for topic in Topic.objects.prefetch_related("translations")
        for words in [topic.in_language(language)]
    ]
    of_offices = [card("feed-office", office.name, slug=office.slug) for office in offices]
    groups = [
        (_("Everything"), main),
        (_("By topic"), topics),
        (_("By office"), of_offices if len(offices) > 1 else []),
    ]
    return render(
        request,
        "notifications/feeds.html",
        {
            "groups": [(title, cards) for title, cards in groups if cards],
            "office": next(iter(offices), None),
            "offices_count": len(offices),
        },
    )
