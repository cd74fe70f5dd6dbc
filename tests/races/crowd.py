"""One process of a crowd: eight threads that use the site at once. Started by the race tests.

    python -m tests.races.crowd rsvp SLUG FIRST_NUMBER ROUNDS
    python -m tests.races.crowd claim SHIFT_IDS FIRST_NUMBER ROUNDS

Prints one line: how many answers of each kind (JSON).
"""

import json
import random
import sys
import threading
from collections import Counter

import django

THREADS = 8


def main() -> None:
    django.setup()
    from django.conf import settings

    # One host plays the whole crowd, and none of its guests reads mail.
    settings.RATE_LIMITS, settings.UNPROVEN_SHARE = False, 1.0
    kind, target, first, rounds = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    answers: Counter[str] = Counter()
    start = threading.Barrier(THREADS)
    play = {"rsvp": rsvp_and_cancel, "claim": claim_and_release}[kind]

    def run(number: int) -> None:
        start.wait()
        try:
            play(target, number, rounds, answers)
        except Exception as error:  # a deadlock or a broken invariant shows up here
            answers[f"error: {type(error).__name__}: {error}"[:300]] += 1
        finally:
            from django.db import connections

            connections.close_all()

    threads = [threading.Thread(target=run, args=(first + i,)) for i in range(THREADS)]
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


if __name__ == "__main__":
    main()
