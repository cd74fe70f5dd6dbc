"""The app that records who, where and when: offices, people, events, RSVPs."""

from django.apps import AppConfig


class EventsConfig(AppConfig):
    name = "events"
    verbose_name = "Events"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from events import person_section
        from events.actions import agenda
        from events.staff import sections

        agenda.register()
        person_section.register()
        sections.register()
