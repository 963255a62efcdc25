"""Of several encoders, the quickest that keeps the answers is recommended."""

import pytest

from classifier.engine.shares import Share
from classifier.exceptions import EncoderError
from classifier.export.benchmark import Figures
from classifier.export.recommendation import Artifact, recommend
from classifier.export.validation import Validation
from classifier.training.comparison import Comparison


def figures(name: str, over_fp32: float | None, p50_ms: float = 3.0) -> Figures:
    return Figures(
        name=name,
        p50_ms=p50_ms,
        p95_ms=2 * p50_ms,
        p99_ms=3 * p50_ms,
        texts_per_second=400,
        load_ms=300,
        peak_bytes=None,
        size_bytes=1,
        over_fp32=over_fp32,
        over_torch=None,
    )


def validation(
    changed: int = 0, difference: float = 0.0, *, alike: bool = True, deterministic: bool = True
) -> Validation:
    comparison = Comparison(
        changed=Share.of(changed, 1000),
        reference_accuracy=0.5,
        candidate_accuracy=0.5 + difference / 100,
        difference=difference,
        difference_low=difference - 0.5,
        difference_high=difference + 0.5,
    )
    return Validation("a", "b", 1000, 0.99, 0.98, comparison, True, alike, deterministic)


REFERENCE = Artifact("fp32", True, None, figures("fp32", 1.0))


def quick(found: Validation | None, over_fp32: float = 2.0) -> Artifact:
    return Artifact("quick", False, found, figures("quick", over_fp32))


def test_the_quickest_within_the_limits_is_chosen() -> None:
    slower = Artifact("fused", False, validation(), figures("fused", 1.3))
    found = recommend([REFERENCE, slower, quick(validation(changed=10))])
    assert found.choice == "quick"
    assert {each.name for each in found.others} == {"fp32", "fused"}


def test_the_rounds_ratios_count_and_not_the_latency_of_another_moment() -> None:
    lucky = Artifact("lucky", False, validation(), figures("lucky", 0.9, p50_ms=1.0))
    assert recommend([REFERENCE, lucky]).choice == "fp32"


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        (validation(changed=11), "1.10% of decisions change"),
        (validation(difference=-0.6), "0.60 points of accuracy are lost"),
        (validation(alike=False), "depends on its neighbours"),
        (validation(deterministic=False), "another process or thread count"),
        (None, "not validated"),
    ],
)
def test_what_costs_too_much_is_passed_over_with_the_reason(
    found: Validation | None, reason: str
) -> None:
    chosen = recommend([REFERENCE, quick(found)])
    assert chosen.choice == "fp32"
    (passed,) = chosen.others
    assert passed.name == "quick"
    assert reason in passed.reason


def test_where_nothing_was_measured_nothing_is_recommended() -> None:
    with pytest.raises(EncoderError, match="not measured for speed"):
        recommend([Artifact("fp32", True, None, None)])
