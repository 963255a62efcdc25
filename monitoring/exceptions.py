"""What goes wrong in monitoring, by its own name."""


class MonitoringError(Exception):
    """The root of this app's errors."""


class TurnLostError(MonitoringError):
    """Another process has taken over the work that this one was at."""
