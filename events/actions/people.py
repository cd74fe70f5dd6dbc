"""Finding and knowing people."""

import zlib
from datetime import datetime, timedelta

from django.db import connection
from django.utils.translation import gettext_lazy as _

from events import extensions, links, search
from events.audit import Operation, operation
from events.errors import Refused
from events.models import Person, SignInLink, StaffUser

#: How long a sign-in link to ``/me/`` is good for (INTERFACE.md).
SIGN_IN_TTL = timedelta(minutes=30)


def person_with_email(email: str, *, name: str = "", language: str = "", at: datetime) -> Person:
    """Return the person with this address, made if new. Opens no transaction.

    A known person is returned as they are: what a stranger types changes nothing.
    """
    email = email.strip().lower()
    person = Person.objects.filter(email=email).first()
    if person is None:
        new = Person(email=email, name=name, language=language, created_at=at)
        # Two requests may do this at once; the unique address lets one of them win.
        Person.objects.bulk_create([new], ignore_conflicts=True)
        person = Person.objects.get(email=email)
    return person


def known_person(email: str) -> Person | None:
    """Return the person with this address, if there is one."""
    return Person.objects.filter(email=email.strip().lower()).first()


def person_without_email(
    *, name: str, phone: str = "", postal_address: str = "", language: str = "", at: datetime
) -> Person:
    """Return the person whom phone or post alone reaches, made if new. Opens no transaction.

    Whoever has the same name and the same number (or, without one, the same postal address) is the
    same person, so that nobody stands twice in a line, or in two places at one time.
    """
    if not name or not (phone or postal_address):
        raise Refused(
            "unreachable",
            _("Give a name, and a phone number or a postal address."),
            field="phone",
        )
    _one_at_a_time(name)
    # Compared here: SQLite knows upper and lower case of the English letters alone.
    known = Person.objects.filter(email=None).order_by("pk")
    for pk, its_name, its_phone, its_address in known.values_list(
        "pk", "name", "phone", "postal_address"
    ).iterator():
        same_number = phone and _digits(its_phone) == _digits(phone)
        reached_so = same_number or (not phone and its_address == postal_address)
        if reached_so and _folded(its_name) == _folded(name):
            return Person.objects.get(pk=pk)
    return Person.objects.create(
        name=name, phone=phone, postal_address=postal_address, language=language, created_at=at
    )


def _one_at_a_time(name: str) -> None:
    """Wait until nobody else writes down somebody of this name, up to the end of the transaction.

    There is no row to lock yet. On SQLite whoever writes is alone anyway.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [zlib.crc32(_folded(name).encode())])


def _folded(name: str) -> str:
    """Return a name as it is compared, without capitals, accents and doubled spaces."""
    return " ".join(search.fold(name).split())


def _digits(phone: str) -> str:
    """Return a number without what people write between its digits."""
    return "".join(sign for sign in phone if sign.isdigit())


def request_sign_in(*, email: str, now: datetime) -> None:
    """Ask for a sign-in link by mail. The same, outwardly, whether or not the address is known.

    Also in time: an unknown address leaves a fact of nobody, so that it costs the same commit and
    the same doorbell. A stranger with a stopwatch would else learn who is known here.
    """
    with operation(at=now, by_person=True) as op:
        person = Person.objects.filter(email=email.strip().lower()).first()
        if person is None:
            op.record("person.sign_in_unknown")
            return
        link = SignInLink.objects.create(person=person, created_at=now)
        op.record("person.sign_in_requested", person=person, sign_in=link)


def sign_in_token(link: SignInLink) -> str:
    """Return the token that :func:`use_sign_in_link` takes."""
    return links.sign(links.SIGN_IN, link.pk)


def find_sign_in_link(*, token: str, now: datetime) -> SignInLink:
    """Return the link that ``token`` names; raises :class:`Refused` if used or too old."""
    refused = Refused(
        "sign_in_link_spent",
        _("This link was used before or is older than 30 minutes. Ask for a new one."),
    )
    try:
        (pk,) = links.unsign(links.SIGN_IN, token, size=1)
    except links.BadLink as error:
        raise refused from error
    link = SignInLink.objects.select_related("person").filter(pk=pk, used_at=None).first()
    if link is None or link.created_at + SIGN_IN_TTL < now:
        raise refused
    return link


def use_sign_in_link(*, token: str, now: datetime) -> Person:
    """Spend the link (once) and return who signed in; raises :class:`Refused`."""
    link = find_sign_in_link(token=token, now=now)
    with operation(at=now, by_person=True) as op:
        if not SignInLink.objects.filter(pk=link.pk, used_at=None).update(used_at=now):
            raise Refused("sign_in_link_spent", _("This link was used before. Ask for a new one."))
        op.record("person.signed_in", person=link.person, sign_in=link)
        tell_proof(op, link.person_id)
    return link.person


def tell_proof(op: Operation, person_id: int | None) -> None:
    """Say inside an action that a POST through a mailed link has led to it."""
    if person_id is not None:
        for waiting in extensions.address_proven:
            waiting(op, person_id)


def renew_feed(*, person_id: int, now: datetime, actor: StaffUser | None = None) -> Person:
    """Give the person's private feed a new address; the old one is gone at once."""
    with operation(at=now, actor=actor, by_person=actor is None) as op:
        person = Person.objects.select_for_update(no_key=True).get(pk=person_id)
        person.link_version += 1
        person.save(update_fields=["link_version"])
        op.record("person.feed_renewed", person=person)
    return person
