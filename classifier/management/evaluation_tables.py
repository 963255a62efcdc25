"""What `evaluate` prints."""

from collections.abc import Sequence

import numpy as np

from classifier.engine.shares import wilson_interval
from classifier.training.calibration import HIGH_PRECISION
from classifier.training.evaluation import calibration_error_by_chance, expected_calibration_error
from classifier.training.few_shot import Head, Outcome, Spread, spread

FULL = "full"
ON, OFF = "on", "off"
# Of each table those that say what a row is of.
TEXT_COLUMNS = 2
COLUMNS = ("accuracy", "macro-F1", "coverage", "precision", "calibration error")
FIGURES_NOTE = """\
Mean ± standard deviation over the seeds, in %. accuracy and macro-F1: of the best category,
whether or not the version abstains. coverage: share not abstained. precision: share right among
those. calibration error: expected gap between confidence and share right, in 15 bins; a few
hundred test rows give some points of it by chance alone."""
CALIBRATION_NOTE = f"""\
Over the test rows of all seeds together. error: as above, of all together; by chance: what a
perfect confidence would show on as many rows, the same ones in several seeds. high: share right
of the answers of this level, with its 95% interval, and their share of the rows; it promises
{HIGH_PRECISION:.0%}, and is not given where no bound keeps that on the examples."""

_Run = tuple[Head, str, int | None]


def figures_table(outcomes: Sequence[Outcome]) -> str:
    rows: list[tuple[str, ...]] = [
        ("head", "merchants", "shots", *COLUMNS, "built from", "tested on")
    ]
    for run, its_outcomes in _by_run(outcomes).items():
        figures = [outcome.figures for outcome in its_outcomes]
        spreads = (
            spread([each.accuracy for each in figures]),
            spread([each.macro_f1 for each in figures]),
            spread([each.coverage for each in figures]),
            spread([each.answered_precision for each in figures]),
            spread([each.calibration_error for each in figures]),
        )
        sizes = (
            [each.train_rows for each in its_outcomes],
            [each.test_rows for each in its_outcomes],
        )
        means = (f"{sum(size) / len(size):,.0f} rows" for size in sizes)
        rows.append((*_named(run), *map(_percent, spreads), *means))
    return _aligned(rows)


def calibration_table(outcomes: Sequence[Outcome]) -> str:
    """How far confidence and levels keep what they say."""
    rows: list[tuple[str, ...]] = [
        ("head", "merchants", "shots", "error", "by chance", "high", "interval", "of the rows")
    ]
    for run, its_outcomes in _by_run(outcomes).items():
        answers = [outcome.answers for outcome in its_outcomes]
        confidence = np.concatenate([each.confidence for each in answers])
        is_right = np.concatenate([each.is_right for each in answers])
        is_high = np.concatenate([each.is_high for each in answers])
        size, right = int(is_high.sum()), int(is_right[is_high].sum())
        high = ("not given", "", "")
        if size:
            ends = wilson_interval(right, size)
            between = f"{100 * ends[0]:.1f} to {100 * ends[1]:.1f}"
            high = (f"{100 * right / size:.1f}", between, f"{100 * size / len(is_high):.1f}%")
        errors = (
            expected_calibration_error(confidence, is_right),
            calibration_error_by_chance(
                confidence, np.concatenate([each.rows for each in answers])
            ),
        )
        rows.append((*_named(run), *(f"{error:.3f}" for error in errors), *high))
    return _aligned(rows)


def _by_run(outcomes: Sequence[Outcome]) -> dict[_Run, list[Outcome]]:
    runs: dict[_Run, list[Outcome]] = {}
    for outcome in outcomes:
        side = OFF if outcome.merchant_weight is None else ON
        runs.setdefault((outcome.head, side, outcome.shots), []).append(outcome)
    return runs


def _named(run: _Run) -> tuple[str, str, str]:
    head, side, shots = run
    return head.value, side, FULL if shots is None else str(shots)


def _aligned(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if index < TEXT_COLUMNS else cell.rjust(width)
            for index, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )


def _percent(value: Spread) -> str:
    if value.mean is None:
        return "no answer"
    deviation = "" if value.deviation is None else f" ± {100 * value.deviation:4.1f}"
    return f"{100 * value.mean:.1f}{deviation}"
