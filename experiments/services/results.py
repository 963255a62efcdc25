"""What an analysis found, for programs and spreadsheets: as it was frozen."""

import csv
import io
from collections.abc import Iterator
from typing import Any

from classifier.exceptions import UnknownError
from classifier.tables.cells import escape
from experiments.models import Analysis, Experiment

COLUMNS = (
    "metric", "name", "role", "variant", "control_units", "variant_units", "control_value",
    "variant_value", "effect", "low", "high", "relative_effect", "relative_low", "relative_high",
    "p_value", "adjusted_p_value", "chance_to_win", "level", "method", "sentence",
)  # fmt: skip


def find_analysis(key: str, analysis_id: int | None = None) -> Analysis:
    """The newest of an experiment, or the one of a number. Raises UnknownError saying which of the
    two there is not."""
    if not Experiment.objects.filter(key=key).exists():
        raise UnknownError(f"No experiment has the key “{key}”.")
    analyses = Analysis.objects.filter(experiment__key=key).select_related("experiment")
    if analysis_id is not None:
        analyses = analyses.filter(pk=analysis_id)
    analysis = analyses.order_by("-id").first()
    if analysis is None:
        numbered = "" if analysis_id is None else f" {analysis_id}"
        raise UnknownError(f"The experiment “{key}” has no analysis{numbered}.")
    return analysis


def results_json(analysis: Analysis) -> dict[str, Any]:
    """The report, with what it is a report of."""
    return {
        "experiment": analysis.experiment.key,
        "analysis": analysis.pk,
        "kind": analysis.kind,
        "created_at": analysis.created_at.isoformat(),
        **analysis.report,
    }


def results_csv(analysis: Analysis) -> str:
    """One row a metric and variant, with a header; no text of it is a formula."""
    file = io.StringIO()
    writer = csv.DictWriter(file, COLUMNS, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    for row in _rows(analysis.report):
        writer.writerow(
            {
                name: escape(value) if isinstance(value, str) else value
                for name, value in row.items()
            }
        )
    return file.getvalue()


def _rows(report: dict[str, Any]) -> Iterator[dict[str, Any]]:
    results = [("primary", report["primary"])]
    results += [("secondary", result) for result in report["secondary"]]
    for role, result in results:
        for estimate in result["estimates"]:
            named = {"metric": result["key"], "name": result["name"], "role": role}
            yield {**estimate, **named}
