"""What each message says, to whom, and how long it is true: one file a noun.

``notifications.catalogue`` lists them; the words are in ``templates/notifications/email/``.
"""
