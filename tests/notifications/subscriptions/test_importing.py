"""Bringing an existing list: what comes in, what stays out, and what the report says."""

import time
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from events.errors import Refused
from events.models import AuditEntry, Office, Person, Topic
from notifications.delivery.suppression import suppress
from notifications.models import Delivery, Subscription
from notifications.subscriptions.actions import choose, unsubscribe
from notifications.subscriptions.importing import Report, import_subscribers
from notifications.subscriptions.list_files import NotAList, read_list
from tests.factories import NOW, make_office, make_person, make_topic
from tests.notifications.mailing import CONSENT, make_letter, make_reader, plan

pytestmark = pytest.mark.django_db

AGREED = "They signed the sheet at the fair on May 2, 2026."


@pytest.fixture
def office() -> Office:
    return make_office(name="City Clerk", slug="clerk")


@pytest.fixture
def housing() -> Topic:
    return make_topic("housing")


def bring(text: str | bytes, office: Office, *topics: Topic, **options: Any) -> Report:
    data = text.encode() if isinstance(text, str) else text
    options = {"consent": AGREED, "now": NOW, "name": "list.csv"} | options
    return import_subscribers(data=data, office=office, topics=topics, **options)


def live() -> set[tuple[str, str]]:
    rows = Subscription.objects.live()
    return set(rows.values_list("person__email", "topic__slug"))


def left_out(report: Report) -> list[tuple[int, str]]:
    return [(problem.line, problem.reason) for problem in report.problems]


# --- Files ---------------------------------------------------------------------------------------

MAILCHIMP = (
    '"Email Address","First Name","Last Name",LANGUAGE,OPTIN_TIME,CONFIRM_TIME,UNSUB_TIME\n'
    'Ana@Example.org,Ana,Reyes,es,"2024-03-01 10:00:00","2024-03-01 10:05:00",\n'
    'ben@example.org,Ben,,en,,,"2025-01-01 00:00:00"\n'
)
LISTMONK = (
    "uuid,email,name,status,attributes,created_at\n"
    'a1,ana@example.org,Ana Reyes,enabled,"{""lang"": ""es""}",2024-03-01T10:00:00+02:00\n'
    "b2,ben@example.org,Ben,blocklisted,{},2024-03-01T10:00:00Z\n"
)
CONSTANT_CONTACT = (
    "First name,Last name,Email address,Email status,Email permission status,Created At\n"
    "Ana,Reyes,ana@example.org,Active,Express,2024-03-01 10:00\n"
    "Ben,,ben@example.org,Unsubscribed,Unsubscribed,2024-03-01 10:00\n"
)
GOOGLE = (
    "Name,Given Name,Family Name,E-mail 1 - Type,E-mail 1 - Value\n"
    "Ana Reyes,Ana,Reyes,* Home,ana@example.org\n"
    "Ben,Ben,,,\n"
)
EXCEL = "E-Mail;Nombre;Idioma\r\nana@example.org;Ana Reyes;Español\r\n;Ben;en\r\n"


@pytest.mark.parametrize(
    "text", [MAILCHIMP, LISTMONK, CONSTANT_CONTACT, GOOGLE, EXCEL, f"sep=;\r\n{EXCEL}"]
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_files_of_the_usual_services_are_read(text: str, encoding: str) -> None:
    found = read_list(text.encode(encoding))
    assert [(row.email, row.name) for row in found.rows] == [("ana@example.org", "Ana Reyes")]
    second = 4 if text.startswith("sep") else 3
    assert [problem.line for problem in found.problems] == [second]


def test_language_and_time_of_consent_are_read() -> None:
    (row,) = read_list(MAILCHIMP.encode()).rows
    assert (row.language, row.opted_in) == ("es", datetime(2024, 3, 1, 10, 0, tzinfo=UTC))
    (row,) = read_list(LISTMONK.encode()).rows
    assert row.opted_in == datetime(2024, 3, 1, 8, 0, tzinfo=UTC)
    (row,) = read_list(EXCEL.encode()).rows
    assert (row.language, row.opted_in) == ("es", None)


def test_a_list_without_names_of_columns_is_read() -> None:
    found = read_list(b"\n\nana@example.org\nben@example.org\n")
    assert [row.email for row in found.rows] == ["ana@example.org", "ben@example.org"]
    assert [row.line for row in found.rows] == [3, 4]


def test_a_cell_of_two_lines_does_not_shift_the_numbers() -> None:
    text = 'email,name\nana@example.org,"Ana\nReyes"\nno address,Ben\n'
    assert read_list(text.encode()).problems[0].line == 4


def test_lines_that_a_quotation_mark_swallowed_are_not_passed_over_in_silence() -> None:
    text = 'email,name,notes\nana@example.org,"Ana\nben@example.org,Ben,"\nluz@example.org,Luz,\n'
    found = read_list(text.encode())
    assert [(row.email, row.name) for row in found.rows] == [("luz@example.org", "Luz")]
    (problem,) = found.problems
    assert (problem.line, problem.email) == (2, "ana@example.org")
    assert "opens here and closes in line 3" in problem.reason
    swallowed = 'email,name,notes\nana@example.org,Ana,"Is\nben@example.org,Ben,"\n'
    assert read_list(swallowed.encode()).rows == []
    notes = 'email,name,notes\nana@example.org,Ana,"Is away.\nAlso ana@work.example"\n'
    assert [row.email for row in read_list(notes.encode()).rows] == ["ana@example.org"]


@pytest.mark.parametrize(
    "status",
    ["Active", "subscribed", "Opted-in", "Double opt-in", "Implied", "Suscrito", "Sí", "", "1"],
)
def test_a_status_that_says_yes_comes_in(status: str) -> None:
    (row,) = read_list(f"email,status\nana@example.org,{status}\n".encode()).rows
    assert row.email == "ana@example.org"


@pytest.mark.parametrize(
    "status",
    [
        "Unsubscribed", "Not subscribed", "No permission", "Non-subscribed", "Opt-out", "Cleaned",
        "Unconfirmed", "Temporary hold", "Inactive", "Junk", "No email", "false", "0", "Baja",
        "No suscrito", "Rebotado", "Pendiente", "Something new",
    ],
)  # fmt: skip
def test_any_other_status_stays_out_and_is_said(status: str) -> None:
    found = read_list(f"email,status\nana@example.org,{status}\n".encode())
    assert found.rows == []
    assert found.problems[0].reason == f"The list says: {status}."


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "empty"),
        (b'email,name\nana@x.org,"Ana\nben@x.org,Ben\n', "Line 2 opens a quotation mark"),
        (b"name,phone\nAna,555\n", "named .Email"),
        (b"PK\x03\x04xlsx", "no CSV"),
        (b'email\n"' + b"x" * 200_000, "cannot be read"),
    ],
)
def test_what_is_no_list_says_why(data: bytes, why: str) -> None:
    with pytest.raises(NotAList, match=why):
        read_list(data)


