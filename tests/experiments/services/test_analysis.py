"""An analysis says what was measured, judges it, and stays as it was."""

import json
import random
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from classifier.exceptions import ConflictError
from classifier.models import ModelVersion
from experiments.models import Analysis, Experiment, ExperimentEvent, Guardrail, GuardrailAlert
from experiments.services.analysis import analyse
from experiments.stats.assignment import MINUTES_A_DAY, block_of, switchback_variant
from experiments.stats.types import HealthKind
from tests.experiments.traffic import Served, end, make_experiment, metric_of, store

pytestmark = pytest.mark.django_db
Kind = Analysis.Kind


@pytest.fixture(autouse=True)
def _version(active_version: ModelVersion) -> None:
    """Each experiment is of copies of it."""


def serve(
    experiment: Experiment, units: int, shares: tuple[float, ...] = (0.3, 0.1), each: int = 4
) -> None:
    """Of each variant so many units, abstaining with these shares."""
    chance = random.Random(units)
    variants = list(experiment.variants.all())
    store(
        Served(variant, f"{variant}-{unit}", timezone.now(), is_abstained=chance.random() < share)
        for variant, share in zip(variants, shares, strict=True)
        for unit in range(units)
        for _ in range(each)
    )


def report_of(experiment: Experiment, kind: Kind = Kind.SCHEDULED) -> dict[str, Any]:
    report: dict[str, Any] = Analysis.objects.get(pk=analyse(experiment, kind).pk).report
    return report


def primary_of(report: dict[str, Any]) -> dict[str, Any]:
    (estimate,) = report["primary"]["estimates"]
    found: dict[str, Any] = estimate
    return found


def health_of(report: dict[str, Any]) -> dict[str, bool]:
    return {check["kind"]: check["is_failed"] for check in report["health"]}


def test_a_better_variant_is_to_be_shipped() -> None:
    experiment = make_experiment()
    serve(experiment, 200)
    report = report_of(experiment)
    assert report["verdict"]["kind"] == "ship"
    assert report["verdict"]["winner"] == "new"
    estimate = primary_of(report)
    assert estimate["high"] < 0
    assert estimate["control_value"] == pytest.approx(0.3, abs=0.05)
    assert health_of(report) == {
        HealthKind.SAMPLE_RATIO: False,
        HealthKind.MULTIPLE_EXPOSURE: False,
        HealthKind.FEEDBACK_RATE: False,
    }


def test_a_worse_one_is_to_be_rolled_back() -> None:
    experiment = make_experiment()
    serve(experiment, 200, (0.1, 0.3))
    assert report_of(experiment)["verdict"]["kind"] == "roll_back"


def test_before_the_least_days_it_is_to_run_on() -> None:
    experiment = make_experiment(days=2)
    serve(experiment, 200)
    verdict = report_of(experiment)["verdict"]
    assert (verdict["kind"], verdict["days_left"]) == ("keep_running", 26)


def test_where_nobody_came_nothing_can_be_said() -> None:
    report = report_of(make_experiment())
    assert report["verdict"]["kind"] == "cannot_say"
    assert primary_of(report)["reason"] == "no_data"
    assert [arm["units"] for arm in report["arms"]] == [0, 0]


def test_every_number_of_a_report_is_finite_or_null() -> None:
    experiment = make_experiment("new", "other")
    serve(experiment, 50, (0.0, 1.0, 0.5))
    experiment.secondary_metrics.set(
        [metric_of(key) for key in ("latency-p95", "error-rate", "confidence", "accuracy-audit")]
    )
    text = json.dumps(analyse(experiment, Kind.SCHEDULED).report)
    assert "NaN" not in text
    assert "Infinity" not in text


def test_a_report_reads_the_same_after_more_exposures() -> None:
    experiment = make_experiment()
    serve(experiment, 40)
    analysis = analyse(experiment, Kind.SCHEDULED)
    before = analysis.report
    serve(experiment, 60)
    analyse(experiment, Kind.SCHEDULED)
    analysis.refresh_from_db()
    assert analysis.report == before
    with pytest.raises(ValueError, match="frozen"):
        analysis.save()


def test_units_in_unplanned_numbers_block_the_verdict() -> None:
    experiment = make_experiment()
    serve(experiment, 200)
    control = experiment.control
    store(Served(control, f"more-{unit}", timezone.now()) for unit in range(200))
    report = report_of(experiment)
    assert report["verdict"]["kind"] == "unhealthy"
    assert health_of(report)[HealthKind.SAMPLE_RATIO]


def test_units_in_several_variants_block_the_verdict() -> None:
    experiment = make_experiment()
    serve(experiment, 100)
    for variant in experiment.variants.all():
        store(Served(variant, f"both-{unit}", timezone.now()) for unit in range(5))
    assert health_of(report_of(experiment))[HealthKind.MULTIPLE_EXPOSURE]


