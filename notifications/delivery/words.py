"""What is written down as the last words about a delivery, where no server has said them.

In English in the row, and translated where it is shown (``notifications.outcomes.in_words``).
"""

from django.utils.translation import gettext_noop

NOT_TRUE = gettext_noop("it is no longer true")
NO_ADDRESS = gettext_noop("there is no address any more")
NOT_TO_THEM = gettext_noop("the address must not be written to")
TOO_LATE = gettext_noop("it came too late to be of use")
CUT = gettext_noop("cut while transmitting")
PAUSED = gettext_noop("its letters are paused; a later digest tells them")
LATER_DIGEST = gettext_noop("the next digest tells it")
#: Stands between these and what had been said before.
BEFORE = "; before: "
