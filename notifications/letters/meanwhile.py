"""What colleagues did to a letter while somebody was reading it."""

from datetime import datetime
from typing import NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.models import AuditEntry
from notifications.models import Letter

#: What the parts of a letter are called, in the order of the form.
PARTS = {
    "title": gettext_lazy("Title"),
    "body": gettext_lazy("Text"),
    "translations": gettext_lazy("Other languages"),
    "language": gettext_lazy("Language"),
    "dated": gettext_lazy("Date of the letter"),
    "addressees": gettext_lazy("Addressed to"),
    "signatories": gettext_lazy("Signed by"),
    "topics": gettext_lazy("Topics"),
}


FILES = "letter.attachments_changed"
#: The facts that raise the revision of a letter that is not public yet, each by one.
EDITS = ("letter.edited", FILES)


class Part(NamedTuple):
    """A changed part, with its old and new value where they are short."""

    label: str
    old: str
    new: str


class Edit(NamedTuple):
    at: datetime
    by: str
    parts: list[Part]


def edits_since(letter: Letter, revision: int) -> list[Edit]:
    """Return the edits that followed ``revision``, latest first; one query.

    The texts themselves are kept nowhere but in the letter, so that of a long part only its name
    is known.
    """
    missed = letter.revision - revision
    if missed <= 0:
        return []
    facts = AuditEntry.objects.filter(
        office_id=letter.office_id, action__in=EDITS, subjects__letter=letter.pk
    )
    latest = facts.select_related("staff").order_by("-at", "-pk")[: min(missed, 20)]
    return [Edit(fact.at, _by(fact), _parts(fact)) for fact in latest]


def _by(fact: AuditEntry) -> str:
    if fact.actor_kind == "staff":
        return str(fact.staff) if fact.staff is not None else _("Somebody who left")
    return _("The program itself")


def _parts(fact: AuditEntry) -> list[Part]:
    if fact.action == FILES:
        return [Part(_("Files"), "", "")]
    found = []
    for name, label in PARTS.items():
        if name in fact.changes:
            old, new = (str(value or "–") for value in fact.changes[name] or ("–", "–"))
            found.append(Part(str(label), *((old, new) if old != new else ("", ""))))
    return found
