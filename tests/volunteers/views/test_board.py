"""The board of open shifts, one shift, and claiming it: what volunteers see and get."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client

from events.actions.calling_off import cancel_event
from events.actions.events import edit_event
from events.models import Event, EventTranslation, Office
from tests.clock import at
from tests.factories import NOW, make_claim, make_event, make_office, make_role, make_shift
from tests.pages import page
from volunteers.actions.shifts import cancel_shift
from volunteers.models import Shift, ShiftClaim

pytestmark = pytest.mark.django_db


@pytest.fixture
def office() -> Office:
    return make_office(slug="rivera", name="Office of Council Member Rivera")


def words(client: Client, path: str) -> str:
    with at(NOW):
        answer = client.get(path)
    assert answer.status_code == 200
    return page(answer).text


def shift_links(client: Client, path: str) -> list[str]:
    with at(NOW):
        links = page(client.get(path)).links
    return [link for link in links if link.startswith("/volunteer/shifts/")]


def test_board_says_in_words_how_many_are_needed(client: Client, office: Office) -> None:
    make_shift(office=office, minimum=3, capacity=6, starts_at=NOW + timedelta(days=1))
    one_short = make_shift(office=office, minimum=2, capacity=2, starts_at=NOW + timedelta(days=2))
    make_claim(one_short)
    enough = make_shift(office=office, minimum=1, capacity=4, starts_at=NOW + timedelta(days=3))
    make_claim(enough)
    no_limit = make_shift(
        office=office, minimum=1, capacity=None, starts_at=NOW + timedelta(days=4)
    )
    make_claim(no_limit)
    full = make_shift(office=office, minimum=1, capacity=1, starts_at=NOW + timedelta(days=5))
    make_claim(full)
    text = words(client, "/volunteer/")
    said = [
        "3 people still needed",
        "1 person still needed",
        "Enough people, and room for 3 more",
        "Enough people, and more are welcome",
        "Full: you can join the waitlist",
    ]
    places = [text.index(sentence) for sentence in said]
    assert places == sorted(places)


def test_board_groups_shifts_by_the_day_on_which_they_start(client: Client, office: Office) -> None:
    # 22:30 on June 2 in Los Angeles is already June 3 in UTC.
    late = NOW + timedelta(days=1, hours=13, minutes=30)
    make_shift(office=office, starts_at=NOW + timedelta(days=1))
    make_shift(office=office, starts_at=late)
    make_shift(office=office, starts_at=NOW + timedelta(days=2))
    with at(NOW):
        html = client.get("/volunteer/").content.decode()
    assert html.count('class="day-head"') == 2
    first_day = html.index("Tuesday, June 2<")
    second_day = html.index("Wednesday, June 3<")
    assert html[first_day:second_day].count("shift-card__time") == 2


def test_board_leaves_out_drafts_and_what_is_over(client: Client, office: Office) -> None:
    shown = make_shift(office=office)
    make_shift(office=office, post=False)
    make_shift(make_event(office, post=False))
    make_shift(office=office, starts_at=NOW - timedelta(hours=3), hours=2)
    assert shift_links(client, "/volunteer/") == [f"/volunteer/shifts/{shown.pk}/"]


def test_board_marks_what_was_called_off(client: Client, office: Office) -> None:
    cancelled = make_shift(office=office)
    cancel_shift(shift_id=cancelled.pk, reason="The hall is closed.", now=NOW)
    event = make_event(office)
    at_event = make_shift(event)
    cancel_event(event_id=event.pk, reason="A storm.", now=NOW)
    assert shift_links(client, "/volunteer/") == [
        f"/volunteer/shifts/{cancelled.pk}/",
        f"/volunteer/shifts/{at_event.pk}/",
    ]
    text = words(client, "/volunteer/")
    assert text.count("Cancelled") == 2
    assert "still needed" not in text


def test_board_filters_by_role_event_office_and_time(client: Client, office: Office) -> None:
    other_office = make_office(slug="clerk", name="City Clerk")
    greeter, cook = make_role(office, "Greeter"), make_role(office, "Cook")
    event = make_event(office, slug="budget")
    soon = make_shift(office=office, role=cook, starts_at=NOW + timedelta(days=3))
    at_event = make_shift(event, role=greeter)
    far = make_shift(office=other_office, starts_at=NOW + timedelta(days=60))
    over = make_shift(office=office, starts_at=NOW - timedelta(days=2))

    def found(query: str) -> list[int]:
        return [int(link.split("/")[3]) for link in shift_links(client, f"/volunteer/?{query}")]

    assert found("") == [soon.pk, at_event.pk, far.pk]
    assert found("role=greeter") == [at_event.pk, far.pk]
    assert found("role=cook") == [soon.pk]
    assert found("event=budget") == [at_event.pk]
    assert found("office=clerk") == [far.pk]
    assert found("when=week") == [soon.pk]
    assert found("when=month") == [soon.pk, at_event.pk]
    assert found("when=past") == [over.pk]
    assert found("role=cook&when=month&office=rivera") == [soon.pk]
    assert found("role=no-such-role") == []
    assert found("role=%00") == []


def test_board_keeps_what_was_chosen_and_links_its_own_feed(client: Client, office: Office) -> None:
    make_shift(office=office, role=make_role(office, "Cook"))
    with at(NOW):
        read = page(client.get("/volunteer/?role=cook&when=week"))
    assert read.fields == {"role": "cook", "event": "", "when": "week"}
    assert "/feeds/shifts.ics?role=cook" in read.links


def test_board_offers_offices_only_where_there_are_several(client: Client, office: Office) -> None:
    make_shift(office=office)
    with at(NOW):
        assert "office" not in page(client.get("/volunteer/")).fields
        make_office(name="City Clerk")
        assert "office" in page(client.get("/volunteer/")).fields


def test_board_with_a_filter_that_cannot_be_is_422(client: Client, office: Office) -> None:
    with at(NOW):
        assert client.get("/volunteer/?when=someday").status_code == 422
        assert client.get("/volunteer/?offset=10001").status_code == 422


def test_empty_board_says_what_to_do(client: Client, office: Office) -> None:
    text = words(client, "/volunteer/")
    assert "No shifts are open right now" in text
    assert "Get updates by email" in text
    make_shift(office=office)
    assert "No shifts match" in words(client, "/volunteer/?event=gone")


def many_shifts(event: Event, number: int) -> None:
    """Shifts at an event, each with a role of its own, some of them called off."""
    office = event.office
    model = make_shift(event)
    roles = type(model.role).objects.bulk_create(
        type(model.role)(office=office, slug=f"r{n}", name=f"Role {n}") for n in range(number - 1)
    )
    Shift.objects.bulk_create(
        Shift(
            office=office, event=event, role=role, uid=str(uuid4()), offset=model.offset,
            duration=model.duration, minimum=1, capacity=2, own_posted_at=NOW, created_at=NOW,
            own_updated_at=NOW, own_status="cancelled" if place % 3 else "confirmed",
        )
        for place, role in enumerate(roles)
    )  # fmt: skip


@pytest.mark.parametrize("number", [3, 300])
def test_board_asks_eight_queries_whatever_it_lists(
    client: Client, office: Office, number: int, django_assert_num_queries
) -> None:
    event = make_event(office)
    EventTranslation.objects.create(event=event, language="es", title="Asamblea")
    many_shifts(event, number)
    with at(NOW), django_assert_num_queries(8):
        answer = client.get("/es/volunteer/")
    shown = answer.content.decode().count("shift-card__time")
    assert shown == min(number, 60)
    assert "Asamblea" in page(answer).text


def test_long_board_has_further_pages(client: Client, office: Office) -> None:
    many_shifts(make_event(office), 61)
    assert "1–60 of 61" in words(client, "/volunteer/")
    assert len(shift_links(client, "/volunteer/?offset=60")) == 1


def test_shift_page_tells_what_when_where_and_how_many(client: Client, office: Office) -> None:
    event = make_event(office, title="Budget night")
    shift = make_shift(event, notes="Wear something warm.", minimum=2, capacity=3)
    make_claim(shift)
    text = words(client, f"/volunteer/shifts/{shift.pk}/")
    for fact in (
        "Greeter",
        "Thursday, June 11, 2026 5:30–7:30 p.m. PDT",
        "1 person still needed",
        "Welcome people at the door.",
        "Wear something warm.",
        "Main Library, Community Room",
        "12 Oak Avenue",
        "Use the door on Oak Avenue.",
        "Budget night",
        "Taken so far: 1 of 3 places.",
    ):
        assert fact in text
    assert f"/volunteer/shifts/{shift.pk}/claim/" in answer_forms(client, shift)


def answer_forms(client: Client, shift: Shift) -> list[str]:
    with at(NOW):
        return page(client.get(f"/volunteer/shifts/{shift.pk}/")).forms


def test_full_shift_offers_the_line_and_says_how_long_it_is(client: Client, office: Office) -> None:
    shift = make_shift(office=office, capacity=1)
    make_claim(shift)
    make_claim(shift)
    text = words(client, f"/volunteer/shifts/{shift.pk}/")
    assert "Join the waitlist" in text
    assert "All places are taken, and 1 person waits." in text
    assert "Take this shift" not in text


def test_shift_that_takes_nobody_has_no_form(client: Client, office: Office) -> None:
    cancelled = make_shift(office=office)
    cancel_shift(shift_id=cancelled.pk, reason="The hall is closed.", now=NOW)
    over = make_shift(office=office, starts_at=NOW - timedelta(days=1))
    assert answer_forms(client, cancelled) == answer_forms(client, over) == []
    text = words(client, f"/volunteer/shifts/{cancelled.pk}/")
    assert "This shift was cancelled The hall is closed." in text
    assert "This shift is over." in words(client, f"/volunteer/shifts/{over.pk}/")


def test_draft_shift_is_not_there(client: Client, office: Office) -> None:
    shift = make_shift(office=office, post=False)
    with at(NOW):
        assert client.get(f"/volunteer/shifts/{shift.pk}/").status_code == 404
        answer = client.post(f"/volunteer/shifts/{shift.pk}/claim/", {"name": "A"})
    assert answer.status_code == 404


def test_public_pages_of_volunteers_set_no_cookie(client: Client, office: Office) -> None:
    shift = make_shift(office=office)
    with at(NOW):
        for path in ("/volunteer/", f"/volunteer/shifts/{shift.pk}/"):
            answer = client.get(path)
            assert not answer.cookies
            assert answer["Cache-Control"] == "public, max-age=0, s-maxage=30"
            assert "csrf" not in answer.content.decode()


# --- Claiming ------------------------------------------------------------------------------------


def claim(client: Client, shift: Shift, **fields: str):
    given = {"name": "Vic Ortiz", "email": "vic@example.org", "phone": ""} | fields
    with at(NOW):
        return client.post(f"/volunteer/shifts/{shift.pk}/claim/", given)


def claims() -> list[tuple[str, str]]:
    return list(ShiftClaim.objects.order_by("pk").values_list("name", "status"))


def test_claim_from_an_unproven_browser_leads_to_check_your_mail(
    client: Client, office: Office
) -> None:
    shift = make_shift(office=office)
    answer = claim(client, shift, phone="(555) 010-0123")
    assert (answer.status_code, answer["Location"]) == (
        303,
        f"/volunteer/shifts/{shift.pk}/claim/sent/",
    )
    assert claims() == [("Vic Ortiz", "confirmed")]
    assert ShiftClaim.objects.get().phone == "(555) 010-0123"
    assert not answer.cookies
    text = words(client, answer["Location"])
    assert "Check your email" in text
    assert "Vic" not in text
    assert "vic@example.org" not in text


def test_answer_to_an_unproven_browser_tells_nothing_of_the_person(
    client: Client, office: Office
) -> None:
    """Known, clashing, waiting or new: the same answer, byte for byte."""
    free = make_shift(office=office)
    make_claim(make_shift(office=office), email="busy@example.org")
    make_claim(free, email="known@example.org")
    answers = [claim(client, free, email=f"{who}@example.org") for who in ("new", "busy", "known")]
    full = claim(client, free, email="late@example.org")
    seen = {(answer.status_code, answer["Location"], answer.content) for answer in (*answers, full)}
    assert len(seen) == 1
    assert [status for _name, status in claims()] == ["confirmed"] * 3 + ["waitlisted"]


def test_claim_with_bad_input_is_422_and_keeps_what_was_typed(
    client: Client, office: Office
) -> None:
    shift = make_shift(office=office)
    answer = claim(client, shift, name="Vic Ortiz", email="vic at example", phone="12")
    read = page(answer)
    assert answer.status_code == 422
    assert read.title.startswith("Error: ")
    assert read.fields == {"name": "Vic Ortiz", "email": "vic at example", "phone": "12"}
    assert {"#id_email", "#id_phone"} <= set(read.links)
    assert claims() == []


def test_claim_of_a_shift_that_was_called_off_meanwhile_is_422_with_the_reason(
    client: Client, office: Office
) -> None:
    shift = make_shift(office=office)
    cancel_shift(shift_id=shift.pk, reason="The hall is closed.", now=NOW)
    answer = claim(client, shift)
    assert answer.status_code == 422
    assert "This shift was cancelled." in page(answer).text


def test_looking_at_the_claim_address_leads_to_the_shift(client: Client, office: Office) -> None:
    shift = make_shift(office=office)
    with at(NOW):
        answer = client.get(f"/volunteer/shifts/{shift.pk}/claim/")
    assert (answer.status_code, answer["Location"]) == (302, f"/volunteer/shifts/{shift.pk}/")
    assert claims() == []


def test_sixth_mail_to_one_address_in_an_hour_is_429(client: Client, office: Office) -> None:
    shift = make_shift(office=office)
    codes = [claim(client, shift, email="VIC@example.org").status_code for _ in range(6)]
    assert codes == [303] * 5 + [429]


def prove(client: Client, email: str = "vic@example.org") -> None:
    """Press the button behind a mailed link, as the owner of the address."""
    from events import links

    known = make_claim(
        make_shift(office=make_office(), starts_at=NOW + timedelta(days=90)), email=email
    )
    with at(NOW):
        client.post(f"/claims/{links.token_for(links.CLAIM, known)}/confirm/")


def test_proven_browser_sees_its_claim_at_once(client: Client, office: Office) -> None:
    prove(client)
    answer = claim(client, make_shift(office=office))
    assert answer.status_code == 303
    assert answer["Location"].startswith("/claims/")
    assert "The shift is yours" in words(client, answer["Location"])


def test_proven_browser_is_told_what_its_shift_would_overlap(
    client: Client, office: Office
) -> None:
    prove(client)
    make_claim(make_shift(office=office, role=make_role(office, "Cook")), email="vic@example.org")
    answer = claim(client, make_shift(office=office))
    assert answer.status_code == 422
    assert (
        "You already have a shift at that time: Cook, Tuesday, June 9, 2026, 9:00–11:00 a.m. PDT."
        in page(answer).text
    )


def test_proven_browser_is_told_which_event_its_shift_would_overlap(
    client: Client, office: Office
) -> None:
    from tests.factories import make_rsvp

    prove(client)
    event = make_event(office, title="Budget night")
    EventTranslation.objects.create(event=event, language="es", title="Noche del presupuesto")
    make_rsvp(event, email="vic@example.org")
    shift = make_shift(office=office, starts_at=event.starts_at)
    with at(NOW):
        answer = client.post(
            f"/es/volunteer/shifts/{shift.pk}/claim/", {"name": "V", "email": "vic@example.org"}
        )
    assert answer.status_code == 422
    assert "Noche del presupuesto" in page(answer).text


def test_claim_from_another_sites_page_is_refused(client: Client, office: Office) -> None:
    shift = make_shift(office=office)
    with at(NOW):
        answer = client.post(
            f"/volunteer/shifts/{shift.pk}/claim/",
            {"name": "A", "email": "a@example.org"},
            headers={"Origin": "https://elsewhere.example"},
        )
    assert answer.status_code == 403
    assert claims() == []


def test_moved_event_takes_its_shifts_along_on_the_board(client: Client, office: Office) -> None:
    event = make_event(office)
    make_shift(event)
    edit_event(
        event_id=event.pk,
        changes={
            "starts_at": event.starts_at + timedelta(days=1),
            "ends_at": event.ends_at + timedelta(days=1),
        },
        now=NOW,
    )
    assert "Friday, June 12" in words(client, "/volunteer/")
