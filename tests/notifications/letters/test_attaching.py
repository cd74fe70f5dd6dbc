"""Files that come with a letter: on the desk, on the page, in mail, feed and API."""

import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from events import storing
from events.errors import Refused
from events.file_types import LARGEST, NewFile
from events.file_types import PDF as PDF_TYPE
from events.models import AuditEntry, Office
from notifications.letters.actions import delete_draft
from notifications.letters.attaching import MOST, change_attachments
from notifications.letters.posted import retract_letter
from notifications.models import Letter, LetterAttachment
from tests.factories import NOW, make_office, make_staff, make_topic
from tests.notifications.letters.files import CSV, PDF, PNG, new
from tests.notifications.letters.test_staff import typed
from tests.notifications.mailing import make_letter, make_reader, plan
from tests.notifications.scenes import read
from tests.pages import page

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings: Settings) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def office() -> Office:
    return make_office()


@pytest.fixture
def desk(client: Client, office: Office) -> Client:
    client.force_login(make_staff(office))
    return client


def upload(name: str, data: bytes = PDF) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data, content_type="application/octet-stream")


def with_files(letter: Letter, *files: NewFile) -> list[LetterAttachment]:
    change_attachments(letter_id=letter.pk, add=files or [new()], now=NOW)
    return list(letter.attachments.all())


def names(letter: Letter | None = None) -> list[str]:
    return [row.name for row in (letter or Letter.objects.get()).attachments.all()]


def stored(folder: Path) -> int:
    return sum(path.is_file() for path in folder.rglob("*"))


# --- The action ----------------------------------------------------------------------------------


def test_a_file_is_kept_with_what_it_is_and_raises_the_revision(office: Office) -> None:
    letter = make_letter(office)
    (row,) = with_files(letter, new(CSV, "budget.csv"))
    assert (row.name, row.size, row.content_type) == (
        "budget.csv", len(CSV), "text/csv; charset=utf-8",
    )  # fmt: skip
    letter.refresh_from_db()
    assert (letter.revision, letter.was_changed) == (2, True)
    fact = AuditEntry.objects.get(action="letter.attachments_changed")
    assert fact.subjects == {"letter": letter.pk, "added": 1, "removed": 0}


def test_the_same_file_twice_is_one(office: Office, folder: Path) -> None:
    letter = make_letter(office, post=False)
    with_files(letter, new(), new(name="again.pdf"))
    with_files(letter, new(name="once more.pdf"))
    assert names(letter) == ["plan.pdf"]
    assert stored(folder) == 1


