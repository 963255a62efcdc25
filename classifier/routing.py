"""Which version answers a request.

The router's class comes from the setting ROUTER by dotted path, so that a layer above can
route without this one knowing it.
"""

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
    def route(self, unit: str | None) -> Route:
        """Route one unit (a user id, or None where it is unknown).

        Raises NoEngineError where no version can be served.
        """


class ActiveRouter:
    """Everyone gets the active version."""

    def route(self, unit: str | None) -> Route:
        return Route(runtime.get().serving())


@cache
def get_router() -> Router:
    router: Router = import_string(settings.ROUTER)()
    return router
