"""What to do with an experiment, and the sentences that say why."""

from dataclasses import replace

import pytest

from experiments.stats.types import (
    CannotSay,
    Direction,
    Estimate,
    GuardrailKind,
    GuardrailState,
    HealthCheck,
    HealthKind,
    Method,
    MetricUnit,
    VerdictKind,
)
from experiments.stats.verdict import Case, NamedGuardrail, Secondary, VariantResult, decide


def accuracy(effect: float, half: float, *, p_value: float | None = None) -> Estimate:
    """Of a control that is right in 80%."""
    is_found = abs(effect) > half
    return Estimate(
        "test",
        5000,
        5000,
        control_value=0.8,
        variant_value=0.8 + effect,
        effect=effect,
        low=effect - half,
        high=effect + half,
        relative_effect=effect / 0.8,
        relative_low=(effect - half) / 0.8,
        relative_high=(effect + half) / 0.8,
        p_value=(0.01 if is_found else 0.4) if p_value is None else p_value,
    )


BETTER, WORSE = accuracy(0.02, 0.01), accuracy(-0.02, 0.01)
OPEN, EVEN = accuracy(0.01, 0.02), accuracy(0.001, 0.004)
NOTHING = Estimate("test", 3, 4, reason=CannotSay.TOO_FEW_UNITS)
BREACHED = NamedGuardrail("latency", GuardrailState(GuardrailKind.BREACHED, "It is 10 ms worse."))
UNJUDGED = NamedGuardrail(
    "errors", GuardrailState(GuardrailKind.CANNOT_SAY, "Too few.", CannotSay.TOO_FEW_EVENTS)
)


def case(*estimates: Estimate, **changes: object) -> Case:
    usual = Case(
        metric="accuracy",
        direction=Direction.INCREASE,
        unit=MetricUnit.SHARE,
        method=Method.SEQUENTIAL,
        alpha=0.05,
        variants=tuple(
            VariantResult(key, found) for key, found in zip("BCD", estimates, strict=False)
        ),
        health=(HealthCheck(HealthKind.SAMPLE_RATIO, False, "The split is as planned."),),
        expected_effect=0.0125,
        is_expected_relative=True,
        days_run=10,
        min_days=7,
        max_days=28,
        units_left=9000,
        units_a_day=1000,
    )
    return replace(usual, **changes)  # type: ignore[arg-type]


def with_guardrail(estimate: Estimate, guardrail: NamedGuardrail) -> Case:
    return case(variants=(VariantResult("B", estimate, guardrails=(guardrail,)),))


def test_a_better_variant_is_shipped_with_its_figures() -> None:
    found = decide(case(BETTER))
    assert (found.kind, found.winner) == (VerdictKind.SHIP, "B")
    assert found.sentences == (
        "Ship B.",
        "B is better in accuracy, from 80% to 82%: +2 points (interval +1 to +3 points), "
        "+2.5% (+1.25% to +3.75%).",
    )


def test_of_several_better_ones_the_best_is_shipped() -> None:
    found = decide(case(BETTER, accuracy(0.04, 0.01), OPEN))
    assert found.winner == "C"
    assert any(line.startswith("B is better") for line in found.sentences)
    assert any(line.startswith("D shows no clear difference") for line in found.sentences)


def test_where_less_is_better_a_fall_is_shipped() -> None:
    found = decide(case(WORSE, direction=Direction.DECREASE))
    assert (found.kind, found.winner) == (VerdictKind.SHIP, "B")


def test_what_was_found_beside_it_is_told() -> None:
    slower = Secondary(
        "latency",
        Direction.DECREASE,
        MetricUnit.MILLISECONDS,
        replace(BETTER, control_value=20, variant_value=25, effect=5, low=3, high=7),
    )
    even = replace(slower, name="coverage", estimate=OPEN)
    found = decide(case(variants=(VariantResult("B", BETTER, secondary=(slower, even)),)))
    assert found.sentences[2] == (
        "Beside it latency is worse, from 20 ms to 25 ms: +5 ms (interval +3 to +7 ms), "
        "+2.5% (+1.25% to +3.75%)."
    )
    assert len(found.sentences) == 3


def test_holm_has_the_last_word() -> None:
    adjusted = replace(BETTER, adjusted_p_value=0.06)
    assert decide(case(adjusted)).kind is VerdictKind.KEEP_RUNNING


def test_a_worse_variant_is_rolled_back_even_before_the_least_time() -> None:
    found = decide(case(WORSE, days_run=1))
    assert found.kind is VerdictKind.ROLL_BACK
    assert found.sentences[0].startswith("B is worse in accuracy, from 80% to 78%: -2 points")
    assert found.sentences[-1] == "Return all traffic to the control."


def test_one_lost_variant_does_not_end_the_others() -> None:
    found = decide(case(WORSE, OPEN))
    assert found.kind is VerdictKind.KEEP_RUNNING
    assert found.sentences[0].startswith("B is worse")


