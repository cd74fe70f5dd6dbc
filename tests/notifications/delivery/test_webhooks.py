"""The address at which providers report: who may, what is understood, and what it does."""

import base64
import json
import time
from typing import Any

import pytest
from django.test import Client

from notifications.models import Delivery, Suppression
from tests.clock import at
from tests.factories import make_person
from tests.notifications.delivery.kit import THEN, make_delivery
from tests.notifications.delivery.provider_reports import SECRET, brevo, mailgun, postmark

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("small_catalogue")]

ANA = "ana@example.org"


@pytest.fixture(autouse=True)
def _secret(settings: Any) -> None:
    settings.MAIL_WEBHOOK_SECRET = SECRET


@pytest.fixture
def delivery() -> Delivery:
    return make_delivery(person=make_person(ANA), state="accepted", finished_at=THEN)


def basic(secret: str = SECRET, user: str = "plazuela") -> dict[str, str]:
    given = base64.b64encode(f"{user}:{secret}".encode()).decode()
    return {"Authorization": f"Basic {given}"}


def post(provider: str, body: Any, headers: dict[str, str] | None = None) -> Any:
    return Client(enforce_csrf_checks=True).post(
        f"/mail/reports/{provider}/",
        body if isinstance(body, bytes) else json.dumps(body),
        content_type="application/json",
        headers=basic() if headers is None else headers,
    )


def bounce_of(delivery: Delivery) -> str:
    delivery.refresh_from_db()
    return delivery.bounce


@pytest.mark.parametrize("write", [postmark, mailgun, brevo])
def test_each_provider_is_understood_and_told_twice_changes_nothing(
    delivery: Delivery, write: Any
) -> None:
    with at(THEN):
        first = post(write.__name__, write(delivery))
    assert (first.status_code, first.content) == (200, b"Taken: 1\n")
    assert not first.cookies
    assert bounce_of(delivery) == "hard"
    assert Suppression.objects.get().reason == "bounced"
    before = list(Suppression.objects.values())
    again = post(write.__name__, write(delivery))
    assert (again.status_code, again.content) == (200, b"Taken: 0\n")
    assert list(Suppression.objects.values()) == before


@pytest.mark.parametrize(
    ("provider", "write", "change"),
    [
        ("postmark", postmark, {"kind": "SpamComplaint"}),
        ("mailgun", mailgun, {"event": "complained"}),
        ("brevo", brevo, {"event": "spam"}),
    ],
)
def test_a_complaint_stops_letters(
    delivery: Delivery, provider: str, write: Any, change: dict[str, str]
) -> None:
    assert post(provider, write(delivery, **change)).content == b"Taken: 1\n"
    row = Suppression.objects.get()
    assert (row.scope, row.reason) == ("bulk", "complained")
    assert bounce_of(delivery) == ""


@pytest.mark.parametrize(
    ("provider", "body", "bounce"),
    [
        # The provider's own word, where the words say no more.
        ("postmark", lambda row: postmark(row, Details=""), "hard"),
        ("postmark", lambda row: postmark(row, "SoftBounce", Details="unable to relay"), "soft"),
        ("postmark", lambda row: postmark(row, "BadEmailAddress", Details=""), "hard"),
        ("postmark", lambda row: postmark(row, "Blocked", Details="554 spam"), "refused"),
        ("postmark", lambda row: postmark(row, "ManuallyDeactivated", Details=""), "refused"),
        # Who is refused for what we are has a mailbox, whatever the provider calls it...
        ("postmark", lambda row: postmark(row, Details="smtp;550 5.7.1 blocked by policy"),
         "refused"),
        # ... and so has one that is full.
        ("postmark", lambda row: postmark(row, Details="552 5.2.2 over quota"), "soft"),
        ("mailgun", lambda row: mailgun(row, reason="generic"), "hard"),
        ("mailgun", lambda row: mailgun(row, reason="old", **{"delivery-status": {
            "message": "Too old"}}), "refused"),
        ("mailgun", lambda row: mailgun(row, reason="suppress-bounce", **{"delivery-status": {
            "code": 605, "message": "Not delivering to previously bounced address"}}), "hard"),
        ("brevo", lambda row: brevo(row, "soft_bounce", reason="452 4.2.2 mailbox full"), "soft"),
        # Only late, or no news.
        ("mailgun", lambda row: mailgun(row, severity="temporary"), ""),
        ("mailgun", lambda row: mailgun(row, "opened"), ""),
        ("brevo", lambda row: brevo(row, "delivered"), ""),
        ("brevo", lambda row: brevo(row, "deferred"), ""),
        ("postmark", lambda row: postmark(row, "Transient"), ""),
        ("postmark", lambda row: postmark(row, "AutoResponder"), ""),
    ],
)  # fmt: skip
def test_what_a_provider_calls_a_bounce(
    delivery: Delivery, provider: str, body: Any, bounce: str
) -> None:
    assert post(provider, body(delivery)).status_code == 200
    assert bounce_of(delivery) == bounce
    assert Suppression.objects.exists() is (bounce == "hard")


