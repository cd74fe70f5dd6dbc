"""Who comes in at the staff desk, and to which offices' rows.

A view of the desk is wrapped in :func:`staff_page`, finds rows through :func:`own_row` and
:func:`chosen_office`, and answers with :func:`desk_page`:

    @staff_page("edit_events", methods=FORM)
    def venue_edit(request: StaffRequest, pk: int) -> HttpResponse:
        venue = own_row(request, Venue.objects.all(), pk=pk)
        ...
        return desk_page(request, "events/staff/venue_form.html", {...}, section="venues")

A row of an office where the permission is missing does not exist (404): a refusal would say that
it is there. A permission that is missing everywhere is a plain 403.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render, resolve_url
from django.views.decorators.http import require_http_methods
from django_htmx.http import HttpResponseClientRefresh, HttpResponseStopPolling

from events.errors import Refused
from events.kept_forms import signed_out
from events.models import Office, OfficeKind, StaffUser
from events.permissions import Grants, grants_of
from events.public_post import typed_values
from events.token_pages import unlisted

READ = ["GET", "HEAD"]
FORM = ["GET", "HEAD", "POST"]
POST = ["POST"]

#: In the session: the kind of office that a member of staff works for now.
KIND = "desk_kind"

Row = TypeVar("Row", bound=Model)


class StaffRequest(HttpRequest):
    """A request as :func:`staff_page` hands it to its view."""

    user: StaffUser
    grants: Grants
    #: The permission that the page asks for.
    permission: str
    #: The offices of this page, never empty and all of one kind: kinds share no staff views.
    offices: list[Office]


def staff_page(
    permission: str, *, methods: list[str] = READ, signed_out_part: str = ""
) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """Open a page to staff who have ``permission`` in some office; it is theirs alone.

    Others log in first and come back, and what they have sent is kept meanwhile; who has it nowhere
    gets 403. The view gets a :class:`StaffRequest`. No cache keeps the answer, no search engine
    lists it. A :class:`Refused` that the view lets through becomes a page that says why (422).

    A part that an open page asks for leads the whole page to the login, unless somebody may be
    typing there: then ``signed_out_part`` is the template that says so, once.
    """

    def decorate(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @require_http_methods(methods)
        @wraps(view)
        def guarded(request: StaffRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not _is_logged_in(request):
                if request.method == "POST":
                    return signed_out(request)
                if signed_out_part:
                    said = render(request, signed_out_part, {"is_signed_out": True})
                    return unlisted(HttpResponseStopPolling(said.content))
                if request.headers.get("HX-Request"):
                    # A part of a page that is open: the whole page leads to the login.
                    return unlisted(HttpResponseClientRefresh())
                return unlisted(
                    redirect_to_login(request.get_full_path(), resolve_url(settings.LOGIN_URL))
                )
            request.grants = grants_of(request.user)
            request.permission = permission
            _work_for(request, request.session.get(KIND))
            try:
                return unlisted(view(request, *args, **kwargs))
            except Refused as refused:
                context = {"refused": refused, "typed": typed_values(request)}
                template = "events/staff/refused.html"
                return unlisted(desk_page(request, template, context, section="", status=422))

        return guarded

    return decorate


def _is_logged_in(request: HttpRequest) -> bool:
    return request.user.is_authenticated


def _work_for(request: StaffRequest, kind: str | None) -> None:
    """Give the request its offices: those of ``kind``, else those of the first one's kind."""
    allowed = request.grants.offices(request.permission)
    if not allowed:
        raise PermissionDenied
    if kind not in {office.kind for office in allowed}:
        kind = allowed[0].kind
    request.offices = [office for office in allowed if office.kind == kind]


def own_row(request: StaffRequest, rows: QuerySet[Row], **lookup: Any) -> Row:
    """Return the one row of ``rows`` that ``lookup`` names, of an office of this member; else 404.

    ``rows`` have an ``office``. The page then works for that office's kind; the office is put on
    the row, so that reading it asks no query.
    """
    allowed = request.grants.offices(request.permission)
    row = rows.filter(office__in=allowed, **lookup).first()
    if row is None:
        raise Http404
    office = next(office for office in allowed if office.pk == row.office_id)  # type: ignore[attr-defined]
    row.office = office  # type: ignore[attr-defined]
    _work_for(request, office.kind)
    return row


def asked_key(request: StaffRequest, name: str) -> int | None:
    """Return the key that the query gives as ``name``; ``None`` where it is no number."""
    typed = request.GET.get(name, "")
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 19 else None


def chosen_office(request: StaffRequest, slug: str | None) -> Office | None:
    """Return the office with this slug (404 if it is none of this member's).

    Without a slug the only office, or ``None`` where one of several has to be chosen.
    """
    if not slug:
        return request.offices[0] if len(request.offices) == 1 else None
    allowed = request.grants.offices(request.permission)
    office = next((office for office in allowed if office.slug == slug), None)
    if office is None:
        raise Http404
    _work_for(request, office.kind)
    return office


def desk_page(
    request: StaffRequest,
    template: str,
    context: dict[str, Any],
    *,
    section: str,
    office: Office | None = None,
    status: int = 200,
) -> HttpResponse:
    """Render a page of the desk. ``section`` is the current entry of the navigation.

    ``office`` is whose page it is; ``may`` in the template holds what this member may do there
    (in any of the page's offices where it is nobody's in particular).
    """
    offices = [office] if office is not None else request.offices
    shared = {
        "desk_section": section,
        "office": offices[0],
        "offices_count": len(request.offices),
        "may": request.grants.permissions_in(*offices),
    }
    return render(request, template, shared | context, status=status)


def kinds_of(grants: Grants) -> list[OfficeKind]:
    """Return the kinds of office that a member works for, in the offices' order."""
    return list(dict.fromkeys(OfficeKind(office.kind) for office, _role in grants.roles))
