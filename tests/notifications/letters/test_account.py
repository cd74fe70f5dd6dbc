"""Who got a letter, who did not, and why: on the desk, while it goes out and afterwards."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from events.models import Office
from notifications.delivery import folding
from notifications.delivery.suppression import suppress
from notifications.letters.account import account_of, code_of, people, reasons
from notifications.letters.posted import pause_letter, retract_letter, set_outcome
from notifications.letters.staff_posted import WORDS
from notifications.models import Delivery, DeliveryState, Letter
from notifications.models.delivery import OPEN, DeliveryCount
from notifications.subscriptions.actions import unsubscribe
from tests import clock
from tests.factories import NOW, make_office, make_staff, make_topic
from tests.notifications.mailing import make_letter, make_reader, plan
from tests.pages import page

pytestmark = pytest.mark.django_db

NO_SUCH = "RCPT: 550 5.1.1 No such user here (session 17)"
NO_SUCH_EITHER = "RCPT: 550 5.1.1 No such user here (session 18)"


@pytest.fixture
def office() -> Office:
    return make_office()


@pytest.fixture
def letter(office: Office) -> Letter:
    """A letter with ten readers, planned and not begun."""
    topic = make_topic("housing")
    for number in range(10):
        make_reader(office, [topic], email=f"reader{number}@example.org")
    letter = make_letter(office, topics=[topic])
    plan()
    return letter


@pytest.fixture
def desk(client: Client, office: Office) -> Client:
    client.force_login(make_staff(office))
    return client


def end(letter: Letter, state: str, count: int, error: str = "", **columns: object) -> None:
    """Let the next ``count`` copies that are due end like this."""
    due = Delivery.objects.filter(letter_id=letter.pk, state="due").order_by("pk")[:count]
    Delivery.objects.filter(pk__in=[row.pk for row in due]).update(
        state=state, error=error, **({"finished_at": NOW} | columns)
    )


# --- Counting ------------------------------------------------------------------------------------


def test_every_state_is_in_the_account_and_has_its_words() -> None:
    ends = {str(state.value) for state in DeliveryState} - set(OPEN)
    assert set(WORDS) == ends | {"waiting", "bounced", "complained"}


def test_the_account_counts_what_is_done_and_what_is_left(letter: Letter) -> None:
    end(letter, "accepted", 3)
    end(letter, "failed", 1, NO_SUCH)
    found = account_of(letter, NOW)
    assert (found.total, found.done, found.left, found.is_planning) == (10, 4, 6, False)


def test_the_rate_is_of_the_last_minutes_and_says_when_it_will_be_done(letter: Letter) -> None:
    end(letter, "accepted", 1, finished_at=NOW - timedelta(hours=1))
    end(letter, "accepted", 1, finished_at=NOW - timedelta(minutes=2))
    end(letter, "accepted", 5, finished_at=NOW)
    found = account_of(letter, NOW)
    assert found.rate == 3.0
    assert found.ends_at == NOW + timedelta(minutes=1)


def test_two_copies_in_a_second_are_no_rate_of_a_hundred(letter: Letter) -> None:
    end(letter, "accepted", 2)
    assert account_of(letter, NOW).rate == 2.0


def test_nobody_can_say_when_it_will_be_done_while_nothing_goes_out(letter: Letter) -> None:
    found = account_of(letter, NOW)
    assert (found.rate, found.ends_at) == (0.0, None)


def test_a_letter_that_is_still_being_planned_says_so(office: Office) -> None:
    topic = make_topic("trees")
    make_reader(office, [topic])
    letter = make_letter(office, topics=[topic])
    found = account_of(letter, NOW)
    assert (found.is_planning, found.is_under_way, found.total) == (True, True, 0)


def test_what_was_folded_is_still_counted(letter: Letter) -> None:
    end(letter, "accepted", 10)
    DeliveryCount.objects.create(
        message="letter_posted", letter_id=letter.pk, state="accepted", month=date(2026, 3, 1),
        count=40,
    )  # fmt: skip
    found = account_of(letter, NOW)
    assert (found.counts["accepted"], found.folded) == (50, 40)


def test_what_came_back_later_is_told_beside_the_states(desk: Client, letter: Letter) -> None:
    half_an_hour = NOW + timedelta(minutes=30)
    end(
        letter, "accepted", 4, bounced_at=half_an_hour, bounce="hard",
        bounce_words="550 no such user",
    )  # fmt: skip
    end(letter, "accepted", 2, complained_at=NOW)
    end(letter, "accepted", 4)
    found = account_of(letter, NOW)
    assert (found.total, found.counts["accepted"]) == (10, 10)
    assert (found.bounced, found.complained) == (4, 2)
    shown = page(desk.get(f"/staff/letters/{letter.pk}/account/"))
    assert "Came back later 4" in shown.text
    assert "Complaints 2" in shown.text
    people = page(desk.get(f"/staff/letters/{letter.pk}/account/bounced/"))
    assert people.text.count("there is no such mailbox") == 4
    assert people.text.count("9:30 a.m. PDT") == 4
    assert "550 no such user" in people.text
    with clock.at(NOW):
        Delivery.objects.update(planned_at=NOW - folding.KEPT - timedelta(days=1))
        assert folding.fold_some(NOW) == 10
    found = account_of(letter, NOW)
    assert (found.folded, found.bounced, found.complained) == (10, 4, 2)


def test_answers_that_mean_the_same_are_one_class(letter: Letter) -> None:
    end(letter, "failed", 2, NO_SUCH)
    end(letter, "failed", 1, NO_SUCH_EITHER)
    end(letter, "failed", 1, "content: 554 5.7.1 Looks like spam")
    assert [(one.code, one.count, one.words) for one in reasons(letter, "failed")] == [
        ("RCPT: 550 5.1.1", 3, NO_SUCH),
        ("content: 554 5.7.1", 1, "content: 554 5.7.1 Looks like spam"),
    ]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (NO_SUCH, "RCPT: 550 5.1.1"),
        ("RCPT: 550 no such user", "RCPT: 550"),
        ("RCPT: 5501 is no code", "RCPT: 5501 is no code"),
        ("after the final dot: timed out", "after the final dot: timed out"),
        ("the address must not be written to", "the address must not be written to"),
    ],
)
def test_the_class_of_an_error(error: str, code: str) -> None:
    assert code_of(error) == code


# --- The page ------------------------------------------------------------------------------------


def test_the_page_shows_progress_while_it_goes_out(desk: Client, letter: Letter) -> None:
    end(letter, "accepted", 4)
    end(letter, "retry", 1, "RCPT: 450 4.2.1 Come back later", finished_at=None)
    with clock.at(NOW):
        answer = desk.get(f"/staff/letters/{letter.pk}/account/")
    text = page(answer).text
    assert "4 of 10 done" in text
    assert "4 a minute" in text
    assert "RCPT: 450 4.2.1 Come back later" in text
    assert "Pause" in text
    html = answer.content.decode()
    assert "data-progress" in html
    assert "progress.js" in html


def test_afterwards_the_page_is_the_account(desk: Client, letter: Letter) -> None:
    end(letter, "accepted", 5)
    end(letter, "failed", 2, NO_SUCH)
    end(letter, "unknown", 1, "after the final dot: timed out")
    end(letter, "suppressed", 1, "the address must not be written to")
    end(letter, "superseded", 1, "it is no longer true")
    answer = desk.get(f"/staff/letters/{letter.pk}/account/")
    shown = page(answer)
    for words in ("5 Accepted", "2 Failed", "1 Unknown", "1 Not written to", "1 No longer wanted"):
        assert words in shown.text
    assert "Given up" not in shown.text
    assert f"2 people : {NO_SUCH}" in shown.text
    assert "data-progress" not in answer.content.decode()
    assert f"/staff/letters/{letter.pk}/resend/failed/" in shown.links
    assert f"/staff/letters/{letter.pk}/resend/unknown/" in shown.links


def test_the_people_of_a_state_are_listed_page_by_page(desk: Client, letter: Letter) -> None:
    end(letter, "accepted", 8)
    end(letter, "failed", 2, NO_SUCH)
    path = f"/staff/letters/{letter.pk}/account"
    failed = page(desk.get(f"{path}/failed/")).text
    assert "reader8@example.org" in failed
    assert "reader7@example.org" not in failed
    assert NO_SUCH in failed
    second = page(desk.get(f"{path}/accepted/?limit=5&offset=5")).text
    assert "reader5@example.org" in second
    assert "reader4@example.org" not in second
    assert "6–8 of 8" in second
    assert "Nobody" in page(desk.get(f"{path}/unknown/")).text
    assert desk.get(f"{path}/nothing/").status_code == 404


def test_the_people_behind_one_answer(desk: Client, letter: Letter) -> None:
    end(letter, "failed", 1, NO_SUCH)
    end(letter, "failed", 1, "RCPT: 550 5.1.10 Elsewhere")
    shown = page(desk.get(f"/staff/letters/{letter.pk}/account/failed/?code=RCPT: 550 5.1.1")).text
    assert "reader0@example.org" in shown
    assert "reader1@example.org" not in shown


def test_the_people_behind_a_bare_code_are_not_those_behind_a_finer_one(letter: Letter) -> None:
    end(letter, "failed", 4, NO_SUCH)
    end(letter, "failed", 2, "RCPT: 550 No thanks")
    for reason in reasons(letter, "failed"):
        assert people(letter, "failed", code=reason.code).count() == reason.count
    assert [(one.code, one.count) for one in reasons(letter, "failed")] == [
        ("RCPT: 550 5.1.1", 4), ("RCPT: 550", 2),
    ]  # fmt: skip


def test_what_we_say_ourselves_is_said_in_the_language_of_the_page(
    desk: Client, letter: Letter, office: Office
) -> None:
    end(letter, "superseded", 1, "it is no longer true")
    end(letter, "failed", 1, NO_SUCH)
    of = f"/es/staff/letters/{letter.pk}/account"
    assert "ya no es cierto" in page(desk.get(f"{of}/superseded/")).text
    assert NO_SUCH in page(desk.get(f"{of}/failed/")).text


def test_the_page_costs_the_same_for_three_readers_and_for_ten(
    desk: Client, letter: Letter, office: Office
) -> None:
    few = make_letter(office, title="Trees", topics=[make_topic("trees")])
    end(letter, "accepted", 10)
    counts = []
    for one in (few, letter):
        plan()
        with CaptureQueriesContext(connection) as queries:
            desk.get(f"/staff/letters/{one.pk}/account/")
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_only_the_offices_own_staff_see_who_got_it(client: Client, letter: Letter) -> None:
    client.force_login(make_staff(make_office()))
    for path in ("account/", "account/accepted/", "resend/failed/", "retract/", "outcome/"):
        assert client.get(f"/staff/letters/{letter.pk}/{path}").status_code == 404
    for path in ("pause/", "resume/", "resend/failed/", "retract/", "outcome/"):
        assert client.post(f"/staff/letters/{letter.pk}/{path}").status_code == 404


def test_an_editor_looks_and_does_nothing(client: Client, letter: Letter, office: Office) -> None:
    client.force_login(make_staff(office, role="editor"))
    end(letter, "failed", 1, NO_SUCH)
    answer = client.get(f"/staff/letters/{letter.pk}/account/")
    shown = page(answer)
    assert "1 of 10 done" in shown.text
    assert not [link for link in shown.links if "resend" in link or "retract" in link]
    for path in ("pause/", "resume/", "resend/failed/", "retract/", "outcome/"):
        assert client.post(f"/staff/letters/{letter.pk}/{path}").status_code == 403


def test_a_draft_has_no_account(desk: Client, office: Office) -> None:
    draft = make_letter(office, post=False)
    path = f"/staff/letters/{draft.pk}"
    assert desk.get(f"{path}/account/")["Location"] == f"{path}/"
    assert desk.get(f"{path}/account/failed/").status_code == 404


def test_a_letter_without_mail_says_so(desk: Client, office: Office) -> None:
    silent = make_letter(office, mails=False)
    assert "Nobody was written to." in page(desk.get(f"/staff/letters/{silent.pk}/account/")).text


# --- Pause, resend -------------------------------------------------------------------------------


def test_the_rest_of_the_mail_waits_and_goes_on(desk: Client, letter: Letter) -> None:
    path = f"/staff/letters/{letter.pk}"
    assert desk.get(f"{path}/pause/").status_code == 405
    assert desk.post(f"{path}/pause/")["Location"] == f"{path}/account/"
    letter.refresh_from_db()
    assert letter.is_paused
    assert "what has not gone out waits" in page(desk.get(f"{path}/account/")).text
    desk.post(f"{path}/resume/")
    letter.refresh_from_db()
    assert not letter.is_paused


@pytest.mark.parametrize("state", ["failed", "unknown", "expired"])
def test_only_those_are_sent_to_again_and_only_after_a_question(
    desk: Client, letter: Letter, state: str
) -> None:
    other = "unknown" if state == "failed" else "failed"
    end(letter, "accepted", 6)
    end(letter, state, 3, NO_SUCH)
    end(letter, other, 1)
    path = f"/staff/letters/{letter.pk}/resend/{state}/"
    asked = page(desk.get(path))
    assert "3 people get it again, and nobody else." in asked.text
    assert account_of(letter, NOW).counts[state] == 3
    desk.post(path)
    assert account_of(letter, NOW).counts == {"accepted": 6, other: 1, "due": 3}
    again = desk.post(path)
    assert again["Location"] == f"/staff/letters/{letter.pk}/account/"
    assert account_of(letter, NOW).counts["due"] == 3


def test_who_would_not_get_it_stays_in_the_account_with_the_reason(
    desk: Client, letter: Letter, office: Office
) -> None:
    end(letter, "failed", 3, NO_SUCH)
    end(letter, "accepted", 7)
    failed = [row.person for row in Delivery.objects.filter(state="failed").order_by("pk")]
    for person, stop in zip(failed, ("bounced", "gone"), strict=False):
        assert person is not None
        if stop == "gone":
            unsubscribe(person_id=person.pk, office_id=office.pk, now=NOW)
        else:
            suppress(email=person.email or "", scope="all", reason=stop, now=NOW)
    path = f"/staff/letters/{letter.pk}/resend/failed/"
    asked = page(desk.get(path)).text
    assert "1 person gets it again, and nobody else." in asked
    assert "2 people are left out: their addresses get no mail, or they have" in asked
    desk.post(path)
    assert account_of(letter, NOW).counts == {"accepted": 7, "failed": 2, "due": 1}
    assert set(Delivery.objects.filter(state="failed").values_list("error", flat=True)) == {NO_SUCH}
    nobody = page(desk.post(path, follow=True)).text
    assert "There is nobody to whom it could be sent again" in nobody


def test_what_was_accepted_cannot_be_sent_again(desk: Client, letter: Letter) -> None:
    end(letter, "accepted", 10)
    assert desk.post(f"/staff/letters/{letter.pk}/resend/accepted/").status_code == 404


def test_a_letter_that_was_taken_back_is_not_sent_again(desk: Client, letter: Letter) -> None:
    end(letter, "failed", 10, NO_SUCH)
    retract_letter(letter_id=letter.pk, reason="Wrong.", now=NOW)
    assert desk.post(f"/staff/letters/{letter.pk}/resend/failed/").status_code == 404
    shown = page(desk.get(f"/staff/letters/{letter.pk}/account/"))
    assert not [link for link in shown.links if "resend" in link]


# --- Take back, outcome --------------------------------------------------------------------------


def test_taking_back_says_first_what_follows_and_asks_why(desk: Client, letter: Letter) -> None:
    end(letter, "accepted", 4)
    path = f"/staff/letters/{letter.pk}/retract/"
    asked = page(desk.get(path)).text
    assert "4 people have it by mail." in asked
    assert "6 copies have not gone out, and will not." in asked
    refused = desk.post(path, {"reason": " "})
    assert refused.status_code == 422
    assert "Say why it is taken back." in page(refused).text
    answer = desk.post(path, {"reason": "A number was wrong."})
    assert "A number was wrong." in page(desk.get(answer["Location"])).text
    assert letter.title in page(desk.get("/staff/letters/?view=retracted")).text
    assert letter.title not in page(desk.get("/staff/letters/?view=posted")).text
    edit = desk.get(f"/staff/letters/{letter.pk}/")
    assert edit["Location"] == f"/staff/letters/{letter.pk}/account/"


def test_an_outcome_is_given_in_every_language_of_the_letter(desk: Client, office: Office) -> None:
    letter = make_letter(office, translations={"es": {"title": "Autos", "body": "Hola"}})
    path = f"/staff/letters/{letter.pk}/outcome/"
    refused = desk.post(path, {"outcome": "Reply received", "on": "", "outcome_es": ""})
    assert refused.status_code == 422
    assert "Give the day of the outcome." in page(refused).text
    assert page(refused).fields["outcome"] == "Reply received"
    desk.post(
        path, {"outcome": "Reply received", "on": "2026-06-01", "outcome_es": "Hubo respuesta"}
    )
    letter.refresh_from_db()
    assert letter.outcome_on == date(2026, 6, 1)
    assert letter.outcome_in("es") == ("Hubo respuesta", "es")
    assert page(desk.get(path)).fields["outcome_es"] == "Hubo respuesta"
    desk.post(path, {"outcome": "", "on": "", "outcome_es": ""})
    letter.refresh_from_db()
    assert (letter.outcome, letter.outcome_on) == ("", None)


def test_an_outcome_takes_no_others_place_unseen(desk: Client, office: Office) -> None:
    letter = make_letter(office)
    path = f"/staff/letters/{letter.pk}/outcome/"
    opened = page(desk.get(path)).fields
    set_outcome(letter_id=letter.pk, outcome="They said no.", on=date(2026, 6, 1), now=NOW)
    mine = {"outcome": "They said yes.", "on": "2026-06-02", "revision": opened["revision"]}
    refused = desk.post(path, mine)
    assert refused.status_code == 422
    assert "as it stands now: “They said no.”" in page(refused).text
    assert Letter.objects.get().outcome == "They said no."
    desk.post(path, page(refused).fields)
    assert Letter.objects.get().outcome == "They said yes."
    # The same form once more, as a double click sends it, changes nothing and is no error.
    assert desk.post(path, page(refused).fields).status_code == 303


def test_a_paused_letter_is_marked_in_the_list(desk: Client, letter: Letter) -> None:
    pause_letter(letter_id=letter.pk, now=NOW)
    assert "paused" in page(desk.get("/staff/letters/?view=posted")).text
