"""What goes wrong in monitoring, by its own name."""


class MonitoringError(Exception):
    """The root of this app's errors."""


class TurnLostError(MonitoringError):
    """Another process has taken over the work that this one was at."""


class UnreadableMessageError(MonitoringError):
    """A message that waits was written by a release that said other things."""


class RefusedAddressError(MonitoringError):
    """Nothing is sent to this address, whatever is tried."""


class UnknownHostError(MonitoringError):
    """The name of a host leads to no address now."""


class NoAnswerError(MonitoringError):
    """A message was handed over, and nothing says whether it was taken."""


class ConflictError(MonitoringError):
    """What is asked for contradicts what is stored."""


class InvalidError(MonitoringError):
    """A value cannot be taken; `field` names it."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field
