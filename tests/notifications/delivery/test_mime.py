"""The bytes of a message, read as a mail program reads them."""

import email
import email.policy
from email.message import EmailMessage
from typing import Any

import pytest

from events.models import Office
from notifications.delivery import mime
from notifications.message import CalendarPart, Rendered, mark
from notifications.models import Delivery
from tests.factories import NOW

WORDS = Rendered(subject="Hello", text="Hello.\n", html="<p>Hello.</p>")


def an_office(**columns: Any) -> Office:
    defaults = {"name": "Office of Ana Reyes", "slug": "reyes", "sender_address": "ana@city.gov"}
    return Office(**(defaults | columns))


def a_delivery(**columns: Any) -> Delivery:
    defaults = {"key": "fact:1:hello:7", "language": "es", "planned_at": NOW, "office": an_office()}
    return Delivery(**(defaults | columns))


def read(content: bytes) -> EmailMessage:
    message = email.message_from_bytes(content, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def built(
    rendered: Rendered = WORDS,
    *,
    bulk: bool = False,
    address: str = "x@example.org",
    **columns: Any,
) -> EmailMessage:
    return read(mime.build(a_delivery(**columns), rendered, address=address, bulk=bulk).content)


def test_standing_headers() -> None:
    message = built()
    assert dict(message.items()) == {
        "From": "Office of Ana Reyes <ana@city.gov>",
        "To": "x@example.org",
        "Subject": "Hello",
        "Date": "Mon, 01 Jun 2026 16:00:00 +0000",
        "Message-ID": message["Message-ID"],
        "Auto-Submitted": "auto-generated",
        "X-Plazuela-Key": "fact:1:hello:7",
        "MIME-Version": "1.0",
        "Content-Language": "es",
        "Content-Type": message["Content-Type"],
    }
    assert [part.get_content_type() for part in message.walk()] == [
        "multipart/alternative",
        "text/plain",
        "text/html",
    ]


def test_the_same_delivery_makes_the_same_bytes_and_another_key_another_id() -> None:
    def make(**columns: Any) -> bytes:
        delivery = a_delivery(**columns)
        return mime.build(delivery, WORDS, address="x@example.org", bulk=False).content

    assert make() == make(pk=8, attempts=3)
    assert read(make())["Message-ID"] != read(make(key="fact:2:hello:7"))["Message-ID"]


def test_mail_about_one_rsvp_is_one_thread() -> None:
    first, second = built(rsvp_id=4), built(rsvp_id=4, key="fact:2:hello:7")
    assert first["References"] == second["References"] == "<rsvp.4@testserver>"
    assert built(claim_id=4)["References"] == "<claim.4@testserver>"


def test_an_office_without_a_sender_writes_under_its_name_from_the_default_address(
    settings: Any,
) -> None:
    settings.DEFAULT_FROM_EMAIL = "Plazuela <no-reply@calendar.city.gov>"
    message = built(office=an_office(sender_address="", reply_to="desk@city.gov"))
    assert message["From"] == "Office of Ana Reyes <no-reply@calendar.city.gov>"
    assert message["Reply-To"] == "desk@city.gov"
    assert built(office=None)["From"] == "Plazuela <no-reply@calendar.city.gov>"


def test_bulk_mail_names_its_list_and_the_way_out_on_one_line_each() -> None:
    url = "https://calendar.city.gov/unsubscribe/" + "1.2.abcdefghij" * 20 + "/"
    rendered = Rendered(subject="Hello", text="Hello.", html="<p>", unsubscribe_url=url)
    content = mime.build(a_delivery(), rendered, address="x@example.org", bulk=True).content
    lines = content.decode().split("\r\n")
    assert f"List-Unsubscribe: <{url}>" in lines
    assert "List-Unsubscribe-Post: List-Unsubscribe=One-Click" in lines
    assert 'List-Id: "Office of Ana Reyes" <reyes.testserver>' in lines


def test_bulk_mail_without_a_way_out_is_not_written() -> None:
    with pytest.raises(ValueError, match="no way to unsubscribe"):
        built(bulk=True)


def test_the_calendar_part_comes_last_and_arrives_byte_for_byte() -> None:
    content = b"BEGIN:VCALENDAR\r\nSUMMARY:Reuni\xc3\xb3n\r\nEND:VCALENDAR\r\n"
    message = built(
        Rendered(subject="s", text="t", html="h", calendar=CalendarPart(content, "REQUEST"))
    )
    *_others, part = message.iter_parts()
    assert part.get_content_type() == "text/calendar"
    assert (part.get_param("method"), part.get_content_charset()) == ("REQUEST", "utf-8")
    assert part.get_payload(decode=True) == content


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("Reunión — ¿quién? ñandú 🎉 " * 8, ("Reunión — ¿quién? ñandú 🎉 " * 8).strip()),
        ("Hello\r\nBcc: all@example.org", "Hello Bcc: all@example.org"),
        ("nul \x00 and \x1b escape", "nul and escape"),
        ("a lone \ud83d surrogate", "a lone surrogate"),
        (f"You {'are on the list for it ' * 3}", f"You {'are on the list for it ' * 3}".strip()),
    ],
)
def test_a_subject_arrives_as_one_harmless_line(given: str, shown: str) -> None:
    message = built(Rendered(subject=given, text="t", html="h"))
    assert message["Subject"] == shown
    assert message["Bcc"] is None


