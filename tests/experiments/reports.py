"""Experiments and reports of them, made without an analysis: the JSON of `Analysis.report`."""

from copy import deepcopy
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone

from classifier.models import ModelVersion
from experiments.models import Analysis, Experiment, ExperimentEvent, Guardrail, Metric, Variant
from tests.rows import copy_of


def make_experiment(key: str = "new-head", **changes: Any) -> Experiment:
    """A draft that nothing keeps from a start: the active version against a copy of it."""
    experiment = Experiment.objects.create(
        **{
            "key": key,
            "hypothesis": "The new head is right more often.",
            "salt": f"salt of {key}",
            "owner": User.objects.filter(is_staff=True).first(),
            "primary_metric": Metric.objects.get(key="abstention-rate"),
            **changes,
        }
    )
    active = ModelVersion.objects.active().get()
    candidate = ModelVersion.objects.filter(name="candidate-x").first() or copy_of(
        active, name="candidate-x", status=ModelVersion.Status.CANDIDATE
    )
    Variant.objects.create(
        experiment=experiment, key="control", version=active, weight=0.5, is_control=True
    )
    Variant.objects.create(experiment=experiment, key="candidate", version=candidate, weight=0.5)
    Guardrail.objects.create(
        experiment=experiment,
        metric=Metric.objects.get(key="latency-mean"),
        harm=Guardrail.Harm.INCREASE,
        margin=0.2,
        is_relative=True,
    )
    return experiment


def make_running(key: str = "new-head", days: float = 9, **changes: Any) -> Experiment:
    """One that was started so many days ago, without a look at what a start asks for."""
    started = timezone.now() - timedelta(days=days)
    experiment = make_experiment(key, **changes)
    Experiment.objects.filter(pk=experiment.pk).update(
        status=Experiment.Status.RUNNING, started_at=started, planned_units=4000
    )
    ExperimentEvent.objects.create(
        experiment=experiment,
        kind=ExperimentEvent.Kind.STARTED,
        from_status=Experiment.Status.DRAFT,
        to_status=Experiment.Status.RUNNING,
    )
    experiment.refresh_from_db()
    return experiment


def estimate_json(**changes: Any) -> dict[str, Any]:
    return {
        "variant": "candidate",
        "method": "Sequential, delta method over units",
        "control_units": 4980,
        "variant_units": 5020,
        "control_value": 0.1204,
        "variant_value": 0.1101,
        "effect": -0.0103,
        "low": -0.0162,
        "high": -0.0044,
        "standard_error": 0.002,
        "relative_effect": -0.0855,
        "relative_low": -0.134,
        "relative_high": -0.037,
        "p_value": 0.00021,
        "adjusted_p_value": 0.00042,
        "chance_to_win": 0.9987,
        "level": 0.95,
        "information": 10000,
        "reason": None,
        "relative_reason": None,
        "sentence": None,
        "relative_sentence": None,
        **changes,
    }


def nothing_to_say() -> dict[str, Any]:
    numbers = [
        "control_value", "variant_value", "effect", "low", "high", "standard_error",
        "relative_effect", "relative_low", "relative_high", "p_value", "adjusted_p_value",
        "chance_to_win",
    ]  # fmt: skip
    return estimate_json(
        **dict.fromkeys(numbers),
        control_units=3,
        variant_units=2,
        reason="too_few_units",
        sentence="Too few units were measured in one of the arms.",
    )


def metric_json(key: str, *estimates: dict[str, Any]) -> dict[str, Any]:
    metric = Metric.objects.get(key=key)
    return {
        "key": metric.key,
        "name": metric.name,
        "better": metric.better,
        "is_share": metric.is_share,
        "unit": "share" if metric.is_share else "milliseconds",
        "estimates": list(estimates),
    }


def report_json(experiment: Experiment, at: datetime | None = None) -> dict[str, Any]:
    """Of an experiment of two variants: the candidate abstains less, and is to be shipped."""
    versions = {variant.key: variant.version.name for variant in experiment.variants.all()}
    return {
        "version": 1,
        "at": (at or timezone.now()).isoformat(),
        "days": 9.1,
        "method": "sequential",
        "alpha": 0.05,
        "look": None,
        "verdict": {
            "kind": "ship",
            "sentences": [
                "Ship candidate: it abstains less often than the control.",
                "It went from 12.04% to 11.01%, which chance does not explain.",
            ],
            "winner": "candidate",
            "days_left": None,
        },
        "arms": [
            {
                "key": "control", "version": versions["control"], "is_control": True,
                "weight": 0.5, "units": 4980, "exposures": 61230, "failed": 0,
            },
            {
                "key": "candidate", "version": versions["candidate"], "is_control": False,
                "weight": 0.5, "units": 5020, "exposures": 62011, "failed": 3,
            },
        ],
        "unassigned": {"exposures": 17},
        "health": [
            {
                "kind": "sample_ratio", "is_failed": False, "p_value": 0.69, "reason": None,
                "sentence": "The arms have the sizes that their weights let expect.",
            },
            {
                "kind": "multiple_exposure", "is_failed": False, "p_value": None, "reason": None,
                "sentence": "No unit was served more than one variant.",
            },
            {
                "kind": "feedback_rate", "is_failed": False, "p_value": None,
                "reason": "too_few_events", "sentence": "Too little feedback to compare.",
            },
        ],
        "primary": metric_json("abstention-rate", estimate_json()),
        "secondary": [
            metric_json(
                "latency-mean",
                estimate_json(
                    control_value=12.31, variant_value=12.84, effect=0.53, low=-0.12, high=1.18,
                    relative_effect=0.043, relative_low=-0.01, relative_high=0.096,
                    p_value=0.11, adjusted_p_value=0.11, chance_to_win=0.06,
                ),
            ),
            metric_json("accuracy-audit", nothing_to_say()),
        ],
        "guardrails": [
            {
                "metric": "latency-mean", "name": "Latency, mean", "action": "pause",
                "margin": 0.2, "is_relative": True,
                "variant": "candidate", "kind": "ok", "sentence": "It is not 20% slower.",
                "reason": None, "low": -0.12, "high": 1.18,
            }
        ],
        "units_needed": 4000,
        "units_left": 0,
        "distribution": {
            "bounds": [1, 2, 5, 10, 20, 50],
            "arms": {
                "control": [310, 420, 900, 1300, 1200, 700, 150],
                "candidate": [305, 431, 910, 1310, 1190, 720, 154],
            },
        },
    }  # fmt: skip


def make_analysis(experiment: Experiment, by: User | None = None, **changes: Any) -> Analysis:
    """`changes` are to its report, by its first keys."""
    report = {**report_json(experiment), **deepcopy(changes)}
    return Analysis.objects.create(
        experiment=experiment,
        kind=Analysis.Kind.REQUESTED if by else Analysis.Kind.SCHEDULED,
        verdict=report["verdict"]["kind"],
        summary=" ".join(report["verdict"]["sentences"]),
        report=report,
        by=by,
    )
