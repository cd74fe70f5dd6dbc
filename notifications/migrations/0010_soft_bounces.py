from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("notifications", "0009_deliveries_of_an_event"),
    ]

    operations = [
        migrations.RemoveConstraint(model_name="suppression", name="suppression_reason_known"),
        migrations.AlterField(
            model_name="suppression",
            name="reason",
            field=models.CharField(
                choices=[
                    ("bounced", "There is no such mailbox"),
                    ("soft_bounces", "The mailbox stays full or takes nothing"),
                    ("complained", "Complaint"),
                    ("person", "The person wants no mail"),
                    ("staff", "Stopped by the office"),
                ],
                max_length=20,
            ),
        ),
        migrations.AddConstraint(
            model_name="suppression",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "reason__in",
                        ["bounced", "soft_bounces", "complained", "person", "staff"],
                    )
                ),
                name="suppression_reason_known",
            ),
        ),
    ]
