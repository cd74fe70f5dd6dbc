"""The catalogue is complete: no fact is forgotten, no message lacks a word."""

import ast
import re
from collections import Counter
from pathlib import Path

import pytest
from django.template.loader import get_template
from django.utils.translation import override

from notifications import catalogue, reminders
from notifications.messages import guards
from notifications.models import Delivery
from tests.notifications import scenes

ROOT = Path(__file__).resolve().parent.parent.parent
NOUNS = (
    "rsvp|access|entry|call|claim|event|shift|role|office|venue|topic|membership|person|letter"
    "|subscription|series|promise|minutes|task|checklist|question|follow_up"
)
FACT = re.compile(rf"({NOUNS})\.[a-z_]+")
#: What an f-string in a call of record() can become.
MADE_UP = {
    "rsvp.": {"rsvp.confirmed", "rsvp.waitlisted", "rsvp.unproven"},
    "claim.": {"claim.confirmed", "claim.waitlisted"},
}


def recorded_facts() -> set[str]:
    """Every name of a fact that an action can record, read from the code."""
    facts: set[str] = set()
    for app in ("events", "volunteers", "notifications", "config"):
        for path in (ROOT / app).rglob("*.py"):
            source = path.read_text()
            if "operation(" in source or ".record(" in source:
                facts |= _facts_in(ast.parse(source))
    return facts


def _facts_in(tree: ast.AST) -> set[str]:
    facts: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            head = node.values[0]
            if isinstance(head, ast.Constant) and head.value in MADE_UP:
                facts |= MADE_UP[head.value]
        elif isinstance(node, ast.Constant) and FACT.fullmatch(str(node.value)):
            facts.add(str(node.value))
    return facts


def test_every_fact_is_told_or_explicitly_silent() -> None:
    told = {action for message in catalogue.MESSAGES for action in message.actions}
    facts = recorded_facts()
    assert len(facts) > 40, "the facts were not found"
    assert facts - told - set(catalogue.SILENT) == set()
    assert (told | set(catalogue.SILENT)) - facts == set(), "named here, but never recorded"
    assert told & set(catalogue.SILENT) == set()


def test_every_silence_has_a_reason() -> None:
    assert [fact for fact, reason in catalogue.SILENT.items() if len(reason) < 10] == []


def test_one_fact_has_one_summary_message() -> None:
    """Two summaries of one fact would be two messages to one person, or one that nobody gets."""
    summaries = [m for m in catalogue.MESSAGES if m.summary]
    count = Counter(action for message in summaries for action in message.actions)
    assert [action for action, number in count.items() if number > 1] == []


def test_names_are_unique_and_short_enough_for_their_column() -> None:
    names = [message.name for message in catalogue.MESSAGES]
    assert len(set(names)) == len(names)
    longest = Delivery._meta.get_field("message").max_length
    assert [name for name in names if len(name) > longest] == []
    assert all(catalogue.named(name).name == name for name in names)


@pytest.mark.parametrize("message", catalogue.MESSAGES, ids=lambda message: message.name)
def test_a_message_says_what_it_is_and_has_its_templates(message: catalogue.Message) -> None:
    with override("en"):
        for text in (message.title, message.description, message.recipients):
            assert str(text).strip()
    for part in ("subject.txt", "body.txt", "body.html"):
        get_template(f"notifications/email/{message.folder}/{part}")


def test_every_message_has_a_scene_to_be_looked_at() -> None:
    assert sorted(scenes.SCENES) == sorted(message.name for message in catalogue.MESSAGES)


def test_every_message_that_is_sent_later_can_be_superseded() -> None:
    """Whatever waits in the queue may stop being true."""
    assert [message.name for message in catalogue.MESSAGES if message.guard is None] == []


def test_every_reminder_that_is_found_is_in_the_catalogue() -> None:
    source = Path(reminders.__file__).read_text()
    found = set(re.findall(r'"([a-z]+_reminder)"', source))
    without_facts = {message.name for message in catalogue.MESSAGES if not message.actions}
    assert found | {"digest"} == without_facts


@pytest.mark.django_db
@pytest.mark.parametrize("name", sorted(scenes.SCENES))
def test_a_planned_message_is_true_and_its_guard_holds_in_an_update(name: str) -> None:
    """The guard is part of an UPDATE: every database must be able to run it there."""
    delivery = scenes.SCENES[name]("en")
    message = catalogue.named(name)
    at = scenes.READ_AT.get(name, scenes.NOW)
    assert message.still_true(delivery, at)
    assert message.guard is not None
    assert Delivery.objects.filter(message.guard(), pk=delivery.pk).update(attempts=1) == 1


@pytest.mark.django_db
def test_a_guard_that_does_not_hold_keeps_the_row_as_it_is() -> None:
    delivery = scenes.rsvp_confirmed("en")
    broken = guards.rsvp_is("cancelled")
    assert Delivery.objects.filter(broken, pk=delivery.pk).update(attempts=1) == 0
