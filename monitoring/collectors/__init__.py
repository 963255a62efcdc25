"""The only readers of the other apps' tables. No function asks more queries where there are more
rows."""

from monitoring.collectors.accuracy import accuracy_seen
from monitoring.collectors.changes import activations, categories_named, versions_named
from monitoring.collectors.overview import (
    COUNTED_PREDICTIONS,
    IDLE,
    RECENT_JOBS,
    RECENT_PREDICTIONS,
    Curation,
    ExperimentFigures,
    RecentTraffic,
    TodayCount,
    VersionFigures,
    active_since,
    curated_since,
    curation,
    failed_jobs,
    has_encoder,
    idle_rules,
    newest_experiment,
    open_feedback,
    pending_reviews,
    predictions_today,
    recent_jobs,
    recent_traffic,
    versions,
)
from monitoring.collectors.processes import processes_seen
from monitoring.collectors.seen import Seen
from monitoring.collectors.states import jobs_seen, states_seen
from monitoring.collectors.traffic import categories_seen, first_prediction_at, traffic_seen

__all__ = [
    "COUNTED_PREDICTIONS",
    "IDLE",
    "RECENT_JOBS",
    "RECENT_PREDICTIONS",
    "Curation",
    "ExperimentFigures",
    "RecentTraffic",
    "Seen",
    "TodayCount",
    "VersionFigures",
    "accuracy_seen",
    "activations",
    "active_since",
    "categories_named",
    "categories_seen",
    "curated_since",
    "curation",
    "failed_jobs",
    "first_prediction_at",
    "has_encoder",
    "idle_rules",
    "jobs_seen",
    "newest_experiment",
    "open_feedback",
    "pending_reviews",
    "predictions_today",
    "processes_seen",
    "recent_jobs",
    "recent_traffic",
    "states_seen",
    "traffic_seen",
    "versions",
    "versions_named",
]
