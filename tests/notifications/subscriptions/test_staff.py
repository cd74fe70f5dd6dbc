"""Subscribers on the staff desk: counts, consents, and bringing a list."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse

from events.models import AuditEntry, Office, Person, Role, Topic
from notifications.models import Delivery, Subscription
from tests.clock import at
from tests.desk import Desk
from tests.factories import NOW, make_office, make_staff, make_topic
from tests.notifications.mailing import make_reader
from tests.pages import page

pytestmark = pytest.mark.django_db

LIST = "email,first name\nana@example.org,Ana\nnobody,Ben\n=cmd@example.org\nana@example.org,\n"
FORM = {"topics": ["housing"], "consent": "They signed at the fair."}


@pytest.fixture
def office() -> Office:
    return make_office(name="City Clerk", slug="clerk")


@pytest.fixture
def housing() -> Topic:
    return make_topic("housing")


@pytest.fixture
def desk(office: Office, housing: Topic) -> Desk:
    return Desk(make_staff(office))


def upload(text: str | bytes = LIST, name: str = "list.csv") -> SimpleUploadedFile:
    data = text.encode() if isinstance(text, str) else text
    return SimpleUploadedFile(name, data, content_type="text/csv")


def check(desk: Desk, **changes: Any) -> HttpResponse:
    with at(NOW):
        return desk.send("staff-subscribers-import", {"file": upload()} | FORM | changes)


def carried(answer: HttpResponse) -> dict[str, Any]:
    fields = page(answer).fields
    return FORM | {name: fields[name] for name in ("kept", "filename")}


def bring(desk: Desk, checked: HttpResponse) -> HttpResponse:
    with at(NOW):
        return desk.send("staff-subscribers-import", carried(checked) | {"do": "bring"})


# --- Bring a list --------------------------------------------------------------------------------


def test_a_list_is_checked_first_and_changes_nothing(desk: Desk) -> None:
    said = page(check(desk)).text
    assert "What would happen 2 would be added 0 on the list already 2 left out" in said
    assert "1 × This is no email address that mail can go to." in said
    assert "Line 5, ana@example.org : This address stands further up in the file." in said
    assert "Nothing has been changed yet. Add 2 people" in said
    assert (Person.objects.count(), Subscription.objects.count()) == (0, 0)


def test_a_press_brings_what_was_checked(desk: Desk, office: Office) -> None:
    said = page(bring(desk, check(desk))).text
    assert "Done 2 added" in said
    rows = Subscription.objects.live().order_by("person__email")
    assert [row.person.email for row in rows] == ["=cmd@example.org", "ana@example.org"]
    assert {(row.consent_source, row.consent_text) for row in rows} == {
        ("import: list.csv", "They signed at the fair.")
    }
    entry = AuditEntry.objects.get(action="subscription.imported")
    assert (entry.staff, entry.office_id) == (desk.user, office.pk)
    assert not Delivery.objects.exists()


def test_the_lines_that_are_left_out_come_as_a_file(desk: Desk) -> None:
    checked = check(desk, file=upload("email\n=nobody\nana@example.org\n"))
    with at(NOW):
        answer = desk.send("staff-subscribers-problems", carried(checked))
    assert answer["Content-Disposition"] == 'attachment; filename="left-out.csv"'
    assert answer.content.decode() == (
        "\ufeffLine,Email address,Why\r\n"
        "2,'=nobody,This is no email address that mail can go to.\r\n"
    )


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"file": None}, "Choose the file."),
        ({"file": None, "kept": "tampered"}, "Choose the file."),
        ({"file": upload(b"PK\x03\x04")}, "This is no CSV file."),
        ({"consent": ""}, "Say how and when these people agreed"),
        ({"topics": []}, "Choose at least one topic."),
    ],
)
def test_what_is_missing_is_said_at_its_field(
    desk: Desk, changes: dict[str, Any], why: str
) -> None:
    answer = check(desk, **changes)
    assert answer.status_code == 422
    assert why in page(answer).text
    assert Subscription.objects.count() == 0


def test_who_may_not_post_letters_brings_no_list(office: Office, housing: Topic) -> None:
    editor = Desk(make_staff(office, role=Role.EDITOR))
    assert editor.ask("staff-subscribers-import").status_code == 403
    assert check(editor).status_code == 403
    assert "Bring your list" not in editor.see("staff-subscribers").text


def test_a_list_is_brought_to_ones_own_office_alone(desk: Desk, housing: Topic) -> None:
    other = make_office(slug="mayor")
    make_staff(make_office(slug="second"), email="second@example.org")
    both = Desk(make_staff(make_office(slug="third")))
    from events.actions.offices import add_staff

    fourth = make_office(slug="fourth")
    add_staff(office=fourth, email=both.user.email, role=Role.MANAGER, now=NOW)
    assert check(both, office="fourth").status_code == 200
    assert check(both, office=other.slug).status_code == 422


def test_bring_your_list_is_a_first_step(desk: Desk, office: Office, housing: Topic) -> None:
    with at(NOW):
        assert "Bring your list" in desk.see("staff").text


# --- Who reads what ------------------------------------------------------------------------------


def test_counts_by_topic_and_pace(desk: Desk, office: Office, housing: Topic) -> None:
    make_reader(office, [housing])
    make_reader(office, [housing])
    make_reader(office, [housing], frequency="weekly")
    make_reader(office, [housing], proven=False)
    assert "Housing 2 1" in desk.see("staff-subscribers").text


def look_up(desk: Desk, email: str) -> str:
    return page(desk.send("staff-subscribers", {"email": email})).text


def test_what_somebody_agreed_to_is_shown_to_their_office(
    desk: Desk, office: Office, housing: Topic
) -> None:
    make_reader(office, [housing], email="ana@example.org")
    assert (
        "Housing: “They may write to me.” Asked for on Monday, June 1, 2026, 9:00 a.m. PDT , "
        "at /subscribe/."
    ) in look_up(desk, "Ana@example.org")


def test_and_to_no_other_office(desk: Desk, housing: Topic) -> None:
    campaign = make_office(kind="campaign")
    make_reader(campaign, [housing], email="ana@example.org")
    said = look_up(desk, "ana@example.org")
    assert "ana@example.org has never been on your list." in said
    assert "They may write to me" not in said
