"""The roster as a file and on paper."""

import csv
import io

import pytest

from events.models import Office
from tests.desk import Desk
from tests.factories import NOW, make_claim, make_event, make_role, make_shift
from volunteers.actions.claims import claim_shift, release_claim

pytestmark = pytest.mark.django_db


def test_the_file_holds_everybody_with_what_staff_need(desk: Desk, office: Office) -> None:
    shift = make_shift(office=office, capacity=1, role=make_role(office, "Food sorter"))
    make_claim(shift, name="Ana", email="ana@example.org", phone="555-010-0112", proven=False)
    make_claim(shift, name="Ben", email="ben@example.org", language="es")
    gone = make_claim(shift, name="Cy", email="cy@example.org")
    release_claim(claim_id=gone.pk, reason="Ill", now=NOW)
    answer = desk.ask("staff-roster-csv", pk=shift.pk)
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"] == (
        'attachment; filename="food-sorter-2026-06-09-volunteers.csv"'
    )
    text = answer.content.decode()
    assert text.startswith("\ufeff")
    assert list(csv.reader(io.StringIO(text.removeprefix("\ufeff")))) == [
        ["Name", "Email", "Phone", "Status", "Place in line", "Address confirmed",
         "Overlaps something else", "Language", "Signed up on", "Came", "Why it was given back"],
        ["Ana", "ana@example.org", "555-010-0112", "Confirmed", "", "no", "", "",
         "2026-06-01 09:00", "", ""],
        ["Ben", "ben@example.org", "", "On the waitlist", "1", "yes", "", "Español",
         "2026-06-01 09:00", "", ""],
        ["Cy", "cy@example.org", "", "Cancelled", "", "yes", "", "", "2026-06-01 09:00", "", "Ill"],
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "＝1"])
def test_no_cell_is_taken_for_a_formula(desk: Desk, office: Office, name: str) -> None:
    shift = make_shift(office=office)
    claim = make_claim(shift, name=name)
    release_claim(claim_id=claim.pk, reason=name, now=NOW)
    text = desk.ask("staff-roster-csv", pk=shift.pk).content.decode().removeprefix("\ufeff")
    row = list(csv.reader(io.StringIO(text)))[1]
    assert (row[0], row[-1]) == (f"'{name}", f"'{name}")


def test_the_sheet_has_names_and_phones_and_no_addresses(desk: Desk, office: Office) -> None:
    event = make_event(office, title="Budget night")
    shift = make_shift(event, capacity=2, notes="Meet at the side door.")
    make_claim(shift, name="Zoe", email="zoe@example.org", phone="555-010-0112")
    claim_shift(shift_id=shift.pk, name="Bo", phone="555-010-0199", now=NOW, actor=desk.user)
    make_claim(shift, name="Mia", email="mia@example.org", phone="555-010-0777")
    text = desk.see("staff-roster", pk=shift.pk).text
    assert "Budget night" in text
    assert text.index("Bo 555-010-0199") < text.index("Zoe 555-010-0112")
    assert "Waiting, in this order Mia, 555-010-0777" in text
    assert "Meet at the side door." in text
    assert "@example.org" not in text.replace(desk.user.email, "")


@pytest.mark.parametrize(("name", "queries"), [("staff-roster-csv", 10), ("staff-roster", 9)])
def test_files_ask_as_many_queries_for_thirty_as_for_three(
    desk: Desk, office: Office, django_assert_num_queries, name: str, queries: int
) -> None:
    shift = make_shift(make_event(office), capacity=None)
    full = make_shift(office=office, capacity=1)
    make_claim(full)
    for number in (3, 27):
        for _n in range(number):
            make_claim(shift)
        with django_assert_num_queries(queries):
            desk.ask(name, pk=shift.pk)
