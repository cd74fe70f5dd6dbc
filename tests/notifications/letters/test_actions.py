"""Writing, editing and posting letters."""

from datetime import date, timedelta

import pytest

from events.errors import Refused
from events.models import AuditEntry, Outbox
from notifications.letters.actions import delete_draft, edit_letter, post_letter
from notifications.models import Letter
from tests.factories import NOW, make_office, make_staff, make_topic
from tests.notifications.mailing import make_letter

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(hours=1)


def facts() -> list[str]:
    return list(
        AuditEntry.objects.filter(action__startswith="letter.")
        .order_by("pk")
        .values_list("action", flat=True)
    )


def test_a_draft_is_not_public() -> None:
    letter = make_letter(make_office(), post=False)
    assert not letter.is_posted
    assert list(Letter.objects.posted()) == []
    assert facts() == ["letter.created"]


def test_posting_a_draft_is_one_fact_with_who_did_it() -> None:
    office = make_office()
    staff = make_staff(office)
    letter = make_letter(office, post=False)
    post_letter(letter_id=letter.pk, mails=True, now=LATER, actor=staff)
    entry = AuditEntry.objects.get(action="letter.posted")
    assert (entry.staff, entry.office_id, entry.at) == (staff, office.pk, LATER)
    assert entry.subjects == {"letter": letter.pk, "mails": True}
    letter.refresh_from_db()
    assert letter.posted_at == letter.updated_at == LATER
    assert not letter.was_changed


def test_posting_twice_posts_once() -> None:
    letter = make_letter(make_office(), post=False)
    post_letter(letter_id=letter.pk, mails=False, now=NOW)
    before = Outbox.objects.count()
    again = post_letter(letter_id=letter.pk, mails=True, now=LATER)
    assert (again.posted_at, again.mails) == (NOW, False)
    assert facts().count("letter.posted") == 1
    assert Outbox.objects.count() == before


def test_an_edit_of_a_posted_letter_keeps_its_address_and_shows_when() -> None:
    letter = make_letter(make_office())
    edited = edit_letter(letter_id=letter.pk, changes={"title": "Trees"}, now=LATER)
    assert edited.slug == "parking-on-oak-avenue"
    assert edited.get_absolute_url() == "/letters/parking-on-oak-avenue/"
    assert (edited.revision, edited.updated_at, edited.posted_at) == (2, LATER, NOW)
    assert edited.was_changed


def test_an_edit_that_changes_nothing_is_no_fact() -> None:
    topic = make_topic()
    letter = make_letter(
        make_office(), topics=[topic], translations={"es": {"title": "Autos", "body": "Hola"}}
    )
    same = {
        "title": letter.title,
        "dated": letter.dated,
        "language": "en",
        "topics": [topic],
        "translations": {"es": {"title": "Autos", "body": "Hola"}},
    }
    edit_letter(letter_id=letter.pk, changes=same, now=LATER)
    letter.refresh_from_db()
    assert (letter.revision, letter.updated_at) == (1, NOW)
    assert "letter.edited" not in facts()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("body", "Other words."),
        ("dated", date(2026, 1, 1)),
        ("signatories", "Nobody"),
        ("addressees", ""),
        ("topics", []),
        ("translations", {}),
        ("translations", {"es": {"title": "Autos", "body": "Adiós"}}),
    ],
)
def test_every_change_raises_the_revision(field: str, value: object) -> None:
    letter = make_letter(
        make_office(), topics=[make_topic()], translations={"es": {"title": "Autos", "body": "A"}}
    )
    edited = edit_letter(letter_id=letter.pk, changes={field: value}, now=LATER)
    assert (edited.revision, edited.updated_at) == (2, LATER)
    entry = AuditEntry.objects.get(action="letter.edited")
    assert list(entry.changes) == [field]


def test_the_text_of_a_letter_is_in_no_audit_entry() -> None:
    letter = make_letter(make_office())
    edit_letter(letter_id=letter.pk, changes={"body": "A secret draft"}, now=LATER)
    assert AuditEntry.objects.get(action="letter.edited").changes == {"body": None}


def test_a_letter_that_a_colleague_saved_meanwhile_is_refused_and_kept() -> None:
    letter = make_letter(make_office(), post=False)
    edit_letter(letter_id=letter.pk, changes={"title": "Theirs"}, revision=1, now=LATER)
    with pytest.raises(Refused) as refused:
        edit_letter(
            letter_id=letter.pk,
            changes={"title": "Mine", "topics": [make_topic()]},
            revision=1,
            now=LATER,
        )
    assert refused.value.code == "changed_meanwhile"
    letter.refresh_from_db()
    assert letter.title == "Theirs"
    assert list(letter.topics.all()) == []


def test_a_version_without_a_title_is_taken_away() -> None:
    letter = make_letter(make_office(), translations={"es": {"title": "Autos", "body": "Hola"}})
    assert letter.version_languages() == ["en", "es"]
    edit_letter(
        letter_id=letter.pk, changes={"translations": {"es": {"title": "", "body": ""}}}, now=LATER
    )
    assert Letter.objects.get().version_languages() == ["en"]


def test_only_drafts_can_be_thrown_away() -> None:
    posted, unposted = make_letter(make_office()), make_letter(make_office(), post=False)
    delete_draft(letter_id=unposted.pk, now=LATER)
    with pytest.raises(Refused) as refused:
        delete_draft(letter_id=posted.pk, now=LATER)
    assert refused.value.code == "letter_posted"
    assert list(Letter.objects.all()) == [posted]
    assert facts()[-1] == "letter.deleted"


def test_letters_are_listed_by_the_date_on_them() -> None:
    """Twenty years of letters that come in today do not push this week's off the page."""
    office = make_office()
    new = make_letter(office, title="New", dated=date(2026, 5, 30))
    old = make_letter(office, title="Old", dated=date(2006, 5, 30), mails=False, now=LATER)
    assert list(Letter.objects.posted()) == [new, old]


def test_a_letter_falls_back_to_its_own_language() -> None:
    letter = make_letter(
        make_office(), language="es", translations={"en": {"title": "Cars", "body": "Hello"}}
    )
    assert letter.shown_language("en") == "en"
    assert letter.in_language("en").title == "Cars"
    assert letter.shown_language("vi") == "es"
    assert letter.in_language("vi") == letter
