from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import F


def keep_what_the_pages_say(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """Until now ``updated_at`` was later than ``posted_at`` where, and only where, it was edited."""
    letters = apps.get_model("notifications", "Letter").objects
    letters.filter(updated_at__gt=F("posted_at")).update(edited_at=F("updated_at"))


class Migration(migrations.Migration):
    dependencies = [
        ("notifications", "0004_whose_suppressions"),
    ]

    operations = [
        migrations.AddField(
            model_name="letter",
            name="edited_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.RunPython(keep_what_the_pages_say, migrations.RunPython.noop),
    ]
