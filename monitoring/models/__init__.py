"""Processes and what they report, snapshots, alert rules and their episodes, notifications,
drift."""

from monitoring.models.alert import Alert, AlertEvent, Severity, Silence
from monitoring.models.drift import DriftCluster, DriftKind, DriftReference, DriftReport
from monitoring.models.notification import Notification, NotifiedAlert, Receiver
from monitoring.models.process import Process, ProcessSample
from monitoring.models.rule import AlertRule
from monitoring.models.snapshot import MetricSnapshot
from monitoring.models.turn import Turn

__all__ = [
    "Alert",
    "AlertEvent",
    "AlertRule",
    "DriftCluster",
    "DriftKind",
    "DriftReference",
    "DriftReport",
    "MetricSnapshot",
    "Notification",
    "NotifiedAlert",
    "Process",
    "ProcessSample",
    "Receiver",
    "Severity",
    "Silence",
    "Turn",
]
