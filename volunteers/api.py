"""Volunteer shifts in the read API."""

from datetime import datetime

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema

from events import clock
from events.api import LANG_TEXT, Page, Paging, absolute, page_of
from events.languages import local_name
from volunteers.models import Shift
from volunteers.queries import WHEN_LABELS, board_shifts

router = Router(tags=["Volunteer shifts"])


class ShiftQuery(Paging):
    role: str = Field("", description="Only this role, by its slug.")
    event: str = Field("", description="Only shifts at this event, by its slug.")
    office: str = Field("", description="Only shifts of this office, by its slug.")
    when: str = Field(
        "",
        description="`week` and `month` look 7 and 30 days ahead; `past` gives shifts that are "
        "over, latest first. Otherwise all shifts to come, soonest first.",
        json_schema_extra={"enum": [*WHEN_LABELS]},
    )
    lang: str = Field("", description=LANG_TEXT)


class ShiftOut(Schema):
    id: int
    uid: str = Field(description="The UID in calendars; never changes.")
    role: str = Field(description="Slug of the role.")
    role_name: str
    event: str | None = Field(description="Slug of the event; null for a shift on its own.")
    office: str = Field(description="Slug of the office; see `/api/v1/offices`.")
    starts_at: datetime = Field(description="The instant, in UTC.")
    ends_at: datetime = Field(description="The instant, in UTC.")
    timezone: str = Field(description="IANA name of the zone in which the shift takes place.")
    status: str = Field(
        description="A shift at an event that is called off is called off with it.",
        json_schema_extra={"enum": ["tentative", "confirmed", "cancelled", "postponed"]},
    )
    minimum: int = Field(description="People needed at least.")
    capacity: int | None = Field(description="People at most; null: no limit.")
    places_left: int | None = Field(description="Free places; null: no limit.")
    url: str = Field(description="The page of the shift, with the form that claims it.")


@router.get("/shifts", response=Page[ShiftOut], summary="Volunteer shifts")
def list_shifts(request: HttpRequest, query: Query[ShiftQuery]) -> Page[ShiftOut]:
    """Posted shifts, full and cancelled ones among them, as on the page `/volunteer/`."""
    params = {name: getattr(query, name) for name in ("role", "event", "office", "when")}
    shifts = board_shifts(params, clock.now())
    return page_of(shifts, query, _show, shown=shifts.with_role().select_related("office", "event"))


def _show(shift: Shift) -> ShiftOut:
    plain = (
        "uid", "starts_at", "ends_at", "timezone", "status", "minimum", "capacity", "places_left",
    )  # fmt: skip
    return ShiftOut(
        **{name: getattr(shift, name) for name in plain},
        id=shift.pk,
        role=shift.role.slug,
        role_name=local_name(shift.role),
        event=shift.event.slug if shift.event is not None else None,
        office=shift.office.slug,
        url=absolute(shift.get_absolute_url()),
    )
