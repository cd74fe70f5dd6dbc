"""The demo's volunteer roles, shifts and claims."""

from datetime import timedelta
from typing import Any

from config.demo.calendar import Town
from config.demo.dates import SATURDAY
from events.models import Event
from volunteers.actions.claims import claim_shift
from volunteers.actions.shifts import create_role, create_shift
from volunteers.models import Shift

#: Name and description, in English and in Spanish.
ROLES = [
    ("Greeter", "Welcome people at the door, point out the access table, count heads.",
     "Recepción", "Reciba a la gente en la puerta, señale la mesa de acceso y cuente asistentes."),
    ("Note taker", "Write down questions and promises. A laptop is there.",
     "Toma de notas", "Anote las preguntas y las promesas. Hay una computadora portátil."),
    ("Spanish interpreter", "Interpret questions and answers for the room.",
     "Intérprete de español", "Interprete las preguntas y respuestas para la sala."),
    ("Cleanup crew", "Pick up trash along the creek. We bring gloves and bags.",
     "Cuadrilla de limpieza", "Recoja basura junto al arroyo. Llevamos guantes y bolsas."),
    ("Food sorter", "Sort and pack food for 200 families. You stand most of the time.",
     "Clasificación de alimentos",
     "Clasifique y empaque alimentos para 200 familias. Se está de pie casi todo el tiempo."),
    ("Crew leader", "Lead ten volunteers, hand out tools, see that everybody is safe.",
     "Jefatura de cuadrilla",
     "Guíe a diez personas, reparta herramientas y cuide de que nadie se lastime."),
]  # fmt: skip


def staff_shifts(town: Town, events: dict[str, Event]) -> None:
    """Open shifts: some full, some short of people, two open ones at the same time."""
    now = town.days.now - timedelta(days=9)
    office = town.office
    roles = {
        name: create_role(
            office=office, name=name, description=description, now=now,
            translations={"es": {"name": spanish, "description": spanish_description}},
        )
        for name, description, spanish, spanish_description in ROLES
    }  # fmt: skip
    budget, creek = events["budget"], events["creek"]
    hour = timedelta(hours=1)

    def shift(
        role: str, event: Event | None, before: float, hours: float, least: int, most: int | None,
        notes: str = "", spanish: str = "", **more: Any,
    ) -> Shift:  # fmt: skip
        starts_at = more.pop("starts_at", None) or event.starts_at - before * hour  # type: ignore[union-attr]
        return create_shift(
            office=office, role=roles[role], event=event, starts_at=starts_at,
            ends_at=starts_at + hours * hour, minimum=least, capacity=most, notes=notes,
            translations={"es": {"notes": spanish}}, now=now, **more,
        )  # fmt: skip

    greeters = shift(
        "Greeter", budget, 1, 2, 3, 6, "Meet Tom at the side door. Wear something warm.",
        "Busque a Tom en la puerta lateral. Traiga ropa abrigada.",
    )  # fmt: skip
    interpreter = shift("Spanish interpreter", budget, 0.5, 2, 1, 1)
    shift("Note taker", budget, 0.25, 2, 1, 2)
    crew = shift(
        "Cleanup crew", creek, 0, 4, 8, 25, "Bring a water bottle and a hat.",
        "Traiga una botella de agua y un sombrero.",
    )  # fmt: skip
    leaders = shift("Crew leader", creek, 1, 5.5, 2, 2)
    food = shift(
        "Food sorter", None, 0, 3, 6, 12, "Closed shoes, please.",
        "Use zapatos cerrados, por favor.",
        venue=town.venues["food bank"], starts_at=town.days.at(10, 10, 0, weekday=SATURDAY),
    )  # fmt: skip
    shift(
        "Food sorter", None, 0, 3, 6, 12, "Closed shoes, please.",
        "Use zapatos cerrados, por favor.",
        venue=town.venues["food bank"], starts_at=town.days.at(17, 10, 0, weekday=SATURDAY),
    )  # fmt: skip
    volunteers = iter(
        ["Ada", "Bo", "Cruz", "Dina", "Eli", "Fay", "Gus", "Hana", "Ivo", "June", "Kai", "Lena",
         "Milo", "Nina", "Otto", "Pia"]
    )  # fmt: skip
    for target, people in ((greeters, 1), (interpreter, 2), (crew, 5), (leaders, 2), (food, 3)):
        for _ in range(people):
            name = next(volunteers)
            claim_shift(
                shift_id=target.pk, name=name, email=f"{name.lower()}@volunteer.example",
                proven=True, now=town.days.now - timedelta(days=3),
            )  # fmt: skip
