
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("events", "0003_roles_wait_for_proof"),
        ("notifications", "0005_when_letters_were_edited"),
    ]

    operations = [
        migrations.CreateModel(
            name="DigestRun",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("date", models.DateField()),
                ("cursor", models.BigIntegerField(default=0)),
                ("finished_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.AddField(
            model_name="subscription",
            name="frequency",
            field=models.CharField(
                choices=[
                    ("immediate", "At once, when a letter is posted"),
                    ("daily", "Once a day, if there is news"),
                    ("weekly", "Once a week, on Mondays, if there is news"),
                ],
                default="immediate",
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="subscription",
            name="frequency_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddIndex(
            model_name="subscription",
            index=models.Index(
                condition=models.Q(
                    ("confirmed_at__isnull", False),
                    ("ended_at__isnull", True),
                    models.Q(("frequency", "immediate"), _negated=True),
                ),
                fields=["office", "person"],
                name="subscription_digests",
            ),
        ),
        migrations.AddConstraint(
            model_name="subscription",
            constraint=models.CheckConstraint(
                condition=models.Q(("frequency__in", ["immediate", "daily", "weekly"])),
                name="subscription_frequency_known",
            ),
        ),
        migrations.AddField(
            model_name="digestrun",
            name="office",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="events.office"
            ),
        ),
        migrations.AddConstraint(
            model_name="digestrun",
            constraint=models.UniqueConstraint(fields=("office", "date"), name="digest_run_once"),
        ),
    ]