def test_feedback_that_is_given_unlike_blocks_the_verdict() -> None:
    experiment = make_experiment()
    serve(experiment, 200)
    said = [(True, "confirmed", timezone.now())]
    new = experiment.variants.get(key="new")
    store(Served(new, f"new-{unit}", timezone.now(), feedback=list(said)) for unit in range(100))
    assert health_of(report_of(experiment))[HealthKind.FEEDBACK_RATE]


def test_requests_without_a_user_are_counted_apart() -> None:
    experiment = make_experiment()
    serve(experiment, 40)
    store(Served(experiment.control, "", timezone.now(), is_abstained=True) for _ in range(7))
    report = report_of(experiment)
    assert report["unassigned"] == {"exposures": 7}
    assert [arm["exposures"] for arm in report["arms"]] == [160, 160]


def test_a_clock_set_back_blocks_the_verdict() -> None:
    experiment = make_experiment()
    serve(experiment, 200)
    ahead = timezone.now() + timedelta(days=30)
    Experiment.objects.filter(pk=experiment.pk).update(started_at=ahead)
    ExperimentEvent.objects.update(created_at=ahead)
    experiment.refresh_from_db()
    report = report_of(experiment)
    assert report["days"] == 0
    assert report["verdict"]["kind"] == "unhealthy"
    assert "starts in the future" in report["verdict"]["sentences"][0]


def test_several_variants_are_adjusted_for() -> None:
    experiment = make_experiment("new", "other")
    serve(experiment, 100, (0.3, 0.22, 0.2))
    estimates = report_of(experiment)["primary"]["estimates"]
    assert [estimate["variant"] for estimate in estimates] == ["new", "other"]
    smallest, largest = sorted(estimates, key=lambda each: float(each["p_value"]))
    assert smallest["adjusted_p_value"] == pytest.approx(min(1, 2 * smallest["p_value"]))
    assert largest["adjusted_p_value"] >= largest["p_value"]
    assert {estimate["level"] for estimate in estimates} == {0.975}


def test_what_users_did_before_narrows_the_interval() -> None:
    experiment = make_experiment(primary="confidence")
    chance = random.Random(5)
    variants = list(experiment.variants.all())
    start = experiment.started_at
    assert start is not None
    rows, past = [], []
    for unit in range(200):
        level = chance.random()
        for _ in range(3):
            confidence = level + chance.uniform(0, 0.05)
            rows.append(Served(variants[unit % 2], f"u{unit}", timezone.now(), confidence))
            at = start - timedelta(days=chance.uniform(1, 13))
            past.append(Served(None, f"u{unit}", at, level + chance.uniform(0, 0.05)))
    store(rows)
    without = primary_of(report_of(experiment))
    store(past)
    adjusted = primary_of(report_of(experiment))
    assert "CUPED" in adjusted["method"]
    assert "CUPED" not in without["method"]
    assert adjusted["standard_error"] < without["standard_error"] / 5


class TestFixed:
    def test_nothing_is_told_before_the_end(self) -> None:
        experiment = make_experiment(method="fixed")
        experiment.secondary_metrics.set([metric_of("confidence")])
        serve(experiment, 200)
        report = report_of(experiment)
        assert report["verdict"]["kind"] == "keep_running"
        assert "One look is planned, at the end" in report["verdict"]["sentences"][0]
        estimate = primary_of(report)
        assert estimate["reason"] == "not_yet"
        told = [
            value
            for metric in (report["primary"], *report["secondary"])
            for name, value in metric["estimates"][0].items()
            if name.endswith(("value", "effect", "low", "high", "win", "error"))
        ]
        assert set(told) == {None}

    def test_the_result_is_told_after_the_most_days(self) -> None:
        experiment = make_experiment(method="fixed", days=29)
        serve(experiment, 200)
        report = report_of(experiment)
        assert report["verdict"]["kind"] == "ship"
        assert primary_of(report)["p_value"] < 0.001

    def test_the_result_is_told_when_the_planned_units_are_there(self) -> None:
        experiment = make_experiment(method="fixed", planned_units=200)
        serve(experiment, 199)
        assert primary_of(report_of(experiment))["reason"] == "not_yet"
        serve(experiment, 200)
        assert primary_of(report_of(experiment))["reason"] is None


