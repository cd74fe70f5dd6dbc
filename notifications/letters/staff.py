"""Letters on the staff desk: list, write with a preview, check, post.

What is done with one afterwards is in ``staff_posted.py``.
"""

from functools import partial
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from events import clock, dates_text, extensions, rate_limits
from events.errors import Refused
from events.languages import language_in_use, own_name
from events.models import Office, OfficeKind
from events.queries import read_page
from events.staff.access import (
    FORM,
    POST,
    StaffRequest,
    chosen_office,
    desk_page,
    staff_page,
)
from events.views.media import stored_file
from notifications.delivery.channels import Cut, NotSent
from notifications.letters.actions import (
    LetterDraft,
    delete_draft,
    edit_letter,
    post_letter,
    schedule_letter,
    unschedule_letter,
    write_letter,
)
from notifications.letters.attaching import change_attachments
from notifications.letters.forms import LetterForm, initial_of
from notifications.letters.meanwhile import Edit, edits_since
from notifications.letters.post_form import PostForm
from notifications.letters.queries import readers_at_once, readers_by_topic, readers_of
from notifications.letters.staff_parts import FOLDER, SECTION, letter_of, may_post
from notifications.letters.trial import send_trial
from notifications.models import Letter
from notifications.models.letter import LetterQuerySet
from notifications.subscriptions.forms import topics_shown

PAGE_SIZE = 50


def _may_edit(request: StaffRequest, letter: Letter) -> bool:
    """What is public, or will be by itself, is changed by those who may post; a draft by all."""
    return not (letter.is_posted or letter.is_scheduled) or may_post(request, letter.office)


#: The views of the list, with what each is called and holds.
VIEWS = {
    "": (gettext_lazy("Drafts"), LetterQuerySet.drafts),
    "scheduled": (gettext_lazy("Scheduled"), LetterQuerySet.scheduled),
    "posted": (pgettext_lazy("letters", "Posted"), lambda rows: rows.posted().standing()),
    "retracted": (gettext_lazy("Taken back"), LetterQuerySet.retracted),
}


@staff_page("write_letters")
def letters(request: StaffRequest) -> HttpResponse:
    """Show drafts, or (``?view=``) what is scheduled, posted or taken back."""
    asked = request.GET.get("view", "")
    view = asked if asked in VIEWS else ""
    limit, offset = read_page(request.GET, usual=PAGE_SIZE)
    mine = Letter.objects.filter(office__in=request.offices)
    found = {name: narrow(mine) for name, (_label, narrow) in VIEWS.items()}
    counts = {name: rows.count() for name, rows in found.items()}
    tabs = [
        {
            "label": label,
            "url": f"?view={name}" if name else "?",
            "current": name == view,
            "count": counts[name],
        }
        for name, (label, _narrow) in VIEWS.items()
    ]
    context = {
        "tabs": tabs,
        "view": view,
        "view_label": VIEWS[view][0],
        "letters": found[view].with_all_shown()[offset : offset + limit],
        "offset": offset,
        "limit": limit,
        "count": counts[view],
    }
    return desk_page(request, f"{FOLDER}/letters.html", context, section=SECTION)


@staff_page("write_letters", methods=FORM)
def letter_new(request: StaffRequest) -> HttpResponse:
    """Write a letter. Who writes for several offices first says for which one."""
    office = chosen_office(request, request.GET.get("office"))
    if office is None:
        context = {"choices": request.offices}
        return desk_page(request, f"{FOLDER}/letter_office.html", context, section=SECTION)
    return _form(request, office, None)


@staff_page("write_letters", methods=FORM)
def letter_edit(request: StaffRequest, pk: int) -> HttpResponse:
    """Edit a letter. Its address stays the same, and so does what was mailed."""
    letter = letter_of(request, pk)
    if letter.is_retracted and request.method != "POST":
        return redirect("staff-letter-account", pk=letter.pk)
    if request.method == "POST" and not _may_edit(request, letter):
        raise PermissionDenied
    return _form(request, letter.office, letter)


