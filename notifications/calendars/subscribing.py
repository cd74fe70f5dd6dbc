"""Links by which a calendar program or a calendar on the web subscribes to a feed."""

from typing import NamedTuple
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.utils.translation import get_language


class SubscribeLinks(NamedTuple):
    """One feed's addresses. `webcal` opens Apple's calendars and most others that are installed."""

    https: str
    webcal: str
    google: str
    outlook: str
    office365: str


def subscribe_links(path: str, name: str) -> SubscribeLinks:
    """The links for the feed at this path of the site, in the active language.

    `name` is what Outlook proposes to call the calendar.
    """
    language = get_language()
    if language and language != settings.LANGUAGE_CODE:
        path += ("&" if "?" in path else "?") + urlencode({"lang": language})
    address = settings.SITE_URL + path
    webcal = urlsplit(address)._replace(scheme="webcal").geturl()
    outlook = "/calendar/0/addfromweb?" + urlencode({"url": address, "name": name})
    return SubscribeLinks(
        https=address,
        webcal=webcal,
        google="https://calendar.google.com/calendar/r?" + urlencode({"cid": webcal}),
        outlook="https://outlook.live.com" + outlook,
        office365="https://outlook.office.com" + outlook,
    )
