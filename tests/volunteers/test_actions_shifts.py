"""Create, edit, post, throw away: what the actions of shifts promise."""

from datetime import timedelta

import pytest

from events.actions.calling_off import cancel_event
from events.actions.events import edit_event
from events.errors import Refused
from events.models import AuditEntry
from tests.factories import NOW, make_claim, make_event, make_office, make_shift, make_staff
from volunteers.actions.claims import release_claim
from volunteers.actions.shifts import (
    create_role,
    delete_draft,
    edit_role,
    edit_shift,
    post_shift,
)
from volunteers.models import Shift

pytestmark = pytest.mark.django_db


def facts(prefix: str = "shift.") -> list[str]:
    entries = AuditEntry.objects.filter(action__startswith=prefix).order_by("pk")
    return list(entries.values_list("action", flat=True))


def test_an_edit_of_what_somebody_else_has_changed_is_refused() -> None:
    shift = make_shift()
    edit_shift(shift_id=shift.pk, changes={"notes": "Theirs."}, revision=shift.revision, now=NOW)
    with pytest.raises(Refused, match="changed_meanwhile"):
        edit_shift(shift_id=shift.pk, changes={"notes": "Mine."}, revision=shift.revision, now=NOW)
    assert Shift.objects.get(pk=shift.pk).notes == "Theirs."


def test_a_change_of_its_event_is_a_change_of_the_shift() -> None:
    event = make_event()
    shift = make_shift(event)
    edit_event(event_id=event.pk, changes={"title": "Another title"}, now=NOW)
    with pytest.raises(Refused, match="changed_meanwhile"):
        edit_shift(shift_id=shift.pk, changes={"notes": "Mine."}, revision=shift.revision, now=NOW)


@pytest.mark.parametrize("changes", [{"capacity": 1}, {"minimum": 4}])
def test_the_most_people_are_never_fewer_than_the_needed(changes: dict[str, int]) -> None:
    shift = make_shift(minimum=2, capacity=3)
    with pytest.raises(Refused, match="capacity_below_minimum") as refused:
        edit_shift(shift_id=shift.pk, changes=changes, now=NOW)
    assert refused.value.field == "capacity"
    saved = Shift.objects.get(pk=shift.pk)
    assert (saved.minimum, saved.capacity) == (2, 3)


def test_both_numbers_can_change_together() -> None:
    shift = make_shift(minimum=2, capacity=3)
    edit_shift(shift_id=shift.pk, changes={"minimum": 5, "capacity": 6}, now=NOW)
    saved = Shift.objects.get(pk=shift.pk)
    assert (saved.minimum, saved.capacity) == (5, 6)


def test_editing_and_posting_is_one_operation() -> None:
    shift = make_shift(post=False)
    saved = edit_shift(shift_id=shift.pk, changes={"notes": "A hat."}, post=True, now=NOW)
    assert (saved.is_posted, saved.notes) == (True, "A hat.")
    operations = AuditEntry.objects.filter(action__in=["shift.posted", "shift.edited"])
    assert operations.values("operation").distinct().count() == 1
    assert operations.count() == 2


def test_posting_twice_is_one_fact() -> None:
    shift = make_shift(post=False)
    for _time in range(2):
        post_shift(shift_id=shift.pk, now=NOW)
    assert facts() == ["shift.created", "shift.posted"]


def test_a_shift_of_a_cancelled_event_is_not_posted() -> None:
    event = make_event()
    shift = make_shift(event, post=False)
    cancel_event(event_id=event.pk, reason="Rain.", now=NOW)
    with pytest.raises(Refused, match="shift_cancelled"):
        post_shift(shift_id=shift.pk, now=NOW)


def test_a_draft_is_thrown_away_and_leaves_a_fact() -> None:
    draft = make_shift(post=False)
    waits = make_shift(make_event(post=False))
    for shift in (draft, waits):
        delete_draft(shift_id=shift.pk, now=NOW)
    assert not Shift.objects.exists()
    assert facts().count("shift.deleted") == 2


