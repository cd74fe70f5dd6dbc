"""The volunteers' desk in a real browser: every page of it, and one way without scripts."""

import pytest

from config.demo import STAFF_LOGIN, STAFF_PASSWORD
from events.models import Event
from tests.browser.looking import Visitor
from volunteers.models import Shift, ShiftClaim

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("demo")]


def desk_paths() -> list[str]:
    """Every page of the desk for volunteers, on the demo's rows."""
    held = ShiftClaim.objects.confirmed().earliest("pk")
    line = ShiftClaim.objects.in_line().earliest("pk")
    shift, full = f"/staff/shifts/{held.shift_id}/", f"/staff/shifts/{line.shift_id}/"
    event = Event.objects.filter(shifts__isnull=False).earliest("starts_at")
    return [
        "/staff/", "/staff/shifts/", "/staff/shifts/?view=drafts", "/staff/shifts/?role=Greeter",
        "/staff/shifts/new/", f"/staff/shifts/new/?event={event.pk}",
        "/staff/shifts/new/?event=none", f"/staff/events/{event.pk}/",
        shift, f"{shift}edit/", f"{shift}reschedule/", f"{shift}cancel/", f"{shift}roster/",
        f"{shift}volunteers/{held.pk}/", f"{shift}volunteers/new/",
        f"{full}?show=waiting", f"{full}?q=nobody", f"{full}volunteers/{line.pk}/",
        f"{full}volunteers/new/",
        "/staff/shifts/roles/", "/staff/shifts/roles/new/",
        f"/staff/shifts/roles/{held.shift.role_id}/",
    ]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("language", ["", "/es"], ids=["English", "Spanish"])
def test_the_desk_for_volunteers_is_open_to_everybody(visitor: Visitor, language: str) -> None:
    visitor.log_in(STAFF_LOGIN, STAFF_PASSWORD)
    found = []
    for path in desk_paths():
        found += visitor.faults(language + path)
    assert found == []


@pytest.mark.slow
def test_refused_forms_of_the_desk_are_open_to_everybody(visitor: Visitor) -> None:
    visitor.log_in(STAFF_LOGIN, STAFF_PASSWORD)
    held = ShiftClaim.objects.confirmed().earliest("pk")
    shift = f"/staff/shifts/{held.shift_id}/"
    found = []
    for path, button in (
        ("/staff/shifts/new/?event=none", "Save the draft"),
        (f"{shift}cancel/", "Cancel the shift"),
        (f"{shift}volunteers/new/", "Add the volunteer"),
        (f"{shift}volunteers/{held.pk}/", "Take them off the shift"),
        ("/staff/shifts/roles/new/", "Save"),
    ):
        page = visitor.open(path)
        page.get_by_role("button", name=button).click()
        assert page.title().startswith("Error: "), path
        found += visitor.faults_here(path)
    assert found == []


def test_a_shift_from_the_first_draft_to_its_cancellation_without_scripts(
    without_javascript: Visitor,
) -> None:
    visitor = without_javascript
    visitor.log_in(STAFF_LOGIN, STAFF_PASSWORD)
    page = visitor.page
    page.get_by_role("link", name="Shifts", exact=True).click()
    page.get_by_role("link", name="New shift").click()
    page.get_by_role("button", name="Go on").click()
    page.get_by_text("A role that is not in the list").click()
    page.get_by_label("Name of the role").fill("Tree planter")
    page.get_by_label("Date").fill("2099-03-14")
    page.get_by_label("Starts").fill("09:00")
    page.get_by_label("Ends").fill("12:00")
    page.get_by_label("Most people").fill("1")
    page.get_by_role("button", name="Save the draft").click()
    page.get_by_role("button", name="Post", exact=True).click()
    assert page.get_by_text("Posted. Everybody can see it now.").is_visible()

    for name in ("Dolores Vega", "Amos Reed"):
        page.get_by_role("link", name="Add a volunteer").click()
        page.get_by_label("Name", exact=True).fill(name)
        page.get_by_label("Phone number").fill("(555) 010-0171")
        page.get_by_role("button", name="Add the volunteer").click()
    assert page.get_by_text("Amos Reed is on the waitlist.").is_visible()
    page.get_by_role("link", name="On the shift").click()
    page.get_by_role("link", name="Dolores Vega").click()
    page.get_by_label("Why?").fill("Called and is ill.")
    page.get_by_role("button", name="Take them off the shift").click()
    assert page.get_by_text("Amos Reed moved up from the waitlist.").is_visible()

    page.get_by_role("link", name="Move to another time").click()
    page.get_by_label("Starts").fill("10:00")
    page.get_by_role("button", name="Check who will be told").click()
    assert page.get_by_text("1 person has no email address and has to be called.").is_visible()
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("link", name="Cancel", exact=True).click()
    page.get_by_label("Why?").fill("The ground is frozen.")
    page.get_by_role("button", name="Cancel the shift").click()
    assert page.get_by_text("The ground is frozen.").is_visible()
    shift = Shift.objects.effective().get(role__name="Tree planter")
    assert (shift.status, shift.taken) == ("cancelled", 1)
