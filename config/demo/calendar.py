"""The demo's office, places, events and RSVPs."""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from config.demo import EDITOR_LOGIN, OFFICE_SLUG, STAFF_LOGIN, STAFF_PASSWORD
from config.demo.dates import SATURDAY, THURSDAY, TUESDAY, WEDNESDAY, Days
from events.actions import events as event_actions
from events.actions.calling_off import cancel_event, postpone_event
from events.actions.events import EventDraft
from events.actions.offices import (
    BodyDraft,
    add_staff,
    create_office,
    create_venue,
    save_topic,
    set_bodies,
)
from events.actions.rsvps import rsvp
from events.actions.series import create_series
from events.models import Event, EventStatus, EventType, Mode, Office, Role, Topic, Venue

ZONE = "America/Los_Angeles"

FIRST_NAMES = """
    Ana Ben Carmen Dee Elena Frank Grace Hugo Imani Jorge Kim Lucía Marcus Nora Omar Paula
    Quyen Rafael Sofía Tyrone Uma Víctor Wendy Xochitl Yusuf Zoe
""".split()
LAST_NAMES = """
    Alvarez Brooks Castillo Dinh Ellis Flores García Hoang Iverson Johnson Kaur López
    Moreno Nguyen Ortiz Patel Quintero Rossi Sánchez Tran Vega Walker Young Zamora
""".split()


@dataclass
class Town:
    """What the rest of the demo builds on."""

    office: Office
    topics: dict[str, Topic]
    venues: dict[str, Venue]
    days: Days


def found_town(days: Days) -> Town:
    """Open the office with its staff, topics and places."""
    now = days.now - timedelta(days=120)
    office = create_office(
        now=now,
        slug=OFFICE_SLUG,
        name="Office of Council Member Lucía Ortega",
        jurisdiction="City of San Arroyo, District 4",
        timezone=ZONE,
        languages=["en", "es"],
        sender_address="district4@plazuela.example",
        reply_to="district4@plazuela.example",
        postal_address="City Hall, Room 210\n200 Mission Street\nSan Arroyo, CA 93400",
        phone="(555) 010-0144",
        palette="teal",
        public_record_text=(
            "What you send us may be a public record under state law. We never share it for ads."
        ),
        accommodation={
            "en": "For an interpreter, captions, large print or other help, call (555) 010-0144 or "
            "write to district4@plazuela.example by {day}.",
            "es": "Para pedir intérprete, subtítulos, letra grande u otro apoyo, llame al "
            "(555) 010-0144 o escriba a district4@plazuela.example antes del {day}.",
        },
    )
    for email, name, role in (
        (STAFF_LOGIN, "Rosa Delgado", Role.MANAGER),
        (EDITOR_LOGIN, "Tom Becker", Role.EDITOR),
    ):
        add_staff(
            office=office, email=email, name=name, role=role, password=STAFF_PASSWORD, now=now
        )
    set_bodies(office_id=office.pk, bodies=[BodyDraft("San Arroyo City Council", 4)], now=now)
    topics = {
        slug: save_topic(
            slug=slug, name=name, description=description, position=position, now=now,
            translations={"es": {"name": spanish, "description": spanish_description}},
        )
        for position, (slug, name, description, spanish, spanish_description) in enumerate([
            ("legislation", "Legislation news", "Bills, votes and what they change for you.",
             "Noticias de leyes", "Propuestas, votaciones y lo que cambian para usted."),
            ("town-halls", "Town halls", "When and where to ask the council member in person.",
             "Asambleas públicas", "Cuándo y dónde hablar en persona con la concejala."),
            ("events", "Community events", "Cleanups, fairs and open days in the district.",
             "Eventos comunitarios", "Limpiezas, ferias y puertas abiertas en el distrito."),
            ("volunteer", "Volunteer opportunities", "Shifts where a few more hands are needed.",
             "Oportunidades de voluntariado", "Turnos en los que hacen falta más manos."),
        ])
    }  # fmt: skip
    return Town(office, topics, _open_venues(office, now), days)


