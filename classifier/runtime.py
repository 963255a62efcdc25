"""The one engine of this process: load, warm, swap, fall back.

Made in the process that uses it, never before a fork. A request takes a `LoadedVersion` and
keeps it to its end; a swap replaces the reference that the next request takes, and the old
engine goes when its last request does.
"""

import logging
import os
import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from time import monotonic
from weakref import WeakValueDictionary

from django import db
from django.conf import settings
from django.utils import timezone

from classifier import metrics
from classifier.artifacts import bundle_of, category_ids
from classifier.engine.bundle import Bundle
from classifier.engine.cache import CacheStats, EmbeddingCache
from classifier.engine.encoder import Encoder, Threads
from classifier.engine.engine import Engine
from classifier.exceptions import BundleError, NoEngineError
from classifier.models import Activation, ModelVersion
from classifier.watching import Trouble, Watcher

logger = logging.getLogger(__name__)

# Versions kept loaded beside the one that serves, to explain older predictions.
KEPT_VERSIONS = 3
# How long a version that could not be loaded is left alone before it is tried again.
RETRY_SECONDS = 10.0
NOTHING_ACTIVATED = "No version has been activated."


class Health(StrEnum):
    OK = "ok"
    DEGRADED = "degraded"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class LoadedVersion:
    """A version in memory. `category_ids` maps slugs to primary keys."""

    id: int
    name: str
    engine: Engine
    category_ids: dict[str, int]


@dataclass(frozen=True, slots=True)
class Status:
    """What this process serves, and why that is not what was activated, if it is not."""

    health: Health
    serving: str | None
    wanted: str | None
    reason: str
    pid: int
    since: datetime | None
    cache: CacheStats


