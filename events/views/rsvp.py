"""Where the RSVP form is sent, and the page that follows."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt

from events import clock, links, proof, rate_limits
from events.actions.questions import ask_question
from events.actions.rsvps import rsvp
from events.errors import Refused
from events.forms import RsvpForm
from events.models import Event
from events.public_pages import public_page
from events.public_post import public_post
from events.token_pages import see_other, unprefixed_url
from events.views.event import posted_event, show_event, ways_now


@csrf_exempt
def event_rsvp(request: HttpRequest, slug: str) -> HttpResponse:
    """Take an RSVP by POST; anybody who only looks is led to the event."""
    if request.method in ("GET", "HEAD"):
        return redirect("event", slug=slug)
    return _take(request, slug)


@public_post
def _take(request: HttpRequest, slug: str) -> HttpResponse:
    """Check the form, call the action, say what happens next (INTERFACE.md, Forms)."""
    now = clock.now()
    # Only what the form asks of it; the page with all it shows is fetched where it is shown.
    event = get_object_or_404(Event.objects.posted().select_related("office"), slug=slug)
    form = RsvpForm(request.POST, event=event, ways=ways_now(event), now=now)
    if not form.is_valid():
        return show_event(request, posted_event(slug), refused_form=form)
    facts = form.cleaned_data
    email = facts["email"]
    rate_limits.count(rate_limits.MAILS, email.lower(), now=now)
    proven = proof.has_proven(request, email)
    try:
        outcome = rsvp(
            event_id=event.pk,
            name=facts["name"],
            email=email,
            party_size=facts["party_size"],
            mode=facts["mode"],
            language=facts["language"],
            access_needs=facts["access_needs"],
            access_note=facts["access_note"],
            question=facts["question"],
            proven=proven,
            now=now,
        )
    except Refused as refused:
        form.add_refusal(refused)
        # Read again: whatever is in the way may have come about since.
        return show_event(request, posted_event(slug), refused_form=form)
    if outcome.result == "repeated" and facts["question"]:
        # It is not the link of the RSVP that is there already which may vouch for new words.
        ask_question(
            event_id=event.pk, email=email, text=facts["question"], language=facts["language"],
            proven=proven, now=now,
        )  # fmt: skip
    if not proven:
        # The same answer whoever it is and whatever came of it: that goes by mail.
        return see_other(reverse("event-rsvp-sent", kwargs={"slug": slug}))
    url = unprefixed_url("rsvp", token=links.token_for(links.RSVP, outcome.rsvp))
    if outcome.result == "repeated":
        url += ("&" if "?" in url else "?") + "had=1"
    return see_other(url)


@public_page
def event_rsvp_sent(request: HttpRequest, slug: str) -> HttpResponse:
    """Say what happens next. Depends on the event alone, never on who sent what."""
    event = posted_event(slug)
    return render(request, "events/rsvp_sent.html", {"event": event, "office": event.office})
