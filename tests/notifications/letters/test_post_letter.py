"""The command `post_letter`, and what becomes of a file."""

from datetime import UTC, date, datetime
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from events.models import Office
from notifications.models import Letter
from tests import clock
from tests.factories import NOW, make_office, make_topic
from tests.notifications.mailing import mailed, make_reader

pytestmark = pytest.mark.django_db

TEXT = """---
title: Parking on Oak Avenue
topics: [legislation, town-halls]
signatories: Ana Rivera, Council Member
addressees:
  - Director Helen Park
  - The Department of Transportation
dated: 2019-05-03
---
Dear Director,

please count the cars.
"""


@pytest.fixture
def office() -> Office:
    make_topic("legislation")
    make_topic("town-halls")
    return make_office(slug="district-4")


def post(tmp_path: Path, text: str, *options: str, name: str = "letter.md") -> str:
    path = tmp_path / name
    path.write_text(text)
    out = StringIO()
    with clock.at(NOW):
        call_command("post_letter", str(path), *options, stdout=out)
    return out.getvalue().replace(str(tmp_path) + "/", "")


def refused(tmp_path: Path, text: str, *options: str) -> str:
    with pytest.raises(CommandError) as error:
        post(tmp_path, text, *options)
    return str(error.value).replace(str(tmp_path) + "/", "")


def test_a_file_becomes_a_posted_letter(office: Office, tmp_path: Path) -> None:
    said = post(tmp_path, TEXT)
    assert said == "Posted: http://testserver/letters/parking-on-oak-avenue/\nReaders: 0\n"
    letter = Letter.objects.get()
    assert letter.office == office
    assert letter.posted_at == NOW
    assert letter.dated == date(2019, 5, 3)
    assert letter.signatory_list == ["Ana Rivera, Council Member"]
    assert letter.addressee_list == ["Director Helen Park", "The Department of Transportation"]
    assert {topic.slug for topic in letter.topics.all()} == {"legislation", "town-halls"}
    assert letter.body == "Dear Director,\n\nplease count the cars."


def test_it_says_how_many_readers_there_are_each_once(office: Office, tmp_path: Path) -> None:
    both = [make_topic("legislation"), make_topic("town-halls")]
    make_reader(office, both, email="ana@example.org")
    make_reader(office, both[:1], email="ben@example.org")
    make_reader(office, both, email="unconfirmed@example.org", proven=False)
    make_reader(office, [make_topic("events")], email="elsewhere@example.org")
    assert post(tmp_path, TEXT).splitlines()[1] == "Readers: 2"
    assert mailed("letter_posted") == ["ana@example.org", "ben@example.org"]


def test_without_mail_it_is_posted_and_nobody_is_mailed(office: Office, tmp_path: Path) -> None:
    make_reader(office, [make_topic("legislation")])
    assert post(tmp_path, TEXT, "--no-mail").splitlines()[1] == "Readers: 0 (posted without mail)"
    assert Letter.objects.posted().count() == 1
    assert mailed("letter_posted") == []


def test_the_same_file_again_is_harmless(office: Office, tmp_path: Path) -> None:
    make_reader(office, [make_topic("legislation")], email="ana@example.org")
    post(tmp_path, TEXT)
    again = post(tmp_path, TEXT.replace("\n", "\r\n"), name="copy.md")
    assert again == (
        "Already posted: http://testserver/letters/parking-on-oak-avenue/ (nothing was changed)\n"
    )
    assert Letter.objects.count() == 1
    assert mailed("letter_posted") == ["ana@example.org"]


def test_an_edited_file_is_not_mailed_to_everybody_once_more(
    office: Office, tmp_path: Path
) -> None:
    post(tmp_path, TEXT)
    assert refused(tmp_path, TEXT.replace("cars", "buses")) == (
        "letter.md:2: title: a letter with this title and date is posted already, as "
        "/letters/parking-on-oak-avenue/, with other words. Edit that one on the staff desk, or "
        "change the title or the date."
    )
    assert Letter.objects.count() == 1


def test_a_letter_with_the_same_title_on_another_day_gets_its_own_address(
    office: Office, tmp_path: Path
) -> None:
    post(tmp_path, TEXT)
    post(tmp_path, TEXT.replace("2019-05-03", "2020-05-03"))
    assert set(Letter.objects.values_list("slug", flat=True)) == {
        "parking-on-oak-avenue",
        "parking-on-oak-avenue-2",
    }


def test_a_letter_without_a_date_is_dated_today_where_the_office_is(
    office: Office, tmp_path: Path
) -> None:
    path = tmp_path / "letter.md"
    path.write_text("---\ntitle: T\n---\nText")
    with clock.at(datetime(2026, 6, 2, 5, 0, tzinfo=UTC)):  # still June 1 in Los Angeles
        call_command("post_letter", str(path), stdout=StringIO())
    assert Letter.objects.get().dated == date(2026, 6, 1)


def test_a_letter_in_another_language_says_so(office: Office, tmp_path: Path) -> None:
    post(tmp_path, "---\ntitle: Carta\nlanguage: es\n---\nQueridos vecinos")
    assert Letter.objects.get().own_language == "es"


def test_an_unknown_topic_is_named_with_the_known_ones(office: Office, tmp_path: Path) -> None:
    assert refused(tmp_path, TEXT.replace("town-halls", "housing")) == (
        "letter.md:3: topics: there is no topic 'housing'. Known topics: legislation, town-halls."
    )
    assert Letter.objects.count() == 0


def test_with_several_offices_one_has_to_be_named(office: Office, tmp_path: Path) -> None:
    other = make_office(slug="clerk")
    assert refused(tmp_path, TEXT) == (
        "--office: say which office posts it. Known: district-4, clerk."
    )
    assert refused(tmp_path, TEXT, "--office", "mayor") == (
        "--office: there is no office 'mayor'. Known: district-4, clerk."
    )
    post(tmp_path, TEXT, "--office", "clerk")
    assert Letter.objects.get().office == other


def test_without_an_office_it_says_what_to_do(tmp_path: Path) -> None:
    assert refused(tmp_path, TEXT) == ("there is no office yet. Open /setup/, or load the demo.")


def test_a_file_that_is_not_there(office: Office) -> None:
    with pytest.raises(CommandError, match=r"^nowhere\.md: No such file or directory\.$"):
        call_command("post_letter", "nowhere.md")


def test_a_title_of_signs_alone_still_gets_an_address(office: Office, tmp_path: Path) -> None:
    post(tmp_path, "---\ntitle: ¡¿!\n---\nText")
    assert Letter.objects.get().slug == "letter"
