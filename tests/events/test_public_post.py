"""What is no form at all is the sender's fault (400), and nobody else's."""

import pytest
from django.test import Client

from tests.factories import make_event, make_office

pytestmark = pytest.mark.django_db

FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        (f"{FORM}; charset=utf-16", "name=Ana".encode("utf-16")),
        ("multipart/form-data", b"no boundary"),
        (FORM, b"&".join(b"field%d=1" % n for n in range(1001))),
        (FORM, b"name=" + b"a" * 3_000_000),
    ],
)
def test_a_body_that_is_no_form_is_400_and_no_failure_of_ours(
    content_type: str, body: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    event = make_event(make_office())
    client = Client(raise_request_exception=False)
    for path in (event.get_absolute_url() + "rsvp/", "/subscribe/", "/me/", "/unsubscribe/x/"):
        answer = client.generic("POST", path, body, content_type=content_type)
        assert answer.status_code == 400, path
    assert "A public form failed" not in caplog.text