def _open_venues(office: Office, now: datetime) -> dict[str, Venue]:
    here: dict[str, Any] = {"locality": "San Arroyo", "region": "CA", "office": office, "now": now}
    return {
        "library": create_venue(
            **here, name="Eastside Library, Community Room", street="1450 Alameda Avenue",
            postal_code="93402",
            entrance="Use the doors on Alameda Avenue. The room is on the left, past the desk.",
            transit="Buses 14 and 22 stop at Alameda and 5th. Free parking behind the library.",
            step_free=True, accessible_restroom=True, accessible_parking=True, hearing_loop=True,
            wheelchair_spaces=6, posted_occupancy=140,
        ),
        "school": create_venue(
            **here, name="Park Street School, Library", street="88 Park Street",
            postal_code="93402",
            entrance="Come in through the main gate. Staff will meet you there.",
            transit="Bus 14 stops at Park and Mission. Street parking only.",
            step_free=True, accessible_restroom=True, accessible_parking=False, hearing_loop=False,
            wheelchair_spaces=2, posted_occupancy=40,
        ),
        "city hall": create_venue(
            **here, name="City Hall, Council Chamber", street="200 Mission Street",
            postal_code="93400",
            entrance="Use the ramp on 2nd Street after 5 p.m.; the front doors are then closed.",
            transit="Every bus stops at City Hall. Bike racks on 2nd Street.",
            step_free=True, accessible_restroom=True, accessible_parking=True, hearing_loop=True,
            wheelchair_spaces=8, posted_occupancy=220,
        ),
        "office": create_venue(
            **here, name="District 4 Office", street="City Hall, Room 210, 200 Mission Street",
            postal_code="93400", entrance="Take the elevator to the second floor.",
            transit="Every bus stops at City Hall.", step_free=True, accessible_restroom=True,
        ),
        "creek": create_venue(
            **here, name="Mercado Park, Creek Pavilion", street="Creek Road at 9th Street",
            postal_code="93403", entrance="The pavilion is 300 feet from the gate, on gravel.",
            transit="Bus 9 stops at the gate. Parking on Creek Road.",
            step_free=False, accessible_restroom=True, accessible_parking=True,
        ),
        "food bank": create_venue(
            **here, name="Alameda Food Bank", street="1820 Alameda Avenue", postal_code="93402",
            entrance="Ring at the loading dock.", transit="Bus 22 stops across the street.",
            step_free=True, accessible_restroom=True,
        ),
    }  # fmt: skip


def fill_calendar(town: Town) -> dict[str, Event]:
    """Put the events on the calendar, some of them past, cancelled, postponed or full."""
    now = town.days.now
    events: dict[str, Event] = {}
    for name, draft, posted_days_ago in _drafts(town):
        events[name] = event_actions.create_event(
            office=town.office, draft=draft, post=True, now=now - timedelta(days=posted_days_ago)
        )
    create_series(
        office=town.office, draft=_office_hours(town), rule="FREQ=WEEKLY", post=True,
        now=now - timedelta(days=30),
    )  # fmt: skip
    _fill_rooms(town, events)
    cancel_event(
        event_id=events["coffee"].pk, now=now - timedelta(hours=20),
        reason="The café has water damage and is closed this week.",
    )  # fmt: skip
    postpone_event(
        event_id=events["movie"].pk, now=now - timedelta(days=1),
        reason="Rain is expected. We will set a new date soon.",
    )  # fmt: skip
    return events


def _draft(
    town: Town,
    title: tuple[str, str],
    text: tuple[str, str],
    starts_at: datetime,
    hours: float,
    topics: list[str],
    **more: object,
) -> EventDraft:
    """Return a draft with an English and a Spanish version."""
    return EventDraft(
        title=title[0],
        description=text[0],
        starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=hours),
        timezone=ZONE,
        topics=[town.topics[slug] for slug in topics],
        translations={"es": {"title": title[1], "description": text[1]}},
        **more,  # type: ignore[arg-type]
    )


