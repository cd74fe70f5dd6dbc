"""What happens when the database restarts under a worker. Run by test_restarts.py alone.

It takes a server of its own, whose commits wait for the disk as in life: what is committed must
still be there afterwards.
"""

import os

import pytest
from django.db import OperationalError, connection, connections

from notifications.models import Delivery
from tests.faults.scene import Scene
from tests.processes import wait_for

pytestmark = [pytest.mark.django_db(transaction=True)]

#: Points at which it restarts; `make faults` names all of them.
POINTS = os.environ.get("RESTART_POINTS", "claimed answered").split()


def database_answers() -> bool:
    connections.close_all()
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except OperationalError:
        return False
    return True


@pytest.mark.parametrize("fault", POINTS)
def test_nothing_is_lost_or_doubled(scene: Scene, fault: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_postmaster_start_time(), current_setting('synchronous_commit')")
        started, durable = cursor.fetchone()
    assert durable == "on"
    scene.guests(3)
    # Not before: the fault may come as soon as it takes up its work.
    worker = scene.worker(fault=fault, who="server", RESTARTS=os.environ["RESTARTS"])
    scene.wait_for_the_fault()
    wait_for(database_answers, seconds=60, what="the database's return")
    wait_for(lambda: has_restarted(started), seconds=60, what="the restart")
    scene.let_time_pass()
    assert worker.poll() is None
    scene.judge()
    assert sorted(scene.sink.copies().values()) == [1, 1, 1]
    assert set(Delivery.objects.values_list("state", flat=True)) == {"accepted"}


def has_restarted(before: object) -> bool:
    if not database_answers():
        return False
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_postmaster_start_time()")
        return bool(cursor.fetchone() != (before,))
