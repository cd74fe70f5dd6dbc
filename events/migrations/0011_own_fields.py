"""What was changed of one date of a series alone is the date's own, also what was changed so far."""

from django.db import migrations, models

#: The facts of a change of one date; there was none of several.
ACTIONS = (
    "event.rescheduled", "event.moved", "event.edited", "event.confirmed", "event.made_tentative",
)  # fmt: skip
FIELDS = {
    "status", "starts_at", "ends_at", "timezone", "all_day", "venue", "mode", "remote_url",
    "dial_in", "title", "description", "event_type", "spoken_languages", "access_services",
    "takes_rsvps", "is_recorded", "notice_hours", "notice_excuse", "accommodation", "capacity",
    "remote_capacity", "topics", "cohosts", "translations",
}  # fmt: skip


def read_from_facts(apps, schema_editor):
    Event = apps.get_model("events", "Event")
    AuditEntry = apps.get_model("events", "AuditEntry")
    dates = Event.objects.filter(series__isnull=False)
    facts = AuditEntry.objects.filter(action__in=ACTIONS, event_id__in=dates.values("pk"))
    own = {}
    for event_id, changes in facts.values_list("event_id", "changes").iterator():
        own.setdefault(event_id, set()).update(FIELDS & set(changes))
    for event_id, names in own.items():
        Event.objects.filter(pk=event_id).update(own_fields=sorted(names))


class Migration(migrations.Migration):
    dependencies = [("events", "0010_promises")]

    operations = [
        migrations.AddField(
            model_name="event",
            name="own_fields",
            field=models.JSONField(blank=True, default=list, editable=False),
        ),
        migrations.RunPython(read_from_facts, migrations.RunPython.noop),
    ]