def _drafts(town: Town) -> list[tuple[str, EventDraft, int]]:
    days, venues = town.days, town.venues
    return [
        ("budget", _draft(
            town,
            ("Town hall: the city budget and our streets",
             "Asamblea pública: el presupuesto y nuestras calles"),
            ("Next year's budget sets aside $14 million for streets, lights and sidewalks. "
             "Council Member Ortega shows the plan for District 4, block by block, and takes "
             "your questions for a full hour.",
             "El presupuesto del próximo año reserva 14 millones de dólares para calles, luces y "
             "aceras. La concejala Ortega presenta el plan del Distrito 4, cuadra por cuadra, y "
             "responde sus preguntas durante una hora."),
            days.at(9, 18, 30, weekday=THURSDAY), 1.5, ["town-halls", "legislation"],
            event_type=EventType.TOWN_HALL, mode=Mode.BOTH, venue=venues["library"],
            capacity=120, remote_capacity=250, remote_url="https://meet.plazuela.example/budget",
            dial_in="(555) 010-0199, code 4410", spoken_languages=["en", "es", "asl"],
            access_services="American Sign Language, Spanish interpreter, live captions online",
            notice_hours=72,
        ), 14),
        ("park street", _draft(
            town,
            ("Town hall: safer crossings on Park Street",
             "Asamblea pública: cruces más seguros en la calle Park"),
            ("Two plans for the crossings by the school, with drawings on the wall. Tell the "
             "traffic engineer which one works for you. The room is small, so please say how "
             "many of you are coming.",
             "Dos planes para los cruces junto a la escuela, con dibujos en la pared. Dígale a "
             "la ingeniera de tránsito cuál le sirve. El salón es pequeño: por favor, díganos "
             "cuántas personas vienen."),
            days.at(13, 18, 0, weekday=TUESDAY), 1.5, ["town-halls"],
            event_type=EventType.TOWN_HALL, mode=Mode.IN_PERSON, venue=venues["school"],
            capacity=24, spoken_languages=["en", "es"], access_services="Spanish interpreter",
        ), 12),
        ("coffee", _draft(
            town,
            ("Coffee with the council member", "Café con la concejala"),
            ("No speeches. Bring a neighbor and say what is on your mind.",
             "Sin discursos. Venga con alguien del barrio y diga lo que piensa."),
            days.at(3, 8, 30), 1.5, ["events"],
            event_type=EventType.COMMUNITY_EVENT, mode=Mode.IN_PERSON, venue=venues["office"],
            capacity=20,
        ), 10),
        ("rent", _draft(
            town,
            ("Online briefing: what the new rent law changes",
             "Charla en línea: qué cambia la nueva ley de alquileres"),
            ("A housing lawyer explains the law in forty minutes, then answers questions. Join "
             "by video or by phone.",
             "Una abogada de vivienda explica la ley en cuarenta minutos y luego responde "
             "preguntas. Únase por video o por teléfono."),
            days.at(12, 19, 0, weekday=WEDNESDAY), 1, ["legislation", "town-halls"],
            event_type=EventType.TOWN_HALL, mode=Mode.REMOTE, remote_capacity=300,
            remote_url="https://meet.plazuela.example/rent",
            dial_in="(555) 010-0199, code 7725", spoken_languages=["en", "es"],
            access_services="Live captions",
        ), 8),
        ("creek", _draft(
            town,
            ("Fall creek cleanup", "Limpieza del arroyo"),
            ("Gloves, bags and lunch are on us. Wear closed shoes. Children are welcome with an "
             "adult.",
             "Ponemos guantes, bolsas y almuerzo. Traiga zapatos cerrados. Niñas y niños son "
             "bienvenidos con una persona adulta."),
            days.at(10, 9, 0, weekday=SATURDAY), 4, ["events", "volunteer"],
            event_type=EventType.COMMUNITY_EVENT, mode=Mode.IN_PERSON, venue=venues["creek"],
            takes_rsvps=False,
        ), 21),
        ("hearing", _draft(
            town,
            ("Public hearing: Mission Street bike lanes",
             "Audiencia pública: carriles de bicicleta en la calle Mission"),
            ("The Transportation Committee hears from the public before it votes. Speak for two "
             "minutes, or send your comment in writing until noon that day.",
             "La Comisión de Transporte escucha al público antes de votar. Hable durante dos "
             "minutos o mande su comentario por escrito hasta el mediodía de ese día."),
            days.at(20, 17, 30, weekday=TUESDAY), 3, ["legislation"],
            event_type=EventType.HEARING, mode=Mode.BOTH, venue=venues["city hall"],
            takes_rsvps=False, remote_url="https://meet.plazuela.example/transport",
            spoken_languages=["en", "es", "asl"], status=EventStatus.TENTATIVE,
            notice_hours=72,
        ), 6),
        ("movie", _draft(
            town,
            ("Movie night in the park", "Noche de cine en el parque"),
            ("A film for all ages on a big screen. Bring a blanket.",
             "Una película para todas las edades en pantalla grande. Traiga una manta."),
            days.at(6, 19, 30, weekday=SATURDAY), 2.5, ["events"],
            event_type=EventType.COMMUNITY_EVENT, mode=Mode.IN_PERSON, venue=venues["creek"],
        ), 18),
        ("service day", _draft(
            town,
            ("District 4 day of service", "Día de servicio del Distrito 4"),
            ("One day, thirty small jobs: paint, plant, read, repair. Sign up on the spot.",
             "Un día, treinta tareas pequeñas: pintar, plantar, leer, reparar. Apúntese ahí "
             "mismo."),
            days.at(38, 0, 0, weekday=SATURDAY), 24, ["events", "volunteer"],
            event_type=EventType.COMMUNITY_EVENT, mode=Mode.IN_PERSON, venue=venues["city hall"],
            all_day=True, takes_rsvps=False,
        ), 5),
        ("housing", _draft(
            town,
            ("Town hall: housing in District 4", "Asamblea pública: vivienda en el Distrito 4"),
            ("What was built, what is planned, and how to get on the list.",
             "Qué se construyó, qué está planeado y cómo entrar en la lista."),
            days.at(-24, 18, 30, weekday=THURSDAY), 1.5, ["town-halls"],
            event_type=EventType.TOWN_HALL, mode=Mode.IN_PERSON, venue=venues["library"],
            capacity=120, spoken_languages=["en", "es"],
        ), 50),
    ]  # fmt: skip


