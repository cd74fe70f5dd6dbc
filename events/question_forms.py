"""The public's forms about questions: ask one, vote for one."""

from django import forms
from django.utils.translation import gettext_lazy as _

from events.actions.questions import LONGEST_QUESTION
from events.errors import Refused
from events.form_parts import RefusableForm
from events.person_fields import your_email


class AskForm(RefusableForm):
    """Ask a question: an address for the answer, and the words."""

    text = forms.CharField(
        label=_("Your question"),
        max_length=LONGEST_QUESTION,
        widget=forms.Textarea({"rows": 4}),
        error_messages={"required": _("Write your question.")},
    )
    email = your_email(_("We send the answer here. Nobody else sees it."))
    public_name = forms.CharField(
        label=_("Name to show with it"),
        help_text=_("Leave it empty, and nobody sees who asked."),
        max_length=80,
        required=False,
        widget=forms.TextInput({"autocomplete": "off"}),
    )


class VoteForm(forms.Form):
    """Ask for the link that counts a vote."""

    email = your_email(_("We send you a link that counts your vote: one a person."))

    def add_refusal(self, refused: Refused) -> None:
        """Show why the action said no."""
        self.add_error(None, refused.message)
