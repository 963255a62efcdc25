"""Several workers that watch the same experiment at once act once."""

from pathlib import Path

from tests.races import race

SCRIPT = """
from datetime import timedelta
from experiments.models import *
from experiments.services.supervision import supervise

now = timezone.now()
for number, days in enumerate((30, 1)):
    experiment = Experiment.objects.create(
        key=f"e{number}", hypothesis="h", primary_metric=Metric.objects.get(key="error-rate"),
        status="stopped", started_at=now - timedelta(days=days), split="random",
        stopped_at=now - timedelta(hours=1),
    )
    variants = [
        Variant.objects.create(
            experiment=experiment, key=key, version=version, weight=0.5, is_control=key == "control"
        )
        for key in ("control", "new")
    ]
Experiment.objects.filter(pk=experiment.pk).update(status="running", stopped_at=None)
Guardrail.objects.create(
    experiment=experiment, metric=Metric.objects.get(key="error-rate"), harm="increase",
    margin=0.01, action="stop",
)
for number in range(600):
    prediction = Prediction.objects.create(
        version=version, description="a", canonical_text="a", level="high", is_cached=False,
        latency_ms=1,
    )
    Exposure.objects.create(
        prediction=prediction, variant=variants[number % 2], unit=str(number), latency_ms=1,
        is_abstained=False, is_failed=number % 2 == 1 and number % 3 == 0,
    )
at_once(lambda number: supervise())
result["alerts"] = GuardrailAlert.objects.count()
result["events"] = list(ExperimentEvent.objects.values_list("kind", flat=True))
result["status"] = Experiment.objects.get(pk=experiment.pk).status
result["finals"] = list(Analysis.objects.values_list("experiment__key", "kind"))
"""


def test_workers_at_the_same_moment_act_once(tmp_path: Path) -> None:
    seen = race(tmp_path / "race", SCRIPT)
    assert seen["status"] == "stopped"
    assert seen["alerts"] == 1
    assert seen["events"] == ["stopped"]
    assert seen["finals"] == [["e0", "final"]]
