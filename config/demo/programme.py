"""What the demo's events are about in order, and who speaks there."""

from datetime import timedelta

from django.core.files.base import ContentFile

from config.demo.calendar import Town
from events.actions.agenda import ItemDraft, SpeakerDraft, set_programme
from events.file_types import TEXT, NewFile
from events.models import Body, Event

BUDGET = """Budget of the City of San Arroyo: the plan for District 4

Streets and sidewalks    $8,400,000
Street lights            $2,100,000
Crossings by schools     $1,900,000
Trees and drainage       $1,600,000
"""


def _item(minutes: int, title: str, spanish: str, notes: str = "", notes_es: str = "") -> ItemDraft:
    return ItemDraft(title, notes, minutes, {"es": {"title": spanish, "notes": notes_es}})


def _speaker(name: str, role: str, spanish: str, body: Body | None = None) -> SpeakerDraft:
    return SpeakerDraft(name, role, body, {"es": {"role": spanish}})


def set_programmes(town: Town, events: dict[str, Event]) -> None:
    """Give the budget town hall an agenda, speakers and a paper, and the hearing an agenda."""
    now = town.days.now - timedelta(days=4)
    council = Body.objects.filter(office=town.office).first()
    set_programme(
        event_id=events["budget"].pk,
        agenda=[
            _item(0, "Welcome, and how to ask a question", "Bienvenida y cómo hacer una pregunta"),
            _item(
                10, "The plan in ten minutes", "El plan en diez minutos",
                "Streets, lights and crossings, block by block.",
                "Calles, luces y cruces, cuadra por cuadra.",
            ),
            _item(20, "Your questions", "Sus preguntas"),
            _item(80, "What happens next", "Qué sigue"),
        ],
        speakers=[
            _speaker(
                "Lucía Ortega", "Council Member, District 4", "Concejala del Distrito 4", council
            ),
            _speaker("Priya Raman", "City Budget Director", "Directora de Presupuesto"),
            _speaker("Joel Kim", "City Traffic Engineer", "Ingeniero de Tránsito"),
        ],
        is_recorded=True,
        add=[NewFile("District 4 budget.txt", ContentFile(BUDGET.encode()), TEXT)],
        now=now,
    )  # fmt: skip
    set_programme(
        event_id=events["hearing"].pk,
        agenda=[
            _item(0, "Staff report on the three designs", "Informe sobre los tres diseños"),
            _item(30, "Public comment, two minutes each", "Comentarios, dos minutos cada uno"),
            _item(150, "Vote of the committee", "Votación de la comisión"),
        ],
        now=now,
    )
