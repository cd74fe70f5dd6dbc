"""Every path of the site, by include only."""

from allauth.account.decorators import secure_admin_login
from django.conf import settings
from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.urls import include, path

from config import accounts, api, health, metrics, pages, setup
from events import urls as events
from notifications import desk_urls
from notifications import urls as notifications
from notifications.calendars import urls as calendars
from notifications.delivery import urls as delivery
from volunteers import urls as volunteers

# The admin's own login form knows no second factor.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

handler500 = "config.pages.server_error"

# Without a language prefix: feeds, the API, and links that carry a token. They take `?lang=`.
urlpatterns = [
    path("me/", pages.me, name="me"),
    path("me/sent/", pages.me_sent, name="me-sent"),
    path("me/feed/renew/", pages.me_renew_feed, name="me-renew-feed"),
    path("me/sign-out/", pages.me_sign_out, name="me-sign-out"),
    path("me/<str:token>/", pages.me_link, name="me-link"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", metrics.metrics, name="metrics"),
    path("api/v1/", api.urls),
    *calendars.feeds,
    *notifications.links,
    *delivery.links,
    *events.links,
    *volunteers.links,
]

# Pages: the default language at the bare path, the others under their code (`/es/…`).
urlpatterns += i18n_patterns(
    path("", pages.home, name="home"),
    path("setup/", setup.setup, name="setup"),
    *calendars.pages,
    *notifications.pages,
    *desk_urls.pages,
    *delivery.pages,
    *events.pages,
    *volunteers.pages,
    path("accounts/email/", accounts.closed),
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
    prefix_default_language=False,
)

if settings.DEBUG:
    from config.dev_mail import mail_list, mail_message
    from config.parts import parts

    urlpatterns += [
        path("dev/mail/", mail_list, name="dev-mail"),
        path("dev/mail/<str:name>/", mail_message, name="dev-mail-message"),
    ]
    urlpatterns += i18n_patterns(path("dev/parts/", parts), prefix_default_language=False)
