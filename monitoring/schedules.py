"""What runs by itself, and when. Synced to the queue's table by `manage.py sync_schedules`."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django_q.models import Schedule


@dataclass(frozen=True, slots=True)
class Planned:
    """A task by its dotted path, run every `minutes`; for the first time at the hour `from_hour`
    of the site's clock, else at once."""

    name: str
    func: str
    minutes: int
    from_hour: int | None = None

    def first_run(self) -> datetime:
        now = timezone.localtime()
        if self.from_hour is None:
            return now
        today = now.replace(hour=self.from_hour, minute=0, second=0, microsecond=0)
        return today if today > now else today + timedelta(days=1)


DAY = 24 * 60
SCHEDULES = (
    Planned("recover lost jobs", "classifier.tasks.recover_lost_jobs", minutes=1),
    # It looks whether one is due: every 15 minutes, and as soon as another version is live.
    Planned("take a snapshot of traffic", "classifier.tasks.take_traffic_snapshot", minutes=1),
    Planned("accept agreed feedback", "classifier.tasks.accept_agreed_feedback", minutes=5),
    Planned("learn from feedback", "classifier.tasks.learn", minutes=DAY, from_hour=3),
    Planned("fill the review queue", "classifier.tasks.fill_review_queue", minutes=5),
    # It looks whether a day is over that was not measured yet.
    Planned("measure drift", "monitoring.tasks.measure_drift_of_the_day", minutes=60),
    Planned("delete old files of jobs", "classifier.tasks.delete_old_job_files", minutes=DAY),
)


def sync_schedules() -> tuple[list[str], list[str]]:
    """Make the table what SCHEDULES says, by name. Returns the names of those that were made or
    changed, and of those that were removed. When one runs next is left as it is."""
    wanted = {planned.name: planned for planned in SCHEDULES}
    with transaction.atomic():
        gone = Schedule.objects.exclude(name__in=wanted)
        removed = list(gone.values_list("name", flat=True))
        gone.delete()
        changed = []
        for planned in SCHEDULES:
            fields = {
                "func": planned.func,
                "schedule_type": Schedule.MINUTES,
                "minutes": planned.minutes,
                "repeats": -1,
            }
            if not Schedule.objects.filter(name=planned.name, **fields).exists():
                Schedule.objects.update_or_create(
                    name=planned.name,
                    defaults=fields,
                    create_defaults={**fields, "next_run": planned.first_run()},
                )
                changed.append(planned.name)
    return changed, removed
