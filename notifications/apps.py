"""The app that reads facts and tells people: letters, deliveries, calendars."""

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "notifications"
    verbose_name = "Notifications"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from events import extensions
        from notifications import (
            calls_desk,
            catalogue_desk,
            deliveries_desk,
            desk,
            doorbell,
            embed_desk,
            person_section,
        )
        from notifications.delivery import suppression
        from notifications.letters import attaching
        from notifications.letters import staff as letters_desk

        person_section.register()
        desk.register()
        letters_desk.register()
        attaching.register()
        embed_desk.register()
        calls_desk.register()
        catalogue_desk.register()
        deliveries_desk.register()
        extensions.doorbells.append(doorbell.ring)
        extensions.without_mail.append(suppression.stops_all_mail)