def test_a_message_that_is_not_ours_is_taken_and_ignored(delivery: Delivery) -> None:
    stranger = postmark(delivery, Metadata={}, MessageID="883953f4-6105-42a2-a16a-77a8eac79483")
    assert post("postmark", stranger).content == b"Taken: 0\n"
    odd = mailgun(delivery, message={"headers": {"message-id": "<=ff.\u0000@x>"}})
    assert post("mailgun", odd).status_code == 200
    assert bounce_of(delivery) == ""


@pytest.mark.parametrize(
    "headers",
    [
        {},
        basic("wrong"),
        basic(user="somebody"),
        {"Authorization": f"Bearer {SECRET}"},
        {"Authorization": "Basic %%%"},
        {"Authorization": "Basic /w=="},
    ],
)
def test_who_does_not_know_the_secret_is_refused(
    delivery: Delivery, headers: dict[str, str]
) -> None:
    answer = post("postmark", postmark(delivery), headers)
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"].startswith("Basic ")
    assert bounce_of(delivery) == ""


def test_there_is_nothing_where_no_secret_is_set(delivery: Delivery, settings: Any) -> None:
    settings.MAIL_WEBHOOK_SECRET = ""
    assert post("postmark", postmark(delivery), basic("")).status_code == 404


def test_another_sites_page_and_another_method_are_refused(delivery: Delivery) -> None:
    elsewhere = {**basic(), "Origin": "https://elsewhere.example"}
    assert post("postmark", postmark(delivery), elsewhere).status_code == 403
    assert Client().get("/mail/reports/postmark/", headers=basic()).status_code == 405
    assert bounce_of(delivery) == ""


def test_an_unknown_provider_is_told_which_are_known(delivery: Delivery) -> None:
    answer = post("pigeon", postmark(delivery))
    assert (answer.status_code, answer.content) == (404, b"Known are: brevo, mailgun, postmark\n")


@pytest.mark.parametrize("provider", ["postmark", "mailgun", "brevo"])
@pytest.mark.parametrize(
    "body",
    [b"", b"hunter2@example.org", b"[]", b"\xff", b"{}", b"[1]", b'{"hunter2":' * 100_000],
    ids=lambda body: repr(body[:20]),
)
def test_what_cannot_be_read_is_no_fault_of_ours(
    provider: str, body: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    assert post(provider, body).status_code in (200, 400)
    assert "hunter2" not in caplog.text


@pytest.mark.parametrize("odd", ["\0", "\ud800"])
def test_words_that_no_database_takes_do_not_make_a_report_come_back_for_ever(
    delivery: Delivery, odd: str
) -> None:
    report = postmark(delivery, Email=f"{odd}{ANA}", Details=f"550 5.1.1 No{odd} such user")
    assert post("postmark", report).content == b"Taken: 1\n"
    assert bounce_of(delivery) == "hard"
    assert "such user" in delivery.bounce_words


def test_the_words_of_a_hostile_server_take_no_time(delivery: Delivery) -> None:
    long = "a" * 400_000
    report = postmark(delivery, Details=f"550 5.1.1 {long} {long}@example.org")
    started = time.perf_counter()
    assert post("postmark", report).content == b"Taken: 1\n"
    # From each of its letters on, it took minutes.
    assert time.perf_counter() - started < 5


def test_a_report_that_could_not_be_written_comes_again(
    delivery: Delivery, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: Any, **kwargs: Any) -> None:
        raise OSError("the database is away")

    client = Client(raise_request_exception=False)
    with monkeypatch.context() as patch:
        patch.setattr("notifications.delivery.suppression.write", fail)
        answer = client.post(
            "/mail/reports/postmark/", json.dumps(postmark(delivery)),
            content_type="application/json", headers=basic(),
        )  # fmt: skip
    assert answer.status_code == 500
    assert bounce_of(delivery) == ""
    assert post("postmark", postmark(delivery)).content == b"Taken: 1\n"
    assert Suppression.objects.get().reason == "bounced"