def test_what_was_public_stays() -> None:
    shift = make_shift()
    release_claim(claim_id=make_claim(shift).pk, now=NOW)
    with pytest.raises(Refused, match="shift_posted"):
        delete_draft(shift_id=shift.pk, now=NOW)
    assert Shift.objects.filter(pk=shift.pk).exists()


def test_roles_of_one_name_have_addresses_of_their_own() -> None:
    office = make_shift().office
    slugs = [create_role(office=office, name="Usher", now=NOW).slug for _n in range(3)]
    assert slugs == ["usher", "usher-2", "usher-3"]


def test_a_facts_author_is_the_member_of_staff() -> None:
    shift = make_shift(post=False)
    staff = make_staff(shift.office)
    delete_draft(shift_id=shift.pk, now=NOW + timedelta(hours=1), actor=staff)
    assert AuditEntry.objects.get(action="shift.deleted").staff == staff


USHER = {"es": {"name": "Acomodadora", "description": "Reciba a la gente."}}


def revision_of(shift: Shift) -> int:
    return Shift.objects.effective().get(pk=shift.pk).revision


def test_a_roles_words_in_another_language_are_what_was_said_last() -> None:
    office = make_office()
    role = create_role(office=office, name="Usher", translations=USHER, now=NOW)
    assert role.in_language("es").name == "Acomodadora"
    other = {"translations": {"vi": {"name": "Chỉ chỗ"}}}
    edit_role(role_id=role.pk, changes=other, now=NOW)
    found = list(role.translations.order_by("language").values_list("language", "name"))
    assert found == [("vi", "Chỉ chỗ")]
    edit_role(role_id=role.pk, changes={"name": "Greeter"}, now=NOW)
    assert role.translations.count() == 1, "an edit that does not name them leaves them"


def test_a_roles_words_raise_the_revision_of_each_of_its_shifts_and_of_no_other() -> None:
    office = make_office()
    role = create_role(office=office, name="Usher", now=NOW)
    event = make_event(office)
    mine = [make_shift(event, role=role), make_shift(office=office, role=role)]
    other = make_shift(event)
    before = [revision_of(shift) for shift in (*mine, other)]
    edit_role(role_id=role.pk, changes={"translations": USHER}, now=NOW)
    after = [revision_of(shift) for shift in (*mine, other)]
    assert [new - old for new, old in zip(after, before, strict=True)] == [1, 1, 0]
    edit_role(role_id=role.pk, changes={"translations": USHER}, now=NOW)
    assert [revision_of(shift) for shift in (*mine, other)] == after, "nothing has changed"
    assert facts("role.") == ["role.created", "role.created", "role.edited"]


def test_notes_in_another_language_raise_the_revision_and_move_no_calendar() -> None:
    shift = make_shift(notes="Bring gloves.", translations={"es": {"notes": "Traiga guantes."}})
    again = {"translations": {"es": {"notes": "Traiga guantes."}}}
    assert edit_shift(shift_id=shift.pk, changes=again, now=NOW).revision == shift.revision
    changes = {"translations": {"es": {"notes": "Traiga guantes y agua."}}}
    edited = edit_shift(shift_id=shift.pk, changes=changes, now=NOW)
    assert (edited.revision, edited.sequence) == (shift.revision + 1, shift.sequence)
    assert edited.in_language("es").notes == "Traiga guantes y agua."
    assert (edited.shown_language("es"), edited.shown_language("vi")) == ("es", "en")
    assert edited.in_language("vi").notes == "Bring gloves."
    edit_shift(shift_id=shift.pk, changes={"translations": {"es": {"notes": ""}}}, now=NOW)
    assert not shift.translations.exists()
    assert facts() == ["shift.created", "shift.posted", "shift.edited", "shift.edited"]
