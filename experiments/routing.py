"""Which version answers, while an experiment runs.

What runs is held in this process and read anew twice a second, in a thread of its own where there
is one: a request costs a hash or two, and no query.
"""

import logging
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from time import monotonic
from uuid import uuid4

from django import db
from django.conf import settings

from classifier import runtime
from classifier.exceptions import BundleError, ConflictError, EngineError
from classifier.routing import ActiveRouter, Route
from classifier.runtime import LoadedVersion
from classifier.watching import Trouble, Watcher
from experiments.models import Experiment, ExperimentEvent, Variant
from experiments.services.lifecycle import pause
from experiments.services.timeline import MAX_REASON
from experiments.stats.assignment import (
    block_of,
    is_included,
    switchback_variant,
    variant_of,
)
from experiments.stats.types import Split

logger = logging.getLogger(__name__)

# An engine that fails so many times in a row is not asked again by this process.
MAX_FAILURES = 5
MINUTES_A_DAY = 24 * 60


@dataclass(frozen=True, slots=True)
class Arm:
    """A variant with its version in memory."""

    variant_id: int
    experiment: str
    key: str
    version: LoadedVersion

    def route(self, unit: str, instead: LoadedVersion | None) -> Route:
        """To the variant's version, or to the one that answers in place of it."""
        return Route(
            instead or self.version,
            self.variant_id,
            unit,
            is_failed=instead is not None,
            experiment=self.experiment,
            variant=self.key,
        )


@dataclass(frozen=True, slots=True)
class Running:
    """The experiment that runs, as this process serves it; the control is the first arm."""

    experiment: Experiment
    split: Split
    arms: tuple[Arm, ...]
    weights: tuple[float, ...]

    @property
    def control(self) -> Arm:
        return self.arms[0]

    def choose(self, unit: str | None, draw: str, now: float) -> tuple[Arm, str] | None:
        """The arm of one unit, and what was randomized; None where it does not take part.

        `draw` is a name that no other request has, `now` in seconds since 1970.
        """
        experiment = self.experiment
        salt, share = experiment.salt, experiment.traffic_share
        if self.split is Split.USER and unit is None:
            return self.control, ""
        unit_of_split = unit if self.split is Split.USER and unit is not None else draw
        if not is_included(salt, unit_of_split, share):
            return None
        if self.split is not Split.TIME:
            return self.arms[variant_of(salt, unit_of_split, self.weights)], unit_of_split
        block = block_of(now, experiment.block_minutes)
        blocks_per_day = MINUTES_A_DAY // experiment.block_minutes
        variant = switchback_variant(salt, block, len(self.arms), blocks_per_day)
        return self.arms[variant], str(block.number)


class ExperimentRouter(ActiveRouter):
    """Who takes part in the running experiment gets a variant, all others the active version."""

    def __init__(self) -> None:
        self._running: Running | None = None
        self._generation: int | None = None
        self._checked_at = float("-inf")
        self._failures: Counter[int] = Counter()
        # By variant: what it failed with.
        self._tripped: dict[int, str] = {}
        self._watcher = Watcher("experiment-watcher", self._refresh_or_log)
        self._trouble = Trouble("The running experiment cannot be read.", logger)

    def routes(self, units: Iterable[str | None]) -> dict[str | None, Route]:
        if not self._watcher.is_alive:
            self._follow_if_due()
        running, outside = self._running, Route(runtime.get().serving())
        if running is None:
            return dict.fromkeys(units, outside)
        draw, now = uuid4().hex, time.time()
        return {unit: self._route(running.choose(unit, draw, now), outside) for unit in units}

    def _route(self, chosen: tuple[Arm, str] | None, outside: Route) -> Route:
        if chosen is None:
            return outside
        arm, unit = chosen
        return arm.route(unit, outside.version if arm.variant_id in self._tripped else None)

    def failed(self, route: Route, error: EngineError) -> LoadedVersion | None:
        """The active version answers in a variant's place, unless it is the one that failed. A
        variant that failed MAX_FAILURES times in a row is left alone from now on."""
        serving = runtime.get().serving()
        if route.variant_id is None or route.version.id == serving.id:
            return None
        self._failures[route.variant_id] += 1
        if self._failures[route.variant_id] == MAX_FAILURES:
            logger.error("Variant %s is given up: %s", route.variant_id, error)
            self._tripped[route.variant_id] = str(error)
        return serving

    def succeeded(self, route: Route) -> None:
        if route.variant_id is not None and not route.is_failed:
            self._failures.pop(route.variant_id, None)

    def start(self) -> None:
        self._refresh_or_log()
        self._watcher.start()

    def stop(self) -> None:
        self._watcher.stop()

    def refresh(self) -> None:
        """Follow the newest ExperimentEvent: one indexed read, and a load where it changed."""
        self._checked_at = monotonic()
        running = self._running
        if running is not None and self._tripped:
            self._pause_for_failures(running)
        newest = ExperimentEvent.objects.order_by("-id").values_list("id", flat=True).first()
        if newest != self._generation:
            self._running = self._load()
            self._generation = newest
            if self._running is None:
                self._failures.clear()
                self._tripped.clear()

    def _load(self) -> Running | None:
        experiment = Experiment.objects.running().first()
        if experiment is None:
            return None
        variants = list(experiment.variants.select_related("version__encoder"))
        arms = []
        for variant in variants:
            try:
                version = runtime.get().engine_for(variant.version)
            except BundleError as error:
                self._pause(experiment, _cannot_load(variant, error))
                return None
            arms.append(Arm(variant.pk, experiment.key, variant.key, version))
        weights = tuple(variant.weight for variant in variants)
        logger.info("Experiment %s runs on %s of traffic.", experiment, experiment.traffic_share)
        return Running(experiment, Split(experiment.split), tuple(arms), weights)

    def _pause_for_failures(self, running: Running) -> None:
        failed = {arm.variant_id: arm.key for arm in running.arms}
        for variant_id, error in list(self._tripped.items()):
            if variant_id in failed:
                self._pause(
                    running.experiment,
                    f"The engine of variant {failed[variant_id]} failed {MAX_FAILURES} times in a "
                    f"row: {error}",
                )

    def _pause(self, experiment: Experiment, reason: str) -> None:
        try:
            pause(experiment, reason=reason[:MAX_REASON])
        except ConflictError:
            logger.info("Experiment %s no longer runs.", experiment)
        else:
            logger.error("Experiment %s is paused. %s", experiment, reason)

    def _follow_if_due(self) -> None:
        """Where no watcher runs (commands, tests, the worker), each use looks for itself."""
        if monotonic() - self._checked_at >= settings.ENGINE_POLL_SECONDS:
            self._refresh_or_log()

    def _refresh_or_log(self) -> None:
        """A database that is away must not end the watcher: what runs goes on."""
        try:
            self.refresh()
        except db.Error as error:
            self._trouble.met(error)
        else:
            self._trouble.over()


def _cannot_load(variant: Variant, error: BundleError) -> str:
    return f"Version {variant.version} of variant {variant} cannot be loaded: {error}"
