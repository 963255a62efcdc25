"""Which version answers a request.

The router's class comes from the setting ROUTER by dotted path, so that a layer above can
route without this one knowing it.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from classifier import runtime
from classifier.exceptions import EngineError
from classifier.runtime import LoadedVersion


@dataclass(frozen=True, slots=True)
class Route:
    """The version that answers, and the experiment's variant if one is served.

    `unit` is what the experiment randomized; "" where it could not. `is_failed`: the variant's
    own version failed, and `version` is another. `experiment` and `variant` are their keys.
    """

    version: LoadedVersion
    variant_id: int | None = None
    unit: str = ""
    is_failed: bool = False
    experiment: str = ""
    variant: str = ""


class Router(Protocol):
    def routes(self, units: Iterable[str | None]) -> dict[str | None, Route]:
        """Route the units of one request (user ids, None where one is unknown).

        Units that get the same version get it as loaded at one moment, whatever is activated
        meanwhile. Raises NoEngineError where no version can be served.
        """

    def failed(self, route: Route, error: EngineError) -> LoadedVersion | None:
        """The engine of a route failed: who answers instead; None: nobody."""

    def succeeded(self, route: Route) -> None:
        """The engine of a route answered."""

    def start(self) -> None:
        """Follow what routing depends on, in a thread of this process."""

    def stop(self) -> None:
        """End that thread."""


class ActiveRouter:
    """Everyone gets the active version."""

    def routes(self, units: Iterable[str | None]) -> dict[str | None, Route]:
        return dict.fromkeys(units, Route(runtime.get().serving()))

    def failed(self, route: Route, error: EngineError) -> LoadedVersion | None:
        return None

    def succeeded(self, route: Route) -> None:
        pass

    def start(self) -> None:
        pass

    def stop(self) -> None:
        pass


@cache
def get_router() -> Router:
    """This process's router, made on first use."""
    router: Router = import_string(settings.ROUTER)()
    return router


os.register_at_fork(after_in_child=get_router.cache_clear)
