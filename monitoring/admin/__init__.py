"""The pages of monitoring, and the lists behind them."""

from monitoring.admin import alerts, notifications, pages, processes, receivers, silences

__all__ = ["alerts", "notifications", "pages", "processes", "receivers", "silences"]