def test_every_line_is_ascii_and_short_enough_for_any_server() -> None:
    rendered = Rendered(
        subject="ñ" * 300,
        text="ñandú " * 500 + "\n.\nFrom the office\n" + "x" * 3000 + "\ud83d",
        html="<p>" + "á" * 3000,
    )
    content = mime.build(
        a_delivery(office=an_office(name='Oficina "Ñ" ' * 10)),
        rendered,
        address="x@münchen.example",
        bulk=False,
    ).content
    assert content.isascii()
    assert max(len(line) for line in content.split(b"\r\n")) <= 998
    assert b"\n" not in content.replace(b"\r\n", b"")
    assert read(content)["To"] == "x@xn--mnchen-3ya.example"
    (text, _html) = read(content).iter_parts()
    written = text.get_content().replace("\r\n", "\n")
    assert written == rendered.text.replace("\ud83d", "?") + "\n"


def test_the_copies_of_one_draft_differ_in_what_is_one_readers_alone() -> None:
    link = mark("link")
    rendered = Rendered(
        subject="Año nuevo",
        text=f"Ñandú & {'a long line ' * 20}\nStop: {link}\n",
        html=f'<p>Ñandú</p><a href="{link}">Stop</a>\n',
        unsubscribe_url=link,
    )
    draft = mime.Draft(a_delivery(), rendered, bulk=True)

    def read_copy(number: int) -> EmailMessage:
        own = {"link": f"https://city.gov/stop/{number}/?a=1&b=2"}
        delivery = a_delivery(key=f"letter:1:{number}")
        copy = draft.copy(delivery, address=f"r{number}@example.org", own=own)
        alone = mime.build(
            delivery, rendered.for_reader(own), address=f"r{number}@example.org", bulk=True
        )
        assert copy.content == alone.content
        return read(copy.content)

    first, second = read_copy(1), read_copy(2)
    different = {name for name in first if first[name] != second[name]}
    assert different == {"To", "Message-ID", "X-Plazuela-Key", "Content-Type", "List-Unsubscribe"}
    for number, message in ((1, first), (2, second)):
        text, html = message.iter_parts()
        url = f"https://city.gov/stop/{number}/?a=1&b=2"
        assert message["List-Unsubscribe"] == f"<{url}>"
        assert text.get_content().splitlines()[1] == f"Stop: {url}"
        assert f'href="https://city.gov/stop/{number}/?a=1&amp;b=2"' in html.get_content()
