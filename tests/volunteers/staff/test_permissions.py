"""Whose shifts are whose, and what a page may do when it is only looked at."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from events.models import AuditEntry, Membership, Office, OfficeKind, Role
from tests.desk import Desk
from tests.factories import make_claim, make_office, make_role, make_shift, make_staff
from volunteers.models import Shift, ShiftClaim, VolunteerRole
from volunteers.staff.urls import pages

pytestmark = pytest.mark.django_db

POST_ALONE = {"staff-shift-post", "staff-volunteer-release", "staff-volunteer-attended"}
NAMES = sorted(path.name for path in pages)
OF_A_ROW = sorted(path.name for path in pages if path.pattern.converters)


class Rows:
    """An office's rows, with the arguments that name them in addresses."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.role = make_role(office, f"Role of {office.name}")
        self.shift = make_shift(office=office, role=self.role)
        self.draft = make_shift(office=office, role=self.role, post=False)
        self.claim = make_claim(
            self.shift, name="Secret Volunteer", email=f"v{office.pk}@example.org"
        )

    def arguments(self, name: str) -> dict[str, Any]:
        if name in ("staff-volunteer", "staff-volunteer-release", "staff-volunteer-attended"):
            return {"shift_pk": self.shift.pk, "pk": self.claim.pk}
        if name == "staff-role":
            return {"pk": self.role.pk}
        if name in ("staff-shift-post", "staff-shift-delete"):
            return {"pk": self.draft.pk}
        return {"pk": self.shift.pk} if name in OF_A_ROW else {}


@pytest.fixture
def city(office: Office) -> Rows:
    return Rows(office)


@pytest.fixture
def campaign() -> Rows:
    return Rows(make_office(name="The campaign", kind=OfficeKind.CAMPAIGN))


def everything() -> list[Any]:
    return [list(model.objects.order_by("pk").values()) for model in
            (Shift, ShiftClaim, VolunteerRole, AuditEntry)]  # fmt: skip


@pytest.mark.parametrize("role", [Role.EDITOR, Role.MANAGER])
def test_a_row_of_another_office_is_not_there(city: Rows, campaign: Rows, role: Role) -> None:
    desk = Desk(make_staff(city.office, role=role))
    before = everything()
    for name in OF_A_ROW:
        theirs = campaign.arguments(name)
        if name not in POST_ALONE:
            assert desk.ask(name, **theirs).status_code == 404, name
            missing = dict.fromkeys(theirs, 999_999)
            assert desk.ask(name, **missing).status_code == 404, name
        answer = desk.send(name, {"reason": "x", "attended": "yes", "name": "x"}, **theirs)
        assert answer.status_code in (404, 405), name
    assert everything() == before


def test_a_copy_of_another_offices_shift_is_not_there(city: Rows, campaign: Rows) -> None:
    desk = Desk(make_staff(city.office))
    assert desk.ask("staff-shift-new", f"?copy={campaign.shift.pk}").status_code == 404


def test_no_list_mixes_offices(city: Rows, campaign: Rows) -> None:
    desk = Desk(make_staff(city.office))
    for name in ("staff-shifts", "staff-roles", "staff-shift-new", "staff"):
        assert "The campaign" not in desk.ask(name).content.decode(), name


def test_an_account_without_a_role_meets_no_page(city: Rows) -> None:
    desk = Desk(make_staff())
    assert desk.ask("staff-shifts").status_code == 403
    assert desk.ask("staff-shift", pk=city.shift.pk).status_code == 403


def test_a_row_opens_whichever_kind_was_chosen(city: Rows, campaign: Rows) -> None:
    both = make_staff(city.office)
    Membership.objects.create(user=both, office=campaign.office, role=Role.EDITOR)
    answer = Desk(both).ask("staff-shift", pk=campaign.shift.pk)
    assert (answer.status_code, answer.context["office"]) == (200, campaign.office)


def test_nobody_comes_in_without_signing_in(city: Rows) -> None:
    for name in NAMES:
        address = reverse(name, kwargs=city.arguments(name))
        looked, sent = Client().get(address), Client().post(address)
        assert looked.status_code in (302, 405), name
        if looked.status_code == 302:
            assert looked["Location"].startswith("/accounts/login/?next=/staff/"), name
        assert sent.status_code in (403, 405), name


def test_every_form_keeps_djangos_token(city: Rows) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(make_staff(city.office))
    before = everything()
    for name in NAMES:
        answer = client.post(reverse(name, kwargs=city.arguments(name)))
        assert answer.status_code in (403, 405), name
    assert everything() == before


@pytest.mark.parametrize("prefix", ["", "/es"])
def test_looking_changes_nothing_and_every_link_leads_somewhere(city: Rows, prefix: str) -> None:
    desk = Desk(make_staff(city.office))
    before = everything()
    looked_at = sorted(set(NAMES) - POST_ALONE)
    for address in [prefix + reverse(name, kwargs=city.arguments(name)) for name in looked_at]:
        answer = desk.client.get(address)
        assert answer.status_code == 200, address
        assert answer["Cache-Control"] == "private, no-store", address
        assert b'href=""' not in answer.content, address
    assert everything() == before


def test_what_changes_something_is_not_there_to_look_at(city: Rows) -> None:
    desk = Desk(make_staff(city.office))
    for name in POST_ALONE:
        assert desk.ask(name, **city.arguments(name)).status_code == 405, name