def test_a_file_takes_the_place_of_itself_under_another_name(
    office: Office, folder: Path, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    letter = make_letter(office, post=False)
    (row,) = with_files(letter)
    with django_capture_on_commit_callbacks(execute=True):
        change_attachments(letter_id=letter.pk, add=[new(name="p2.pdf")], remove=[row.pk], now=NOW)
    assert (names(letter), stored(folder)) == (["p2.pdf"], 1)


def test_a_form_that_is_sent_twice_at_once_attaches_once(
    office: Office,
    folder: Path,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    letter = make_letter(office, post=False)
    store, is_first = storing.store, True

    def store_while_the_other_is_faster(*args: Any, **options: Any) -> str:
        nonlocal is_first
        if is_first:
            is_first = False
            with_files(letter)
        return store(*args, **options)

    monkeypatch.setattr(storing, "store", store_while_the_other_is_faster)
    with django_capture_on_commit_callbacks(execute=True):
        with_files(letter)
    assert (names(letter), stored(folder)) == (["plan.pdf"], 1)


def test_more_than_ten_are_refused_and_leave_nothing_behind(office: Office, folder: Path) -> None:
    letter = make_letter(office, post=False)
    with pytest.raises(Refused, match="at most 10 files"):
        with_files(letter, *(new(PDF + b"%d" % number) for number in range(MOST + 1)))
    assert (names(letter), stored(folder)) == ([], 0)


def test_what_is_taken_away_is_deleted_after_the_commit(
    office: Office, folder: Path, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    letter = make_letter(office, post=False)
    first, _second = with_files(letter, new(), new(CSV, "budget.csv"))
    with django_capture_on_commit_callbacks(execute=True):
        change_attachments(letter_id=letter.pk, remove=[first.pk], now=NOW)
    assert (names(letter), stored(folder)) == (["budget.csv"], 1)


def test_another_letters_file_is_not_taken_away(office: Office) -> None:
    letter, other = make_letter(office, post=False), make_letter(office, post=False)
    (row,) = with_files(other)
    change_attachments(letter_id=letter.pk, remove=[row.pk], now=NOW)
    assert names(other) == ["plan.pdf"]


def test_a_draft_that_is_thrown_away_takes_its_files_along(
    office: Office, folder: Path, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    letter = make_letter(office, post=False)
    with_files(letter)
    with django_capture_on_commit_callbacks(execute=True):
        delete_draft(letter_id=letter.pk, now=NOW)
    assert stored(folder) == 0


# --- Who may have it -----------------------------------------------------------------------------


def test_everybody_has_the_file_of_a_public_letter_and_no_browser_runs_it(
    client: Client, office: Office
) -> None:
    (row,) = with_files(make_letter(office))
    answer = client.get(row.url)
    assert b"".join(answer.streaming_content) == PDF  # type: ignore[attr-defined]
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"] == 'attachment; filename="plan.pdf"'
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer["Cache-Control"] == "public, max-age=300"


def test_a_picture_is_shown(client: Client, office: Office) -> None:
    letter = make_letter(office)
    change_attachments(
        letter_id=letter.pk, now=NOW,
        add=[NewFile("map.png", ContentFile(PNG), PDF_TYPE._replace(ending="png"))],
    )  # fmt: skip
    answer = client.get(letter.attachments.get().url)
    assert answer["Content-Type"] == "image/png"
    assert answer["Content-Disposition"] == 'inline; filename="map.png"'


def test_nobody_has_the_file_of_a_draft_but_its_offices_staff(
    client: Client, office: Office
) -> None:
    draft = make_letter(office, post=False)
    (row,) = with_files(draft)
    path = f"/staff/letters/{draft.pk}/files/{row.pk}/"
    assert client.get(row.url).status_code == 404
    assert client.get(path).status_code == 302
    client.force_login(make_staff(make_office()))
    assert client.get(path).status_code == 404
    client.force_login(make_staff(office, role="editor"))
    answer = client.get(path)
    assert b"".join(answer.streaming_content) == PDF  # type: ignore[attr-defined]
    assert answer["Cache-Control"] == "private, no-store"


def test_a_letter_that_is_taken_back_takes_its_files_along(client: Client, office: Office) -> None:
    letter = make_letter(office)
    (row,) = with_files(letter)
    retract_letter(letter_id=letter.pk, reason="The plan was wrong.", now=NOW)
    assert client.get(row.url).status_code == 404
    for path in (letter.get_absolute_url(), "/letters/feed.atom", f"/api/v1/letters/{letter.slug}"):
        assert "plan.pdf" not in client.get(path).content.decode()


@pytest.mark.parametrize("path", ["letters/", "letters/../x", "letters/none.pdf", "other/x.pdf"])
def test_what_is_not_there_is_not_there(client: Client, path: str) -> None:
    assert client.get(f"/media/{path}").status_code == 404


# --- Where it stands -----------------------------------------------------------------------------


def test_page_feed_and_api_name_the_file(client: Client, office: Office) -> None:
    letter = make_letter(office)
    (row,) = with_files(letter)
    shown = page(client.get(letter.get_absolute_url()))
    assert row.url in shown.links
    assert "plan.pdf" in shown.text
    feed = ET.fromstring(client.get("/letters/feed.atom").content)
    links = feed.iter("{http://www.w3.org/2005/Atom}link")
    (enclosure,) = [link.attrib for link in links if link.get("rel") == "enclosure"]
    assert enclosure == {
        "rel": "enclosure", "href": f"http://testserver{row.url}", "length": str(len(PDF)),
        "type": "application/pdf",
    }  # fmt: skip
    assert client.get(f"/api/v1/letters/{letter.slug}").json()["attachments"] == [
        {
            "name": "plan.pdf",
            "url": f"http://testserver{row.url}",
            "size": len(PDF),
            "content_type": "application/pdf",
        }
    ]


def test_mail_links_to_the_file_and_does_not_carry_it(office: Office) -> None:
    topic = make_topic("housing")
    make_reader(office, [topic])
    (row,) = with_files(make_letter(office, topics=[topic]))
    (message,) = [read(delivery) for delivery in plan()]
    assert f"http://testserver{row.url}" in message.text
    assert f'<a href="http://testserver{row.url}"' in message.html


# --- The form ------------------------------------------------------------------------------------


def send(desk: Client, path: str, **fields: Any) -> Any:
    return desk.post(f"/staff/letters/{path}", typed(**fields))


def test_files_come_in_and_go_out_with_the_form(desk: Client) -> None:
    answer = send(desk, "new/", attachments=[upload("plan.pdf"), upload("budget.csv", CSV)])
    letter = Letter.objects.get()
    assert names() == ["plan.pdf", "budget.csv"]
    shown = page(desk.get(answer["Location"]))
    assert f"/staff/letters/{letter.pk}/files/{letter.attachments.all()[0].pk}/" in shown.links
    first = letter.attachments.all()[0]
    send(desk, f"{letter.pk}/", drop_files=[first.pk], revision=shown.fields["revision"])
    assert names() == ["budget.csv"]


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("virus.pdf", b"MZ\x90\x00", "“virus.pdf” is no PDF, picture"),
        ("empty.pdf", b"", "“empty.pdf” is empty."),
        ("huge.pdf", PDF + b" " * LARGEST, "“huge.pdf” is larger than 10 MB."),
    ],
)
def test_what_is_not_taken_is_said_by_name(desk: Client, name: str, data: bytes, said: str) -> None:
    answer = send(desk, "new/", attachments=[upload(name, data)])
    assert answer.status_code == 422
    assert said in page(answer).text
    assert Letter.objects.count() == 0


def test_too_many_files_are_said(desk: Client) -> None:
    files = [upload(f"{n}.pdf", PDF + b"%d" % n) for n in range(MOST + 1)]
    answer = send(desk, "new/", attachments=files)
    assert "A letter has at most 10 files." in page(answer).text
    assert Letter.objects.count() == 0


def test_a_draft_keeps_its_files_although_something_else_is_wrong(
    desk: Client, office: Office
) -> None:
    letter = make_letter(office, post=False)
    answer = send(desk, f"{letter.pk}/", title="", attachments=[upload("plan.pdf")], revision="1")
    assert answer.status_code == 422
    again = page(answer)
    assert "The files are kept." in again.text
    assert "plan.pdf" in again.text
    assert names() == ["plan.pdf"]
    # What was kept does not stand in the way of what is saved next.
    answer = send(desk, f"{letter.pk}/", title="Trees", revision=again.fields["revision"])
    assert answer.status_code == 302
    assert (Letter.objects.get().title, names()) == ("Trees", ["plan.pdf"])


def test_where_files_cannot_be_kept_the_form_says_to_choose_them_again(
    desk: Client, office: Office
) -> None:
    answer = send(desk, "new/", title="", attachments=[upload("plan.pdf")])
    assert "Choose these files again: plan.pdf" in page(answer).text
    preview = send(desk, "new/", do="preview", attachments=[upload("plan.pdf")])
    assert "A preview keeps no files. Choose them again." in page(preview).text
    public = make_letter(office)
    answer = send(desk, f"{public.pk}/", title="", attachments=[upload("plan.pdf")])
    assert "Choose these files again: plan.pdf" in page(answer).text
    assert LetterAttachment.objects.count() == 0
