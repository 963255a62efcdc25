"""Several workers that measure the same day at once keep one report."""

from pathlib import Path

from tests.races import race

SCRIPT = """
from monitoring.models import *
from monitoring.services.drift_measurement import keep_report

end = timezone.now()
start = end - timedelta(days=1)

def keep(number):
    report = DriftReport(
        version=version, trigger="daily", start=start, end=end, predictions=1, sampled=1,
        calm_sampled=1, figures={}, is_drift=False, summary=str(number),
    )
    cluster = DriftCluster(place=1, size=5, share=0.1, reference_share=0, texts=[str(number)])
    return keep_report(report, [cluster]).pk

result["kept"] = at_once(keep)
result["reports"] = list(DriftReport.objects.values_list("pk", "summary"))
result["clusters"] = list(DriftCluster.objects.values_list("report", "texts"))
"""


def test_workers_at_the_same_moment_keep_one_report(tmp_path: Path) -> None:
    seen = race(tmp_path / "race", SCRIPT)
    ((pk, said),) = seen["reports"]
    assert seen["kept"] == [pk] * 4
    assert seen["clusters"] == [[pk, [said]]]
