"""What an office sets up: places, topics, the office itself, its logo, and who works for it."""

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils.http import base36_to_int

from events.actions.offices import edit_office, edit_venue
from events.models import (
    AuditEntry,
    Event,
    Membership,
    Office,
    OfficeKind,
    Role,
    StaffUser,
    Topic,
    Venue,
)
from events.permissions import grants_of
from events.pictures import NotAPicture, read_format
from notifications.models import Delivery
from notifications.planning import plan_outbox
from tests.clock import at
from tests.desk import Desk
from tests.factories import (
    NOW,
    PASSWORD,
    make_claim,
    make_event,
    make_office,
    make_rsvp,
    make_shift,
    make_staff,
    make_topic,
    make_venue,
)
from tests.pages import page

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _now() -> Iterator[None]:
    with at(NOW):
        yield


@pytest.fixture(autouse=True)
def _own_media(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def office() -> Office:
    return make_office(slug="district-4", name="District 4", languages=["en", "es"])


@pytest.fixture
def desk(office: Office) -> Desk:
    return Desk(make_staff(office))


# -- Places ---------------------------------------------------------------------------------------


def test_a_place_is_added_with_its_access_facts(desk: Desk) -> None:
    answer = desk.change(
        "staff-venue-new",
        {"name": "Library", "street": "12 Oak Avenue", "step_free": "yes", "hearing_loop": "no",
         "wheelchair_spaces": "4"},
    )  # fmt: skip
    assert "The place is on the list." in desk.follow(answer).text
    venue = Venue.objects.get()
    assert (venue.step_free, venue.hearing_loop, venue.accessible_parking) == (True, False, None)
    assert venue.wheelchair_spaces == 4


def test_a_corrected_place_shows_at_its_events(desk: Desk, office: Office) -> None:
    venue = make_venue(office)
    event = make_event(office, venue=venue)
    assert "1 coming event shows this." in desk.see("staff-venue", pk=venue.pk).text
    desk.change("staff-venue", {"entrance": "The door on Elm Street"}, pk=venue.pk)
    after = Event.objects.get(pk=event.pk)
    assert (after.revision, after.sequence) == (event.revision + 1, event.sequence)
    assert "The door on Elm Street" in page(desk.client.get(event.get_absolute_url())).text


def test_a_new_address_is_shown_with_who_is_told_before_it_is_saved(
    desk: Desk, office: Office
) -> None:
    venue = make_venue(office)
    hall, fair = (make_event(office, venue=venue) for _number in range(2))
    for event in (hall, fair):
        make_rsvp(event, email="both@example.org")
    make_rsvp(fair, email="one@example.org")
    make_claim(make_shift(office=office, venue=venue), email="helps@example.org")
    make_rsvp(make_event(office), email="elsewhere@example.org")
    review = page(desk.change("staff-venue", {"street": "14 Elm Street"}, pk=venue.pk))
    assert "2 guests and 1 volunteer will get one message each." in review.text
    assert "New Main Library, Community Room, 14 Elm Street, San Arroyo, CA 90000" in review.text
    assert Venue.objects.get(pk=venue.pk).street == "12 Oak Avenue"
    sent = desk.send("staff-venue", review.fields | {"do": "confirm"}, pk=venue.pk)
    assert "2 guests and 1 volunteer will get a message" in desk.follow(sent).text
    assert Venue.objects.get(pk=venue.pk).street == "14 Elm Street"
    while plan_outbox(now=NOW):
        pass
    told = Delivery.objects.filter(message__in=("place_changed", "event_changed", "shift_changed"))
    assert sorted((d.message, str(d.person and d.person.email)) for d in told) == [
        ("event_changed", "one@example.org"),
        ("place_changed", "both@example.org"),
        ("shift_changed", "helps@example.org"),
    ]


def test_a_new_address_that_concerns_nobody_is_saved_at_once(desk: Desk, office: Office) -> None:
    venue = make_venue(office)
    make_event(office, venue=venue)
    desk.change("staff-venue", {"street": "14 Elm Street"}, pk=venue.pk)
    assert Venue.objects.get(pk=venue.pk).street == "14 Elm Street"


def test_a_stale_place_is_not_overwritten(desk: Desk, office: Office) -> None:
    venue = make_venue(office)
    mine = desk.fill("staff-venue", pk=venue.pk) | {"entrance": "Mine"}
    edit_venue(venue_id=venue.pk, changes={"entrance": "Theirs"}, now=NOW)
    answer = desk.send("staff-venue", mine, pk=venue.pk)
    assert answer.status_code == 409
    assert "How to get in Saved now: Theirs In your form: Mine" in page(answer).text
    assert Venue.objects.get(pk=venue.pk).entrance == "Theirs"


def test_the_list_of_places_costs_the_same_for_1_and_for_20(
    desk: Desk, office: Office, django_assert_num_queries: Any
) -> None:
    for count in (1, 19):
        for _number in range(count):
            make_venue(office)
        # Session, user, roles, the places, and how many there are.
        with django_assert_num_queries(5):
            desk.see("staff-venues")


# -- Topics ---------------------------------------------------------------------------------------


def test_a_topic_is_added_and_renamed_under_its_old_address(desk: Desk) -> None:
    desk.change("staff-topic-new", {"name": "Parks & trees", "name_es": "Parques"})
    topic = Topic.objects.get()
    assert (topic.slug, topic.in_language("es").name) == ("parks-trees", "Parques")
    desk.change("staff-topic", {"name": "Parks", "name_es": ""}, slug=topic.slug)
    after = Topic.objects.get()
    assert (after.slug, after.name, after.translations.count()) == ("parks-trees", "Parks", 0)


def test_two_topics_do_not_share_a_name(desk: Desk) -> None:
    make_topic("parks", description="As it was")
    answer = desk.change("staff-topic-new", {"name": "Parks"})
    assert answer.status_code == 422
    assert "There is a topic of this name already." in page(answer).text
    assert Topic.objects.get().description == "As it was"


# -- The office -----------------------------------------------------------------------------------


def test_the_settings_are_saved_as_they_were_chosen(desk: Desk, office: Office) -> None:
    desk.change(
        "staff-office",
        {"phone": "555-0199", "palette": "plum", "languages": ["es", "vi"],
         "reminders": ["2h", "7d"], "access_notice_days": "5", "website": "example.org",
         "election_dates": "2026-11-03\n2026-06-02", "election_notice_days": "45",
         "public_record_text": "Read this."},
        slug=office.slug,
    )  # fmt: skip
    after = Office.objects.get()
    assert (after.phone, after.palette, after.languages) == ("555-0199", "plum", ["en", "es", "vi"])
    assert after.reminder_leads == ["7d", "2h"]
    assert (after.access_notice_days, after.website) == (5, "https://example.org")
    assert after.election_dates == ["2026-06-02", "2026-11-03"]
    assert after.election_notice_days == 45
    assert 'class="palette-plum"' in Client().get("/events/").content.decode()


def test_an_office_offers_the_help_that_it_can_arrange(desk: Desk, office: Office) -> None:
    kinds = desk.fill("staff-office", slug=office.slug)["access_kinds"]
    assert len(kinds) == 6
    assert "other" not in kinds, "is always there"
    desk.change("staff-office", {"access_kinds": ["captions", "asl"]}, slug=office.slug)
    office.refresh_from_db()
    assert office.access_kinds == ["asl", "captions", "other"]
    desk.change("staff-office", {"access_kinds": []}, slug=office.slug)
    office.refresh_from_db()
    assert office.access_kinds == ["other"]


def test_a_campaign_says_who_pays_and_an_official_office_when_it_confirms(
    desk: Desk, office: Office
) -> None:
    official = desk.fill("staff-office", slug=office.slug)
    assert ("election_notice_days" in official, "paid_for_by" in official) == (True, False)
    Office.objects.update(kind="campaign")
    campaign = desk.fill("staff-office", slug=office.slug)
    assert ("election_notice_days" in campaign, "paid_for_by" in campaign) == (False, True)
    desk.change("staff-office", {"paid_for_by": "Friends of Ana"}, slug=office.slug)
    assert Office.objects.get().payer == "Friends of Ana"


def test_settings_sent_back_untouched_change_nothing(desk: Desk, office: Office) -> None:
    edit_office(office_id=office.pk, changes={"reminder_leads": ["5d", "1d@11:00", "90m"]}, now=NOW)
    before = Office.objects.get()
    desk.change("staff-office", {}, slug=office.slug)
    after = Office.objects.get()
    assert (after.revision, after.reminder_leads) == (before.revision, before.reminder_leads)


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("name", "", "Give the office a name."),
        ("reply_to", "nobody", "Enter an email address in full"),
        ("timezone", "Mars/Olympus", "Choose a time zone from the list."),
        ("access_notice_days", "-1", "greater than or equal to 0"),
        ("election_dates", "Nov 3", "“Nov” is no date."),
    ],
)
def test_a_setting_that_cannot_be_is_said_and_the_rest_is_kept(
    desk: Desk, office: Office, field: str, typed: str, said: str
) -> None:
    answer = desk.change("staff-office", {field: typed, "jurisdiction": "Kept"}, slug=office.slug)
    shown = page(answer)
    assert answer.status_code == 422
    assert said in shown.text
    assert shown.fields["jurisdiction"] == "Kept"