class TestGroupSequential:
    def test_results_are_told_at_the_looks_alone(self) -> None:
        experiment = make_experiment(method="group_sequential", looks=4, planned_units=400)
        serve(experiment, 90)
        assert report_of(experiment)["look"] == {
            "number": 0, "planned": 4, "is_due": False, "information": None,
        }  # fmt: skip
        serve(experiment, 120)
        first = report_of(experiment)
        assert first["look"]["number"] == 1
        assert first["look"]["information"] == pytest.approx(0.3)
        assert "look 1 of 4" in primary_of(first)["method"]
        serve(experiment, 190)
        between = report_of(experiment)
        assert (between["look"]["number"], between["look"]["is_due"]) == (1, False)
        assert primary_of(between)["reason"] == "not_yet"
        serve(experiment, 210)
        assert report_of(experiment)["look"]["number"] == 2

    def test_a_look_is_taken_once(self) -> None:
        experiment = make_experiment(method="group_sequential", looks=4, planned_units=400)
        serve(experiment, 120)
        first, again = report_of(experiment), report_of(experiment)
        assert first["look"] == again["look"]
        assert primary_of(first) == primary_of(again)

    def test_the_stop_is_the_last_look(self) -> None:
        experiment = make_experiment(method="group_sequential", looks=4, planned_units=400)
        serve(experiment, 120)
        report_of(experiment)
        serve(experiment, 130)
        end(experiment)
        final = report_of(experiment, Kind.FINAL)
        assert (final["look"]["number"], final["look"]["planned"]) == (2, 2)
        assert report_of(experiment, Kind.FINAL)["look"] == final["look"]


class TestSwitchback:
    def test_blocks_are_compared_by_squares(self) -> None:
        experiment = make_experiment(split="time", block_minutes=120, days=14, primary="confidence")
        variants = list(experiment.variants.all())
        chance = random.Random(1)
        start = experiment.started_at
        assert start is not None
        rows = []
        for hour in range(14 * 12):
            at = start + timedelta(hours=2 * hour)
            block = block_of(at.timestamp(), 120)
            place = switchback_variant(experiment.salt, block, 2, MINUTES_A_DAY // 120)
            confidence = 0.5 + 0.1 * place + chance.uniform(0, 0.05)
            rows.append(Served(variants[place], str(block.number), at, confidence))
        store(rows)
        report = report_of(experiment)
        estimate = primary_of(report)
        assert estimate["method"].startswith("switchback")
        assert estimate["effect"] == pytest.approx(0.1, abs=0.02)
        assert 30 <= estimate["control_units"] <= 42
        assert report["health"] == []
        assert report["verdict"]["kind"] == "ship"

    def test_quantiles_are_not_compared(self) -> None:
        experiment = make_experiment(split="time", primary="latency-p95")
        estimate = primary_of(report_of(experiment))
        assert estimate["reason"] == "no_quantiles_of_blocks"


class TestStopped:
    def test_an_early_end_has_no_verdict(self) -> None:
        experiment = make_experiment(days=2)
        serve(experiment, 200)
        end(experiment)
        verdict = report_of(experiment, Kind.FINAL)["verdict"]
        assert (verdict["kind"], verdict["days_left"]) == ("cannot_say", None)
        assert "It was stopped after 2.0 days and was to run for 7 days" in verdict["sentences"][-1]

    def test_late_feedback_counts_for_a_while(self) -> None:
        experiment = make_experiment(primary="accuracy-feedback", feedback_days=5)
        end(experiment, ago=timedelta(days=4))
        at, now = experiment.stopped_at, timezone.now()
        assert at is not None
        from classifier.models import Category

        category = Category.objects.get(slug="groceries")
        days = (-1, 2, 4, 6, 8)
        store(
            Served(
                experiment.control, f"u{day}", at, category=category,
                feedback=[(True, "confirmed", at + timedelta(days=day))],
            )
            for day in days
        )  # fmt: skip
        assert now > at
        assert primary_of(report_of(experiment, Kind.FINAL))["control_units"] == 3

    def test_a_breach_that_stopped_it_stays_one(self) -> None:
        experiment = make_experiment()
        serve(experiment, 200)
        guardrail = Guardrail.objects.create(
            experiment=experiment, metric=metric_of("error-rate"), harm="increase", margin=0.01
        )
        new = experiment.variants.get(key="new")
        GuardrailAlert.objects.create(
            guardrail=guardrail, variant=new, action="stop", text="It failed.", evidence={}
        )
        end(experiment)
        report = report_of(experiment, Kind.FINAL)
        assert report["verdict"]["kind"] == "roll_back"
        assert report["guardrails"][0]["sentence"] == "It failed."


def test_a_draft_is_not_analysed() -> None:
    experiment = make_experiment()
    Experiment.objects.filter(pk=experiment.pk).update(status="draft")
    experiment.refresh_from_db()
    with pytest.raises(ConflictError, match="never started"):
        analyse(experiment, Kind.REQUESTED)