# --- What comes in -------------------------------------------------------------------------------


def test_a_list_comes_in_with_its_proof_of_consent(office: Office, housing: Topic) -> None:
    report = bring(MAILCHIMP, office, housing, name="mailchimp.csv")
    assert (report.added, report.new_people, report.unchanged) == (1, 1, 0)
    row = Subscription.objects.get()
    person = Person.objects.get()
    assert (person.email, person.name, person.language) == ("ana@example.org", "Ana Reyes", "es")
    assert (row.created_at, row.confirmed_at) == (datetime(2024, 3, 1, 10, tzinfo=UTC), NOW)
    assert (row.consent_source, row.consent_text) == ("import: mailchimp.csv", AGREED)
    assert row.language == "es"


def test_it_is_one_operation_and_mails_nobody(office: Office, housing: Topic) -> None:
    make_letter(office, topics=[housing], now=NOW - timedelta(hours=1))
    bring("email\nana@example.org\nben@example.org\n", office, housing)
    entries = AuditEntry.objects.filter(action__startswith="subscription.")
    (entry,) = entries
    assert (entry.action, entry.subjects) == (
        "subscription.imported", {"added": 2, "new_people": 2, "left_out": 0},
    )  # fmt: skip
    assert plan() == []
    assert not Delivery.objects.exists()


def test_the_next_letter_reaches_them(office: Office, housing: Topic) -> None:
    bring("email\nana@example.org\n", office, housing)
    make_letter(office, topics=[housing], now=NOW + timedelta(hours=1))
    assert [delivery.message for delivery in plan(NOW + timedelta(hours=1))] == ["letter_posted"]


def test_the_same_list_again_changes_nothing(office: Office, housing: Topic) -> None:
    trees = make_topic("trees")
    text = "email,name\nana@example.org,Ana\nben@example.org,Ben\n"
    bring(text, office, housing)
    again = bring(text, office, housing, now=NOW + timedelta(days=1))
    assert (again.added, again.unchanged, again.problems) == (0, 2, [])
    assert Subscription.objects.count() == 2
    assert AuditEntry.objects.filter(action="subscription.imported").count() == 1
    more = bring(text, office, housing, trees)
    assert (more.added, more.new_people) == (2, 0)
    assert Subscription.objects.count() == 4


def test_who_is_known_keeps_their_name_and_language(office: Office, housing: Topic) -> None:
    make_person("ana@example.org", name="Ana R.", language="en")
    bring("email,name,language\nANA@example.org,Wrong,es\n", office, housing)
    person = Person.objects.get()
    assert (person.name, person.language) == ("Ana R.", "en")


# --- What stays out ------------------------------------------------------------------------------


def test_bad_lines_are_named_with_number_and_reason(office: Office, housing: Topic) -> None:
    report = bring(
        "email\nana@example.org\nnobody\nAna@example.org\n\nben@[10.0.0.1]\n", office, housing
    )
    assert left_out(report) == [
        (3, "This is no email address that mail can go to."),
        (4, "This address stands further up in the file."),
        (6, "This is no email address that mail can go to."),
    ]
    assert report.rows == 4
    assert live() == {("ana@example.org", "housing")}


