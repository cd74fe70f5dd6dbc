"""What of allauth's account pages is open to staff, and what is not."""

import pytest
from allauth.account.models import EmailAddress
from django.test import Client

from events.models import StaffUser
from tests.factories import PASSWORD, make_office, make_staff

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("path", ["/accounts/email/", "/es/accounts/email/"])
def test_nobody_takes_an_address_that_is_not_theirs(path: str) -> None:
    """A manager elsewhere would give its owner's role to whoever has taken it."""
    editor = make_staff(make_office(kind="campaign"), role="editor")
    client = Client()
    client.post("/accounts/login/", {"login": editor.email, "password": PASSWORD})
    assert client.get("/staff/").status_code == 200
    assert client.get(path).status_code == 404
    for action in ("action_add", "action_primary"):
        answer = client.post(path, {action: "", "email": "mayor@example.gov"})
        assert answer.status_code == 404
    assert not EmailAddress.objects.filter(email="mayor@example.gov").exists()
    assert StaffUser.objects.get().email == editor.email


def test_nobody_signs_up() -> None:
    client = Client()
    data = {"email": "eve@example.org", "password1": PASSWORD, "password2": PASSWORD}
    client.post("/accounts/signup/", data)
    assert not StaffUser.objects.exists()
