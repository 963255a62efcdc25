"""Delete what is older than it is of use."""

from datetime import datetime, timedelta

from django.db.models import Q

from monitoring.models import MetricSnapshot, Notification, Process, ProcessSample
from monitoring.services.clock import day_of

Resolution = MetricSnapshot.Resolution
MINUTES_KEPT = timedelta(days=15)
HOURS_KEPT = timedelta(days=400)
# Until they are taken anew, should a clock be set back.
SAMPLES_KEPT = timedelta(hours=2)
# Of attempts that have ended; what they told of alerts goes with them.
NOTIFICATIONS_KEPT = timedelta(days=400)
# Of processes that ended, or fell silent.
PROCESSES_KEPT = timedelta(days=7)


def delete_old(done_until: datetime) -> None:
    """What was old when snapshots had come so far. Days are kept for ever."""
    for resolution, kept in (
        (Resolution.MINUTE, MINUTES_KEPT),
        (Resolution.HOUR, HOURS_KEPT),
    ):
        MetricSnapshot.objects.filter(resolution=resolution, at__lt=done_until - kept).delete()
    is_held = Q(minute__lt=done_until - SAMPLES_KEPT)
    is_missed = Q(minute=None, created_at__lt=done_until - SAMPLES_KEPT)
    ProcessSample.objects.filter(is_held | is_missed).delete()
    silent = done_until - PROCESSES_KEPT
    Process.objects.filter(Q(stopped_at__lt=silent) | Q(seen_at__lt=silent)).delete()
    Notification.objects.filter(finished_at__lt=done_until - NOTIFICATIONS_KEPT).delete()


def delete_from(start: datetime) -> None:
    """Snapshots of `start` and later, made before a clock was set back, and of the day it is in.
    The samples that these held are held by none."""
    MetricSnapshot.objects.filter(at__gte=start).delete()
    MetricSnapshot.objects.filter(resolution=Resolution.DAY, at__gte=day_of(start)).delete()
    ProcessSample.objects.filter(minute__gte=start).update(minute=None)
