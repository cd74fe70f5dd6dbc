"""The demo's letters and the people who read them."""

from datetime import timedelta

from config.demo.calendar import Town
from notifications.letters.actions import LetterDraft, write_and_post_letter, write_letter
from notifications.subscriptions.actions import Consent, subscribe
from notifications.subscriptions.forms import consent_text

STREETS = (
    """Dear neighbors,

In March you told us which crossings scare you. We walked all eleven of them with the city's traffic
engineer. This is what we asked the Director of Public Works to do, and by when.

## What we asked for

- **Park and Mission:** a longer walk signal, by the start of school.
- **Alameda and 5th:** a raised crossing. The city has drawn two plans.
- **Creek Road:** lights that work. Nine of fourteen were out when we counted.

## What happens next

The director answers in writing within thirty days. We post the answer here, whatever it says. Come
to the town hall and tell us what we missed.
""",
    """Estimados vecinos y vecinas:

En marzo nos dijeron qué cruces les dan miedo. Recorrimos los once con la ingeniera de tránsito de
la ciudad. Esto es lo que le pedimos al director de Obras Públicas, y para cuándo.

## Qué pedimos

- **Park y Mission:** más tiempo para cruzar, antes del inicio de clases.
- **Alameda y la 5.ª:** un cruce elevado. La ciudad tiene dos planes.
- **Creek Road:** luces que funcionen. De catorce, nueve estaban apagadas cuando las contamos.

## Qué sigue

El director responde por escrito en treinta días. Publicaremos la respuesta aquí, diga lo que diga.
Venga a la asamblea y díganos qué nos faltó.
""",
)

RENT = (
    """Dear members of the Housing Committee,

The rent law comes to a vote this month. Our office read 214 letters about it. Three out of four ask
for the same two changes, and so do we:

1. Give notice of a rent increase ninety days ahead, not sixty.
2. Put the form for a complaint on one page, in every language that the city serves.

Both cost the city nothing. We ask you to add them before the vote.
""",
    """Estimados miembros de la Comisión de Vivienda:

La ley de alquileres se vota este mes. Nuestra oficina leyó 214 cartas sobre ella. Tres de cada
cuatro piden los mismos dos cambios, y nosotros también:

1. Avisar de un aumento con noventa días de anticipación, no sesenta.
2. Poner el formulario de quejas en una sola página, en todos los idiomas que atiende la ciudad.

Ninguno le cuesta nada a la ciudad. Les pedimos que los agreguen antes de la votación.
""",
)

LIBRARY = (
    """Dear neighbors,

The Eastside Library opens on Sundays again, from noon to five, starting next month. You asked for
it at two town halls and in 318 letters. Thank you for not letting go.

The children's room stays open until six. The first Sunday has music, free coffee, and a table where
you can sign up for a card.
""",
    """Estimados vecinos y vecinas:

La biblioteca Eastside vuelve a abrir los domingos, de mediodía a cinco, a partir del próximo mes.
Ustedes lo pidieron en dos asambleas y en 318 cartas. Gracias por no rendirse.

La sala infantil queda abierta hasta las seis. El primer domingo habrá música, café gratis y una
mesa para sacar la tarjeta.
""",
)

SIGNED = "Lucía Ortega, Council Member, District 4"


def post_letters(town: Town) -> None:
    """Post three letters and keep one draft; then sign up some readers."""
    office, now, topics = town.office, town.days.now, town.topics

    def draft(
        title: tuple[str, str], text: tuple[str, str], days_ago: int, about: list[str], to: str
    ) -> LetterDraft:
        return LetterDraft(
            title=title[0],
            body=text[0],
            dated=(now - timedelta(days=days_ago)).astimezone(town.days.zone).date(),
            signatories=SIGNED,
            addressees=to,
            topics=[topics[slug] for slug in about],
            translations={"es": {"title": title[1], "body": text[1]}},
        )

    for days_ago, letter in (
        (41, draft(("The library is open on Sundays again", "La biblioteca abre otra vez los "
                    "domingos"), LIBRARY, 41, ["events"], "The neighbors of District 4")),
        (16, draft(("Two changes to the rent law", "Dos cambios a la ley de alquileres"), RENT,
                   17, ["legislation"], "Housing Committee, City Council of San Arroyo")),
        (6, draft(("Eleven crossings, and what we asked for", "Once cruces, y lo que pedimos"),
                  STREETS, 7, ["town-halls", "legislation"],
                  "Director of Public Works\nThe neighbors of District 4")),
    ):  # fmt: skip
        write_and_post_letter(
            office=office, draft=letter, mails=True, now=now - timedelta(days=days_ago)
        )
    write_letter(
        office=office, now=now - timedelta(hours=5),
        draft=LetterDraft(
            title="What the budget means for your street",
            dated=now.astimezone(town.days.zone).date(),
            body="Dear neighbors,\n\nBefore the town hall, here is the plan in five sentences …\n",
            signatories=SIGNED, topics=[topics["town-halls"]],
        ),
    )  # fmt: skip
    consent = Consent(source="/subscribe/", text=consent_text([office]))
    for number, chosen in enumerate(
        [["town-halls"], ["legislation", "town-halls"], ["events", "volunteer"], ["legislation"]]
        * 6
    ):
        subscribe(
            email=f"reader{number + 1}@reader.example", topics=[topics[slug] for slug in chosen],
            offices=[office], consent=consent, language="es" if number % 4 == 1 else "en",
            proven=True, now=now - timedelta(days=50 - number),
        )  # fmt: skip
