"""The site's own paths and the page of parts, which is otherwise served only while DEBUG is on."""

from django.conf.urls.i18n import i18n_patterns
from django.urls import path

from config.parts import parts
from config.urls import urlpatterns as site_patterns

urlpatterns = [
    *site_patterns,
    *i18n_patterns(path("dev/parts/", parts), prefix_default_language=False),
]
