"""Snapshots of traffic: what was asked last, kept with its vectors for whoever tries a change."""

import logging
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import numpy as np
from django.utils import timezone
from numpy.typing import NDArray

from classifier import runtime
from classifier.artifacts import keep_blob, read_blob, remove_blob
from classifier.engine.bundle import Bundle
from classifier.engine.descriptors import NORMALIZER_VERSION, normalize
from classifier.engine.engine import Engine
from classifier.engine.traffic import Asked, Findings, Snapshot, Traffic, learned_grams
from classifier.engine.types import Direction, Reason, Transaction
from classifier.exceptions import BundleError
from classifier.models import ModelVersion, Prediction, TrafficSnapshot
from classifier.models.choices import AnnotatorChoices

logger = logging.getLogger(__name__)

MAX_TEXTS = 10_000
# Predictions looked at, the newest, to find distinct texts.
MAX_PREDICTIONS = 200_000
EVERY = timedelta(minutes=15)
# A snapshot of fewer texts does not wait: where traffic begins it would say too little.
FEW_TEXTS = 1_000
KEPT = 2
CHUNK = 128
ROWS = 2_000


def take_snapshot_if_due() -> TrafficSnapshot | None:
    """A snapshot by the active version, where the newest is of another version, or old or small
    and there were predictions since. None where that is not so or no version is active."""
    version = ModelVersion.objects.active().first()
    if version is None:
        return None
    newest = TrafficSnapshot.objects.first()
    if newest is not None and newest.version_id == version.pk:
        is_young = newest.started_at > timezone.now() - EVERY
        is_small = newest.digest and newest.texts < FEW_TEXTS
        if (is_young and not is_small) or newest.newest_prediction == _newest_prediction():
            return None
    return take_snapshot()


def take_snapshot() -> TrafficSnapshot:
    """Keep the last MAX_TEXTS distinct transactions that the model answered, with their vectors
    and what the version that serves finds in them; remove all but the newest KEPT.

    What the snapshot before knows is not embedded again. Raises NoEngineError where no version
    can be served, UnavailableError where the store does not take the file.
    """
    loaded = runtime.get().serving()
    version = ModelVersion.objects.get(pk=loaded.id)
    before = TrafficSnapshot.objects.whole().select_related("version").first()
    row = TrafficSnapshot.objects.create(version=version, newest_prediction=_newest_prediction())
    counts = _asked()
    snapshot = _snapshot(loaded.engine, counts, _Known.of(before, version))
    content = snapshot.to_bytes()
    row.size_bytes = len(content)
    row.texts = len(snapshot.traffic.asked)
    row.predictions = int(snapshot.traffic.counts.sum())
    row.digest = keep_blob(content)
    row.save()
    _remove_old()
    return row


def newest_snapshot(version_id: int) -> TrafficSnapshot | None:
    """The newest by a version; None before one was made."""
    return TrafficSnapshot.objects.whole().filter(version=version_id).first()


def read_snapshot(row: TrafficSnapshot) -> Snapshot:
    """Raises BundleError where its file is gone or damaged, UnavailableError where that cannot be
    said."""
    return Snapshot.from_bytes(read_blob(row.digest))


class _Known:
    """What an earlier snapshot spares: vectors by text, and findings by transaction."""

    def __init__(self, snapshot: Snapshot | None, *, has_findings: bool) -> None:
        asked = snapshot.traffic.asked if snapshot is not None else ()
        self.snapshot = snapshot
        self.by_text = {each.text: index for index, each in enumerate(asked)}
        self.by_asked = {each: index for index, each in enumerate(asked)} if has_findings else {}

    @classmethod
    def of(cls, row: TrafficSnapshot | None, version: ModelVersion) -> "_Known":
        """Nothing where the other's vectors are of another kind or its file cannot be read."""
        is_alike = row is not None and (
            row.version.encoder_id == version.encoder_id
            and row.version.normalizer_version == version.normalizer_version
        )
        if row is None or not is_alike:
            return cls(None, has_findings=False)
        try:
            return cls(read_snapshot(row), has_findings=row.version_id == version.pk)
        except BundleError as error:
            logger.warning("The snapshot before cannot be read: %s", error)
            return cls(None, has_findings=False)

    def vectors(self, engine: Engine, asked: Sequence[Asked]) -> dict[str, NDArray[np.float32]]:
        """By text; those that hold no letter are not in it."""
        vectors = {}
        texts = list(dict.fromkeys(each.text for each in asked))
        if self.snapshot is not None:
            known = self.snapshot.traffic.vectors
            vectors = {text: known[self.by_text[text]] for text in texts if text in self.by_text}
        new = [text for text in texts if text not in vectors]
        for start in range(0, len(new), CHUNK):
            vectors |= engine.embed(new[start : start + CHUNK])
        return vectors

    def findings(
        self, bundle: Bundle, asked: Sequence[Asked], vectors: NDArray[np.float32]
    ) -> Findings:
        """In the order of `asked` (n), whose `vectors` are (n, d)."""
        is_known = np.array([each in self.by_asked for each in asked], dtype=bool)
        new = np.flatnonzero(~is_known)
        found = Findings.of(bundle, [asked[row] for row in new.tolist()], vectors[new])
        if self.snapshot is None or not is_known.any():
            return found
        old = np.flatnonzero(is_known)
        taken = np.array([self.by_asked[asked[row]] for row in old.tolist()], dtype=np.intp)
        order = np.argsort(np.concatenate([old, new]))
        return self.snapshot.findings.taken(taken).joined(found).taken(order)


def _snapshot(engine: Engine, counts: "Counter[Asked]", known: _Known) -> Snapshot:
    vectors = known.vectors(engine, list(counts))
    asked = [each for each in counts if each.text in vectors]
    rows = np.zeros((len(asked), engine.bundle.encoder.dimension), dtype=np.float32)
    for row, each in enumerate(asked):
        rows[row] = vectors[each.text]
    return Snapshot(
        Traffic(tuple(asked), np.array([counts[each] for each in asked], dtype=np.int64), rows),
        known.findings(engine.bundle, asked, rows),
        learned_grams(engine.bundle),
    )


def _asked() -> "Counter[Asked]":
    """How often each of the newest distinct transactions came, newest first."""
    newest = (
        Prediction.objects.filter(annotator=AnnotatorChoices.MODEL)
        .exclude(reason=Reason.NO_TEXT.value)
        .order_by("-id")
        .values_list(
            "canonical_text", "description", "version__normalizer_version",
            "direction", "amount", "country",
        )
    )  # fmt: skip
    counts: Counter[Asked] = Counter()
    for text, description, normalizer, direction, amount, country in newest[
        :MAX_PREDICTIONS
    ].iterator(ROWS):
        stated = Direction(direction) if direction else None
        asked = Asked(
            text if normalizer == NORMALIZER_VERSION else normalize(description),
            Transaction("", stated, amount).flow,
            country,
        )
        if asked not in counts and len(counts) == MAX_TEXTS:
            break
        counts[asked] += 1
    return counts


def _newest_prediction() -> UUID | None:
    return Prediction.objects.order_by("-id").values_list("id", flat=True).first()


def _remove_old() -> None:
    """Rows that were begun before the newest KEPT whole ones, with their files."""
    kept = list(TrafficSnapshot.objects.whole()[:KEPT])
    for row in TrafficSnapshot.objects.filter(pk__lt=kept[-1].pk):
        if row.digest and row.digest not in {other.digest for other in kept}:
            remove_blob(row.digest)
        row.delete()
