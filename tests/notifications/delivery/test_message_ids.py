"""A Message-ID is the key of its delivery in another spelling."""

import re

import pytest

from notifications.delivery.message_ids import delivery_of, key_of, local_part
from tests.notifications.delivery.kit import make_delivery

#: RFC 5322, 3.2.3.
DOT_ATOM = re.compile(r"[\w!#$%&'*+/=?^`{|}~-]+(\.[\w!#$%&'*+/=?^`{|}~-]+)*", re.A)


@pytest.mark.parametrize(
    ("key", "spelled"),
    [
        ("letter:12:345", "letter.12.345"),
        ("reminder:rsvp:7:1d@11:00:3", "reminder.rsvp.7.1d=4011.00.3"),
        ("digest:1:2:2026-06-01", "digest.1.2.2026-06-01"),
        ("fact:a.b:c=d", "fact.a=2eb.c=3dd"),
        ("a::b:", "a=3a.b=3a"),
        ("ñ\u2028", "=c3=b1=e2=80=a8"),
        ("=3a", "=3d3a"),
    ],
)
def test_a_key_is_spelled_as_a_dot_atom_and_read_back(key: str, spelled: str) -> None:
    assert key_of(f"<{local_part(key)}@example.org>") == key
    assert key_of(local_part(key)) == key
    assert DOT_ATOM.fullmatch(local_part(key))
    assert local_part(key) == spelled


@pytest.mark.parametrize("given", ["", "<>", "@", "<=ff@x>", "\0", "<a b@c>", "=" * 300])
@pytest.mark.django_db
def test_whatever_comes_in_names_nothing_of_ours(given: str) -> None:
    make_delivery()
    assert not delivery_of(given).exists()


@pytest.mark.django_db
def test_the_delivery_is_found_by_its_message_id() -> None:
    one, _other = make_delivery(), make_delivery()
    assert delivery_of(f"<{local_part(one.key)}@testserver>").get() == one
    assert delivery_of(f"{local_part(one.key)}@TestServer").get() == one
    # Another site's, which numbers its own alike.
    assert not delivery_of(f"<{local_part(one.key)}@staging.example.gov>").exists()
    assert not delivery_of(local_part(one.key)).exists()
