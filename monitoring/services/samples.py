"""Give what processes counted to the snapshots of minutes: nothing twice, and nothing is lost."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db.models import Q

from monitoring.models import ProcessSample
from monitoring.services.clock import minute_of
from monitoring.services.retention import SAMPLES_KEPT
from monitoring.services.turns import FAR_AHEAD


def unheld_samples(
    minutes: Sequence[datetime], end: datetime, now: datetime
) -> Mapping[datetime, list[ProcessSample]]:
    """Those that no snapshot holds, by which of `minutes`, that end at `end`, is to hold them.

    It is the one in which they were stored. One that could not be seen when that was held counts
    in the first; one of far ahead, from before a clock was set back, in the last. Each is asked
    for by itself, not by a time up to which all are held: what is stored is seen later than it
    says, and by no order.
    """
    found: dict[datetime, list[ProcessSample]] = defaultdict(list)
    if not minutes:
        return found
    # As `delete_from` is about to leave them where a clock was set back.
    is_unheld = Q(minute=None) | Q(minute__gte=minutes[0])
    is_due = Q(created_at__lt=end) | Q(created_at__gt=now + FAR_AHEAD)
    rows = ProcessSample.objects.filter(
        is_unheld, is_due, created_at__gte=minutes[0] - SAMPLES_KEPT
    )
    for sample in rows.select_related("process"):
        minute = min(max(minute_of(sample.created_at), minutes[0]), minutes[-1])
        found[minute].append(sample)
    return found


def hold(samples: Mapping[datetime, Sequence[ProcessSample]]) -> None:
    """Within the transaction that stores the snapshots, so that both are there or neither is."""
    for minute, each in samples.items():
        keys = [sample.pk for sample in each]
        ProcessSample.objects.filter(pk__in=keys).update(minute=minute)
