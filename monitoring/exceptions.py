"""What goes wrong in monitoring, by its own name."""


class MonitoringError(Exception):
    """The root of this app's errors."""


class TurnLostError(MonitoringError):
    """Another process has taken over the work that this one was at."""


class RefusedAddressError(MonitoringError):
    """Nothing is sent to this address, whatever is tried."""


class UnknownHostError(MonitoringError):
    """The name of a host leads to no address now."""
