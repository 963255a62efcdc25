"""What changed just before something went wrong."""

from datetime import datetime, timedelta

from django.db.models import Count
from django.db.models.functions import TruncMinute

from monitoring.collectors import circumstances
from monitoring.collectors.circumstances import MOST, Change, name_of
from monitoring.models import AlertRule, Process


def changes_before(moment: datetime, hours: float = 6) -> list[Change]:
    """Within so many hours up to `moment`, the newest first: activations of versions, events of
    experiments, edits by their number, alert rules that were changed, processes that began."""
    start = moment - timedelta(hours=hours)
    found = [
        *circumstances.activations(start, moment),
        *circumstances.experiment_events(start, moment),
        *circumstances.curation(start, moment),
        *_rule_edits(start, moment),
        *_process_starts(start, moment),
    ]
    return sorted(found, key=lambda change: change.at, reverse=True)


def _rule_edits(start: datetime, end: datetime) -> list[Change]:
    verbs = {"+": "made", "~": "changed", "-": "deleted"}
    rows = AlertRule.history.filter(history_date__gt=start, history_date__lte=end)
    return [
        Change(
            row.history_date,
            f"Alert rule {row.name}: {verbs[row.history_type]}",
            "" if row.history_type == "-" else "admin:monitoring_alertrule_change",
            None if row.history_type == "-" else row.id,
            name_of(row.history_user),
        )
        for row in rows.select_related("history_user").order_by("-history_id")[:MOST]
    ]


def _process_starts(start: datetime, end: datetime) -> list[Change]:
    """Those of one kind that began on a machine within the same minute are one change: a deploy."""
    rows = (
        Process.objects.filter(started_at__gt=start, started_at__lte=end)
        .annotate(minute=TruncMinute("started_at"))
        .order_by("-minute")
        .values_list("minute", "machine", "role")
        .annotate(number=Count("pk"))
    )
    return [
        Change(minute, f"Processes that began on {machine}: {number} {role}", "", None, "")
        for minute, machine, role, number in rows[:MOST]
    ]