def test_a_stale_office_is_not_overwritten(desk: Desk, office: Office) -> None:
    mine = desk.fill("staff-office", slug=office.slug) | {"phone": "555-1"}
    edit_office(office_id=office.pk, changes={"phone": "555-2"}, now=NOW)
    answer = desk.send("staff-office", mine, slug=office.slug)
    assert answer.status_code == 409
    assert "Phone Saved now: 555-2 In your form: 555-1" in page(answer).text
    assert Office.objects.get().phone == "555-2"


# -- The logo -------------------------------------------------------------------------------------


def png(width: int = 120, height: int = 48) -> bytes:
    """A picture that every browser draws."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = b"".join(b"\0" + bytes(width) for _row in range(height))
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


def upload(desk: Desk, office: Office, name: str, data: bytes, **more: Any) -> HttpResponse:
    fields = desk.fill("staff-office", slug=office.slug) | more
    return desk.send("staff-office", fields | {"logo": SimpleUploadedFile(name, data)},
                     slug=office.slug)  # fmt: skip


def test_a_logo_is_shown_on_every_page(desk: Desk, office: Office) -> None:
    answer = upload(desk, office, "my logo.PNG", png())
    assert answer.status_code == 303
    office.refresh_from_db()
    assert office.logo_url in Client().get("/events/").content.decode()
    served = Client().get(office.logo_url)
    assert (served.status_code, served["Content-Type"]) == (200, "image/png")
    assert served["X-Content-Type-Options"] == "nosniff"
    assert served["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert "inline" in served["Content-Disposition"]
    assert not served.cookies
    assert b"".join(served) == png()


def test_a_new_logo_takes_the_place_of_the_old_one(desk: Desk, office: Office) -> None:
    upload(desk, office, "a.png", png(10))
    first = Office.objects.get().logo.name
    upload(desk, office, "b.png", png(20))
    second = Office.objects.get().logo.name
    assert first != second
    assert (default_storage.exists(first), default_storage.exists(second)) == (False, True)
    upload(desk, office, "b.png", png(20))
    assert Office.objects.get().logo.name == second
    desk.change("staff-office", {"drop_logo": "on"}, slug=office.slug)
    assert (Office.objects.get().logo.name, default_storage.exists(second)) == ("", False)


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("logo.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "SVG cannot be used"),
        ("logo.png", b"<html><script>alert(1)</script>", "This is no PNG, JPEG, WebP or GIF"),
        ("logo.png", b"\x89PNG\r\n\x1a\n", "This is no PNG, JPEG, WebP or GIF"),
        ("logo.png", png() + bytes(500_000), "Choose a file of at most 500 KB."),
        ("logo.png", png(5000, 1), "at most 4000 pixels a side"),
        ("logo.png", b"", "This file is empty."),
    ],
)
def test_what_is_no_small_picture_is_refused(
    desk: Desk, office: Office, name: str, data: bytes, said: str
) -> None:
    answer = upload(desk, office, name, data, jurisdiction="Kept")
    assert answer.status_code == 422
    assert said in page(answer).text
    assert page(answer).fields["jurisdiction"] == "Kept"
    assert Office.objects.get().logo.name == ""


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (png(3, 2), ("png", 3, 2)),
        (b"GIF89a" + struct.pack("<HH", 3, 2), ("gif", 3, 2)),
        (b"\xff\xd8\xff\xe0\x00\x04JF\xff\xc0\x00\x0b\x08" + struct.pack(">HH", 2, 3),
         ("jpg", 3, 2)),
        (b"RIFF\0\0\0\0WEBPVP8X" + bytes(8) + b"\x02\0\0\x01\0\0", ("webp", 3, 2)),
        (b"RIFF\0\0\0\0WEBPVP8 " + bytes(10) + struct.pack("<HH", 3, 2), ("webp", 3, 2)),
        (b"RIFF\0\0\0\0WEBPVP8L" + bytes(5) + struct.pack("<I", 2 | 1 << 14), ("webp", 3, 2)),
    ],
)  # fmt: skip
def test_a_picture_says_its_size(data: bytes, found: tuple[str, int, int]) -> None:
    kind, width, height = read_format(data)
    assert (kind.ending, width, height) == found


@pytest.mark.parametrize(
    "data", [b"", b"\xff\xd8\xff", b"\xff\xd8\xff\xe0\x00", b"GIF89a", b"RIFF"]
)
def test_half_a_picture_is_none(data: bytes) -> None:
    with pytest.raises(NotAPicture):
        read_format(data)


@pytest.mark.parametrize(
    "path",
    ["logos/nowhere.png", "letters/secret.pdf", "logos/../secret", "secret", "logos", "logos/a%00"],
)
def test_nothing_else_is_served(path: str, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "secret.pdf").write_text("secret")
    assert Client().get(f"/media/{path}").status_code == 404


def test_what_is_no_picture_is_saved_and_not_shown(tmp_path: Path) -> None:
    (tmp_path / "logos").mkdir()
    (tmp_path / "logos" / "x.html").write_text("<script>alert(1)</script>")
    answer = Client().get("/media/logos/x.html")
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["X-Content-Type-Options"] == "nosniff"


# -- Staff ----------------------------------------------------------------------------------------


def test_a_new_colleague_gets_a_link_that_works_once(desk: Desk, office: Office) -> None:
    answer = desk.change("staff-members", {"email": "Tom@example.org", "name": "Tom"})
    shown = page(answer)
    link = next(word for word in shown.text.split() if word.startswith("http://testserver/"))
    assert "It works once, for 3 days." in shown.text
    assert "Another office" not in shown.text

    browser = Client()
    form = browser.get(link)
    chosen = "quiet evenings by the river"
    done = browser.post(form["Location"], {"password1": chosen, "password2": chosen})
    assert done.status_code == 302
    login = browser.post(
        "/accounts/login/?next=/staff/", {"login": "tom@example.org", "password": chosen}
    )
    assert login["Location"] == "/staff/"
    assert browser.get("/staff/").status_code == 200
    # A second time it opens nothing.
    assert "password1" not in Client().get(link, follow=True).content.decode()
    assert Membership.objects.get(user__email="tom@example.org").role == Role.EDITOR


def mailed_link(email: str) -> str:
    """Ask for a new password, and return the link in the mail."""
    mail.outbox.clear()
    Client().post("/accounts/password/reset/", {"email": email})
    (message,) = mail.outbox
    assert message.to == [email]
    return next(word for word in str(message.body).split() if "/password/reset/key/" in word)


def choose_password(link: str) -> Client:
    """Choose :data:`PASSWORD` through the link, and sign in with it."""
    browser = Client()
    form = browser.get(link)
    browser.post(form["Location"], {"password1": PASSWORD, "password2": PASSWORD})
    email = StaffUser.objects.get(pk=base36_to_int(link.split("/key/")[1].split("-")[0])).email
    browser.post("/accounts/login/", {"login": email, "password": PASSWORD})
    return browser


def test_a_role_of_an_account_that_another_office_made_waits_for_a_password_by_mail(
    desk: Desk, office: Office
) -> None:
    """A manager elsewhere may have made it for an address that is not theirs."""
    elsewhere = make_office(kind=OfficeKind.CAMPAIGN)
    their_desk = Desk(make_staff(elsewhere))
    made = page(their_desk.change("staff-members", {"email": "ada@example.org"}))
    link = next(word for word in made.text.split() if word.startswith("http://testserver/"))

    answer = desk.change("staff-members", {"email": "ada@example.org", "role": "manager"})
    told = desk.follow(answer).text
    assert "ada@example.org has an account that your office did not make." in told
    assert "Waits for a new password by mail" in told
    member = Membership.objects.get(user__email="ada@example.org", office=office)
    assert desk.send("staff-member-link", {}, pk=member.pk).status_code == 422

    # Whoever has the link that was handed over comes in where it was made, and nowhere else.
    intruder = choose_password(link)
    assert intruder.get("/staff/").context["office"] == elsewhere
    assert intruder.get(reverse("staff-office", kwargs={"slug": office.slug})).status_code == 403
    assert grants_of(member.user).offices("see_desk") == [elsewhere]
    assert "The last manager stays." in desk.see("staff-members").text

    holder = choose_password(mailed_link("ada@example.org"))
    assert holder.get(reverse("staff-office", kwargs={"slug": office.slug})).status_code == 200
    assert intruder.get("/staff/").status_code == 302
    assert "Waits for" not in desk.see("staff-members").text
    entry = AuditEntry.objects.get(action="membership.changed")
    assert (entry.office_id, entry.changes) == (office.pk, {"waits_for_proof": None})


def test_a_role_of_a_colleague_from_another_office_of_the_same_manager_counts_at_once(
    desk: Desk, office: Office
) -> None:
    ada = make_staff(office, email="ada@example.org")
    other = make_office(name="The other office")
    Membership.objects.create(user=desk.user, office=other, role=Role.MANAGER)
    answer = desk.change(
        "staff-members", {"email": "ada@example.org"}, query=f"?office={other.slug}"
    )
    assert "works here now" in desk.follow(answer).text
    assert grants_of(ada).offices("see_desk") == [office, other]
    ada.refresh_from_db()
    assert ada.check_password(PASSWORD)


def test_a_link_to_an_account_that_nobody_took_is_void_once_another_office_makes_it_its_own(
    desk: Desk, office: Office
) -> None:
    their_desk = Desk(make_staff(make_office()))
    made = page(their_desk.change("staff-members", {"email": "ada@example.org"}))
    link = next(word for word in made.text.split() if word.startswith("http://testserver/"))
    member = Membership.objects.get(user__email="ada@example.org")
    their_desk.send("staff-member-remove", {}, pk=member.pk)

    answer = desk.change("staff-members", {"email": "ada@example.org"})
    new = next(word for word in page(answer).text.split() if word.startswith("http://testserver/"))
    assert "password1" not in Client().get(link, follow=True).content.decode()
    assert choose_password(new).get("/staff/").context["office"] == office


def test_nobody_gets_a_link_to_an_account_of_an_office_that_is_not_theirs(desk: Desk) -> None:
    """A manager could otherwise choose the password of somebody who manages another office."""
    elsewhere = make_office()
    new = StaffUser.objects.create_user("eve@example.org")
    Membership.objects.create(user=new, office=elsewhere, role=Role.MANAGER)
    answer = desk.change("staff-members", {"email": "eve@example.org"})
    assert "password/reset/key" not in desk.follow(answer).text
    member = Membership.objects.get(user=new, office__memberships__user=desk.user)
    assert desk.send("staff-member-link", {}, pk=member.pk).status_code == 422


def test_who_is_there_is_not_added_twice(desk: Desk, office: Office) -> None:
    make_staff(office, email="tom@example.org", role=Role.EDITOR)
    answer = desk.change("staff-members", {"email": "tom@example.org", "role": "manager"})
    assert answer.status_code == 422
    assert "They work for this office already." in page(answer).text
    assert Membership.objects.get(user__email="tom@example.org").role == Role.EDITOR


def test_the_last_manager_neither_goes_nor_steps_down(desk: Desk, office: Office) -> None:
    make_staff(office, role=Role.EDITOR)
    own = Membership.objects.get(user=desk.user)
    assert "The last manager stays." in desk.see("staff-members").text
    for name, data in (("staff-member-role", {"role": "editor"}), ("staff-member-remove", {})):
        answer = desk.send(name, data, pk=own.pk)
        assert answer.status_code == 422
        assert "Name another manager first." in page(answer).text
    own.refresh_from_db()
    assert own.role == Role.MANAGER


def test_who_steps_down_is_led_back_to_the_desk(desk: Desk, office: Office) -> None:
    make_staff(office)
    own = Membership.objects.get(user=desk.user)
    answer = desk.send("staff-member-role", {"role": "editor"}, pk=own.pk)
    assert answer["Location"] == reverse("staff")
    assert desk.ask("staff-members").status_code == 403


def test_who_is_removed_is_out_at_once(desk: Desk, office: Office) -> None:
    tom = Desk(make_staff(office, role=Role.EDITOR))
    assert tom.ask("staff").status_code == 200
    member = Membership.objects.get(user=tom.user)
    assert "lose access" in desk.see("staff-member-remove", pk=member.pk).text
    desk.send("staff-member-remove", {}, pk=member.pk)
    assert tom.ask("staff").status_code == 403
