"""From the list of an office to the day when everything is ready: who does what, and until when."""

from datetime import datetime
from zoneinfo import ZoneInfo

from events.models import EventType, Role
from tests.factories import make_event
from tests.stories.browser import Browser
from tests.stories.street import Street

LOS_ANGELES = ZoneInfo("America/Los_Angeles")


def on(text: str) -> datetime:
    """An instant on the wall clock of Los Angeles in 2026: "06-11 16:30"."""
    return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=LOS_ANGELES)


def to_prepare(staff: Browser) -> str:
    """What the desk's first page reminds of; empty where nothing waits."""
    _before, _heading, card = staff.open("/staff/").text.partition("To prepare ")
    return card


def test_every_town_hall_begins_with_the_list_and_the_desk_reminds_of_each_task(
    street: Street,
) -> None:
    sam, rosa = street.staff(), street.staff(Role.EDITOR, name="Rosa Ruiz")
    rosas_key = str(rosa.user.pk)

    # The office writes once what a town hall needs, how long before, and who sees to it.
    sam.open("/staff/offices/district-4/")
    sam.follow("Checklists: what has to be done before each type of event")
    assert "This is a proposal: nothing is saved yet." in sam.page.text
    sam.press_in_vain("Save", title5="Print the flyer")
    assert "Enter how many days before the event." in sam.page.text
    sam.press("Save", days5="14", owner0=rosas_key, owner1=rosas_key, title4="")

    # A town hall that is posted begins with it; a hearing has a list of its own.
    hall, hearing = (
        make_event(
            street.office, title=title, event_type=kind, starts_at=on("07-09 18:30"),
            venue=street.library, post=False, now=street.now,
        )
        for title, kind in (
            ("Town hall on buses", EventType.TOWN_HALL), ("Hearing on trees", EventType.HEARING),
        )
    )  # fmt: skip
    for event in (hall, hearing):
        sam.open(f"/staff/events/{event.pk}/")
        sam.follow("Check and post")
        sam.press("Post")
    sam.follow("Preparation")
    assert "Nothing is on the list yet." in sam.page.text
    sam.open(f"/staff/events/{hall.pk}/preparation/")
    assert (
        "Book the room By June 9, 2026 · Rosa Ruiz It is done : Book the room "
        "Book interpreters By June 18, 2026 · Rosa Ruiz It is done : Book interpreters "
        "Print the flyer By June 25, 2026 · nobody sees to it yet It is done : Print the flyer "
        "Check that the public notice is out By July 2, 2026"
    ) in sam.page.text

    # This one needs something more, and something less.
    sam.press("Put it on the list", title="Call the bus company", days="21", owner=rosas_key)
    sam.follow("Tell the press")
    sam.press("Take it off the list")
    assert "Tell the press" not in sam.page.text.partition("Add 1 task")[0]

    # A week before a day the desk names it; afterwards it is late until somebody has done it.
    assert to_prepare(rosa) == ""
    street.go_to(on("06-03 09:00"))
    assert to_prepare(rosa).startswith("By June 9, 2026 Book the room : Town hall on buses")
    street.go_to(on("06-10 09:00"))
    assert to_prepare(rosa).startswith("Late: due June 9, 2026 Book the room")
    rosa.follow("Book the room: Town hall on buses")
    rosa.press("It is done: Book the room")
    assert "Book the room Done June 10, 2026 · Rosa Ruiz" in rosa.page.text

    # The town hall moves by a week, and every day with it; what is done stays done.
    street.go_to(on("06-12 09:00"))
    assert to_prepare(rosa).startswith("By June 18, 2026 Book interpreters")
    sam.open(f"/staff/events/{hall.pk}/")
    sam.follow("Move to another time")
    sam.press("Check who will be told", starts_on="2026-07-16", starts_time="18:30",
              ends_time="20:00")  # fmt: skip
    sam.press("Save")
    assert to_prepare(rosa) == ""
    rosa.open(f"/staff/events/{hall.pk}/preparation/")
    assert "Book the room Done June 10, 2026" in rosa.page.text
    assert "Book interpreters By June 25, 2026" in rosa.page.text
    assert "Call the bus company By June 25, 2026" in rosa.page.text

    # Of what does not take place the desk reminds nobody.
    street.go_to(on("06-26 09:00"))
    sam.come_back()
    assert to_prepare(sam).startswith("Late: due June 25, 2026")
    sam.open(f"/staff/events/{hall.pk}/")
    sam.follow("Cancel")
    sam.press("Cancel the event", reason="The bus company cannot come.")
    assert to_prepare(sam) == ""
    assert street.mail() == [], "the public hears nothing of lists"
