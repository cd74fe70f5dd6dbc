"""Letters on the staff desk, as staff use it."""

from datetime import date
from typing import Any

import pytest
from django.test import Client

from events.models import Office, StaffUser
from notifications.letters.actions import edit_letter
from notifications.letters.attaching import change_attachments
from notifications.letters.posted import retract_letter
from notifications.models import Letter, Subscription
from tests import clock
from tests.factories import NOW, make_office, make_staff, make_topic
from tests.notifications.letters.files import new
from tests.notifications.mailing import mailed, make_letter, make_reader
from tests.pages import page

pytestmark = pytest.mark.django_db


@pytest.fixture
def office() -> Office:
    return make_office(slug="district-4")


@pytest.fixture
def manager(office: Office) -> StaffUser:
    return make_staff(office)


@pytest.fixture
def desk(client: Client, manager: StaffUser) -> Client:
    client.force_login(manager)
    return client


def typed(**fields: Any) -> dict[str, Any]:
    defaults = {
        "title": "Trees on Park Street",
        "body": "Dear neighbors,\r\n\r\nplant *trees*.\r\n",
        "dated": "2026-05-30",
        "signatories": "Ana Rivera, Mayor\r\nBen Ortiz",
        "addressees": "",
        "title_es": "",
        "body_es": "",
        "do": "save",
    }
    return defaults | fields


@pytest.mark.parametrize("path", ["", "new/", "1/", "1/post/", "1/delete/"])
def test_who_is_not_logged_in_is_sent_to_the_login(client: Client, path: str) -> None:
    answer = client.get(f"/staff/letters/{path}")
    assert answer.status_code == 302
    assert answer["Location"] == f"/accounts/login/?next=/staff/letters/{path}"


@pytest.mark.parametrize("path", ["", "post/", "delete/"])
def test_another_offices_letter_is_not_there(desk: Client, path: str) -> None:
    letter = make_letter(make_office(), post=False)
    assert desk.get(f"/staff/letters/{letter.pk}/{path}").status_code == 404
    assert desk.post(f"/staff/letters/{letter.pk}/{path}", typed()).status_code == 404
    assert Letter.objects.get().title == letter.title


def test_the_list_holds_the_offices_own_letters(desk: Client, office: Office) -> None:
    make_letter(office, title="Our draft", post=False)
    make_letter(office, title="Our letter")
    make_letter(make_office(), title="Their letter")
    drafts = page(desk.get("/staff/letters/")).text
    assert "Drafts 1 Scheduled 0 Posted 1 Taken back 0" in drafts
    assert "Our draft" in drafts
    assert "Our letter" not in drafts
    posted = page(desk.get("/staff/letters/?view=posted")).text
    assert "Our letter" in posted
    assert "Their letter" not in posted


def test_a_letter_is_written_and_kept_as_a_draft(desk: Client, office: Office) -> None:
    make_topic("housing")
    with clock.at(NOW):
        answer = desk.post(
            "/staff/letters/new/",
            typed(topics=["housing"], title_es="Árboles", body_es="Queridos vecinos"),
        )
    letter = Letter.objects.get()
    assert answer["Location"] == f"/staff/letters/{letter.pk}/"
    assert not letter.is_posted
    assert letter.office == office
    assert letter.body == "Dear neighbors,\n\nplant *trees*."
    assert letter.signatory_list == ["Ana Rivera, Mayor", "Ben Ortiz"]
    assert letter.dated == date(2026, 5, 30)
    assert letter.version_languages() == ["en", "es"]
    shown = page(desk.get(answer["Location"]))
    assert "Saved as a draft. Only staff see it." in shown.text
    assert shown.fields["title_es"] == "Árboles"
    assert shown.fields["topics"] == ["housing"]
    assert mailed("letter_posted") == []


def test_a_preview_shows_every_version_and_saves_nothing(desk: Client) -> None:
    make_topic("housing")
    answer = desk.post(
        "/staff/letters/new/",
        typed(do="preview", title_es="Árboles", body_es="*Hola*", topics=["housing"], dated=""),
    )
    html = answer.content.decode()
    assert answer.status_code == 200
    assert "plant <em>trees</em>." in html
    assert '<h3 lang="es">Árboles</h3>' in html
    assert "<em>Hola</em>" in html
    shown = page(answer)
    assert shown.fields["topics"] == ["housing"]
    assert shown.fields["body"].startswith("Dear neighbors,")
    assert Letter.objects.count() == 0


def test_what_is_missing_is_said_and_what_was_typed_stays(desk: Client) -> None:
    answer = desk.post("/staff/letters/new/", typed(title="", body_es="Sin título", dated="soon"))
    assert answer.status_code == 422
    shown = page(answer)
    assert "Give the letter a title." in shown.text
    assert "Give this version a title, too." in shown.text
    assert shown.fields["body_es"] == "Sin título"
    assert shown.fields["dated"] == "soon"
    assert Letter.objects.count() == 0


