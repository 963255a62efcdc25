"""What runs by itself, and when. Synced to the queue's table by `manage.py sync_schedules`."""

from dataclasses import dataclass

from django.db import transaction
from django_q.models import Schedule


@dataclass(frozen=True, slots=True)
class Planned:
    """A task by its dotted path, run every `minutes`."""

    name: str
    func: str
    minutes: int


DAY = 24 * 60
SCHEDULES = (
    Planned("recover lost jobs", "classifier.tasks.recover_lost_jobs", minutes=1),
    Planned("accept agreed feedback", "classifier.tasks.accept_agreed_feedback", minutes=5),
    Planned("fill the review queue", "classifier.tasks.fill_review_queue", minutes=5),
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
                Schedule.objects.update_or_create(name=planned.name, defaults=fields)
                changed.append(planned.name)
    return changed, removed