def _form(request: StaffRequest, office: Office, letter: Letter | None) -> HttpResponse:
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
        return _form_answer(request, office, letter, make_form(initial=initial))
    do = request.POST.get("do", "save")
    if do == "preview":
        # What is typed is shown again, whatever is still missing in it.
        typed: dict[str, Any] = {name: request.POST[name] for name in request.POST}
        typed["topics"] = request.POST.getlist("topics")
        form = make_form(initial=typed)
        if request.FILES:
            messages.warning(request, _("A preview keeps no files. Choose them again."))
        return _form_answer(request, office, letter, form, preview=typed)
    form = make_form(request.POST, request.FILES, initial=initial)
    if not form.is_valid():
        _keep_files(request, letter, form)
        return _form_answer(request, office, letter, form, status=422)
    try:
        if letter is None:
            draft = LetterDraft(**form.changes())
            saved = write_letter(office=office, draft=draft, now=now, actor=request.user)
        else:
            saved = edit_letter(
                letter_id=letter.pk,
                changes=form.changes(),
                revision=form.cleaned_data["revision"],
                now=now,
                actor=request.user,
            )
    except Refused as refused:
        form.add_error(refused.field or None, refused.message)
        form.ask_again_for_files()
        return _form_answer(request, office, letter, form, status=422)
    _change_files(request, saved, form)
    if do == "check" and not saved.is_posted:
        return redirect("staff-letter-post", pk=saved.pk)
    if do == "test" and not saved.is_posted:
        _send_test(request, saved.pk)
        return redirect("staff-letter", pk=saved.pk)
    if saved.is_posted:
        messages.success(request, _("Saved. The public page shows the new text."))
    elif saved.is_scheduled:
        messages.success(request, _("Saved. It goes up by itself as it is now."))
    else:
        messages.success(request, _("Saved as a draft. Only staff see it."))
    return redirect("staff-letter", pk=saved.pk)


def _keep_files(request: StaffRequest, letter: Letter | None, form: LetterForm) -> None:
    """Keep what was uploaded to a draft although the form has errors; else ask for it again."""
    files = form.cleaned_data.get("attachments")
    if not files:
        return
    if letter is None or letter.is_posted:
        form.ask_again_for_files()
        return
    try:
        change_attachments(letter_id=letter.pk, add=files, now=clock.now(), actor=request.user)
    except Refused as refused:
        form.add_error("attachments", refused.message)
        return
    form.see_kept_files(letter_of(request, letter.pk))
    messages.info(request, _("The files are kept. The rest is not saved yet."))


def _change_files(request: StaffRequest, letter: Letter, form: LetterForm) -> None:
    add, remove = form.cleaned_data["attachments"], form.cleaned_data["drop_files"]
    if not add and not remove:
        return
    try:
        change_attachments(
            letter_id=letter.pk, add=add, remove=remove, now=clock.now(), actor=request.user
        )
    except Refused as refused:
        messages.error(request, refused.message)


def _form_answer(
    request: StaffRequest,
    office: Office,
    letter: Letter | None,
    form: LetterForm,
    *,
    preview: dict[str, Any] | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "letter": letter,
        "form": form,
        "may_edit": letter is None or _may_edit(request, letter),
        "preview": _versions_of(form, preview) if preview is not None else None,
    }
    template = f"{FOLDER}/letter_form.html"
    return desk_page(request, template, context, section=SECTION, office=office, status=status)


def _versions_of(form: LetterForm, typed: dict[str, Any]) -> list[dict[str, str]]:
    """Return what is typed in each language, to be shown as readers will see it."""
    found = []
    for code in [form.own_language, *form.other_languages]:
        end = "" if code == form.own_language else f"_{code}"
        title, body = typed.get(f"title{end}", ""), typed.get(f"body{end}", "")
        if title.strip() or body.strip():
            found.append({"code": code, "name": own_name(code), "title": title, "body": body})
    return found


@staff_page("write_letters", methods=POST)
def letter_test(request: StaffRequest, pk: int) -> HttpResponse:
    """Send the letter as it is saved to the one who asks, and to nobody else."""
    letter = letter_of(request, pk)
    if letter.is_posted:
        return redirect("staff-letter-account", pk=letter.pk)
    _send_test(request, pk)
    return redirect("staff-letter-post", pk=pk)


def _send_test(request: StaffRequest, pk: int) -> None:
    """Send the test, and say what the mail server said."""
    try:
        count = send_trial(letter=letter_of(request, pk), to=request.user, now=clock.now())
    except rate_limits.TooMany:
        messages.error(request, _("You have had many tests in this hour. Try again later."))
    except (NotSent, Cut) as trouble:
        words = _("The test did not go out. The mail server: %(answer)s")
        messages.error(request, words % {"answer": trouble})
    else:
        told = ngettext(
            "A test is on its way to %(address)s, and to nobody else.",
            "A test in each language is on its way to %(address)s, and to nobody else.",
            count,
        )
        messages.success(request, told % {"address": request.user.email})


