"""Who works for an office, and in which role.

A new account has no password. Whoever adds it gets a link, once, to hand over: it works one time,
for three days, and needs no mail server. Later "Forgot your password?" on the sign-in page does the
same by mail. The link is never shown for an account that has a password, or that works for an
office which the manager does not manage: it would open what is not theirs.

An account that another office made may be in the hands of whoever made it. A role here waits until
its holder has chosen a password by mail, and so has shown that the address is theirs.
"""

from typing import Any

from allauth.account.utils import user_pk_to_url_str
from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events import clock
from events.actions.offices import add_staff, change_role, remove_staff
from events.address_field import AddressField
from events.errors import Refused
from events.models import Membership, Office, Role, StaffUser
from events.password_links import token_by_hand
from events.staff.access import (
    FORM,
    POST,
    StaffRequest,
    chosen_office,
    desk_page,
    own_row,
    staff_page,
)
from events.token_pages import see_other


class MemberForm(forms.Form):
    """Somebody new."""

    email = AddressField(
        label=gettext_lazy("Email address"),
        help_text=gettext_lazy("They sign in with it."),
        widget=forms.EmailInput({"autocomplete": "off"}),
        error_messages={
            "required": gettext_lazy("Enter an email address."),
            "invalid": gettext_lazy("Enter an email address in full, like name@example.org."),
        },
    )
    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=150, required=False,
        widget=forms.TextInput({"autocomplete": "off"}),
    )  # fmt: skip
    role = forms.ChoiceField(
        label=gettext_lazy("Role"),
        choices=[
            (Role.EDITOR.value, gettext_lazy(
                "Editor: events, guests, shifts and drafts of letters"
            )),
            (Role.MANAGER.value, gettext_lazy(
                "Manager: all of that, posting letters, the office’s settings and its staff"
            )),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose a role.")},
    )  # fmt: skip

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, initial={"role": Role.EDITOR.value})


@staff_page("edit_staff", methods=FORM)
def member_list(request: StaffRequest) -> HttpResponse:
    """Show who works for the office; add somebody by POST."""
    office = chosen_office(request, request.GET.get("office")) or request.offices[0]
    form = MemberForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            membership = add_staff(
                office=office,
                email=form.cleaned_data["email"],
                name=form.cleaned_data["name"],
                role=form.cleaned_data["role"],
                now=clock.now(),
                actor=request.user,
            )
        except Refused as refused:
            form.add_error(refused.field or None, refused.message)
        else:
            if membership.waits_for_proof:
                messages.warning(
                    request,
                    _(
                        "%(email)s has an account that your office did not make. The role counts "
                        "once they have chosen a new password with “Forgot your password?” on the "
                        "sign-in page, which shows that the address is theirs. Please tell them."
                    )
                    % {"email": membership.user.email},
                )
                return see_other(_list_url(request, office))
            messages.success(request, _("%(name)s works here now.") % {"name": membership.user})
            if may_get_link(request, membership.user):
                return _link_page(request, membership)
            return see_other(_list_url(request, office))
    return _page(request, office, form)


def _page(request: StaffRequest, office: Office, form: MemberForm) -> HttpResponse:
    members = list(
        Membership.objects.filter(office=office)
        .select_related("user")
        .order_by("role", "user__name", "user__email")
    )
    managers = [
        member for member in members if member.role == Role.MANAGER and not member.waits_for_proof
    ]
    context = {
        "members": [
            {
                "membership": member,
                "is_last_manager": managers == [member],
                "never_signed_in": not member.user.has_usable_password(),
            }
            for member in members
        ],
        "form": form,
        "choices": request.offices if len(request.offices) > 1 else [],
    }
    return desk_page(
        request, "events/staff/members.html", context, section="members", office=office,
        status=422 if form.errors else 200,
    )  # fmt: skip


@staff_page("edit_staff", methods=POST)
def member_role(request: StaffRequest, pk: int) -> HttpResponse:
    """Give a member another role. The last manager stays one."""
    member = own_row(request, Membership.objects.all(), pk=pk)
    role = request.POST.get("role", "")
    if role not in Role.values:
        raise Refused("unknown_role", _("There is no such role."))
    change_role(membership_id=member.pk, role=role, now=clock.now(), actor=request.user)
    messages.success(request, _("The role is changed."))
    return _after(request, member.office)


@staff_page("edit_staff", methods=FORM)
def member_remove(request: StaffRequest, pk: int) -> HttpResponse:
    """End somebody's work for the office, after one question. What they did stays written."""
    member = own_row(request, Membership.objects.select_related("user"), pk=pk)
    if request.method != "POST":
        context = {"member": member, "is_oneself": member.user_id == request.user.pk}
        return desk_page(
            request, "events/staff/member_remove.html", context, section="members",
            office=member.office,
        )  # fmt: skip
    remove_staff(membership_id=member.pk, now=clock.now(), actor=request.user)
    messages.success(request, _("%(name)s no longer works here.") % {"name": member.user})
    return _after(request, member.office)


@staff_page("edit_staff", methods=POST)
def member_link(request: StaffRequest, pk: int) -> HttpResponse:
    """Show a new link to choose a password, for an account that has none yet."""
    member = own_row(request, Membership.objects.select_related("user"), pk=pk)
    if not may_get_link(request, member.user):
        raise Refused(
            "no_link",
            _(
                "This account has a password, or works for another office, too. Its holder can "
                "choose a new password with “Forgot your password?” on the sign-in page."
            ),
        )
    return _link_page(request, member)


def may_get_link(request: StaffRequest, user: StaffUser) -> bool:
    """Whether the manager may see the link: no password yet, and no office that is not theirs."""
    if user.has_usable_password() or user.is_superuser:
        return False
    managed = {office.pk for office in request.grants.offices("edit_staff")}
    return set(user.memberships.values_list("office_id", flat=True)) <= managed


def password_link(user: StaffUser) -> str:
    """Return the address at which ``user`` chooses a password: once, for three days."""
    path = reverse(
        "account_reset_password_from_key",
        kwargs={
            "uidb36": user_pk_to_url_str(user),
            "key": token_by_hand(user),
        },
    )
    return f"{settings.SITE_URL}{path}"


def _link_page(request: StaffRequest, member: Membership) -> HttpResponse:
    context = {
        "member": member,
        "link": password_link(member.user),
        "days": settings.PASSWORD_RESET_TIMEOUT // (24 * 3600),
    }
    return desk_page(
        request, "events/staff/member_link.html", context, section="members", office=member.office
    )


def _list_url(request: StaffRequest, office: Office) -> str:
    several = len(request.offices) > 1
    return reverse("staff-members") + (f"?office={office.slug}" if several else "")


def _after(request: StaffRequest, office: Office) -> HttpResponse:
    """Lead back to the list, or to the desk for who has just given up managing."""
    still = Membership.objects.in_force().filter(
        user=request.user, office=office, role=Role.MANAGER
    )
    if not request.user.is_superuser and not still.exists():
        return see_other(reverse("staff"))
    return see_other(_list_url(request, office))
