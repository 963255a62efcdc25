"""Learn from what people said: rebuild, judge against the version that serves, and activate where
the policy allows and nothing speaks against it."""

import logging
from typing import TYPE_CHECKING, Any

import numpy as np
from django.contrib.auth.models import AbstractBaseUser

from classifier import runtime
from classifier.artifacts import bundle_of
from classifier.engine.bundle import Bundle
from classifier.engine.descriptors import normalize
from classifier.engine.engine import Engine
from classifier.exceptions import BundleError, ConflictError, ReadinessError
from classifier.jobs.queue import enqueue
from classifier.models import Job, ModelVersion, VersionJudgement
from classifier.models.version import MAX_REASON
from classifier.progress import Progress, part, silent
from classifier.services.activations import activate_version, key_in_force
from classifier.services.knowledge import merchant_groups
from classifier.services.policy import learning_policy
from classifier.services.readiness import check_readiness
from classifier.services.versions import build_version

if TYPE_CHECKING:
    from classifier.jobs.context import JobContext
    from classifier.training.rivals import Rival

logger = logging.getLogger(__name__)

# A version goes live by itself where the interval says that it loses less accuracy than this: on a
# few thousand texts a share of right answers is known to about a point.
MARGIN = 0.01
LEFT_TO_A_PERSON = "The learning policy leaves activation to a person."


def enqueue_learning(started_by: AbstractBaseUser | None = None) -> Job:
    """Queue a rebuild. Raises ConflictError where one is queued or running."""
    return enqueue(Job.Kind.LEARN, {}, started_by=started_by)


def learn_by_schedule() -> None:
    """Queue a rebuild, unless somebody has."""
    try:
        enqueue_learning()
    except ConflictError as error:
        logger.info("Nothing is queued: %s", error)


def run_learning(context: "JobContext") -> dict[str, Any]:
    """The work of a LEARN job."""
    version, judgement = learn(report=context, by=context.started_by)
    return {"version": version.pk, "message": _message(version, judgement)}


def learn(
    *, report: Progress = silent, by: AbstractBaseUser | None = None
) -> tuple[ModelVersion, VersionJudgement | None]:
    """Build a candidate from what is curated now, judge it against the active version and activate
    it where the policy allows that, no performance target is missed and the judgement is not
    against it. Else it waits, and the judgement says why.

    Returns the newest version and its judgement, None where there is none to make: no version is
    active, or the newest is no candidate, having served or been put aside. Raises as
    `build_version` and `judge_version` do.
    """
    seen = key_in_force()
    version, _ = build_version(
        report=part(report, 0.0, 0.7), created_by=by, note="learned from feedback"
    )
    active = ModelVersion.objects.active().first()
    if active is None or version.status != ModelVersion.Status.CANDIDATE:
        return version, None
    known = VersionJudgement.objects.filter(version=version, against=active).first()
    if known is None:
        report(0.75, f"judging {version} against {active}")
    judgement = known or judge_version(version, active)
    reasons = _reasons_to_wait(judgement)
    if not reasons:
        try:
            reason = f"Learned: {describe_difference(judgement)}."
            activate_version(version, reason=reason, seen=seen)
        except (BundleError, ConflictError, ReadinessError) as error:
            reasons = [str(error)]
    waits_for = " ".join(reasons)[:MAX_REASON]
    if known is None or known.waits_for != waits_for:
        judgement.pk = None
        judgement.by = by  # type: ignore[assignment]
        judgement.is_activated = not reasons
        judgement.waits_for = waits_for
        judgement.save()
    return version, judgement


def judge_version(version: ModelVersion, against: ModelVersion) -> VersionJudgement:
    """Both on the first one's examples, each built again without them; not saved. Raises
    BundleError where the files of one cannot be read, TrainingError where its examples are of one
    merchant."""
    from classifier.training.rivals import judge_rivals

    bundles = [bundle_of(each) for each in (version, against)]
    texts = [[normalize(text) for text in bundle.examples.texts] for bundle in bundles]
    groups = merchant_groups(texts[0] + texts[1], bundles[0].merchants)
    candidate, reference = (
        _rival(bundle, canonical, part_of_it)
        for bundle, canonical, part_of_it in zip(
            bundles, texts, np.split(groups, [len(texts[0])]), strict=True
        )
    )
    engine = runtime.get().engine_apart(against)
    found = judge_rivals(candidate, reference, _vectors(engine, bundles[0].examples.texts))
    return VersionJudgement(
        version=version,
        against=against,
        texts=found.texts,
        right=found.candidate_right,
        against_right=found.reference_right,
        only_right=found.only_candidate_right,
        only_against_right=found.only_reference_right,
        difference_low=found.difference_low,
        difference_high=found.difference_high,
    )


def newest_judgement(version: ModelVersion) -> VersionJudgement | None:
    """Against whichever version was active then."""
    return version.judgements.select_related("against").first()


def describe_difference(judgement: VersionJudgement) -> str:
    """In percentage points, with the interval."""
    return (
        f"{100 * judgement.difference:+.2f} points of accuracy on {judgement.texts:,} texts that "
        f"neither had seen (95% interval {100 * judgement.difference_low:+.2f} to "
        f"{100 * judgement.difference_high:+.2f})"
    )


def _reasons_to_wait(judgement: VersionJudgement) -> list[str]:
    reasons = [] if learning_policy().is_self_activating else [LEFT_TO_A_PERSON]
    if judgement.difference_low < -MARGIN:
        reasons.append(f"It may lose a point or more: {describe_difference(judgement)}.")
    missed = check_readiness(judgement.version).missed
    if missed:
        reasons.append(f"It misses targets: {'; '.join(map(str, missed))}.")
    return reasons


def _rival(bundle: Bundle, texts: list[str], groups: np.ndarray) -> "Rival":
    from classifier.training.prototypes import TrainingSet, Weights
    from classifier.training.rivals import Rival
    from classifier.training.second_opinion import Blend

    figures, second, merchants = bundle.figures, bundle.second, bundle.merchants
    return Rival(
        training=TrainingSet(bundle.examples.vectors, bundle.examples.labels, bundle.anchors),
        texts=texts,
        slugs=[category.slug for category in bundle.prototypes.categories],
        names=[normalize(category.name) for category in bundle.prototypes.categories],
        groups=groups,
        weights=Weights(
            anchor=figures["anchor_weight"],
            neighbor=bundle.neighbor_weight,
            merchant=merchants.weight if merchants else 0.0,
        ),
        blend=Blend(second.weight, figures["regularization"]) if second else None,
    )


def _vectors(engine: Engine, texts: tuple[str, ...]) -> np.ndarray:
    """As the engine's version would have them as its examples, (n, d) float32."""
    nothing = np.zeros(engine.bundle.encoder.dimension, dtype=np.float32)
    engine.embed([normalize(text) for text in texts])
    found = [engine.example_vector(text) for text in texts]
    return np.stack([nothing if vector is None else vector for vector in found])


def _message(version: ModelVersion, judgement: VersionJudgement | None) -> str:
    if judgement is None:
        return f"{version}: nothing new was learned"
    said = "is live" if judgement.is_activated else "waits for a person"
    return f"{version} {said}: {100 * judgement.difference:+.2f} points of accuracy"
