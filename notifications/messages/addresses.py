"""Absolute addresses in mail, in the language that is active while a message is written."""

from django.conf import settings
from django.urls import reverse

from events import links
from events.models import RSVP
from events.token_pages import unprefixed_url
from volunteers.models import ShiftClaim


def page(name: str, **kwargs: object) -> str:
    """Return the address of a public page, under the language's prefix."""
    return settings.SITE_URL + reverse(name, kwargs=kwargs)


def own_page(name: str, token: str) -> str:
    """Return the address of a page behind a token."""
    return settings.SITE_URL + unprefixed_url(name, token=token)


def rsvp_links(rsvp: RSVP) -> dict[str, str]:
    """Return where the person confirms, changes and cancels the RSVP."""
    token = links.token_for(links.RSVP, rsvp)
    return {
        "manage_url": own_page("rsvp", token),
        "confirm_url": own_page("rsvp-confirm", token),
        "change_url": own_page("rsvp-change", token),
        "cancel_url": own_page("rsvp-cancel", token),
    }


def claim_links(claim: ShiftClaim) -> dict[str, str]:
    """Return where the volunteer confirms the claim and gives the place back."""
    token = links.token_for(links.CLAIM, claim)
    return {
        "manage_url": own_page("claim", token),
        "confirm_url": own_page("claim-confirm", token),
        "release_url": own_page("claim-release", token),
    }