def test_addresses_that_must_not_be_written_to_stay_out(office: Office, housing: Topic) -> None:
    make_reader(office, [make_topic("trees")], email="ana@example.org")
    suppress(email="ana@example.org", scope="all", reason="bounced", now=NOW)
    suppress(email="ben@example.org", scope="bulk", reason="complained", now=NOW)
    report = bring("email\nana@example.org\nben@example.org\n", office, housing)
    assert left_out(report) == [
        (2, "No mail may go to this address: There is no such mailbox."),
        # Ben has told somebody else why. That is none of this office's business.
        (3, "No mail may go to this address."),
    ]
    assert live() == {("ana@example.org", "trees")}
    assert Person.objects.filter(email="ben@example.org").count() == 0


def test_who_has_unsubscribed_stays_out(office: Office, housing: Topic) -> None:
    gone = make_reader(office, [housing], email="ana@example.org")
    unsubscribe(person_id=gone.pk, office_id=office.pk, now=NOW)
    report = bring("email\nana@example.org\n", office, housing, make_topic("trees"))
    assert left_out(report) == [(2, "They have unsubscribed from this office’s letters.")]
    assert live() == set()
    # Another office is another list.
    assert bring("email\nana@example.org\n", make_office(), housing).added == 1


def test_a_topic_that_somebody_gave_up_stays_given_up(office: Office, housing: Topic) -> None:
    trees, parks = make_topic("trees"), make_topic("parks")
    ana = make_reader(office, [housing, trees], email="ana@example.org")
    choose(
        person_id=ana.pk, offices=[office], wishes={(office.pk, housing.pk)}, language="en",
        consent=CONSENT, now=NOW,
    )  # fmt: skip
    assert left_out(bring("email\nana@example.org\n", office, trees)) == [
        (2, "They have unsubscribed from these topics.")
    ]
    assert bring("email\nana@example.org\n", office, trees, parks).added == 1
    assert live() == {("ana@example.org", "housing"), ("ana@example.org", "parks")}


def test_a_list_without_consent_or_topics_is_refused(office: Office, housing: Topic) -> None:
    with pytest.raises(Refused, match="how and when"):
        bring("email\nana@example.org\n", office, housing, consent="  ")
    with pytest.raises(Refused, match="topic"):
        bring("email\nana@example.org\n", office)


# --- The dry run, and size -----------------------------------------------------------------------


def a_big_list(rows: int = 5000, bad: int = 200) -> str:
    lines = ["Email Address,First Name"]
    for number in range(rows):
        is_bad = number % (rows // bad) == 0
        lines.append(f"reader{number}{' at ' if is_bad else '@'}example.org,Reader {number}")
    return "\n".join(lines)


def test_five_thousand_lines_with_two_hundred_bad_ones(
    office: Office, housing: Topic, django_assert_max_num_queries: Any
) -> None:
    trees = make_topic("trees")
    text = a_big_list()
    began = time.monotonic()
    rehearsal = bring(text, office, housing, trees, rehearse=True)
    assert Person.objects.count() == Subscription.objects.count() == 0
    with django_assert_max_num_queries(200):
        report = bring(text, office, housing, trees)
    seconds = time.monotonic() - began
    assert (report.added, len(report.problems)) == (4800, 200)
    assert (rehearsal.added, rehearsal.problems) == (report.added, report.problems)
    assert rehearsal.is_rehearsal
    assert not report.is_rehearsal
    assert report.problems[0].line == 2
    assert Subscription.objects.live().count() == 9600
    assert seconds < 20


# --- The command ---------------------------------------------------------------------------------


def run(path: Path, *arguments: str) -> str:
    out = StringIO()
    call_command("import_subscribers", str(path), *arguments, stdout=out)
    return out.getvalue()


def test_the_command_reports_line_by_line(office: Office, housing: Topic, tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("email\nana@example.org\nnobody\n")
    arguments = ("--office", "clerk", "--topics", "housing", "--consent", AGREED)
    said = run(path, *arguments, "--dry-run")
    assert said == (
        "Dry run: nothing was changed.\nLines: 2\nAdded: 1 (1 of them new here)\n"
        "On the list already: 0\nLeft out: 1\n"
        "  line 3: nobody: This is no email address that mail can go to.\n"
    )
    assert live() == set()
    assert run(path, *arguments).startswith("Lines: 2\nAdded: 1")
    assert live() == {("ana@example.org", "housing")}
    assert "On the list already: 1" in run(path, *arguments)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"--office": "nowhere"}, "There is no office 'nowhere'. There are: clerk."),
        ({"--topics": "housing,x"}, "There is no topic 'x'. There are: housing."),
        ({"--consent": ""}, "Say how and when"),
        ({"file": "missing.csv"}, "missing.csv: No such file"),
    ],
)
def test_the_command_says_what_is_wrong(
    office: Office, housing: Topic, tmp_path: Path, changes: dict[str, str], why: str
) -> None:
    path = tmp_path / changes.pop("file", "list.csv")
    if path.name == "list.csv":
        path.write_text("email\nana@example.org\n")
    given = {"--office": "clerk", "--topics": "housing", "--consent": AGREED} | changes
    with pytest.raises(CommandError, match=why.replace("(", "\\(")):
        run(path, *[word for pair in given.items() for word in pair])
