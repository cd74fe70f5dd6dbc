"""What an operator is told before the public comes."""

import io

import pytest
from django.core.management import call_command
from django.db import connection
from pytest_django import Settings

from config.demo import EDITOR_LOGIN, STAFF_LOGIN, STAFF_PASSWORD
from events.models import StaffUser

pytestmark = pytest.mark.django_db


def said() -> str:
    """What ``manage.py check --database default`` prints."""
    out, err = io.StringIO(), io.StringIO()
    call_command("check", databases=["default"], stdout=out, stderr=err)
    return out.getvalue() + err.getvalue()


def test_demo_accounts_with_the_published_password_are_named(settings: Settings) -> None:
    assert "config.W003" not in said()
    rosa = StaffUser.objects.create_user(STAFF_LOGIN, STAFF_PASSWORD)
    tom = StaffUser.objects.create_user(EDITOR_LOGIN, STAFF_PASSWORD)
    assert f"sign in to the staff desk as {STAFF_LOGIN} or {EDITOR_LOGIN}: the demo's" in said()
    tom.is_active = False
    tom.save()
    assert f"sign in to the staff desk as {STAFF_LOGIN}: the demo's" in said()
    settings.DEBUG = True
    assert "config.W003" not in said()
    settings.DEBUG = False
    rosa.set_password("something of our own")
    rosa.save()
    assert "config.W003" not in said()


def test_demo_accounts_are_asked_for_only_where_the_database_is_meant_and_there() -> None:
    StaffUser.objects.create_user(STAFF_LOGIN, STAFF_PASSWORD)
    out, err = io.StringIO(), io.StringIO()
    call_command("check", stdout=out, stderr=err)
    assert "config.W003" not in out.getvalue() + err.getvalue()
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE events_staffuser RENAME TO not_there_yet")
    assert "config.W003" not in said()