def test_a_better_variant_with_a_breached_guardrail_is_not_shipped() -> None:
    found = decide(with_guardrail(BETTER, BREACHED))
    assert (found.kind, found.winner) == (VerdictKind.ROLL_BACK, None)
    assert found.sentences[0] == "B breached the guardrail latency. It is 10 ms worse."
    assert found.sentences[1].endswith("that does not make up for it.")


def test_a_breached_guardrail_ends_it_even_where_the_metric_says_nothing() -> None:
    assert decide(with_guardrail(NOTHING, BREACHED)).kind is VerdictKind.ROLL_BACK


def test_a_guardrail_that_could_not_be_judged_is_told() -> None:
    found = decide(with_guardrail(BETTER, UNJUDGED))
    assert found.kind is VerdictKind.SHIP
    assert found.sentences[-1] == "The guardrail errors could not be judged: Too few."


def test_failed_health_blocks_everything_and_says_why() -> None:
    failed = (
        HealthCheck(HealthKind.SAMPLE_RATIO, True, "The split is not as planned."),
        HealthCheck(HealthKind.FEEDBACK_RATE, False, "Feedback is given alike."),
    )
    for estimate in (BETTER, WORSE, NOTHING):
        found = decide(case(estimate, health=failed))
        assert found.kind is VerdictKind.UNHEALTHY
        assert found.sentences[0] == "The split is not as planned."
        assert len(found.sentences) == 2


def test_an_open_result_runs_on_and_says_how_long() -> None:
    found = decide(case(OPEN))
    assert (found.kind, found.days_left) == (VerdictKind.KEEP_RUNNING, 9)
    assert found.sentences == (
        "B shows no clear difference in accuracy, from 80% to 81%: +1 point "
        "(interval -1 to +3 points), +1.25% (-1.25% to +3.75%).",
        "It runs for 9 days more at most.",
    )


@pytest.mark.parametrize(
    ("changes", "days"),
    [
        ({"units_left": None}, 18),
        ({"units_a_day": 0}, 18),
        ({"units_left": 100_000}, 18),
        ({"units_left": 0, "days_run": 3}, 4),
        ({"days_run": 27.5, "units_left": None}, 1),
    ],
)
def test_days_left_are_to_the_planned_sample_or_the_longest_time(
    changes: dict[str, object], days: int
) -> None:
    assert decide(case(OPEN, **changes)).days_left == days


def test_before_the_least_time_nothing_is_shipped() -> None:
    for estimate in (BETTER, EVEN):
        found = decide(case(estimate, days_run=3))
        assert found.kind is VerdictKind.KEEP_RUNNING
        assert found.sentences[-1].startswith("It is to run for 7 days at least")


def test_an_interval_within_the_smallest_effect_of_interest_is_no_difference() -> None:
    found = decide(case(EVEN))
    assert found.kind is VerdictKind.NO_DIFFERENCE
    assert found.sentences[-1] == (
        "A difference of 1.25% of the control's value is ruled out: it hardly matters which serves."
    )
    absolute = decide(case(EVEN, expected_effect=0.01, is_expected_relative=False))
    assert absolute.sentences[-1].startswith("A difference of 1 point is ruled out")
    assert decide(case(EVEN, OPEN)).kind is VerdictKind.KEEP_RUNNING


@pytest.mark.parametrize("changes", [{"days_run": 28}, {"units_left": 0}])
def test_at_the_end_without_a_decision_there_is_no_difference(changes: dict[str, object]) -> None:
    found = decide(case(OPEN, **changes))
    assert found.kind is VerdictKind.NO_DIFFERENCE
    assert found.sentences[-1].endswith("may remain.")


def test_a_fixed_test_is_not_judged_before_its_end() -> None:
    for estimate in (BETTER, WORSE, EVEN):
        found = decide(case(estimate, method=Method.FIXED))
        assert found.kind is VerdictKind.KEEP_RUNNING
        assert "it is not judged before the end" in found.sentences[0]
    at_end = {"method": Method.FIXED, "units_left": 0}
    assert decide(case(BETTER, **at_end)).kind is VerdictKind.SHIP
    assert decide(case(WORSE, **at_end)).kind is VerdictKind.ROLL_BACK
    assert decide(case(EVEN, **at_end)).kind is VerdictKind.NO_DIFFERENCE


def test_where_nothing_can_be_said_it_says_why() -> None:
    found = decide(case(NOTHING, NOTHING))
    assert (found.kind, found.days_left) == (VerdictKind.CANNOT_SAY, 9)
    assert found.sentences == (
        "Too few units were measured in one of the arms.",
        "It runs for 9 days more at most.",
    )
    over = decide(case(NOTHING, days_run=30))
    assert (over.kind, over.days_left) == (VerdictKind.CANNOT_SAY, None)
    assert decide(case(NOTHING, OPEN)).kind is VerdictKind.KEEP_RUNNING


def test_without_a_variant_or_an_expected_effect_it_is_refused() -> None:
    for wrong in (case(), case(BETTER, expected_effect=0)):
        with pytest.raises(ValueError, match="verdict needs"):
            decide(wrong)
