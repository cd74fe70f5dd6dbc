from django.db import migrations
from django.db.models import OuterRef, Subquery


def find_persons(apps, schema_editor):
    """Rows from before kept only a hash; the deliveries to the address say whose it is."""
    Delivery = apps.get_model("notifications", "Delivery")
    to_it = Delivery.objects.filter(address_hash=OuterRef("address_hash"), person__isnull=False)
    refused = to_it.filter(state="failed")
    apps.get_model("notifications", "Suppression").objects.filter(person=None).update(
        person_id=Subquery(to_it.order_by("-pk").values("person")[:1]),
        delivery_id=Subquery(refused.order_by("pk").values("pk")[:1]),
    )


class Migration(migrations.Migration):
    dependencies = [("notifications", "0003_suppressions_of_people")]

    operations = [migrations.RunPython(find_persons, migrations.RunPython.noop, elidable=True)]
