"""Letters on the staff desk: list, write with a preview, check, post."""

from collections.abc import Callable
from functools import partial, wraps
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods

from events import clock, dates_text, extensions
from events.errors import Refused
from events.languages import own_name
from events.models import Office, StaffUser
from events.permissions import offices_for
from events.public_post import refused_page
from events.queries import read_page
from notifications.letters.actions import (
    LetterDraft,
    delete_draft,
    edit_letter,
    post_letter,
    write_letter,
)
from notifications.letters.forms import LetterForm, PostForm, initial_of
from notifications.letters.queries import readers_by_topic, readers_of
from notifications.models import Letter
from notifications.subscriptions.forms import topics_shown

PAGE_SIZE = 50

_form_page = require_http_methods(["GET", "HEAD", "POST"])


class Desk:
    """Who works here, and the offices whose letters they write and post; two queries."""

    def __init__(self, user: StaffUser) -> None:
        self.user = user
        self.writes = offices_for(user, "write_letters")
        self.posts = offices_for(user, "post_letters")

    def letter(self, pk: int) -> Letter:
        """Return a letter of one of the offices; another office's is not there (404)."""
        found = Letter.objects.with_all_shown().filter(pk=pk, office__in=self.writes).first()
        if found is None:
            raise Http404
        return found

    def may_edit(self, letter: Letter) -> bool:
        """What is public is changed by those who may post; a draft by all who write."""
        return not letter.is_posted or letter.office in self.posts

    def page(
        self, request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200
    ) -> HttpResponse:
        """Render a page of the desk."""
        shared = {
            "desk_section": "letters",
            "office": self.writes[0],
            "offices_count": len(self.writes),
        }
        name = f"notifications/staff/{template}.html"
        return render(request, name, shared | context, status=status)


