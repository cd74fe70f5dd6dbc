"""The two ways to a link that chooses the password of a staff account: by hand and by mail.

A manager hands the first one over, and so has seen it. The second one goes to the account's address
alone: whoever comes with it has shown that the address is theirs.
"""

from django.contrib.auth.tokens import PasswordResetTokenGenerator

from events.models import StaffUser


class _ByHand(PasswordResetTokenGenerator):
    key_salt = "events.password_links.by_hand"


class PasswordLinks(PasswordResetTokenGenerator):
    """What allauth mails, and takes: a token of either kind chooses a password, once."""

    def check_token(self, user: StaffUser | None, token: str | None) -> bool:
        return self.was_mailed(user, token) or _by_hand.check_token(user, token)

    def was_mailed(self, user: StaffUser | None, token: str | None) -> bool:
        """Whether the token is good, and was mailed to the address of ``user``."""
        return bool(super().check_token(user, token))


_by_hand = _ByHand()


def token_by_hand(user: StaffUser) -> str:
    """Return a token for a link that a manager hands over."""
    return str(_by_hand.make_token(user))
