"""The pages of monitoring, and the lists behind them."""

from monitoring.admin import (
    alert_rules,
    alerts,
    drift,
    notifications,
    pages,
    processes,
    receivers,
    silences,
)

__all__ = [
    "alert_rules",
    "alerts",
    "drift",
    "notifications",
    "pages",
    "processes",
    "receivers",
    "silences",
]