def desk_page(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Open a page to staff who may write letters for some office; give the view their desk."""

    @login_required
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        assert isinstance(request.user, StaffUser)
        desk = Desk(request.user)
        if not desk.writes:
            raise PermissionDenied
        return view(request, desk, *args, **kwargs)

    return guarded


@desk_page
def letters(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Show drafts, or (``?view=posted``) what is public."""
    posted_view = request.GET.get("view") == "posted"
    try:
        limit, offset = read_page(request.GET, usual=PAGE_SIZE)
    except Refused as refused:
        return refused_page(request, refused)
    mine = Letter.objects.filter(office__in=desk.writes)
    drafts, posted = mine.drafts(), mine.posted()
    found = posted if posted_view else drafts
    counts = (drafts.count(), posted.count())
    tabs = [
        {"label": _("Drafts"), "url": "?", "current": not posted_view, "count": counts[0]},
        {"label": _("Posted"), "url": "?view=posted", "current": posted_view, "count": counts[1]},
    ]
    context = {
        "tabs": tabs,
        "posted_view": posted_view,
        "letters": found.with_all_shown()[offset : offset + limit],
        "offset": offset,
        "limit": limit,
        "count": counts[1] if posted_view else counts[0],
    }
    return desk.page(request, "letters", context)


@_form_page
@desk_page
def letter_new(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Write a letter. Who writes for several offices first says for which one."""
    slug = request.GET.get("office") or (desk.writes[0].slug if len(desk.writes) == 1 else "")
    if not slug:
        return desk.page(request, "letter_office", {"choices": desk.writes})
    office = next((office for office in desk.writes if office.slug == slug), None)
    if office is None:
        raise Http404
    return _form(request, desk, office, None)


@_form_page
@desk_page
def letter_edit(request: HttpRequest, desk: Desk, pk: int) -> HttpResponse:
    """Edit a letter. Its address stays the same, and so does what was mailed."""
    letter = desk.letter(pk)
    if request.method == "POST" and not desk.may_edit(letter):
        raise PermissionDenied
    return _form(request, desk, letter.office, letter)


def _form(request: HttpRequest, desk: Desk, office: Office, letter: Letter | None) -> HttpResponse:
    now = clock.now()
    initial: dict[str, Any] = {"dated": dates_text.local(now, office.timezone).date()}
    if letter is not None:
        initial = initial_of(letter)
    make_form = partial(
        LetterForm,
        office=office,
        letter=letter,
        topics=topics_shown(),
        readers=readers_by_topic(office),
    )
    if request.method != "POST":
        return _form_answer(request, desk, office, letter, make_form(initial=initial))
    do = request.POST.get("do", "save")
    if do == "preview":
        # What is typed is shown again, whatever is still missing in it.
        typed: dict[str, Any] = {name: request.POST[name] for name in request.POST}
        typed["topics"] = request.POST.getlist("topics")
        form = make_form(initial=typed)
        return _form_answer(request, desk, office, letter, form, preview=typed)
    form = make_form(request.POST, initial=initial)
    if not form.is_valid():
        return _form_answer(request, desk, office, letter, form, status=422)
    try:
        if letter is None:
            draft = LetterDraft(**form.changes())
            saved = write_letter(office=office, draft=draft, now=now, actor=desk.user)
        else:
            saved = edit_letter(
                letter_id=letter.pk,
                changes=form.changes(),
                revision=form.cleaned_data["revision"],
                now=now,
                actor=desk.user,
            )
    except Refused as refused:
        form.add_error(refused.field or None, refused.message)
        return _form_answer(request, desk, office, letter, form, status=422)
    if do == "check" and not saved.is_posted:
        return redirect("staff-letter-post", pk=saved.pk)
    if saved.is_posted:
        messages.success(request, _("Saved. The public page shows the new text."))
    else:
        messages.success(request, _("Saved as a draft. Only staff see it."))
    return redirect("staff-letter", pk=saved.pk)


def _form_answer(
    request: HttpRequest,
    desk: Desk,
    office: Office,
    letter: Letter | None,
    form: LetterForm,
    *,
    preview: dict[str, Any] | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "office": office,
        "letter": letter,
        "form": form,
        "may_edit": letter is None or desk.may_edit(letter),
        "preview": _versions_of(form, preview) if preview is not None else None,
    }
    return desk.page(request, "letter_form", context, status=status)


def _versions_of(form: LetterForm, typed: dict[str, Any]) -> list[dict[str, str]]:
    """Return what is typed in each language, to be shown as readers will see it."""
    found = []
    for code in [form.own_language, *form.other_languages]:
        end = "" if code == form.own_language else f"_{code}"
        title, body = typed.get(f"title{end}", ""), typed.get(f"body{end}", "")
        if title.strip() or body.strip():
            found.append({"code": code, "name": own_name(code), "title": title, "body": body})
    return found


@_form_page
@desk_page
def letter_post(request: HttpRequest, desk: Desk, pk: int) -> HttpResponse:
    """Check the letter and who will get it; post it by POST."""
    letter = desk.letter(pk)
    if letter.is_posted:
        return redirect("staff-letter", pk=letter.pk)
    topics = list(letter.topics.all())
    readers = readers_of(letter.office, topics)
    form = PostForm(request.POST if request.method == "POST" else None, readers=readers)
    may_post = letter.office in desk.posts
    if request.method == "POST":
        if not may_post:
            raise PermissionDenied
        if form.is_valid():
            return _post(request, desk, letter, mails=form.cleaned_data["mails"] == "yes")
    by_topic = readers_by_topic(letter.office)
    context = {
        "office": letter.office,
        "letter": letter,
        "form": form,
        "may_post": may_post,
        "readers": readers,
        "topics": [(topic, by_topic.get(topic.pk, 0)) for topic in topics],
        "versions": [
            {"code": code, "name": own_name(code), "words": letter.in_language(code)}
            for code in letter.version_languages()
        ],
        "missing": [
            own_name(code)
            for code in letter.office.languages
            if code not in letter.version_languages()
        ],
    }
    status = 422 if form.errors else 200
    return desk.page(request, "letter_post", context, status=status)


def _post(request: HttpRequest, desk: Desk, letter: Letter, *, mails: bool) -> HttpResponse:
    posted = post_letter(letter_id=letter.pk, mails=mails, now=clock.now(), actor=desk.user)
    if posted.mails:
        readers = readers_of(posted.office_id, list(letter.topics.all()))
        told = ngettext(
            "Posted. It goes out by mail to %(count)s reader now.",
            "Posted. It goes out by mail to %(count)s readers now.",
            readers,
        ) % {"count": readers}
    else:
        told = _("Posted on the website. Nobody is mailed.")
    messages.success(request, told)
    return redirect("staff-letter", pk=letter.pk)


@_form_page
@desk_page
def letter_delete(request: HttpRequest, desk: Desk, pk: int) -> HttpResponse:
    """Throw a draft away, after one question."""
    letter = desk.letter(pk)
    if letter.is_posted:
        return redirect("staff-letter", pk=letter.pk)
    if request.method == "POST":
        delete_draft(letter_id=letter.pk, now=clock.now(), actor=desk.user)
        messages.success(request, _("The draft is gone."))
        return redirect("staff-letters")
    return desk.page(request, "letter_delete", {"office": letter.office, "letter": letter})


def register() -> None:
    """Add the letters to the desk's navigation. Called once, when the app is ready."""
    extensions.desk_sections.append(
        extensions.DeskSection(
            "letters", gettext_lazy("Letters"), "staff-letters", "write_letters", 4
        )
    )
