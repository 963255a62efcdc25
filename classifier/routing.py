"""Which version answers a request.

The router's class comes from the setting ROUTER by dotted path, so that a layer above can
route without this one knowing it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from classifier import runtime
from classifier.runtime import LoadedVersion


@dataclass(frozen=True, slots=True)
class Route:
    """The version that answers, and the experiment's variant if one is served."""

    version: LoadedVersion
    variant_id: int | None = None


class Router(Protocol):
    def routes(self, units: Iterable[str | None]) -> dict[str | None, Route]:
        """Route the units of one request (user ids, None where one is unknown).

        Units that get the same version get it as loaded at one moment, whatever is activated
        meanwhile. Raises NoEngineError where no version can be served.
        """


class ActiveRouter:
    """Everyone gets the active version."""

    def routes(self, units: Iterable[str | None]) -> dict[str | None, Route]:
        return dict.fromkeys(units, Route(runtime.get().serving()))


@cache
def get_router() -> Router:
    router: Router = import_string(settings.ROUTER)()
    return router
