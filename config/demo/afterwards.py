"""After a town hall of the demo: its minutes, and promises kept, withdrawn, late and open."""

from datetime import timedelta

from config.demo import EDITOR_LOGIN, STAFF_LOGIN
from config.demo.calendar import Town
from events.actions.minutes import post_minutes, write_minutes
from events.actions.promises import keep_promise, make_promise, withdraw_promise
from events.models import Event, StaffUser

MINUTES = """About ninety neighbors came. The council member spoke for ten minutes; the rest was
questions.

## What was asked most

- How the waiting list works, and why it takes four years
- Which empty lots belong to the city, and which to the county
- What is built at Cedar and 4th

The answers stand below as promises, each with a day.
"""
MINUTES_ES = """Vinieron unas noventa personas del barrio. La concejala habló diez minutos; el resto
fueron preguntas.

## Lo que más se preguntó

- Cómo funciona la lista de espera y por qué tarda cuatro años
- Qué lotes vacíos son de la ciudad y cuáles del condado
- Qué se construye en Cedar y 4th

Las respuestas figuran abajo como promesas, cada una con su día.
"""


def keep_promises(town: Town, events: dict[str, Event]) -> None:
    """Give the town hall on housing minutes, and four promises, one of each kind."""
    event, now = events["housing"], town.days.now
    rosa = StaffUser.objects.get(email=STAFF_LOGIN)
    tom = StaffUser.objects.get(email=EDITOR_LOGIN)
    begun = event.ends_at + timedelta(hours=15)
    day = event.ends_at.astimezone(event.zone).date()

    write_minutes(
        event_id=event.pk, text=MINUTES, translations={"es": MINUTES_ES},
        recording_url="https://video.plazuela.example/housing", now=begun, actor=tom,
    )  # fmt: skip
    post_minutes(event_id=event.pk, now=begun, actor=rosa)

    def promised(text: str, days: int, owner: StaffUser | None) -> int:
        due = day + timedelta(days=days)
        made = make_promise(
            event_id=event.pk, text=text, due=due, owner=owner, now=begun, actor=rosa
        )
        return made.pk

    waiting_list = promised(
        "Put the rules of the housing waiting list on one page, in English and Spanish.", 10, tom
    )
    lots = promised("Ask the county for a list of its empty lots in District 4.", 14, rosa)
    promised("Invite the Housing Authority to the next office hours.", 20, tom)
    promised("Report on the apartments at Cedar and 4th when the permit is decided.", 60, None)
    keep_promise(
        promise_id=waiting_list,
        outcome="The page is out in both languages. Paper copies are at the library.",
        now=now - timedelta(days=12), actor=tom,
    )  # fmt: skip
    withdraw_promise(
        promise_id=lots,
        outcome="The county sells its lots by auction from now on and publishes each one itself.",
        now=now - timedelta(days=8), actor=rosa,
    )  # fmt: skip
