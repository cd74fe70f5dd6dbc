"""Who comes in at the desk, and to whose rows."""

import pytest
from django.test import Client
from django.urls import reverse

from events.models import Membership, OfficeKind, Role, StaffUser
from events.permissions import TABLE, grants_of
from tests.factories import PASSWORD, make_office, make_staff

pytestmark = pytest.mark.django_db


def logged_in(user: StaffUser) -> Client:
    client = Client(enforce_csrf_checks=False)
    client.force_login(user)
    return client


def test_the_desk_asks_who_is_there_and_leads_back() -> None:
    make_office()
    answer = Client().get("/staff/")
    assert (answer.status_code, answer["Location"]) == (302, "/accounts/login/?next=/staff/")
    assert answer["Cache-Control"] == "private, no-store"


def test_logging_in_leads_to_the_page_that_was_asked_for() -> None:
    user = make_staff(make_office())
    client = Client()
    login = client.get("/staff/")["Location"]
    answer = client.post(login, {"login": user.email, "password": PASSWORD})
    assert (answer.status_code, answer["Location"]) == (302, "/staff/")


def test_an_account_without_a_role_is_refused() -> None:
    make_office()
    assert logged_in(make_staff()).get("/staff/").status_code == 403


def test_a_page_of_the_desk_is_kept_by_no_cache_and_listed_nowhere() -> None:
    answer = logged_in(make_staff(make_office())).get("/staff/")
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "private, no-store"
    assert answer["X-Robots-Tag"] == "noindex, nofollow"


def test_a_manager_has_every_permission_and_a_superuser_everywhere() -> None:
    office, other = make_office(), make_office()
    manager = make_staff(office)
    root = StaffUser.objects.create_superuser("root@example.org", PASSWORD)
    assert grants_of(manager).permissions_in(office) == set(TABLE)
    assert grants_of(manager).permissions_in(other) == set()
    assert grants_of(root).permissions_in(other) == set(TABLE)


def test_an_editor_neither_posts_letters_nor_changes_office_and_staff() -> None:
    office = make_office()
    editor = make_staff(office, role=Role.EDITOR)
    missing = set(TABLE) - grants_of(editor).permissions_in(office)
    assert missing == {
        "edit_suppressions", "post_letters", "edit_office", "edit_topics", "edit_staff",
    }  # fmt: skip


def test_a_deactivated_account_is_out_at_once() -> None:
    user = make_staff(make_office())
    client = logged_in(user)
    StaffUser.objects.filter(pk=user.pk).update(is_active=False)
    assert client.get("/staff/").status_code == 302


def test_the_kind_of_office_is_chosen_by_post_and_only_among_ones_own() -> None:
    city = make_office(name="City office")
    campaign = make_office(name="The campaign", kind=OfficeKind.CAMPAIGN)
    user = make_staff(city)
    Membership.objects.create(user=user, office=campaign, role=Role.EDITOR)
    client = logged_in(user)
    assert client.get("/staff/").context["office"] == city
    client.post(reverse("staff-kind"), {"kind": "campaign"})
    assert client.get("/staff/").context["office"] == campaign
    client.post(reverse("staff-kind"), {"kind": "civic"})
    assert client.get("/staff/").context["office"] == campaign


def test_the_desk_keeps_djangos_token() -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(make_staff(make_office()))
    assert client.post(reverse("staff-kind"), {"kind": "official"}).status_code == 403
