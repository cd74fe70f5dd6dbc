"""The programme: an agenda that moves with its event, who speaks, papers, and the recording."""

from django.core.files.uploadedfile import SimpleUploadedFile

from tests.factories import make_event
from tests.notifications.letters.files import PDF
from tests.stories.street import Street, words_of

AGENDA = "6:30 Welcome\n6:45 The bus plan\n  With maps on the wall\nYour questions"


def test_the_programme_is_read_printed_found_and_moves_with_its_event(street: Street) -> None:
    ana, sam = street.neighbor("Ana"), street.staff()
    event = make_event(
        street.office, title="Town hall on buses", venue=street.library, now=street.now
    )
    page = event.get_absolute_url()
    assert "recorded" not in ana.open(page).text

    # Written in both languages, as it would be on paper: a time, a title, notes further in.
    sam.open(f"/staff/events/{event.pk}/agenda/")
    sam.press(
        "Save", agenda=AGENDA, agenda_es="Bienvenida\nEl plan de autobuses\nSus preguntas",
        speaker_0_name="Lucía Ortega", speaker_0_role="Council Member",
        speaker_0_role_es="Concejala", is_recorded="on",
        documents=SimpleUploadedFile("Bus map.pdf", PDF),
    )  # fmt: skip

    # Everybody reads it in their language, and opens the paper; the notice stands at the form.
    shown = ana.open(page)
    assert "6:30 p.m. Welcome 6:45 p.m. The bus plan With maps on the wall" in shown.text
    assert "Lucía Ortega , Council Member" in shown.text
    assert "This event is recorded, with sound and picture." in shown.text
    (paper,) = (link for link in shown.links if "/documents/" in link)
    assert b"".join(ana.client.get(paper)) == PDF  # type: ignore[call-overload]
    spanish = ana.open(f"/es{page}").text
    assert "Bienvenida" in spanish
    assert "Lucía Ortega , Concejala" in spanish
    assert "Town hall on buses" in ana.open("/events/?q=autobuses").text

    # It is printed from a page of its own.
    ana.open(page)
    printed = ana.follow("The programme, to print").text
    assert "6:45 p.m. The bus plan" in printed
    assert "This event is recorded" in printed

    # The evening begins an hour later, and the agenda with it. Ana, who comes, hears of the time.
    ana.confirm(ana.rsvp(page), "rsvps")
    sam.open(f"/staff/events/{event.pk}/reschedule/")
    sam.press("Check who will be told", starts_time="19:30", ends_time="21:00")
    sam.press("Save and tell them")
    told = ana.letter()
    assert told["Subject"].startswith("New time: Town hall on buses")
    assert "7:30–9:00 p.m." in words_of(told)
    assert "7:30 p.m. Welcome 7:45 p.m. The bus plan" in ana.open(page).text

    # A paper that is taken away is gone, and the page no longer names it.
    sam.open(f"/staff/events/{event.pk}/agenda/")
    sam.press("Save", drop_documents=str(event.documents.get().pk))
    assert ana.status(paper) == 404
    assert "Bus map" not in ana.open(page).text
