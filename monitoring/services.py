"""Judge whether this process can answer."""

from dataclasses import asdict, dataclass
from typing import Any

from classifier import runtime
from classifier.runtime import Health
from monitoring import collectors


@dataclass(frozen=True, slots=True)
class Part:
    name: str
    status: Health
    detail: str


@dataclass(frozen=True, slots=True)
class Readiness:
    parts: tuple[Part, ...]

    @property
    def status(self) -> Health:
        """That of the worst part."""
        order = list(Health)
        return max((part.status for part in self.parts), key=order.index)

    @property
    def is_ready(self) -> bool:
        return self.status is not Health.FAILED

    def as_json(self) -> dict[str, Any]:
        return {"status": self.status, "parts": [asdict(part) for part in self.parts]}


def check_readiness() -> Readiness:
    """Ask the database, then the engine of this process."""
    return Readiness((_database(), _engine()))


def _database() -> Part:
    problem = collectors.database_problem()
    return Part("database", Health.FAILED if problem else Health.OK, problem or "answers")


def _engine() -> Part:
    status = runtime.get().status()
    if status.health is Health.OK:
        return Part("engine", status.health, f"serves version {status.serving}")
    wanted = f"version {status.serving}, not {status.wanted}" if status.serving else "nothing"
    return Part("engine", status.health, f"serves {wanted}: {status.reason}")
