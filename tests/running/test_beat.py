import pytest
from celery import current_app
from django.utils import timezone
from django_celery_beat.models import CrontabSchedule, PeriodicTask

from ecomsite.beat import Scheduler
from ecomsite.schedule import BEAT_SCHEDULE

# The scheduler opens and closes connections of its own.
pytestmark = pytest.mark.django_db(transaction=True)


def test_the_schedule_of_the_program_is_there_at_the_first_start() -> None:
    Scheduler(app=current_app)

    assert dict(PeriodicTask.objects.values_list("name", "task")) == {
        name: entry["task"] for name, entry in BEAT_SCHEDULE.items()
    }
    nightly = PeriodicTask.objects.get(name="nightly run")
    assert (nightly.crontab.hour, nightly.crontab.minute) == ("3", "10")
    assert str(nightly.crontab.timezone) == timezone.get_default_timezone_name()


def test_times_that_staff_set_outlive_a_start() -> None:
    Scheduler(app=current_app)
    nightly = PeriodicTask.objects.get(name="nightly run")
    nightly.crontab = CrontabSchedule.objects.create(hour="5", minute="30")
    nightly.enabled = False
    nightly.save()
    PeriodicTask.objects.filter(name="behaviour of visitors").delete()

    Scheduler(app=current_app)

    nightly.refresh_from_db()
    assert (nightly.crontab.hour, nightly.enabled) == ("5", False)
    assert PeriodicTask.objects.filter(name="behaviour of visitors").exists()
