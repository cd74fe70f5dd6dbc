"""A member of staff at the desk: what they see, and what their browser sends."""

from typing import Any

from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from events.models import StaffUser
from tests.pages import Page, page


class Desk:
    """The desk as ``user`` has it open in a browser."""

    def __init__(self, user: StaffUser) -> None:
        self.user = user
        self.client = Client()
        self.client.force_login(user)

    def ask(self, name: str, query: str = "", **kwargs: Any) -> HttpResponse:
        """Open the page of this name, whatever it answers."""
        return self.client.get(reverse(name, kwargs=kwargs) + query)

    def see(self, name: str, query: str = "", **kwargs: Any) -> Page:
        """Open the page of this name and read it."""
        answer = self.ask(name, query, **kwargs)
        assert answer.status_code == 200, answer.status_code
        return page(answer)

    def send(self, name: str, data: dict[str, Any], query: str = "", **kwargs: Any) -> HttpResponse:
        """Send ``data`` to the page of this name."""
        # A browser sends nothing for a box that is not ticked.
        sent = {key: value for key, value in data.items() if value not in (None, [])}
        return self.client.post(reverse(name, kwargs=kwargs) + query, sent)

    def fill(self, name: str, query: str = "", **kwargs: Any) -> dict[str, Any]:
        """Return what the form on the page of this name would send untouched."""
        fields = dict(self.see(name, query, **kwargs).fields)
        fields.pop("csrfmiddlewaretoken", None)
        return fields

    def change(
        self, name: str, changes: dict[str, Any], query: str = "", **kwargs: Any
    ) -> HttpResponse:
        """Open the form, change some fields, and send it."""
        return self.send(name, self.fill(name, query, **kwargs) | changes, query, **kwargs)

    def follow(self, answer: HttpResponse) -> Page:
        """Go where a redirect leads, and read the page."""
        assert answer.status_code in (302, 303), page(answer).text
        return page(self.client.get(answer["Location"]))
