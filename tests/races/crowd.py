"""One process of a crowd: threads that use the site at once. Started by the race tests.

    python -m tests.races.crowd rsvp SLUG FIRST_NUMBER ROUNDS [THREADS]
    python -m tests.races.crowd claim SHIFT_IDS FIRST_NUMBER ROUNDS [THREADS]
    python -m tests.races.crowd town SLUG FIRST_NUMBER ROUNDS [THREADS]

``town``: guests of both ways who change and cancel, and every tenth is staff, who write callers
down, change their parties and the number of places.

Prints one line: how many answers of each kind (JSON).
"""

import json
import random
import sys
import threading
from collections import Counter
from typing import Any

import django

#: More threads than a server has connections share these.
MOST_CONNECTIONS = 20


def main() -> None:
    django.setup()
    from django.conf import settings

    # One host plays the whole crowd, and none of its guests reads mail.
    settings.RATE_LIMITS, settings.UNPROVEN_SHARE = False, 1.0
    kind, target, first, rounds = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    size = int(sys.argv[5]) if len(sys.argv) > 5 else 8
    if size > MOST_CONNECTIONS:
        pool = {"min_size": 4, "max_size": MOST_CONNECTIONS, "timeout": 120}
        settings.DATABASES["default"].setdefault("OPTIONS", {})["pool"] = pool
    answers: Counter[str] = Counter()
    start = threading.Barrier(size)
    plays = {"rsvp": rsvp_and_cancel, "claim": claim_and_release, "town": town_hall}
    play = plays[kind]

    def run(number: int) -> None:
        start.wait()
        try:
            play(target, number, rounds, answers)
        except Exception as error:  # a deadlock or a broken invariant shows up here
            answers[f"error: {type(error).__name__}: {error}"[:300]] += 1
        finally:
            from django.db import connections

            connections.close_all()

    threads = [threading.Thread(target=run, args=(first + i,)) for i in range(size)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(json.dumps(answers))


def rsvp_and_cancel(slug: str, number: int, rounds: int, answers: Counter[str]) -> None:
    """RSVP with parties of one to four; every third guest cancels through the mailed link."""
    from django.test import Client

    from events import links
    from events.models import RSVP

    dice = random.Random(number)
    client = Client(raise_request_exception=False)
    for turn in range(rounds):
        email = f"guest{number}-{turn}@example.org"
        fields = {
            "name": "A Guest",
            "email": email,
            "party_size": str(dice.randint(1, 4)),
            "mode": "in_person",
        }
        answer = client.post(f"/events/{slug}/rsvp/", fields)
        answers[f"rsvp {answer.status_code}"] += 1
        if dice.random() < 0.35:
            rsvp = RSVP.objects.filter(person__email=email).first()
            if rsvp is not None:
                token = links.token_for(links.RSVP, rsvp)
                answer = client.post(f"/rsvps/{token}/cancel/")
                answers[f"cancel {answer.status_code}"] += 1


def claim_and_release(targets: str, number: int, rounds: int, answers: Counter[str]) -> None:
    """Claim shifts in an order of one's own, as one of few people, so that claims cross."""
    from django.test import Client

    from events import links
    from volunteers.models import ShiftClaim

    dice = random.Random(number)
    # The browser at the form never opens a mailed link: it hears no reasons, only 303.
    form, mailed = (Client(raise_request_exception=False) for _ in range(2))
    shifts = [int(pk) for pk in targets.split(",")]
    for _turn in range(rounds):
        email = f"volunteer{dice.randrange(12)}@example.org"
        dice.shuffle(shifts)
        for pk in shifts:
            answer = form.post(
                f"/volunteer/shifts/{pk}/claim/", {"name": "A Volunteer", "email": email}
            )
            answers[f"claim {answer.status_code}"] += 1
        if dice.random() < 0.5:
            claim = ShiftClaim.objects.active().filter(person__email=email).order_by("?").first()
            if claim is not None:
                token = links.token_for(links.CLAIM, claim)
                answer = mailed.post(f"/claims/{token}/release/", {"reason": ""})
                answers[f"release {answer.status_code}"] += 1


def town_hall(slug: str, number: int, rounds: int, answers: Counter[str]) -> None:
    """What one person does with a town hall: mostly a guest, now and then the office."""
    dice = random.Random(number)
    if number % 10 == 0:
        _staff(slug, number, rounds, answers, dice)
    else:
        _guest(slug, number, rounds, answers, dice)


def _guest(slug: str, number: int, rounds: int, answers: Counter[str], dice: random.Random) -> None:
    from django.test import Client

    from events import links
    from events.models import RSVP

    client = Client(raise_request_exception=False)
    for turn in range(rounds):
        email = f"guest{number}-{turn}@example.org"
        fields: dict[str, Any] = {"name": "A Guest", "email": email}
        fields |= {"party_size": dice.randint(1, 4), "mode": _some_way(dice)}
        answers[f"rsvp {client.post(f'/events/{slug}/rsvp/', fields).status_code}"] += 1
        row = RSVP.objects.active().filter(person__email=email).order_by("?").first()
        if row is None:
            continue
        token = links.token_for(links.RSVP, row)
        match dice.randrange(4):
            case 0:
                answer = client.post(f"/rsvps/{token}/cancel/")
                answers[f"cancel {answer.status_code}"] += 1
            case 1:
                fields = {"party_size": dice.randint(1, 4), "mode": _some_way(dice)}
                answer = client.post(f"/rsvps/{token}/change/", fields)
                answers[f"change {answer.status_code}"] += 1


def _staff(slug: str, number: int, rounds: int, answers: Counter[str], dice: random.Random) -> None:
    from events import clock
    from events.actions.events import edit_event
    from events.actions.rsvps import cancel_rsvp, change_rsvp, rsvp
    from events.errors import Refused
    from events.models import RSVP, Event, StaffUser

    event, actor = Event.objects.get(slug=slug), StaffUser.objects.get()
    for turn in range(rounds):
        row = RSVP.objects.active().filter(event=event).order_by("?").first()
        doing = dice.choice(["places", "caller", "change", "cancel"])
        try:
            match doing:
                case "places":
                    places = {"capacity": dice.randint(70, 90)}
                    places |= {"remote_capacity": dice.randint(30, 50)}
                    edit_event(event_id=event.pk, changes=places, actor=actor, now=clock.now())
                case "caller":
                    rsvp(
                        event_id=event.pk, name="A Caller", phone=f"555-{number:03}-{turn:04}",
                        party_size=dice.randint(1, 4), mode=_some_way(dice),
                        overbook=dice.random() < 0.2, actor=actor, now=clock.now(),
                    )  # fmt: skip
                case "change" if row is not None:
                    change_rsvp(
                        rsvp_id=row.pk, party_size=dice.randint(1, 4), mode=_some_way(dice),
                        actor=actor, now=clock.now(),
                    )  # fmt: skip
                case "cancel" if row is not None:
                    cancel_rsvp(rsvp_id=row.pk, actor=actor, now=clock.now())
        except Refused:
            doing += " refused"
        answers[f"staff {doing}"] += 1


def _some_way(dice: random.Random) -> str:
    return dice.choice(["in_person", "in_person", "remote"])


if __name__ == "__main__":
    main()
