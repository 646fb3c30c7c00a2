"""The clock of the shop: what `schedule.py` lists, at the times that staff set."""

from django_celery_beat.models import PeriodicTask
from django_celery_beat.schedulers import DatabaseScheduler

from ecomsite.schedule import BEAT_SCHEDULE


class Scheduler(DatabaseScheduler):  # type: ignore[misc]  # django-celery-beat has no types
    def setup_schedule(self) -> None:
        """Add the entries that are new; those that are there keep the times that staff gave them.

        Celery's own way would put every entry back to the program's times at each start.
        """
        known = set(PeriodicTask.objects.values_list("name", flat=True))
        new = {name: entry for name, entry in BEAT_SCHEDULE.items() if name not in known}
        self.update_from_dict(new)