def _office_hours(town: Town) -> EventDraft:
    return _draft(
        town,
        ("Office hours", "Horas de atención"),
        ("Come with a form you do not understand, a light that does not work, or an idea. "
         "No appointment needed.",
         "Venga con un formulario que no entiende, una luz que no funciona o una idea. No hace "
         "falta cita."),
        town.days.at(1, 10, 0, weekday=WEDNESDAY), 2, ["events"],
        event_type=EventType.OFFICE_HOURS, mode=Mode.IN_PERSON, venue=town.venues["office"],
        takes_rsvps=False, spoken_languages=["en", "es"], slug="office-hours",
    )  # fmt: skip


def _fill_rooms(town: Town, events: dict[str, Event]) -> None:
    """RSVP as neighbors would: the budget has room, Park Street is full with a line."""
    dice = random.Random(4)  # noqa: S311  the same neighbors at every start
    names = [f"{first} {last}" for first in FIRST_NAMES for last in LAST_NAMES]
    dice.shuffle(names)
    guests = iter(names)
    now = town.days.now

    def come(event: Event, party_size: int, mode: str, days_ago: float, needs: list[str]) -> None:
        name = next(guests)
        rsvp(
            event_id=event.pk, name=name, email=f"{_mailbox(name)}@resident.example",
            party_size=party_size, mode=mode, language=dice.choice(["en", "en", "es"]),
            access_needs=needs, proven=True, now=now - timedelta(days=days_ago),
        )  # fmt: skip

    for n in range(34):
        mode = Mode.REMOTE if n % 3 == 2 else Mode.IN_PERSON
        needs = {6: ["asl"], 12: ["wheelchair"], 18: ["interpreter"], 23: ["captions"]}.get(n, [])
        come(events["budget"], dice.choice([1, 1, 2, 2, 3]), mode, 12 - n * 0.3, needs)
    for n, party in enumerate([2, 3, 4, 1, 2, 4, 2, 3, 2, 1, 3, 2, 4, 1]):
        come(events["park street"], party, Mode.IN_PERSON, 9 - n * 0.5, ["wheelchair"] * (n == 3))
    for n in range(21):
        come(events["rent"], 1, Mode.REMOTE, 6 - n * 0.2, ["captions"] * (n == 2))


def _mailbox(name: str) -> str:
    """Return a plain local part for an address, such as ``lucia.alvarez``."""
    import unicodedata

    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return plain.lower().replace(" ", ".")
