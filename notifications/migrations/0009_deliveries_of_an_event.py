from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("events", "0004_elections_and_who_pays"),
        ("notifications", "0008_files_of_letters"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(("event_id__isnull", False)),
                fields=["event_id"],
                name="delivery_event",
            ),
        ),
    ]
