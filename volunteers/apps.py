"""The app that records shifts and who claims them."""

from django.apps import AppConfig


class VolunteersConfig(AppConfig):
    name = "volunteers"
    verbose_name = "Volunteers"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from events import extensions
        from volunteers import concerned, panels
        from volunteers.actions.claims import forget_who_came_to
        from volunteers.actions.shifts import raise_at_venue
        from volunteers.staff import parts

        extensions.event_rescheduled.append(forget_who_came_to)
        extensions.venue_edited.append(raise_at_venue)
        panels.register()
        concerned.register()
        parts.register()