def test_who_works_for_several_offices_says_for_which_one(
    desk: Client, manager: StaffUser, office: Office
) -> None:
    other = make_office(slug="clerk", languages=["es"])
    make_staff(other, email=manager.email)
    shown = page(desk.get("/staff/letters/new/"))
    assert "Whose letter is it?" in shown.text
    assert {"?office=district-4", "?office=clerk"} <= set(shown.links)
    desk.post("/staff/letters/new/?office=clerk", typed())
    letter = Letter.objects.get()
    assert letter.office == other
    assert letter.own_language == "es"
    assert desk.get("/staff/letters/new/?office=nobody").status_code == 404


def test_the_last_page_says_who_will_get_it(desk: Client, office: Office) -> None:
    housing, trees = make_topic("housing"), make_topic("trees")
    make_reader(office, [housing, trees])
    make_reader(office, [trees])
    make_reader(office, [trees], proven=False)
    letter = make_letter(office, topics=[housing, trees], post=False)
    text = page(desk.get(f"/staff/letters/{letter.pk}/post/")).text
    assert "Housing: 1 reader" in text
    assert "Trees: 2 readers" in text
    assert "2 readers in all get it, each once." in text
    assert "Post it, and mail it to 2 readers" in text
    assert "Missing: Español." in text


def test_the_last_page_says_who_finds_it_in_a_digest(desk: Client, office: Office) -> None:
    topic = make_topic("housing")
    for number in range(3):
        make_reader(office, [topic], email=f"reader{number}@example.org")
    weekly = Subscription.objects.filter(person__email="reader0@example.org")
    weekly.update(frequency="weekly")
    letter = make_letter(office, topics=[topic], post=False)
    path = f"/staff/letters/{letter.pk}/post/"
    text = page(desk.get(path)).text
    assert "3 readers in all get it, each once. 1 of them finds it in a digest." in text
    assert "Post it, and mail it to 2 readers" in text
    answer = desk.post(path, {"mails": "yes"})
    assert "It goes out by mail to 2 readers now." in page(desk.get(answer["Location"])).text
    assert mailed("letter_posted") == ["reader1@example.org", "reader2@example.org"]


@pytest.mark.parametrize(("mails", "told"), [("yes", ["ana@example.org"]), ("no", [])])
def test_posting_with_and_without_mail(
    desk: Client, office: Office, mails: str, told: list[str]
) -> None:
    topic = make_topic("housing")
    make_reader(office, [topic], email="ana@example.org")
    letter = make_letter(office, topics=[topic], post=False)
    with clock.at(NOW):
        answer = desk.post(f"/staff/letters/{letter.pk}/post/", {"mails": mails})
    assert answer["Location"] == f"/staff/letters/{letter.pk}/account/"
    letter.refresh_from_db()
    assert letter.posted_at == NOW
    assert mailed("letter_posted") == told
    assert letter.get_absolute_url() in page(desk.get(answer["Location"])).links


def test_of_an_old_letter_nobody_has_to_take_back_the_mail(desk: Client, office: Office) -> None:
    topic = make_topic("housing")
    make_reader(office, [topic], email="ana@example.org")
    letter = make_letter(office, topics=[topic], post=False, dated=date(2019, 5, 3))
    path = f"/staff/letters/{letter.pk}/post/"
    with clock.at(NOW):
        asked = page(desk.get(path))
        assert "The letter is dated Friday, May 3, 2019." in asked.text
        assert asked.fields["mails"] == []
        refused = desk.post(path, asked.fields)
        assert "Choose whether it is mailed." in page(refused).text
        desk.post(path, asked.fields | {"mails": "no"})
    assert Letter.objects.posted().get().dated == date(2019, 5, 3)
    assert mailed("letter_posted") == []


def test_posting_needs_an_answer(desk: Client, office: Office) -> None:
    letter = make_letter(office, post=False)
    answer = desk.post(f"/staff/letters/{letter.pk}/post/", {})
    assert answer.status_code == 422
    assert "Choose whether it is mailed." in page(answer).text
    assert not Letter.objects.get().is_posted


def test_posting_twice_mails_once(desk: Client, office: Office) -> None:
    topic = make_topic("housing")
    make_reader(office, [topic], email="ana@example.org")
    letter = make_letter(office, topics=[topic], post=False)
    for _ in range(2):
        desk.post(f"/staff/letters/{letter.pk}/post/", {"mails": "yes"})
    assert mailed("letter_posted") == ["ana@example.org"]


