"""The verbs: every change of a fact goes through one of these, for staff and residents alike."""
