"""What is done with a letter after it went up, and what the public reads of it."""

import json
import xml.etree.ElementTree as ET
from datetime import date, timedelta

import pytest
from django.test import Client

from events.errors import Refused
from events.models import AuditEntry, Office
from notifications.letters.actions import edit_letter
from notifications.letters.posted import (
    pause_letter,
    resume_letter,
    retract_letter,
    set_outcome,
)
from notifications.models import Delivery, Letter
from tests.factories import NOW, make_office, make_topic
from tests.notifications.mailing import make_letter, make_reader, plan
from tests.pages import page

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(hours=1)
ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture
def office() -> Office:
    return make_office()


@pytest.fixture
def letter(office: Office) -> Letter:
    return make_letter(
        office, translations={"es": {"title": "Autos en la calle", "body": "Estimada directora:"}}
    )


def facts() -> list[str]:
    found = AuditEntry.objects.filter(action__startswith="letter.").order_by("pk")
    return list(found.values_list("action", flat=True))[2:]


# --- Pause ---------------------------------------------------------------------------------------


def test_a_pause_and_its_end_are_one_fact_each(letter: Letter) -> None:
    for _ in range(2):
        assert pause_letter(letter_id=letter.pk, now=LATER).paused_at == LATER
    for _ in range(2):
        assert resume_letter(letter_id=letter.pk, now=LATER).paused_at is None
    assert facts() == ["letter.paused", "letter.resumed"]


def test_a_pause_changes_nothing_that_the_public_reads(letter: Letter) -> None:
    paused = pause_letter(letter_id=letter.pk, now=LATER)
    assert (paused.revision, paused.updated_at) == (letter.revision, letter.updated_at)


def test_only_what_is_posted_and_mailed_is_paused(office: Office) -> None:
    draft = make_letter(office, post=False)
    silent = make_letter(office, mails=False)
    for row in (draft, silent):
        assert not pause_letter(letter_id=row.pk, now=LATER).is_paused


# --- Retraction ----------------------------------------------------------------------------------


def test_a_letter_is_taken_back_once_and_with_a_reason(letter: Letter) -> None:
    with pytest.raises(Refused, match="Say why"):
        retract_letter(letter_id=letter.pk, reason="  ", now=LATER)
    retract_letter(letter_id=letter.pk, reason="A number was wrong.", now=LATER)
    again = retract_letter(letter_id=letter.pk, reason="Another.", now=LATER)
    assert (again.retracted_at, again.retraction_reason) == (LATER, "A number was wrong.")
    assert (again.revision, again.was_changed) == (2, False)
    assert facts() == ["letter.retracted"]


def test_a_draft_cannot_be_taken_back(office: Office) -> None:
    draft = make_letter(office, post=False)
    with pytest.raises(Refused, match="not public"):
        retract_letter(letter_id=draft.pk, reason="Why not", now=LATER)


def test_the_mail_of_a_paused_letter_does_not_wait_for_ever_when_it_is_taken_back(
    letter: Letter,
) -> None:
    pause_letter(letter_id=letter.pk, now=LATER)
    assert not retract_letter(letter_id=letter.pk, reason="Wrong.", now=LATER).is_paused


def test_what_is_taken_back_before_it_was_planned_is_mailed_to_nobody(office: Office) -> None:
    topic = make_topic("housing")
    make_reader(office, [topic])
    letter = make_letter(office, topics=[topic])
    retract_letter(letter_id=letter.pk, reason="Wrong.", now=LATER)
    plan()
    assert Delivery.objects.filter(letter_id=letter.pk).count() == 0


def test_what_is_taken_back_is_not_edited(letter: Letter) -> None:
    retract_letter(letter_id=letter.pk, reason="Wrong.", now=LATER)
    with pytest.raises(Refused, match="taken back"):
        edit_letter(letter_id=letter.pk, changes={"body": "New"}, now=LATER)
    with pytest.raises(Refused, match="not public"):
        set_outcome(letter_id=letter.pk, outcome="Done", on=date(2026, 6, 2), now=LATER)


def test_the_page_of_a_letter_that_was_taken_back_gives_the_reason_and_not_the_text(
    client: Client, letter: Letter
) -> None:
    set_outcome(letter_id=letter.pk, outcome="She said yes", on=date(2026, 6, 1), now=NOW)
    retract_letter(letter_id=letter.pk, reason="A number was wrong.", now=LATER)
    answer = client.get(letter.get_absolute_url())
    shown = page(answer)
    assert letter.title in shown.text
    assert "The office took this letter back on June 1, 2026 A number was wrong." in shown.text
    for gone in ("count the cars", "Helen Park", "Ana Rivera", "She said yes"):
        assert gone not in answer.content.decode()
    assert "A number was wrong." in page(client.get(f"/es{letter.get_absolute_url()}")).text


