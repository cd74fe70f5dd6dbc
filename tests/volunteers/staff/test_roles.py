"""Roles: what volunteers of an office do."""

import pytest

from events.models import Membership, Office, OfficeKind, Role
from tests.desk import Desk
from tests.factories import NOW, make_office, make_role, make_shift
from tests.pages import page
from volunteers.actions.shifts import cancel_shift, edit_role
from volunteers.models import RoleTranslation, Shift, VolunteerRole

pytestmark = pytest.mark.django_db


def test_a_role_is_added_and_chosen_for_a_shift(desk: Desk, office: Office) -> None:
    answer = desk.send("staff-role-new", {"name": "Greeter", "description": "Say\r\nhello."})
    assert "The role is on the list." in desk.follow(answer).text
    role = VolunteerRole.objects.get()
    assert (role.office, role.slug, role.description) == (office, "greeter", "Say\nhello.")
    assert "Greeter" in desk.see("staff-shift-new", "?event=none").text


def test_the_list_shows_how_many_shifts_of_a_role_are_to_come(desk: Desk, office: Office) -> None:
    role = make_role(office)
    make_role(office, "Note taker")
    make_shift(office=office, role=role)
    make_shift(office=office, role=role)
    make_shift(office=office, role=role, post=False)
    off = make_shift(office=office, role=role)
    cancel_shift(shift_id=off.pk, reason="Not needed.", now=NOW)
    shown = desk.see("staff-roles")
    assert "Greeter Welcome people at the door. 2 shifts" in shown.text
    assert "/staff/shifts/?role=Greeter" in shown.links


def test_other_words_show_with_every_shift_of_the_role(desk: Desk, office: Office) -> None:
    role = make_role(office)
    shift = make_shift(office=office, role=role)
    answer = desk.change("staff-role", {"description": "Count heads."}, pk=role.pk)
    assert "Saved. Every shift of this role shows it." in desk.follow(answer).text
    assert "Count heads." in page(desk.client.get(shift.get_absolute_url())).text
    assert Shift.objects.effective().get().revision > shift.revision


def test_two_roles_do_not_have_one_name(desk: Desk, office: Office) -> None:
    role = make_role(office)
    make_role(make_office(), "Note taker")  # another office's is no matter
    answer = desk.send("staff-role-new", {"name": "greeter", "description": ""})
    assert answer.status_code == 422
    assert "There is a role with this name already." in page(answer).text
    desk.follow(desk.send("staff-role-new", {"name": "Note taker", "description": ""}))
    # Its own name is no clash.
    desk.follow(desk.change("staff-role", {"description": "Count heads."}, pk=role.pk))


def test_what_somebody_else_saved_meanwhile_is_not_overwritten(desk: Desk, office: Office) -> None:
    role = make_role(office)
    mine = desk.fill("staff-role", pk=role.pk) | {"description": "Mine."}
    edit_role(role_id=role.pk, changes={"description": "Theirs."}, now=NOW)
    answer = desk.send("staff-role", mine, pk=role.pk)
    assert answer.status_code == 409
    assert "Saved now: Theirs. In your form: Mine." in page(answer).text
    role.refresh_from_db()
    assert role.description == "Theirs."


def test_with_several_offices_it_is_asked_whose_role_it_is(desk: Desk, office: Office) -> None:
    parks = make_office(name="Parks", slug="parks")
    Membership.objects.create(user=desk.user, office=parks, role=Role.EDITOR)
    assert "Whose role is it?" in desk.see("staff-role-new").text
    desk.follow(desk.send("staff-role-new", {"name": "Ranger", "description": ""}, "?office=parks"))
    assert VolunteerRole.objects.get().office == parks


def test_roles_of_another_kind_of_office_are_not_there(desk: Desk, office: Office) -> None:
    campaign = make_office(kind=OfficeKind.CAMPAIGN, slug="campaign")
    theirs = make_role(campaign, "Door knocker")
    assert "Door knocker" not in desk.see("staff-roles").text
    assert desk.ask("staff-role", pk=theirs.pk).status_code == 404
    assert desk.send("staff-role-new", {"name": "x"}, "?office=campaign").status_code == 404


def test_a_role_has_words_in_each_language_of_the_office(desk: Desk, office: Office) -> None:
    shift = make_shift(office=office)
    role = shift.role
    words = {"name_es": "Recepción", "description_es": "Reciba a la gente.\r\nCuente."}
    desk.follow(desk.change("staff-role", words, pk=role.pk))
    assert role.translations.get().description == "Reciba a la gente.\nCuente."
    path = shift.get_absolute_url()
    assert "Reciba a la gente." in page(desk.client.get(f"/es{path}")).text
    assert "Recepción" in desk.client.get("/es/volunteer/").content.decode()
    assert "Recepción" in page(desk.client.get("/es/staff/shifts/roles/")).text
    assert "Recepción" not in page(desk.client.get(path)).text
    # Untouched, the form changes nothing.
    before = Shift.objects.effective().get().revision
    desk.follow(desk.change("staff-role", {}, pk=role.pk))
    assert Shift.objects.effective().get().revision == before


def test_a_version_of_a_role_is_a_whole_one(desk: Desk, office: Office) -> None:
    role = make_role(office)
    unnamed = desk.change("staff-role", {"description_es": "Reciba."}, pk=role.pk)
    assert unnamed.status_code == 422
    assert "Give this version a name, too." in page(unnamed).text
    mute = desk.change("staff-role", {"name_es": "Recepción"}, pk=role.pk)
    assert mute.status_code == 422
    assert "Say in this language what a volunteer does, too." in page(mute).text
    assert not role.translations.exists()


def test_an_office_of_one_language_is_asked_for_one(desk: Desk, office: Office) -> None:
    Office.objects.filter(pk=office.pk).update(languages=["en"])
    assert "Name What a volunteer does in it" in desk.see("staff-role-new").text.replace(
        "For example: Greeter, Note taker, Food sorter. ", ""
    )
    assert set(desk.fill("staff-role-new")) == {"name", "description", "seen"}


@pytest.mark.parametrize("number", [3, 30])
def test_the_list_asks_a_constant_number_of_queries(
    desk: Desk, office: Office, django_assert_num_queries, number: int
) -> None:
    for n in range(number):
        role = make_role(office, f"Role {n}")
        RoleTranslation.objects.create(role=role, language="es", name=f"Función {n}")
        make_shift(office=office, role=role)
    # Session, user, roles of the member; the page, its words in other languages and its count.
    with django_assert_num_queries(6):
        desk.ask("staff-roles")
