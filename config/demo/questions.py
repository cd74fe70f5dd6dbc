"""What residents of the demo ask: at the budget town hall public, merged, declined, unread; at the
one on housing, which is over, answered there and later in writing.
"""

from datetime import timedelta
from uuid import UUID

from config.demo import EDITOR_LOGIN, STAFF_LOGIN
from events import clock
from events.actions import questions as actions
from events.models import RSVP, Event, Question, StaffUser

#: In turn. The third asks the same as the first; the fourth is about another city.
ASKED = (
    "Why do the lights on Elm Street wait for a third year?",
    "¿Habrá un cruce seguro frente a la escuela Juárez antes de septiembre?",
    "When are the lights on Elm Street repaired?",
    "Can you get my cousin’s parking ticket in Los Alamos withdrawn?",
    "How much of the tree money goes to streets west of the tracks?",
    "Which playgrounds are closed this summer, and for how long?",
)
ANSWER = (
    "The crossing at Juárez School is paid for in this budget. Work starts in July and takes five "
    "weeks, so it is there before school begins."
)
#: At the town hall on housing, with the answer; where there is none, it was given there.
ASKED_ON_HOUSING = (
    ("Who decides which empty lot is built on first?", ""),
    (
        "¿Puede mi madre quedarse en la lista de espera si se muda con nosotros?",
        "Sí. Basta con avisar de la dirección nueva en treinta días; el lugar en la lista queda.",
    ),
    ("How many of the new apartments have two bedrooms or more?", None),
)


def ask_on_housing(events: dict[str, Event]) -> None:
    """Let residents ask the day before; one of the office answers two of three."""
    event = events["housing"]
    before, begun = event.starts_at - timedelta(days=1), event.ends_at + timedelta(hours=15)
    tom = StaffUser.objects.get(email=EDITOR_LOGIN)
    for number, (text, answer) in enumerate(ASKED_ON_HOUSING):
        question = actions.ask_question(
            event_id=event.pk, email=f"asked-{number}@resident.example", text=text,
            language="es" if text.startswith("¿") else "en", proven=True,
            public_name="Luis, Cedar Street" if number == 1 else "", now=before,
        )  # fmt: skip
        actions.publish_question(question_id=question.pk, now=before, actor=tom)
        if answer:
            actions.answer_in_writing(
                question_id=question.pk, answer=answer, seen=_seen(question), now=begun, actor=tom
            )
        elif answer is not None:
            there = event.starts_at + timedelta(minutes=40)
            actions.answer_live(question_id=question.pk, seen=_seen(question), now=there, actor=tom)


def ask_questions(events: dict[str, Event]) -> None:
    """Let residents ask and vote, and two of the office read, merge, decline and answer."""
    now = clock.now() - timedelta(hours=5)
    rosa = StaffUser.objects.get(email=STAFF_LOGIN)
    tom = StaffUser.objects.get(email=EDITOR_LOGIN)
    event = events["budget"]
    asked = [
        actions.ask_question(
            event_id=event.pk, email=f"asks-{number}@resident.example", text=text,
            language="es" if text.startswith("¿") else "en", proven=True,
            public_name="Dana from Elm Street" if number == 0 else "",
            now=now + timedelta(minutes=number),
        )
        for number, text in enumerate(ASKED)
    ]  # fmt: skip
    lights, crossing, again, ticket, trees, _unread = asked
    for question in (lights, crossing, trees):
        actions.publish_question(question_id=question.pk, now=now, actor=tom)
    actions.merge_question(question_id=again.pk, into_id=lights.pk, now=now, actor=tom)
    actions.decline_question(question_id=ticket.pk, reason="off_topic", now=now, actor=tom)
    actions.ask_second_reader(question_id=ticket.pk, now=now)
    guests = RSVP.objects.confirmed().filter(event=event).order_by("pk")[:9]
    for number, guest in enumerate(guests):
        for question in (trees, crossing, lights)[: number % 3 + 1]:
            actions.vote(question_id=question.pk, person_id=guest.person_id, now=now)
    actions.order_questions(event_id=event.pk, order="votes", now=now, actor=rosa)
    actions.answer_in_writing(
        question_id=crossing.pk, answer=ANSWER, seen=_seen(crossing), now=now, actor=rosa
    )


def _seen(question: Question) -> UUID | None:
    question.refresh_from_db()
    return question.decision