def test_the_list_marks_it_and_the_first_page_leaves_it_out(client: Client, letter: Letter) -> None:
    assert letter.title in page(client.get("/")).text
    retract_letter(letter_id=letter.pk, reason="A number was wrong.", now=LATER)
    assert "Taken back" in page(client.get("/letters/")).text
    assert letter.title not in page(client.get("/")).text


def test_the_feed_keeps_an_entry_that_says_so(client: Client, letter: Letter) -> None:
    before = client.get("/letters/feed.atom")
    retract_letter(letter_id=letter.pk, reason="A <number> was wrong.", now=LATER)
    after = client.get("/letters/feed.atom", headers={"If-None-Match": before["ETag"]})
    assert after.status_code == 200
    (entry,) = ET.fromstring(after.content).iter(f"{ATOM}entry")
    assert entry.findtext(f"{ATOM}id") == letter.uid.urn
    assert entry.findtext(f"{ATOM}title") == f"Taken back: {letter.title}"
    assert entry.findtext(f"{ATOM}content") == (
        "<p>The office took this letter back on June 1, 2026. "
        "The reason: A &lt;number&gt; was wrong.</p>"
    )
    assert entry.findtext(f"{ATOM}updated") == "2026-06-01T17:00:00+00:00"


def test_the_api_keeps_it_marked_and_without_its_text(client: Client, letter: Letter) -> None:
    retract_letter(letter_id=letter.pk, reason="A number was wrong.", now=LATER)
    (row,) = client.get("/api/v1/letters").json()["items"]
    assert row["retracted_at"] == "2026-06-01T17:00:00Z"
    detail = client.get(f"/api/v1/letters/{letter.slug}").json()
    assert (detail["body"], detail["retraction_reason"]) == ("", "A number was wrong.")


# --- Outcome -------------------------------------------------------------------------------------


def test_an_outcome_has_a_day_and_raises_the_revision(letter: Letter) -> None:
    with pytest.raises(Refused, match="day of the outcome"):
        set_outcome(letter_id=letter.pk, outcome="Reply received", on=None, now=LATER)
    given = set_outcome(
        letter_id=letter.pk, outcome="Reply received", on=date(2026, 6, 1),
        translations={"es": "Respuesta recibida"}, now=LATER,
    )  # fmt: skip
    assert (given.revision, given.updated_at, given.was_changed) == (2, LATER, False)
    assert given.outcome_in("es") == ("Respuesta recibida", "es")
    assert facts() == ["letter.outcome_set"]


def test_the_same_outcome_again_is_no_fact_and_an_empty_one_takes_it_away(letter: Letter) -> None:
    for _ in range(2):
        set_outcome(
            letter_id=letter.pk, outcome="Reply received", on=date(2026, 6, 1),
            translations={"es": "Respuesta recibida"}, now=LATER,
        )  # fmt: skip
    assert facts() == ["letter.outcome_set"]
    gone = set_outcome(letter_id=letter.pk, outcome="", on=date(2026, 6, 1), now=LATER)
    assert (gone.outcome, gone.outcome_on, gone.revision) == ("", None, 3)
    assert gone.outcome_in("es") == ("", "en")


def test_an_outcome_is_on_page_list_feed_and_api(client: Client, letter: Letter) -> None:
    set_outcome(
        letter_id=letter.pk, outcome="She will **count** them.", on=date(2026, 6, 1),
        translations={"es": "Los va a contar."}, now=LATER,
    )  # fmt: skip
    html = client.get(letter.get_absolute_url()).content.decode()
    assert "She will <strong>count</strong> them." in html
    assert (
        "What came of it, June 1, 2026 : She will count them." in page(client.get("/letters/")).text
    )
    assert "Los va a contar." in page(client.get(f"/es{letter.get_absolute_url()}")).text
    feed = client.get("/letters/feed.atom?lang=es").content.decode()
    assert "Los va a contar." in feed
    detail = client.get(f"/api/v1/letters/{letter.slug}").json()
    assert (detail["outcome"], detail["outcome_on"]) == ("She will **count** them.", "2026-06-01")
    assert json.loads(client.get("/api/v1/letters?lang=es").content)["items"][0]["outcome_on"]
