"""Rendered blocks: kept while they are right, and no longer."""

from __future__ import annotations

import hashlib
import logging
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import DatabaseError
from django.test import Client
from django.utils.translation import override

from events.actions import events as actions
from events.actions.calling_off import postpone_event
from events.models import Event
from notifications.calendars import blocks, vevent
from notifications.calendars.entries import event_entry
from notifications.models import CalendarBlock
from tests import factories
from tests.clock import at
from tests.factories import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _now() -> Any:
    with at(NOW):
        yield


def kept() -> list[tuple[str, int]]:
    return list(CalendarBlock.objects.order_by("pk").values_list("language", "revision"))


def test_the_version_rises_with_the_bytes_of_unchanged_facts() -> None:
    """Blocks outlive an upgrade: where this digest changes, raise RENDER_VERSION with it."""
    office = factories.make_office(name="Office")
    event = factories.make_event(
        office, title="Rent, and more", description="**Come.**\n\n- One", slug="rent",
        uid="rent@plazuela", topics=[factories.make_topic("housing")], mode="both",
        starts_at=datetime(2026, 7, 2, 1, tzinfo=UTC),
    )  # fmt: skip
    postpone_event(event_id=event.pk, reason="Flooded.", now=NOW)
    rendered = b""
    for language in ("en", "es"):
        with override(language):
            rendered += vevent.vevent(event_entry(Event.objects.with_all_shown().get()))
    digest = hashlib.sha256(rendered).hexdigest()[:16]
    assert (vevent.RENDER_VERSION, digest) == (3, "3d5ae566bf984c75")


def test_a_new_revision_replaces_the_block_and_each_language_has_its_own(client: Client) -> None:
    event = factories.make_event()
    client.get("/feeds/events.ics")
    client.get("/feeds/events.ics?lang=es")
    assert kept() == [("en", 2), ("es", 2)]
    actions.edit_event(event_id=event.pk, changes={"title": "New"}, now=NOW)
    assert b"SUMMARY:New\r\n" in client.get("/feeds/events.ics").content
    assert kept() == [("es", 2), ("en", 3)]


def test_another_version_of_the_program_renders_anew(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    factories.make_event()
    before = client.get("/feeds/events.ics")
    monkeypatch.setattr(vevent, "RENDER_VERSION", 4)
    blocks.render_version.cache_clear()
    try:
        after = client.get("/feeds/events.ics", headers={"if-none-match": before["ETag"]})
    finally:
        blocks.render_version.cache_clear()
    assert (after.status_code, after.content) == (200, before.content)
    assert after["ETag"] != before["ETag"]
    assert len(kept()) == 1


def test_a_feed_is_served_even_if_its_blocks_cannot_be_kept(
    client: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    event = factories.make_event()

    def refuse(*args: object, **options: object) -> None:
        raise DatabaseError("database is locked")

    monkeypatch.setattr(CalendarBlock.objects, "bulk_create", refuse)
    with caplog.at_level(logging.WARNING):
        response = client.get("/feeds/events.ics")
    assert (response.status_code, event.uid.encode() in response.content) == (200, True)
    assert "could not be kept" in caplog.text


def test_an_event_that_goes_while_the_feed_is_put_together_is_left_out() -> None:
    event = factories.make_event()
    listed = blocks.Listed(
        event.pk, event.uid, 1, event.starts_at, event.ends_at, event.timezone, event.all_day
    )
    assert blocks.blocks([listed], "en", lambda keys: []) == b""
