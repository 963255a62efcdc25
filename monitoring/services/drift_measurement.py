"""Measure drift: a day against calm days, and against what the version was built of. Worker only.

Reads bounded samples: the same rows give the same report.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np
from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, transaction
from django.utils import timezone
from numpy.typing import NDArray

from classifier import runtime
from classifier.engine.descriptors import normalize
from classifier.models import ModelVersion
from classifier.runtime import LoadedVersion
from monitoring.collectors import samples
from monitoring.collectors.samples import Seen
from monitoring.detectors.drift import CannotSay
from monitoring.detectors.embeddings import Texts, embedding_drift, mean_discrepancy
from monitoring.models import DriftCluster, DriftKind, DriftReport
from monitoring.services.drift_clusters import Vectors, clusters_of
from monitoring.services.drift_figures import (
    Figure,
    Measured,
    confidence_figure,
    judged,
    length_figure,
    mix_figure,
    unknown_figure,
    unsaid,
)
from monitoring.services.drift_windows import CalmWindow, bounds, calm_windows, last_full_day

logger = logging.getLogger(__name__)

# Rows read of the time in question, and of all calm days.
ROWS = 20_000
CALM_ROWS = 35_000
# Texts embedded of both; a calm window of more days gives fewer of its days.
TEXTS = 1_500
CALM_TEXTS = 3_500
MOST_TEXT_DAYS = 14
CHUNK = 128
SUMMARY_LENGTH = 1_000
Trigger = DriftReport.Trigger
OF_ANSWERS = (DriftKind.CATEGORY_MIX.value, DriftKind.CONFIDENCE.value)
Days = Mapping[date, tuple[Seen, ...]]


def measure_due(now: datetime | None = None) -> DriftReport | None:
    """Of the last day that is over, where the active version has no report of it yet; None where
    it has, or no version is active."""
    version = samples.active_version()
    if version is None:
        return None
    start, end = bounds(last_full_day(now or timezone.now()))
    if DriftReport.objects.filter(version=version, start=start, end=end).exists():
        return None
    return measure(version, start, end, Trigger.DAILY)


def measure_last_day(by: AbstractBaseUser | None, now: datetime | None = None) -> DriftReport:
    """Of the 24 hours until this minute. Raises LookupError where no version is active."""
    version = samples.active_version()
    if version is None:
        raise LookupError("No version is active: there is nothing to measure.")
    end = (now or timezone.now()).replace(second=0, microsecond=0)
    return measure(version, end - timedelta(days=1), end, Trigger.REQUESTED, by)


def measure(
    version: ModelVersion,
    start: datetime,
    end: datetime,
    trigger: Trigger,
    by: AbstractBaseUser | None = None,
) -> DriftReport:
    """Measure and keep; the report that is there, where one of this time is.

    Raises BundleError where the version cannot be loaded.
    """
    known = DriftReport.objects.filter(version=version, start=start, end=end).first()
    if known is not None:
        return known
    loaded = runtime.get().engine_for(version)
    windows = calm_windows(version, start)
    now = samples.sample(start, end, ROWS)
    of_version = _read(windows.of_version)
    of_texts = of_version if windows.of_texts == windows.of_version else _read(windows.of_texts)
    seen = [*now.rows, *(row for rows in of_version.values() for row in rows)]
    names = samples.category_names({row.category_id for row in seen})
    figures = answer_figures(loaded.id, now.rows, of_version, names) or {
        kind: unsaid(windows.reason) for kind in OF_ANSWERS
    }
    text_figures, clusters = text_findings(loaded, now.rows, of_texts)
    figures |= text_figures
    window = windows.of_version or windows.of_texts
    drifted = [kind for kind, figure in figures.items() if figure.get("is_drift")]
    report = DriftReport(
        version=version,
        trigger=trigger,
        start=start,
        end=end,
        reference=window.reference if window else None,
        calm_first_day=window.first_day if window else None,
        calm_last_day=window.last_day if window else None,
        predictions=now.total,
        sampled=len(now.rows),
        calm_sampled=sum(map(len, (of_version or of_texts).values())),
        figures=figures,
        is_drift=bool(drifted),
        summary=_summary(figures, drifted)[:SUMMARY_LENGTH],
        by=by,  # type: ignore[misc]
    )
    return keep_report(report, clusters)


def keep_report(report: DriftReport, clusters: Sequence[DriftCluster]) -> DriftReport:
    """With its clusters, or neither; the report that stands, where another process was first to
    measure the same time."""
    try:
        with transaction.atomic():
            report.save()
            for cluster in clusters:
                cluster.report = report
            DriftCluster.objects.bulk_create(clusters)
    except IntegrityError:
        logger.info("Another process measured the same time: its report stands.")
        return DriftReport.objects.get(
            version=report.version_id, start=report.start, end=report.end
        )
    return report


def _read(window: CalmWindow | None) -> Days:
    if window is None:
        return {}
    limit = CALM_ROWS // len(window.days)
    return {day: samples.sample(*bounds(day), limit).rows for day in window.days}


def answer_figures(
    version_id: int, now: Sequence[Seen], calm: Days, names: Mapping[int, str]
) -> dict[str, Figure]:
    """Of what the version itself answered, `names` being those of categories; empty where there
    are no calm days."""
    if not calm:
        return {}
    mine, days = _own(version_id, now), [_own(version_id, rows) for rows in calm.values()]
    return {
        DriftKind.CATEGORY_MIX.value: mix_figure(mine, days, names),
        DriftKind.CONFIDENCE.value: confidence_figure(mine, days),
    }


def _own(version_id: int, rows: Sequence[Seen]) -> list[Seen]:
    return [row for row in rows if row.version_id == version_id]


@dataclass(frozen=True)
class _Words:
    """Of each text its length in characters, its words, and those that are unknown."""

    found: dict[str, tuple[int, int, int]]

    @classmethod
    def of(cls, loaded: LoadedVersion, texts: Sequence[str]) -> "_Words":
        counts = loaded.engine.encoder.unknown_words(texts)
        return cls({text: (len(text), *each) for text, each in zip(texts, counts, strict=True)})

    def column(self, place: int, texts: Sequence[str]) -> NDArray[np.float64]:
        return np.array([self.found[text][place] for text in texts], dtype=np.float64)

    def unknown_share(self, texts: Sequence[str]) -> float:
        words = self.column(1, texts).sum()
        return float(self.column(2, texts).sum() / words) if words else 0.0


def text_findings(
    loaded: LoadedVersion, now: Sequence[Seen], calm: Days
) -> tuple[dict[str, Figure], list[DriftCluster]]:
    """Of what was asked, whoever answered it."""
    asked = [row for row in now if row.text is not None]
    calm_asked = {day: [row for row in rows if row.text is not None] for day, rows in calm.items()}
    examples = [normalize(text) for text in loaded.engine.bundle.examples.texts]
    texts = _texts(asked)
    days = [_texts(rows) for rows in calm_asked.values()]
    whole = [text for day in days for text in day]
    words = _Words.of(loaded, list(dict.fromkeys([*texts, *whole, *examples])))
    lengths, unknown = (
        Measured(words.column(place, texts), [words.column(place, day) for day in days])
        for place in (0, 2)
    )
    shares = words.unknown_share(texts), words.unknown_share(whole)
    meaning, clusters = _of_meaning(loaded, asked, calm_asked)
    return {
        DriftKind.LENGTH.value: length_figure(lengths, words.column(0, examples)),
        DriftKind.UNKNOWN_TOKENS.value: unknown_figure(unknown, shares, words.column(2, examples)),
        DriftKind.EMBEDDINGS.value: meaning,
    }, clusters


def _of_meaning(
    loaded: LoadedVersion, asked: Sequence[Seen], calm: Mapping[date, Sequence[Seen]]
) -> tuple[Figure, list[DriftCluster]]:
    """By embeddings, and the clusters that are new."""
    random = np.random.default_rng(0)
    step = max(1, -(-len(calm) // MOST_TEXT_DAYS))
    days = list(calm.values())[::step]
    now = _drawn(asked, TEXTS, random)
    drawn = [_drawn(rows, CALM_TEXTS // len(days), random) for rows in days]
    sizes = np.array([len(rows) for rows in drawn], dtype=np.int64)
    of_day = np.repeat(np.arange(len(days), dtype=np.int64), sizes)
    before = [row for rows in drawn for row in rows]
    vectors = _embedded(loaded, _texts([*now, *before]))
    now = [row for row in now if row.text in vectors]
    has_vector = np.array([row.text in vectors for row in before], dtype=bool)
    before = [row for row in before if row.text in vectors]
    clusters = clusters_of(loaded, now, before, vectors)
    mine, others = _placed(loaded, now, before, vectors)
    found = embedding_drift(mine, others, of_day[has_vector])
    examples = loaded.engine.bundle.examples.text_vectors
    build_set = {"build_set": mean_discrepancy(mine.vectors, examples)}
    if isinstance(found, CannotSay):
        return {**unsaid(found.reason), **build_set}, clusters
    return {
        **judged(DriftKind.EMBEDDINGS, found, _clusters_in_words(clusters), "MMD²"),
        **build_set,
        "rows": len(now),
        "calm_rows": len(before),
        "calm_days": len(days),
    }, clusters


def _placed(
    loaded: LoadedVersion, now: Sequence[Seen], calm: Sequence[Seen], vectors: Vectors
) -> tuple[Texts, Texts]:
    """With what each was answered; where another version answered any of them, with the category
    whose prototype is nearest."""
    prototypes = loaded.engine.bundle.prototypes.vectors
    found = np.array([vectors[text] for text in _texts([*now, *calm])], dtype=np.float32)
    found = found.reshape(-1, prototypes.shape[1])
    if all(row.version_id == loaded.id for row in [*now, *calm]):
        strata = np.array([row.category_id or 0 for row in [*now, *calm]], dtype=np.int64)
    else:
        strata = np.argmax(found @ prototypes.T, axis=1).astype(np.int64)
    size = len(now)
    return Texts(found[:size], strata[:size]), Texts(found[size:], strata[size:])


def _embedded(loaded: LoadedVersion, texts: Sequence[str]) -> Vectors:
    distinct = list(dict.fromkeys(texts))
    vectors: Vectors = {}
    for start in range(0, len(distinct), CHUNK):
        vectors |= loaded.engine.embed(distinct[start : start + CHUNK])
    return vectors


def _drawn(rows: Sequence[Seen], count: int, random: np.random.Generator) -> list[Seen]:
    if len(rows) <= count:
        return list(rows)
    chosen = np.sort(random.choice(len(rows), count, replace=False))
    return [rows[place] for place in chosen.tolist()]


def _texts(rows: Sequence[Seen]) -> list[str]:
    return [row.text for row in rows if row.text is not None]


def _clusters_in_words(clusters: Sequence[DriftCluster]) -> str:
    if not clusters:
        return "No group of new texts stands out."
    first = clusters[0]
    return (
        f"The greatest group of new texts is “{first}”: {first.share:.1%} of transactions, "
        f"{first.reference_share:.1%} before."
    )


def _summary(figures: dict[str, Figure], drifted: Sequence[str]) -> str:
    if drifted:
        return " ".join(figures[kind]["sentence"] for kind in drifted)
    said = [kind for kind, figure in figures.items() if "reason" not in figure]
    if not said:
        return f"Nothing can be said yet: {next(iter(figures.values()))['reason']}"
    if len(said) == len(figures):
        return f"No drift in any of {len(figures)} kinds."
    names = ", ".join(str(DriftKind(kind).label).lower() for kind in said)
    return f"No drift in what could be measured: {names}."
