"""Whether an experiment may be put on live traffic, and what is in the way."""

from math import isclose

from classifier import runtime
from classifier.exceptions import ConflictError
from classifier.models import ModelVersion
from classifier.services.activations import put_aside
from experiments.models import Experiment, Variant
from experiments.models.experiment import SplitChoices

MINIMUM_VARIANTS = 2
# A kind of a few decimals: 0.33 + 0.33 + 0.34.
WEIGHT_TOLERANCE = 1e-6


def obstacles(experiment: Experiment) -> list[str]:
    """What keeps it from running, in sentences that name the variant; none where nothing does."""
    variants = list(experiment.variants.select_related("version"))
    found = [*problems_of(variants, experiment.split), *_of_control(variants)]
    running = Experiment.objects.running().exclude(pk=experiment.pk).first()
    if running is not None:
        found.append(f"{running} is running on the same traffic: only one may at a time.")
    return found


def problems_of(variants: list[Variant], split: str) -> list[str]:
    """What is wrong with variants that belong together, stored or not, in sentences."""
    found = [*_of_variants(variants), *_of_versions(variants)]
    if split == SplitChoices.TIME and len({each.weight for each in variants}) > 1:
        found.append("A split by time gives each variant the same weight.")
    return found


def check_startable(experiment: Experiment) -> None:
    """Raises ConflictError with all that is in the way."""
    found = obstacles(experiment)
    if found:
        raise ConflictError(" ".join(found))


def check_warm(experiment: Experiment) -> None:
    """Load each variant's version in this process, its encoder warm. Raises BundleError naming
    the file where one cannot be."""
    for variant in experiment.variants.select_related("version__encoder"):
        runtime.get().engine_for(variant.version)


def _of_variants(variants: list[Variant]) -> list[str]:
    found = []
    if len(variants) < MINIMUM_VARIANTS:
        found.append(f"It needs {MINIMUM_VARIANTS} variants and has {len(variants)}.")
    controls = [variant.key for variant in variants if variant.is_control]
    if not controls:
        found.append("No variant is the control: say which one the others are compared with.")
    if len(controls) > 1:
        found.append(f"More than one variant is the control: {', '.join(controls)}.")
    total = sum(variant.weight for variant in variants)
    if variants and not isclose(total, 1, abs_tol=WEIGHT_TOLERANCE):
        found.append(f"The weights sum to {total:g}, not to 1.")
    return found


def _of_versions(variants: list[Variant]) -> list[str]:
    aside = put_aside([variant.version for variant in variants])
    return [
        f"Version {variant.version} of variant {variant} is retired."
        for variant in variants
        if variant.version_id in aside
    ]


def _of_control(variants: list[Variant]) -> list[str]:
    return [
        f"Version {variant.version} of the control is not active: who does not take part is "
        "served another one."
        for variant in variants
        if variant.is_control and variant.version.status != ModelVersion.Status.ACTIVE
    ]
