"""How staff accounts differ from allauth's own: nobody signs up, and addresses come from us."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import Http404, HttpRequest, HttpResponse


class AccountAdapter(DefaultAccountAdapter):
    """Staff are invited by a manager; there is no public sign-up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return the address that TRUSTED_PROXIES decided on, for allauth's own rate limits."""
        return str(request.client_address)  # type: ignore[attr-defined]


def closed(request: HttpRequest) -> HttpResponse:
    """Answer 404 where allauth lets people add addresses to their own account.

    A manager gives a role to an address. Whoever could take an address that is not theirs would be
    given what a colleague of that address was meant to get, in whichever office.
    """
    raise Http404
