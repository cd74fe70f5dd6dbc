"""Whoever follows every link of the demo meets valid HTML, and no page that is not there."""

import re
from collections import Counter
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import pytest
from django.core.management import call_command
from django.test import Client

from config.demo import STAFF_LOGIN
from events.models import StaffUser
from tests.valid_html import html_faults

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

#: Of pages that differ by a number, a date or an event alone, so many are looked at.
OF_ONE_KIND = 4


class Links(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self.found.append(dict(attributes).get("href") or "")


def kind(path: str) -> str:
    """What pages of the same template have in common: ``/events/S/``, ``/staff/events/N/``."""
    return re.sub(r"\d+", "N", re.sub(r"/(events|letters)/(?!new/)[a-z][^/?]*/", r"/\1/S/", path))


def walk(client: Client, *starts: str) -> tuple[list[str], int]:
    """Follow every link from ``starts``; return what is wrong, and how many pages were read."""
    waiting, seen, kinds = list(starts), set(starts), Counter[str]()
    faults: list[str] = []
    while waiting:
        path = waiting.pop(0)
        kinds[kind(path)] += 1
        if kinds[kind(path)] > OF_ONE_KIND:
            continue
        answer = client.get(path, follow=True)
        if answer.status_code != 200:
            faults.append(f"{path}: {answer.status_code}")
        if not answer["Content-Type"].startswith("text/html"):
            continue
        html = answer.content.decode()
        faults += [f"{path}: {fault}" for fault in html_faults(html)]
        here = answer.request["PATH_INFO"]  # type: ignore[attr-defined]
        for link in Links(html).found:
            parts = urlsplit(urljoin(f"http://testserver{here}", link))
            found = parts.path + (f"?{parts.query}" if parts.query else "")
            if parts.scheme == "http" and parts.hostname == "testserver" and found not in seen:
                seen.add(found)
                waiting.append(found)
    return faults, sum(min(count, OF_ONE_KIND) for count in kinds.values())


def test_every_link_of_the_public_pages_and_the_desk_leads_to_a_valid_page() -> None:
    call_command("demo", verbosity=0)
    faults, pages = walk(Client(), "/", "/es/", "/volunteer/?when=week")
    assert faults == []
    assert pages > 100, "the links were not found"
    staff = Client()
    staff.force_login(StaffUser.objects.get(email=STAFF_LOGIN))
    faults, pages = walk(staff, "/staff/", "/es/staff/")
    assert faults == []
    assert pages > 100, "the links were not found"
