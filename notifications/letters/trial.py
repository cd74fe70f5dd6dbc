"""A test of a letter's mail, to the member of staff who asks for it and to nobody else.

It goes straight to the mail server and not through the queue: whoever tries it wants to hear at
once what the server says, and no row is kept of a person who is none. It says "[Test]", has a key
of its own, and its links to stop lead to the sign-up page, so that none of them ends anything.
"""

import uuid
from dataclasses import replace
from datetime import datetime, timedelta

from django.conf import settings
from django.urls import reverse

from events import rate_limits
from events.audit import operation
from events.models import StaffUser
from notifications import rendering
from notifications.delivery import mime
from notifications.delivery.channels import Mail, email
from notifications.message import Rendered
from notifications.models import Delivery, Letter

#: Tests that one member of staff may have sent; each writes one message a language.
TRIALS = rate_limits.Limit("trials", 20, timedelta(hours=1))
MARK = "[Test]"


def send_trial(*, letter: Letter, to: StaffUser, now: datetime) -> int:
    """Send ``to`` the letter as it is saved, once in each of its languages; return how many.

    Raises ``NotSent`` or ``Cut`` with what the mail server said, and ``TooMany``. No transaction
    is open meanwhile. ``letter`` with all shown.
    """
    rate_limits.count(TRIALS, to.email, now=now)
    mails = [_mail(letter, language, to, now) for language in letter.version_languages()]
    transport = email.transport()
    try:
        for mail in mails:
            transport.prepare()
            transport.send(mail)
    finally:
        transport.close()
    with operation(at=now, actor=to) as op:
        op.record("letter.tested", office=letter.office_id, letter=letter)
    return len(mails)


def _mail(letter: Letter, language: str, to: StaffUser, now: datetime) -> Mail:
    delivery = Delivery(
        key=f"trial:{letter.pk}:{uuid.uuid4()}",
        message="letter_posted",
        office=letter.office,
        language=language,
        letter_id=letter.pk,
        planned_at=now,
    )
    rendered = rendering.render_for_many(delivery, now)
    assert isinstance(rendered, Rendered)
    sign_up = f"{settings.SITE_URL}{reverse('subscribe')}"
    own = rendered.for_reader({"unsubscribe_url": sign_up, "preferences_url": sign_up})
    marked = replace(own, subject=f"{MARK} {own.subject}")
    return mime.build(delivery, marked, address=to.email, bulk=False)
