"""Whose rows are whose: two offices of different kinds, editors and managers, every address."""

from collections.abc import Iterator, Set
from contextlib import suppress
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import reverse

from events.actions.agenda import set_programme
from events.actions.calling_off import postpone_event
from events.actions.door import walk_in
from events.actions.follow_ups import note_follow_up
from events.actions.offices import save_topic
from events.actions.preparation import TaskDraft, add_task
from events.actions.promises import make_promise
from events.errors import Refused
from events.file_types import TEXT, NewFile
from events.models import (
    AuditEntry,
    Entry,
    Event,
    Membership,
    Office,
    OfficeKind,
    Role,
    StaffUser,
    Topic,
)
from events.staff.urls import pages
from tests.clock import at
from tests.desk import Desk
from tests.factories import (
    NOW,
    make_event,
    make_office,
    make_question,
    make_rsvp,
    make_staff,
    make_topic,
    make_venue,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _now() -> Iterator[None]:
    with at(NOW):
        yield


class Rows:
    """An office's rows, with the arguments that name them in addresses."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.event = make_event(office, title=f"Event of {office.name}")
        self.draft = make_event(office, post=False)
        self.postponed = make_event(office)
        postpone_event(event_id=self.postponed.pk, reason="Rain", now=NOW)
        self.guest = make_rsvp(self.event, name="Secret Guest", access_needs=["asl"])
        self.venue = make_venue(office)
        self.manager = make_staff(office)
        self.topic = make_topic(f"topic-{office.pk}")

    def arguments(self, name: str) -> dict[str, Any]:
        """Return the arguments of an address of the desk that name these rows."""
        member = Membership.objects.get(user=self.manager, office=self.office)
        if name.startswith("staff-guest") and name not in (
            "staff-guests", "staff-guests-csv", "staff-guest-new",
        ):  # fmt: skip
            return {"event_pk": self.event.pk, "pk": self.guest.pk}
        if name == "staff-door-guest":
            return {"event_pk": self.event.pk, "pk": self.guest.pk}
        if name == "staff-door-undo":
            entry = walk_in(
                event_id=self.event.pk, people=1, tap=uuid4(), now=self.event.starts_at,
                actor=self.manager,
            )  # fmt: skip
            return {"event_pk": self.event.pk, "pk": entry.pk}
        if name.startswith("staff-access-"):
            return {"pk": self.guest.access_requests.get().pk}
        if name in ("staff-follow-up", "staff-follow-up-done", "staff-follow-up-remove"):
            note = note_follow_up(
                event_id=self.event.pk, name="Secret walk-in", words="Secret", due=NOW.date(),
                now=NOW, actor=self.manager,
            )  # fmt: skip
            return {"pk": note.pk}
        if name.startswith("staff-task"):
            draft = TaskDraft(f"Secret task for {name}", 3)
            event = self.event
            task = add_task(event_id=event.pk, task=draft, now=NOW, actor=self.manager)
            return {"pk": task.pk}
        if name == "staff-question-decide":
            question = make_question(self.event, "Secret question", now=NOW)
            return {"event_pk": self.event.pk, "pk": question.pk}
        if name.startswith("staff-promise"):
            over = make_event(self.office, starts_at=NOW - timedelta(days=1))
            promise = make_promise(
                event_id=over.pk, text="Secret promise", due=NOW.date(), now=NOW,
                actor=self.manager,
            )  # fmt: skip
            return {"pk": promise.pk}
        if name in ("staff-event-post", "staff-event-delete"):
            return {"pk": self.draft.pk}
        if name == "staff-event-resume":
            return {"pk": self.postponed.pk}
        if name.startswith(("staff-member-",)):
            return {"pk": member.pk}
        if name == "staff-venue":
            return {"pk": self.venue.pk}
        if name in ("staff-office", "staff-office-notice", "staff-checklist"):
            return {"slug": self.office.slug}
        if name == "staff-topic":
            return {"slug": self.topic.slug}
        if name == "staff-document":
            paper = NewFile("paper.txt", ContentFile(b"Secret paper"), TEXT)
            set_programme(event_id=self.event.pk, add=[paper], now=NOW)
            self.event.refresh_from_db()
            return {"event_pk": self.event.pk, "pk": self.event.documents.get().pk}
        return {"pk": self.event.pk}


#: Addresses of the desk that name a row of an office.
OF_A_ROW = [
    path.name
    for path in pages
    if path.pattern.converters and path.name not in ("staff-topic",)  # topics are everybody's
]
POST_ALONE = {
    "staff-kind", "staff-guest-change", "staff-guest-cancel", "staff-guest-attended",
    "staff-guest-still-comes",
    "staff-member-role", "staff-member-link", "staff-access-take", "staff-access-work",
    "staff-access-reopen", "staff-access-told", "staff-access-called-off",
    "staff-door-guest", "staff-door-walk-in", "staff-door-undo",
    "staff-follow-up-done", "staff-preparation-copy", "staff-task-done", "staff-task-remove",
    "staff-minutes-post",
    "staff-promise-keep", "staff-promise-withdraw", "staff-promise-reopen",
    "staff-questions-order", "staff-question-decide",
}  # fmt: skip
MANAGERS = [
    "staff-topic-new", "staff-offices", "staff-members", "staff-office", "staff-topic",
    "staff-member-role", "staff-member-remove", "staff-member-link",
    "staff-office-notice", "staff-checklist",
]  # fmt: skip


@pytest.fixture
def city() -> Rows:
    return Rows(make_office(name="City office"))


@pytest.fixture
def campaign() -> Rows:
    return Rows(make_office(name="The campaign", kind=OfficeKind.CAMPAIGN))


def test_the_addresses_of_rows_were_found() -> None:
    assert len(OF_A_ROW) > 15


@pytest.mark.parametrize("role", [Role.EDITOR, Role.MANAGER])
def test_a_row_of_another_office_is_not_there(city: Rows, campaign: Rows, role: Role) -> None:
    desk = Desk(make_staff(city.office, role=role))
    for name in OF_A_ROW:
        theirs = campaign.arguments(name)
        # 404 for whoever has the permission somewhere, 403 for whoever has it nowhere: neither
        # says whether the row is there.
        expected = 403 if role == Role.EDITOR and name in MANAGERS else 404
        if name not in POST_ALONE:
            assert desk.ask(name, **theirs).status_code == expected, name
            missing = {key: 999_999 if key.endswith("pk") else "nowhere" for key in theirs}
            assert desk.ask(name, **missing).status_code == expected, name
        before = AuditEntry.objects.count()
        sent = desk.send(name, {"reason": "x", "role": "editor"}, **theirs)
        assert sent.status_code in (expected, 405), name
        after = Event.objects.get(pk=campaign.event.pk)
        was = (campaign.event.revision, campaign.event.status)
        assert (after.revision, after.status) == was, name
        assert AuditEntry.objects.count() == before, name
        assert not Entry.objects.exclude(undone_at=None).exists(), name
        assert Membership.objects.filter(user=campaign.manager, role=Role.MANAGER).exists(), name


@pytest.mark.parametrize("path", [path for path in pages if not path.pattern.converters])
def test_no_list_mixes_offices(city: Rows, campaign: Rows, path: Any) -> None:
    desk = Desk(city.manager)
    if path.name in POST_ALONE:
        return
    answer = desk.client.get(reverse(path.name), follow=True)
    assert answer.status_code == 200
    text = answer.content.decode()
    for secret in ("The campaign", campaign.event.title, campaign.manager.email):
        assert secret not in text


def test_who_works_for_two_kinds_sees_one_at_a_time(city: Rows, campaign: Rows) -> None:
    both = make_staff(city.office)
    Membership.objects.create(user=both, office=campaign.office, role=Role.MANAGER)
    desk = Desk(both)
    listed = desk.see("staff-events").text
    assert city.event.title in listed
    assert campaign.event.title not in listed
    desk.send("staff-kind", {"kind": "campaign"})
    listed = desk.see("staff-events").text
    assert campaign.event.title in listed
    assert city.event.title not in listed
    # What one may do for the city is not offered on the campaign's pages.
    Membership.objects.filter(user=both, office=campaign.office).update(role=Role.EDITOR)
    assert reverse("staff-members") not in desk.see("staff").links
    assert reverse("staff-members") in desk.see("staff-event", pk=city.event.pk).links
    # A row that is named opens whichever kind was chosen, and the page is its office's.
    answer = desk.ask("staff-event", pk=city.event.pk)
    assert (answer.status_code, answer.context["office"]) == (200, city.office)


@pytest.mark.parametrize("name", MANAGERS)
def test_an_editor_meets_no_page_of_managers(city: Rows, name: str) -> None:
    desk = Desk(make_staff(city.office, role=Role.EDITOR))
    listed = name in ("staff-topic-new", "staff-offices", "staff-members")
    arguments = {} if listed else city.arguments(name)
    assert desk.ask(name, **arguments).status_code in (403, 405)
    assert desk.send(name, {"role": "manager"}, **arguments).status_code in (403, 405)
    links = desk.see("staff").links
    if listed:
        assert reverse(name) not in links


def test_who_edits_here_and_manages_there_manages_only_there(city: Rows) -> None:
    parks = make_office(name="Parks")
    user = make_staff(city.office, role=Role.EDITOR)
    Membership.objects.create(user=user, office=parks, role=Role.MANAGER)
    desk = Desk(user)
    assert desk.ask("staff-office", slug=parks.slug).status_code == 200
    assert desk.ask("staff-office", slug=city.office.slug).status_code == 404
    assert (
        desk.ask("staff-member-remove", **city.arguments("staff-member-remove")).status_code == 404
    )
    assert desk.ask("staff-event", pk=city.event.pk).status_code == 200


# -- Topics: shared by all, named by one kind of office -------------------------------------------


def renames(user: StaffUser, topic: Topic) -> bool:
    """Whether ``user`` gets a topic renamed: by the desk, and by the action behind it."""
    desk = Desk(user)
    offered = reverse("staff-topic", kwargs={"slug": topic.slug}) in desk.see("staff-topics").links
    opens = desk.ask("staff-topic", slug=topic.slug).status_code == 200
    added = desk.send("staff-topic-new", {"name": f"By {user.pk}", "position": 5})
    assert added.status_code == (303 if opens else 403)
    with suppress(Refused):
        save_topic(slug=topic.slug, name=f"Named by {user.pk}", now=NOW, actor=user)
    topic.refresh_from_db()
    named = topic.name == f"Named by {user.pk}"
    assert Topic.objects.filter(name=f"By {user.pk}").exists() == named
    assert (offered, opens) == (named, named)
    return named


def test_topics_are_named_by_managers_of_official_offices_alone(city: Rows, campaign: Rows) -> None:
    assert renames(city.manager, city.topic)
    assert not renames(make_staff(city.office, role=Role.EDITOR), city.topic)
    assert not renames(campaign.manager, campaign.topic)
    words = Desk(campaign.manager).see("staff-topics").text
    assert city.topic.name in words
    assert "Only managers of the official offices of this site can add topics" in words
    root = StaffUser.objects.create_superuser("root@example.org", "x")
    assert renames(root, campaign.topic)


def test_without_an_official_office_topics_are_named_by_the_first_offices_kind(
    campaign: Rows,
) -> None:
    neighbors = Rows(make_office(name="Neighbors", kind=OfficeKind.CIVIC))
    assert renames(campaign.manager, neighbors.topic)
    assert not renames(neighbors.manager, neighbors.topic)
    assert "Only managers of the campaigns" in Desk(neighbors.manager).see("staff-topics").text
    make_office(name="City office")
    assert not renames(make_staff(campaign.office), campaign.topic)


def test_who_names_topics_for_the_city_does_so_on_its_pages(city: Rows, campaign: Rows) -> None:
    both = make_staff(city.office)
    Membership.objects.create(user=both, office=campaign.office, role=Role.MANAGER)
    desk = Desk(both)
    desk.send("staff-kind", {"kind": "campaign"})
    assert reverse("staff-topic-new") not in desk.see("staff-topics").links
    answer = desk.ask("staff-topic", slug=campaign.topic.slug)
    assert (answer.status_code, answer.context["office"]) == (200, city.office)


# -- Every page, one after the other: the rows are made once ---------------------------------------


def addresses(rows: Rows, *, but: Set[str] = frozenset()) -> Iterator[str]:
    """The address of every page of the desk, with rows of this office."""
    for name, path in sorted({path.name: path for path in pages}.items()):
        if name not in but:
            arguments = rows.arguments(name) if path.pattern.converters else {}
            yield reverse(name, kwargs=arguments)


def _but_for_news(address: str, expected: tuple[int, ...]) -> tuple[int, ...]:
    """What an open board asks for answers 286, that it need not ask again; every other page not."""
    return (286,) if address.endswith("/questions/news/") else expected


def test_nobody_comes_in_without_signing_in(city: Rows) -> None:
    for address in addresses(city):
        looked, sent = Client().get(address), Client().post(address)
        assert looked.status_code in _but_for_news(address, (302, 405)), address
        if looked.status_code == 302:
            assert looked["Location"].startswith("/accounts/login/?next=/staff/"), address
        assert sent.status_code in (403, 405), address


def test_every_form_of_the_desk_keeps_djangos_token(city: Rows) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(city.manager)
    for address in addresses(city):
        assert client.post(address).status_code in (403, 405), address


def test_looking_changes_nothing(city: Rows) -> None:
    desk = Desk(city.manager)
    for address in addresses(city, but=POST_ALONE):
        before = AuditEntry.objects.count()
        answer = desk.client.get(address)
        assert answer.status_code in _but_for_news(address, (200, 302)), address
        assert b'href=""' not in b"".join(answer), f"a link of {address} leads nowhere"
        assert AuditEntry.objects.count() == before, address


def test_every_page_speaks_spanish_addresses_too(city: Rows) -> None:
    desk = Desk(city.manager)
    for address in list(addresses(city, but=POST_ALONE)):
        answer = desk.client.get(f"/es{address}")
        assert answer.status_code in _but_for_news(address, (200, 302)), address
