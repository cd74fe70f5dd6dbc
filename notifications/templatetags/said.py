"""What was said last about a message, on pages of the desk."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator

from notifications.outcomes import in_words

register = template.Library()


@register.filter
def said(error: str, length: int = 0) -> SafeString:
    """Return the words, marked as English where a server said them; ``length``: cut after that."""
    words = in_words(error)
    shown = Truncator(words).chars(length) if length else words
    if words != error:
        return format_html("{}", shown)
    return format_html('<span lang="en">{}</span>', shown)