def test_an_editor_writes_and_a_manager_posts(client: Client, office: Office) -> None:
    client.force_login(make_staff(office, role="editor"))
    client.post("/staff/letters/new/", typed())
    letter = Letter.objects.get()
    asked = page(client.get(f"/staff/letters/{letter.pk}/post/"))
    assert "A manager of the office posts it." in asked.text
    answer = client.post(f"/staff/letters/{letter.pk}/post/", {"mails": "yes"})
    assert answer.status_code == 403
    assert not Letter.objects.get().is_posted


def test_what_changed_after_it_was_read_is_not_posted_unread(desk: Client, office: Office) -> None:
    letter = make_letter(office, post=False)
    path = f"/staff/letters/{letter.pk}/post/"
    opened = page(desk.get(path)).fields
    sam = make_staff(letter.office)
    edit_letter(letter_id=letter.pk, changes={"title": "Cars"}, now=NOW, actor=sam)
    edit_letter(letter_id=letter.pk, changes={"body": "Something else."}, now=NOW)
    change_attachments(letter_id=letter.pk, add=[new()], now=NOW)
    answer = desk.post(path, {"mails": "no", "revision": opened["revision"]})
    assert answer.status_code == 422
    again = page(answer)
    assert "Somebody changed this letter after you opened it." in again.text
    assert (
        "Changed while you were reading The program itself, Monday, June 1, 2026, 9:00 a.m. PDT : "
        "Files The program itself, Monday, June 1, 2026, 9:00 a.m. PDT : "
        "Text Sam Staff, Monday, June 1, 2026, 9:00 a.m. PDT : "
        "Title ( Parking on Oak Avenue → Cars)"
    ) in again.text
    assert again.fields["mails"] == ["no"]
    assert "Something else." in again.text
    assert not Letter.objects.posted().exists()
    desk.post(path, {"mails": "yes", "revision": again.fields["revision"]})
    assert Letter.objects.posted().exists()


def test_an_editor_does_not_change_what_is_public(client: Client, office: Office) -> None:
    letter = make_letter(office)
    client.force_login(make_staff(office, role="editor"))
    shown = page(client.get(f"/staff/letters/{letter.pk}/"))
    assert "Managers of the office can change it." in shown.text
    assert "body" not in shown.fields
    assert client.post(f"/staff/letters/{letter.pk}/", typed()).status_code == 403
    assert Letter.objects.get().title == letter.title


def test_a_manager_changes_what_is_public(desk: Client, office: Office) -> None:
    letter = make_letter(office)
    answer = desk.post(f"/staff/letters/{letter.pk}/", typed(do="check", revision="1"))
    assert answer["Location"] == f"/staff/letters/{letter.pk}/"
    assert "Saved. The public page shows the new text." in page(desk.get(answer["Location"])).text
    assert Letter.objects.get().title == "Trees on Park Street"


def test_a_letter_that_a_colleague_saved_meanwhile_is_not_overwritten(
    desk: Client, office: Office
) -> None:
    letter = make_letter(office, post=False)
    desk.post(f"/staff/letters/{letter.pk}/", typed(revision="1"))
    answer = desk.post(f"/staff/letters/{letter.pk}/", typed(revision="1", title="Mine"))
    assert answer.status_code == 422
    shown = page(answer)
    assert "Somebody else saved this letter while you were writing." in shown.text
    assert shown.fields["title"] == "Mine"
    assert Letter.objects.get().title == "Trees on Park Street"


def test_what_was_typed_while_a_colleague_took_the_letter_back_is_still_there(
    desk: Client, office: Office
) -> None:
    letter = make_letter(office)
    retract_letter(letter_id=letter.pk, reason="Wrong.", now=NOW)
    refused = desk.post(f"/staff/letters/{letter.pk}/", typed(revision="1"))
    assert refused.status_code == 422
    assert "This letter was taken back and stays as it is." in page(refused).text
    assert page(refused).fields["title"] == "Trees on Park Street"


def test_a_draft_is_thrown_away_after_one_question(desk: Client, office: Office) -> None:
    letter = make_letter(office, post=False)
    assert (
        "It cannot be brought back." in page(desk.get(f"/staff/letters/{letter.pk}/delete/")).text
    )
    assert Letter.objects.count() == 1
    desk.post(f"/staff/letters/{letter.pk}/delete/")
    assert Letter.objects.count() == 0


def test_a_posted_letter_cannot_be_thrown_away(desk: Client, office: Office) -> None:
    letter = make_letter(office)
    answer = desk.post(f"/staff/letters/{letter.pk}/delete/")
    assert answer["Location"] == f"/staff/letters/{letter.pk}/"
    assert Letter.objects.count() == 1


def test_a_form_of_the_desk_needs_its_token(manager: StaffUser, office: Office) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(manager)
    assert strict.post("/staff/letters/new/", typed()).status_code == 403
    assert Letter.objects.count() == 0