class Runtime:
    """Loads what the newest Activation names, and follows it.

    Following and explaining load side by side; they wait for each other only where they want the
    same version or the same encoder.
    """

    def __init__(self) -> None:
        self.pid = os.getpid()
        self.cache = EmbeddingCache(settings.ENGINE_CACHE_BYTES)
        self._threads = Threads(settings.ENGINE_THREADS, settings.ENGINE_SPINNING)
        self._encoders: WeakValueDictionary[str, Encoder] = WeakValueDictionary()
        self._loaded: OrderedDict[int, LoadedVersion] = OrderedDict()
        self._following = threading.Lock()
        self._swapping = threading.Lock()
        self._loading: dict[int | str, threading.Lock] = {}
        self._serving: LoadedVersion | None = None
        self._since: datetime | None = None
        self._generation: int | None = None
        self._failed_generation: int | None = None
        self._wanted: str | None = None
        self._reason = NOTHING_ACTIVATED
        self._checked_at = float("-inf")
        self._failed_at = float("-inf")
        self._watcher = Watcher("engine-watcher", self._refresh_or_log)
        self._trouble = Trouble("The active version cannot be read.", logger)
        self._counting = threading.Lock()
        self._counted = self.cache.stats()

    def serving(self) -> LoadedVersion:
        """The version for new requests. Raises NoEngineError where there is none."""
        self._follow_if_due()
        if self._serving is None:
            raise NoEngineError(self._reason)
        return self._serving

    def engine_for(self, version: ModelVersion) -> LoadedVersion:
        """Any version, loaded if it is not. Raises BundleError where it cannot be."""
        with self._lock_of(version.pk):
            loaded = self._find_loaded(version.pk)
            if loaded is None:
                loaded = self._load(version)
                with self._swapping:
                    self._keep(loaded)
            return loaded

    def engine_apart(self, version: ModelVersion) -> Engine:
        """Any version's engine for the caller alone, with this process's encoders and cache.

        It takes no place among the versions that are kept. Raises BundleError where it cannot be
        loaded.
        """
        return self._load(version).engine

    def refresh(self) -> None:
        """Follow the newest Activation: one indexed read, and a load where it changed.

        Where the wanted version cannot be loaded, the one that serves goes on, else the last
        that can be loaded takes over; it is tried again every RETRY_SECONDS.
        """
        with self._following:
            self._checked_at = monotonic()
            newest = Activation.objects.order_by("-id").values_list("id", "to_version__name")
            generation, wanted = newest.first() or (None, None)
            if generation is None:
                self._reason = NOTHING_ACTIVATED
                return
            if generation != self._generation:
                self._reason = f"{wanted} is being loaded."
                self._generation, self._wanted = generation, wanted
            elif not self._is_retry_due():
                return
            self._follow()

    def start(self) -> None:
        """Load and warm now, then follow activations in a thread of its own."""
        self._refresh_or_log()
        self._watcher.start()

    def stop(self) -> None:
        self._watcher.stop()

    def status(self) -> Status:
        self._follow_if_due()
        return self.known_status()

    def known_status(self) -> Status:
        """As it was when this process last looked, which a worker does when it classifies."""
        serving = self._serving
        if serving is None:
            health = Health.FAILED
        else:
            health = Health.OK if serving.name == self._wanted else Health.DEGRADED
        return Status(
            health=health,
            serving=serving.name if serving else None,
            wanted=self._wanted,
            reason="" if health is Health.OK else self._reason,
            pid=self.pid,
            since=self._since,
            cache=self.cache.stats(),
        )

    def count_cache(self) -> None:
        """Tell the metrics what the cache did since they were last told."""
        with self._counting:
            before, self._counted = self._counted, self.cache.stats()
            now = self._counted
            if now == before:
                return
            metrics.CACHE_HITS.inc(now.hits - before.hits)
            if now.misses != before.misses:
                metrics.CACHE_MISSES.inc(now.misses - before.misses)
            if now.evictions != before.evictions:
                metrics.CACHE_EVICTIONS.inc(now.evictions - before.evictions)
            if now.size_bytes != before.size_bytes:
                metrics.CACHE_ENTRIES.set(now.entries)
                metrics.CACHE_BYTES.set(now.size_bytes)

    def _follow_if_due(self) -> None:
        """Where no watcher runs (commands, tests, the worker), each use looks for itself."""
        is_due = monotonic() - self._checked_at >= settings.ENGINE_POLL_SECONDS
        if is_due and not self._watcher.is_alive:
            self._refresh_or_log()

    def _is_retry_due(self) -> bool:
        is_served = self._serving is not None and self._serving.name == self._wanted
        return not is_served and monotonic() - self._failed_at >= RETRY_SECONDS

    def _follow(self) -> None:
        reasons: list[str] = []
        for version in self._in_order_of_preference():
            try:
                loaded = self.engine_for(version)
            except BundleError as error:
                logger.error("Version %s cannot be loaded: %s", version, error)
                reasons.append(f"{version}: {error}")
                self._failed_at = monotonic()
            else:
                self._serve(loaded)
                break
        self._reason = " ".join(reasons)
        # The wanted version is tried first. Each activation counts once, however often it is tried.
        if reasons and self._failed_generation != self._generation:
            self._failed_generation = self._generation
            metrics.ENGINE_FALLBACKS.inc()

    def _serve(self, loaded: LoadedVersion) -> None:
        if loaded is self._serving:
            return
        with self._swapping:
            before, self._serving, self._since = self._serving, loaded, timezone.now()
            metrics.ENGINE_SWAPS.inc()
            self._loaded.pop(loaded.id, None)
            if before is not None:
                self._keep(before)
        logger.info("Serving version %s (wanted: %s).", loaded.name, self._wanted)

    def _find_loaded(self, version_id: int) -> LoadedVersion | None:
        with self._swapping:
            if self._serving is not None and self._serving.id == version_id:
                return self._serving
            if version_id in self._loaded:
                self._loaded.move_to_end(version_id)
            return self._loaded.get(version_id)

    def _keep(self, loaded: LoadedVersion) -> None:
        """Remember a version that does not serve, in place of the one longest unused."""
        self._loaded[loaded.id] = loaded
        self._loaded.move_to_end(loaded.id)
        while len(self._loaded) > KEPT_VERSIONS:
            self._loaded.popitem(last=False)

    def _lock_of(self, key: int | str) -> threading.Lock:
        """Of a version (its primary key) or of an encoder (its digest), to load it once."""
        return self._loading.setdefault(key, threading.Lock())

    def _in_order_of_preference(self) -> list[ModelVersion]:
        """The wanted version, then the one that serves, then those that were live before it.

        What is activated from now on is the next look's.
        """
        known = Activation.objects.filter(id__lte=self._generation).order_by("-id")
        activated = known.select_related("to_version__encoder")
        versions = list(dict.fromkeys(activation.to_version for activation in activated[:50]))
        serving_id = self._serving.id if self._serving else None
        return versions[:1] + sorted(versions[1:], key=lambda version: version.pk != serving_id)

    def _load(self, version: ModelVersion) -> LoadedVersion:
        try:
            loaded = self._load_uncounted(version)
        except BundleError:
            metrics.ENGINE_LOADS.labels("failed").inc()
            raise
        metrics.ENGINE_LOADS.labels("loaded").inc()
        return loaded

    def _load_uncounted(self, version: ModelVersion) -> LoadedVersion:
        held = self._encoders.get(version.encoder.digest)
        bundle = bundle_of(version, verified_encoder=held.card.digest if held else None)
        engine = Engine(bundle, held or self._encoder_of(bundle), self.cache)
        return LoadedVersion(version.pk, version.name, engine, category_ids(bundle))

    def _encoder_of(self, bundle: Bundle) -> Encoder:
        digest = bundle.encoder.digest
        with self._lock_of(digest):
            encoder = self._encoders.get(digest)
            if encoder is None:
                encoder = Encoder(bundle.encoder_folder, self._threads)
                encoder.warm()
                self._encoders[digest] = encoder
            return encoder

    def _refresh_or_log(self) -> None:
        """A database that is away must not end the watcher: what serves goes on serving."""
        try:
            self.refresh()
        except db.Error as error:
            self._trouble.met(error)
            self._reason = f"The active version cannot be read: {type(error).__name__}."
            # Followed anew as soon as it can be read, which also says anew why.
            self._failed_at = float("-inf")
        else:
            self._trouble.over()


_runtime: Runtime | None = None
_making = threading.Lock()


def get() -> Runtime:
    """This process's runtime, made on first use."""
    global _runtime
    with _making:
        if _runtime is None or _runtime.pid != os.getpid():
            _runtime = Runtime()
        return _runtime


def reset() -> None:
    """Forget the runtime, so that the next use makes another."""
    global _runtime
    _runtime = None


def _after_fork() -> None:
    global _making
    _making = threading.Lock()
    reset()


os.register_at_fork(after_in_child=_after_fork)