@staff_page("write_letters", methods=FORM)
def letter_post(request: StaffRequest, pk: int) -> HttpResponse:
    """Check the letter and who will get it; post it by POST."""
    letter = letter_of(request, pk)
    if letter.is_posted:
        return redirect("staff-letter-account", pk=letter.pk)
    topics = list(letter.topics.all())
    readers = readers_of(letter.office, topics)
    at_once = readers_at_once(letter.office, topics)
    sent = request.POST if request.method == "POST" else None
    form = PostForm(sent, letter=letter, readers=readers, at_once=at_once, now=clock.now())
    allowed = may_post(request, letter.office)
    meanwhile: list[Edit] = []
    if request.method == "POST":
        if not allowed:
            raise PermissionDenied
        if form.is_valid():
            try:
                return _post(request, letter, form)
            except Refused as refused:
                meanwhile = edits_since(letter, form.cleaned_data["revision"] or 0)
                form.refuse(refused.message)
    by_topic = readers_by_topic(letter.office)
    context = {
        "letter": letter,
        "form": form,
        "may_post": allowed,
        "payer_missing": letter.office.kind == OfficeKind.CAMPAIGN and not letter.office.payer,
        "meanwhile": meanwhile,
        "readers": readers,
        "in_digests": readers - at_once,
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
    template = f"{FOLDER}/letter_post.html"
    return desk_page(
        request, template, context, section=SECTION, office=letter.office, status=status
    )


def _post(request: StaffRequest, letter: Letter, form: PostForm) -> HttpResponse:
    data = form.cleaned_data
    asked: dict[str, Any] = {
        "letter_id": letter.pk,
        "mails": data["mails"] == "yes",
        "revision": data["revision"],
        "confirmed": form.confirmation,
        "now": form.now,
        "actor": request.user,
    }
    if data["moment"] is not None:
        schedule_letter(at=data["moment"], **asked)
        told = _("Scheduled. It goes up by itself on %(day)s.")
        zone, language = letter.office.timezone, language_in_use()
        day = dates_text.moment_text(data["moment"], zone, language)
        messages.success(request, told % {"day": day})
        return redirect("staff-letter-post", pk=letter.pk)
    posted = post_letter(**asked)
    if posted.mails:
        readers = readers_at_once(posted.office_id, list(letter.topics.all()))
        told = ngettext(
            "Posted. It goes out by mail to %(count)s reader now.",
            "Posted. It goes out by mail to %(count)s readers now.",
            readers,
        ) % {"count": readers}
    else:
        told = _("Posted on the website. Nobody is mailed.")
    messages.success(request, told)
    return redirect("staff-letter-account", pk=letter.pk)


@staff_page("post_letters", methods=POST)
def letter_unschedule(request: StaffRequest, pk: int) -> HttpResponse:
    """Make a scheduled letter a draft again."""
    letter = letter_of(request, pk)
    letter = unschedule_letter(letter_id=letter.pk, now=clock.now(), actor=request.user)
    if letter.is_posted:
        messages.info(request, _("It had gone up already."))
        return redirect("staff-letter-account", pk=letter.pk)
    messages.success(request, _("It is a draft again and does not go up by itself."))
    return redirect("staff-letter", pk=letter.pk)


@staff_page("write_letters")
def letter_file(request: StaffRequest, pk: int, file: int) -> HttpResponse:
    """Hand out a file of a letter to staff, also of a draft."""
    row = letter_of(request, pk).attachments.filter(pk=file).first()
    if row is None:
        raise Http404
    return stored_file(row.path, name=row.name, content_type=row.content_type)  # type: ignore[return-value]


@staff_page("write_letters", methods=FORM)
def letter_delete(request: StaffRequest, pk: int) -> HttpResponse:
    """Throw a draft away, after one question."""
    letter = letter_of(request, pk)
    if letter.is_posted or letter.is_scheduled:
        return redirect("staff-letter", pk=letter.pk)
    if request.method == "POST":
        delete_draft(letter_id=letter.pk, now=clock.now(), actor=request.user)
        messages.success(request, _("The draft is gone."))
        return redirect("staff-letters")
    template, context = f"{FOLDER}/letter_delete.html", {"letter": letter}
    return desk_page(request, template, context, section=SECTION, office=letter.office)


def register() -> None:
    """Add the letters to the desk's navigation. Called once, when the app is ready."""
    extensions.desk_sections.append(
        extensions.DeskSection(
            "letters", gettext_lazy("Letters"), "staff-letters", "write_letters", 4
        )
    )
