"""Compare the answers of two versions on the same texts."""

import logging
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from django.contrib.auth.models import AbstractBaseUser

from classifier import runtime
from classifier.engine.descriptors import normalize
from classifier.engine.engine import Engine
from classifier.engine.shares import wilson_interval
from classifier.engine.types import CategoryInfo, Decision, Direction, Reason, Transaction
from classifier.exceptions import BundleError, ConflictError, UnknownError
from classifier.jobs.queue import enqueue
from classifier.models import Job, ModelVersion, Prediction, VersionComparison
from classifier.progress import Progress, silent

if TYPE_CHECKING:
    from classifier.jobs.context import JobContext

logger = logging.getLogger(__name__)

MAX_TEXTS = 2000
# Fewer texts of real predictions than these say less than the examples do.
MIN_REAL_TEXTS = 200
# Predictions looked at, the newest, to find distinct texts.
MAX_PREDICTIONS = 50_000
SAMPLES = 20
CHUNK = 100

Item = TypeVar("Item")


def enqueue_comparison(version: ModelVersion, started_by: AbstractBaseUser | None = None) -> Job:
    """Queue a comparison with the version that is active when it runs.

    Raises ConflictError where one of this version is queued or running, or there is nothing to
    compare it with.
    """
    _active_beside(version)
    return enqueue(
        Job.Kind.COMPARE_VERSION,
        {"version": version.pk},
        started_by=started_by,
        running_key=f"{Job.Kind.COMPARE_VERSION.value}:{version.pk}",
    )


def run_comparison(context: "JobContext") -> dict[str, Any]:
    """The work of a COMPARE_VERSION job."""
    version = ModelVersion.objects.filter(pk=context.parameters["version"]).first()
    if version is None:
        raise UnknownError("The version to compare is not there any more.")
    active = _active_beside(version)
    comparison = compare_versions(version, active, report=context, by=context.started_by)
    share = f"{comparison.changed} of {comparison.texts} texts"
    message = f"{version} answers {share} otherwise than {active}"
    return {"version": version.pk, "comparison": comparison.pk, "message": message}


def compare_with_active(
    version: ModelVersion, *, report: Progress = silent, by: AbstractBaseUser | None = None
) -> VersionComparison | None:
    """None where no version is active, or its files cannot be loaded, which is logged."""
    active = ModelVersion.objects.active().exclude(pk=version.pk).first()
    if active is None:
        return None
    try:
        return compare_versions(version, active, report=report, by=by)
    except BundleError as error:
        logger.warning("%s is not compared with %s: %s", version, active, error)
        return None


def compare_versions(
    version: ModelVersion,
    against: ModelVersion,
    *,
    report: Progress = silent,
    by: AbstractBaseUser | None = None,
) -> VersionComparison:
    """Let both decide on up to MAX_TEXTS texts, and keep how many answers differ.

    The texts are the newest distinct ones of real predictions, each with its direction; where
    these are fewer than MIN_REAL_TEXTS, those of both versions' examples. Raises BundleError
    where a version cannot be loaded.
    """
    report(0.0, f"comparing with {against}")
    engines = [runtime.get().engine_apart(each) for each in (against, version)]
    source = VersionComparison.Source.PREDICTIONS
    transactions = _real_transactions()
    if len(transactions) < MIN_REAL_TEXTS:
        source = VersionComparison.Source.EXAMPLES
        transactions = _example_transactions(engines)
    changed: list[tuple[Decision, Decision]] = []
    for start in range(0, len(transactions), CHUNK):
        chunk = transactions[start : start + CHUNK]
        before, after = (engine.classify(chunk) for engine in engines)
        pairs = zip(before, after, strict=True)
        changed += [pair for pair in pairs if _slug(pair[0]) != _slug(pair[1])]
        done = start + len(chunk)
        report(
            done / len(transactions),
            f"comparing with {against}: {done} of {len(transactions)} texts",
        )
    low, high = wilson_interval(len(changed), len(transactions))
    return VersionComparison.objects.create(
        version=version,
        against=against,
        source=source,
        texts=len(transactions),
        changed=len(changed),
        changed_low=low,
        changed_high=high,
        samples=[
            {
                "text": before.canonical_text,
                "before": _path(before.category),
                "after": _path(after.category),
            }
            for before, after in _spread(changed, SAMPLES)
        ],
        by=by,  # type: ignore[misc]
    )


def newest_comparison(version: ModelVersion) -> VersionComparison | None:
    """With whichever version it was; it and who asked come along."""
    return version.comparisons.select_related("against", "by").first()


def _active_beside(version: ModelVersion) -> ModelVersion:
    active = ModelVersion.objects.active().first()
    if active is None:
        raise ConflictError(f"No version is active that {version} could be compared with.")
    if active.pk == version.pk:
        raise ConflictError(f"{version} is the active version itself.")
    return active


def _real_transactions() -> list[Transaction]:
    """Of the newest prediction of each distinct text, newest first."""
    newest = Prediction.objects.exclude(reason=Reason.NO_TEXT.value).order_by("-id")
    asked = newest.values_list("canonical_text", "description", "direction", "amount")
    found: dict[str, Transaction] = {}
    for text, description, direction, amount in asked[:MAX_PREDICTIONS].iterator(CHUNK):
        if text not in found:
            flow = Direction(direction) if direction else None
            found[text] = Transaction(description, flow, amount)
            if len(found) == MAX_TEXTS:
                break
    return list(found.values())


def _example_transactions(engines: Iterable[Engine]) -> list[Transaction]:
    """Of both versions, so that what one of them has lost counts; each text once."""
    found: dict[str, Transaction] = {}
    for engine in engines:
        engine.cache_examples()
        for text in engine.bundle.examples.texts:
            found.setdefault(normalize(text), Transaction(text))
    return _spread(list(found.values()), MAX_TEXTS)


def _spread(items: Sequence[Item], count: int) -> list[Item]:
    """At most `count` of them, evenly over their order."""
    kept = min(count, len(items))
    return [items[index * len(items) // kept] for index in range(kept)]


def _slug(decision: Decision) -> str | None:
    return decision.category.slug if decision.category else None


def _path(category: CategoryInfo | None) -> str | None:
    return f"{category.primary_name} › {category.name}" if category else None
