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

from django.conf import settings
from django.db import DatabaseError, close_old_connections
from django.utils import timezone

from classifier.engine.bundle import read_bundle
from classifier.engine.cache import CacheStats, EmbeddingCache
from classifier.engine.encoder import Encoder, EncoderCard, Threads
from classifier.engine.engine import Engine
from classifier.exceptions import BundleError, NoEngineError
from classifier.models import Activation, Category, ModelVersion

logger = logging.getLogger(__name__)

# Versions kept loaded beside the one that serves, to explain older predictions.
KEPT_VERSIONS = 3
# How long a version that could not be loaded is left alone before it is tried again.
RETRY_SECONDS = 10.0


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
    """Loads what the newest Activation names, and follows it."""

    def __init__(self) -> None:
        self.pid = os.getpid()
        self.cache = EmbeddingCache(settings.ENGINE_CACHE_BYTES)
        self._threads = Threads(settings.ENGINE_THREADS, settings.ENGINE_SPINNING)
        self._encoders: WeakValueDictionary[str, Encoder] = WeakValueDictionary()
        self._loaded: OrderedDict[int, LoadedVersion] = OrderedDict()
        self._loading = threading.RLock()
        self._serving: LoadedVersion | None = None
        self._since: datetime | None = None
        self._generation: int | None = None
        self._wanted: str | None = None
        self._reason = "No version has been activated."
        self._checked_at = float("-inf")
        self._failed_at = float("-inf")
        self._watcher: threading.Thread | None = None
        self._stopping = threading.Event()

    def serving(self) -> LoadedVersion:
        """The version for new requests. Raises NoEngineError where there is none."""
        self._follow_if_due()
        if self._serving is None:
            raise NoEngineError(self._reason)
        return self._serving

    def engine_for(self, version: ModelVersion) -> LoadedVersion:
        """Any version, loaded if it is not. Raises BundleError where it cannot be."""
        with self._loading:
            loaded = self._loaded.get(version.pk)
            if loaded is None:
                loaded = self._load(version)
                self._loaded[version.pk] = loaded
            self._loaded.move_to_end(version.pk)
            while len(self._loaded) > KEPT_VERSIONS:
                self._loaded.popitem(last=False)
            return loaded

    def refresh(self) -> None:
        """Follow the newest Activation: one indexed read, and a load where it changed.

        Where the wanted version cannot be loaded, the one that serves goes on, else the last
        that can be loaded takes over; it is tried again every RETRY_SECONDS.
        """
        with self._loading:
            self._checked_at = monotonic()
            newest = Activation.objects.order_by("-id").values_list("id", "to_version__name")
            generation, wanted = newest.first() or (None, None)
            is_settled = generation == self._generation and not self._is_retry_due()
            if generation is None or is_settled:
                return
            self._generation, self._wanted = generation, wanted
            self._follow()

    def start(self) -> None:
        """Load and warm now, then follow activations in a thread of its own."""
        self._refresh_or_log()
        self._watcher = threading.Thread(target=self._watch, name="engine-watcher", daemon=True)
        self._watcher.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._watcher is not None:
            self._watcher.join(timeout=5)

    def status(self) -> Status:
        self._follow_if_due()
        if self._serving is None:
            health = Health.FAILED
        else:
            health = Health.OK if self._serving.name == self._wanted else Health.DEGRADED
        return Status(
            health=health,
            serving=self._serving.name if self._serving else None,
            wanted=self._wanted,
            reason="" if health is Health.OK else self._reason,
            pid=self.pid,
            since=self._since,
            cache=self.cache.stats(),
        )

    def _follow_if_due(self) -> None:
        """Where no watcher runs (commands, tests, the worker), each use looks for itself."""
        is_due = monotonic() - self._checked_at >= settings.ENGINE_POLL_SECONDS
        if self._watcher is None and is_due:
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
                if loaded is not self._serving:
                    self._serving, self._since = loaded, timezone.now()
                    logger.info("Serving version %s (wanted: %s).", version, self._wanted)
                break
        self._reason = " ".join(reasons)

    def _in_order_of_preference(self) -> list[ModelVersion]:
        """The wanted version, then the one that serves, then those that were live before it."""
        activated = Activation.objects.order_by("-id").select_related("to_version__encoder")
        versions = list(dict.fromkeys(activation.to_version for activation in activated[:50]))
        serving_id = self._serving.id if self._serving else None
        return versions[:1] + sorted(versions[1:], key=lambda version: version.pk != serving_id)

    def _load(self, version: ModelVersion) -> LoadedVersion:
        folder = settings.ARTIFACTS_DIR / version.folder
        held = self._encoders.get(version.encoder.digest)
        bundle = read_bundle(folder, verified_encoder=held.card.digest if held else None)
        encoder = held or self._make_encoder(bundle.encoder, bundle.encoder_folder)
        engine = Engine(bundle, encoder, self.cache)
        if held is None:
            engine.warm()
        slugs = [category.slug for category in bundle.prototypes.categories]
        ids = dict(Category.objects.filter(slug__in=slugs).values_list("slug", "id"))
        unknown = sorted(set(slugs) - ids.keys())
        if unknown:
            raise BundleError(f"{folder} has categories that are not here: {', '.join(unknown)}.")
        return LoadedVersion(version.pk, version.name, engine, ids)

    def _make_encoder(self, card: EncoderCard, folder: "os.PathLike[str]") -> Encoder:
        encoder = Encoder(folder, self._threads)  # type: ignore[arg-type]
        self._encoders[card.digest] = encoder
        return encoder

    def _watch(self) -> None:
        while not self._stopping.wait(settings.ENGINE_POLL_SECONDS):
            self._refresh_or_log()
            close_old_connections()

    def _refresh_or_log(self) -> None:
        """A database that is away must not end the watcher: what serves goes on serving."""
        try:
            self.refresh()
        except DatabaseError:
            logger.exception("The active version cannot be read.")


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
