"""Judge whether this process can answer."""

from dataclasses import asdict, dataclass
from typing import Any

from classifier import runtime
from classifier.runtime import Health, Status
from monitoring import collectors


@dataclass(frozen=True, slots=True)
class Part:
    name: str
    status: Health
    detail: str


@dataclass(frozen=True, slots=True)
class Readiness:
    """What the process `pid` says of itself; `serving` is the version that answers, if one does."""

    parts: tuple[Part, ...]
    pid: int
    serving: str | None

    @property
    def status(self) -> Health:
        """That of the worst part."""
        order = list(Health)
        return max((part.status for part in self.parts), key=order.index)

    @property
    def is_ready(self) -> bool:
        return self.status is not Health.FAILED

    def as_json(self) -> dict[str, Any]:
        return {
            "status": self.status,
            "pid": self.pid,
            "version": self.serving,
            "parts": [asdict(part) for part in self.parts],
        }


def check_readiness() -> Readiness:
    """Ask the database, then the engine of this process."""
    database, status = _database(), runtime.get().status()
    return Readiness((database, engine_part(status)), status.pid, status.serving)


def _database() -> Part:
    problem = collectors.database_problem()
    return Part("database", Health.FAILED if problem else Health.OK, problem or "answers")


def engine_part(status: Status) -> Part:
    if status.health is Health.OK:
        return Part("engine", status.health, f"serves version {status.serving}")
    wanted = f"version {status.serving}, not {status.wanted}" if status.serving else "nothing"
    return Part("engine", status.health, f"serves {wanted}: {status.reason}")
