"""What a notifier is given, and what it says afterwards."""

from dataclasses import asdict, dataclass, fields
from time import monotonic
from typing import Any, Protocol
from uuid import UUID

from monitoring.exceptions import UnreadableMessageError
from monitoring.models import Receiver

FIRING, RESOLVED = "firing", "resolved"


@dataclass(frozen=True, slots=True)
class SaidAlert:
    """One alert as a message tells it. Times are ISO 8601 with their zone; `url` is empty where
    the site does not know its own address."""

    id: int
    rule: str
    name: str
    measure: str
    by: str
    label: str
    status: str
    severity: str
    text: str
    value: float | None
    started_at: str
    fired_at: str
    resolved_at: str | None
    url: str
    runbook_url: str


@dataclass(frozen=True, slots=True)
class Message:
    """`firing` and `resolved` count all alerts that it is about, `alerts` are the first of them."""

    id: UUID
    kind: str
    subject: str
    written_at: str
    firing: int
    resolved: int
    alerts: tuple[SaidAlert, ...]

    @property
    def status(self) -> str:
        """Resolved where nothing of it fires, as of a test: whoever is paged by `firing` is left
        to sleep."""
        return FIRING if self.firing else RESOLVED

    @property
    def more(self) -> int:
        """How many alerts are counted and not listed."""
        return self.firing + self.resolved - len(self.alerts)

    def to_json(self) -> dict[str, Any]:
        """All but its id, which the row has."""
        said = asdict(self)
        del said["id"]
        return said

    @classmethod
    def from_json(cls, message_id: UUID, said: dict[str, Any]) -> "Message":
        """What a later release says beside is passed over. Raises UnreadableMessageError where
        something that this one says is missing."""
        try:
            alerts = tuple(SaidAlert(**_known(SaidAlert, alert)) for alert in said["alerts"])
            return cls(**{**_known(cls, said), "id": message_id, "alerts": alerts})
        except (KeyError, TypeError, AttributeError) as error:
            raise UnreadableMessageError(str(error)) from error


def _known(kind: type[SaidAlert | Message], said: dict[str, Any]) -> dict[str, Any]:
    names = {field.name for field in fields(kind)}
    return {name: value for name, value in said.items() if name in names}


@dataclass(frozen=True, slots=True)
class Outcome:
    """`is_final` where trying again would change nothing, `is_unknown` where the message was
    handed over and no answer came. `retry_after` is the seconds that the receiver asked to be left
    alone for."""

    is_sent: bool
    answer: str
    is_final: bool = False
    retry_after: int | None = None
    is_unknown: bool = False


class Deadline:
    """A moment on the clock that nobody sets. Made when a message is claimed: who was paused
    after that sends nothing."""

    def __init__(self, seconds: float) -> None:
        self._end = monotonic() + seconds

    def left(self) -> float:
        """Seconds, above zero. Raises TimeoutError where there are none."""
        seconds = self._end - monotonic()
        if seconds <= 0:
            raise TimeoutError("It took too long.")
        return seconds


class Notifier(Protocol):
    """`send_seconds` are those that a deadline of its is made of."""

    send_seconds: float

    def problems(self, receiver: Receiver) -> dict[str, str]:
        """Why nothing can be sent to it as it is, by field; `__all__` where it is of none."""
        ...

    def send(self, receiver: Receiver, message: Message, deadline: Deadline) -> Outcome:
        """Raises nothing for what a receiver or a network may do."""
        ...
