"""Which addresses a form takes: those that a mail server can be given."""

import pytest
from django.core.exceptions import ValidationError

from events.address_field import AddressField
from notifications.delivery.mime import ascii_address


@pytest.mark.parametrize(
    "address",
    [
        "ana+town-hall@example.org",
        "o'neil@example.org",
        '"ana\\"reyes"@example.org',
        "ana@münchen.example",
        "ana@xn--mnchen-3ya.example",
        "a" * 64 + "@example.org",
    ],
)
def test_an_address_that_mail_can_go_to_is_taken(address: str) -> None:
    assert AddressField().clean(f" {address} ") == address
    assert ascii_address(address).isascii()


@pytest.mark.parametrize(
    "address",
    [
        "ana",
        "ana@example",
        "ana@localhost",
        "ana@[127.0.0.1]",
        "ana@\u2028x.example",
        "\u0130@example.org",
        "\u212a@example.org",
        "añа@example.org",
        "a" * 65 + "@example.org",
        "ana@" + "ü" * 63 + ".example",
        "ana@example.org\r\nBcc: all@example.org",
        "ana@example.org, bo@example.org",
    ],
)
def test_an_address_that_mail_cannot_go_to_is_refused_in_plain_words(address: str) -> None:
    with pytest.raises(ValidationError) as refused:
        AddressField().clean(address)
    assert refused.value.messages == [
        "Enter an email address in full, like name@example.org.",
    ]


def test_a_longer_address_than_a_server_takes_is_refused() -> None:
    with pytest.raises(ValidationError):
        AddressField().clean("ana@" + "b" * 60 + ".example" * 30)
