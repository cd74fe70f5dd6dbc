"""What the demo's guests need to take part: arranged, refused, being worked on, and untouched."""

from datetime import datetime, timedelta

from config.demo import EDITOR_LOGIN, STAFF_LOGIN
from events import clock
from events.actions.access_requests import (
    arrange_requests,
    assign_request,
    cannot_arrange,
    note_told,
)
from events.actions.rsvps import rsvp
from events.models import AccessRequest, Event, Mode, StaffUser


def arrange_access(events: dict[str, Event]) -> None:
    """Answer some of what was asked for with the RSVPs; a caller without email is to be told."""
    now = clock.now() - timedelta(hours=6)
    rosa = StaffUser.objects.get(email=STAFF_LOGIN)
    tom = StaffUser.objects.get(email=EDITOR_LOGIN)

    def asked(event: str, kind: str) -> AccessRequest:
        found = AccessRequest.objects.filter(rsvp__event=events[event], kind=kind)
        return found.wanted().order_by("pk")[0]

    arrange_requests(
        request_ids=[asked("budget", "asl").pk],
        arranged_with="Two interpreters from Bay Sign Services. They stand in front, on the "
        "left; we keep seats there.",
        now=now, actor=tom,
    )  # fmt: skip
    arrange_requests(
        request_ids=[asked("rent", "captions").pk],
        arranged_with="A captioner. Turn the captions on in the meeting window.",
        now=now, actor=tom,
    )  # fmt: skip
    assign_request(request_id=asked("budget", "interpreter").pk, owner=tom, now=now, actor=rosa)
    cannot_arrange(
        request_id=asked("budget", "captions").pk,
        decided_by="Lucía Ortega, Council Member",
        reason="Both captioning services near here are booked that evening. We asked on Monday.",
        instead="Somebody types what is said into the chat. The recording gets captions.",
        now=now, actor=rosa,
    )  # fmt: skip
    _dolores_calls(events["park street"], tom, now)


def _dolores_calls(event: Event, by: StaffUser, now: datetime) -> None:
    """Two callers without email: one knows what is arranged, the other is to be called."""
    for name, phone, words in (
        ("Dolores Vega", "(555) 010-0171", "Large print, the drawings too."),
        ("Henry Osei", "(555) 010-0172", "Large print. My daughter comes with me."),
    ):
        made = rsvp(
            event_id=event.pk, name=name, phone=phone, mode=Mode.IN_PERSON,
            access_needs=["large_print"], access_note=words, now=now, actor=by,
        ).rsvp  # fmt: skip
        request = made.access_requests.get()
        arrange_requests(
            request_ids=[request.pk], arranged_with="Both plans in 18-point print, at the door.",
            now=now, actor=by,
        )  # fmt: skip
        if name == "Dolores Vega":
            note_told(request_id=request.pk, now=now, actor=by)
