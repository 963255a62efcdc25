"""Pictures of a report, as SVG with texts that stay texts.

The same report gives the same bytes. Drawn in a worker: matplotlib is not for a web process.
"""

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from io import StringIO

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.ticker import MultipleLocator
from numpy.typing import NDArray

from classifier.training.captions import (
    confusion_caption,
    reliability_caption,
    risk_coverage_caption,
)
from classifier.training.frames import FOOT, HEIGHT, LEFT, RIGHT, TOP, WIDTH, Frame
from classifier.training.report import Report

POINTS_PER_INCH = 72
# More categories than these are drawn by their primary ones.
MAX_DETAILED = 24
MAX_NAME = 28
# From this share of a row on a number stands on a dark cell.
DARK_CELL = 0.55
# Of the matrix, in points: of a cell, and of names to the left, above and beside.
CELL = (27.0, 22.0)
MARGINS = (165.0, 145.0, 90.0, 6.0)


class PictureKind(StrEnum):
    CONFUSION = "confusion"
    RELIABILITY = "reliability"
    RISK_COVERAGE = "risk-coverage"


@dataclass(frozen=True, slots=True)
class Theme:
    """Colours: of words, of lines behind, of what is measured, of what it is held against, and the
    two ends of the scale of shares."""

    name: str
    ink: str
    faint: str
    main: str
    second: str
    scale: tuple[str, str]
    on_dark_cell: str


THEMES = (
    Theme("light", "#374151", "#d1d5db", "#1d4ed8", "#b45309", ("#eff6ff", "#1e40af"), "#ffffff"),
    Theme("dark", "#d1d5db", "#374151", "#60a5fa", "#fbbf24", ("#1e293b", "#93c5fd"), "#0f172a"),
)


@dataclass(frozen=True, slots=True)
class Picture:
    """`description` says in words what `svg` shows."""

    kind: PictureKind
    theme: str
    svg: str
    description: str


def draw_all(report: Report) -> Iterator[Picture]:
    """Each kind in each theme."""
    names, counts = _matrix(report)
    captions = {
        PictureKind.CONFUSION: confusion_caption(report, names, counts),
        PictureKind.RELIABILITY: reliability_caption(report),
        PictureKind.RISK_COVERAGE: risk_coverage_caption(report),
    }
    for theme in THEMES:
        figures = {
            PictureKind.CONFUSION: _draw_confusion(names, counts, theme),
            PictureKind.RELIABILITY: _draw_reliability(report, theme),
            PictureKind.RISK_COVERAGE: _draw_risk_coverage(report, theme),
        }
        for kind, figure in figures.items():
            yield Picture(kind, theme.name, _svg(figure), captions[kind])


def _matrix(report: Report) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    """The names and counts of what is drawn: detailed categories, or the primary ones."""
    if len(report.categories) <= MAX_DETAILED:
        return tuple(each.name for each in report.categories), report.confusion
    return report.primaries, report.primary_confusion


def _draw_confusion(names: Sequence[str], counts: NDArray[np.int64], theme: Theme) -> Figure:
    """Rows are what a text is, columns what it was taken for; a cell's colour is its share of the
    row, its number a count. What never happened is left empty."""
    size = len(names)
    left, top, right, foot = MARGINS
    width, height = left + CELL[0] * size + right, top + CELL[1] * size + foot
    figure = _figure(width, height)
    axes = figure.add_axes(
        (left / width, foot / height, CELL[0] * size / width, CELL[1] * size / height)
    )
    rows = np.maximum(counts.sum(axis=1, keepdims=True), 1)
    shares = counts / rows
    colours = LinearSegmentedColormap.from_list("shares", theme.scale)
    cells = np.ma.masked_where(counts == 0, shares)
    axes.pcolormesh(cells, cmap=colours, vmin=0, vmax=1, edgecolors="none")
    for row, column in zip(*np.nonzero(counts), strict=True):
        is_dark = shares[row, column] >= DARK_CELL
        axes.text(
            column + 0.5, row + 0.5, f"{counts[row, column]}", ha="center", va="center",
            fontsize=8, color=theme.on_dark_cell if is_dark else theme.ink,
        )  # fmt: skip
    places = np.arange(size) + 0.5
    words = [_short(name) for name in names]
    axes.set_xticks(places, words, rotation=55, ha="left", rotation_mode="anchor", parse_math=False)
    axes.set_yticks(places, words, parse_math=False)
    axes.xaxis.tick_top()
    axes.xaxis.set_label_position("top")
    axes.set_xlim(0, size)
    axes.set_ylim(size, 0)
    axes.grid(visible=False)
    for place in range(size + 1):
        axes.axhline(place, color=theme.faint, linewidth=0.4)
        axes.axvline(place, color=theme.faint, linewidth=0.4)
    _style(axes, theme)
    axes.tick_params(length=0, labelsize=8.5)
    return figure


def _draw_reliability(report: Report, theme: Theme) -> Figure:
    """The share right of each bin of confidence with its interval and size, against the line on
    which both are the same."""
    figure = _figure(WIDTH, HEIGHT)
    axes = _plot(figure, theme)
    axes.plot([0, 1], [0, 1], color=theme.second, linestyle="--", linewidth=1.2)
    axes.text(0.02, 0.95, "dashed: as sure as right", color=theme.second, fontsize=9)
    for each in report.reliability:
        value, x = each.accuracy, each.confidence
        axes.plot([x, x], [value.low, value.high], color=theme.main, linewidth=1.6)
        axes.plot([x], [value.value], color=theme.main, marker="o", markersize=6)
        side, shift = ("right", -0.012) if x > 0.9 else ("left", 0.012)
        axes.text(
            x + shift, value.low, f"{value.total:,}", ha=side, va="top" if x > 0.9 else "bottom",
            color=theme.ink, fontsize=8.5,
        )  # fmt: skip
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1.02)
    axes.set_xlabel("Mean confidence of the bin")
    axes.set_ylabel("Share right (95% interval, number of texts)")
    _percent(axes)
    return figure


def _draw_risk_coverage(report: Report, theme: Theme) -> Figure:
    """Precision of what is answered by the share that is, surest first, and where the version's
    bounds stand on it."""
    figure = _figure(WIDTH, HEIGHT)
    axes = _plot(figure, theme)
    curve, bounds, frame = report.curve, report.bounds, Frame.of(report)
    believed = curve.believed
    axes.plot(
        curve.coverages[believed], curve.precisions[believed], color=theme.main, linewidth=1.8
    )
    points = {"high": bounds.high, "medium": bounds.medium, "abstain": bounds.abstain}
    for name, bound in points.items():
        # A level that begins under the bound to abstain by begins with it.
        found = curve.answering(bound) if bound is not None and bound >= bounds.abstain else None
        if found is None or found.precision < frame.floor:
            continue
        axes.plot([found.coverage], [found.precision], color=theme.second, marker="o", markersize=6)
        word = f"abstains below {bound:.2f}" if name == "abstain" else f"{name}, from {bound:.2f}"
        axes.annotate(
            word, (found.coverage, found.precision), textcoords="offset points",
            xytext=(-9, -12) if found.coverage > 0.75 else (9, 5),
            ha="right" if found.coverage > 0.75 else "left",
            color=theme.second, fontsize=9,
        )  # fmt: skip
    axes.set_xlim(0, 1)
    axes.set_ylim(frame.floor, 1)
    axes.set_xlabel("Coverage: share of texts answered, surest first")
    axes.set_ylabel("Precision of what is answered")
    axes.yaxis.set_major_locator(MultipleLocator(0.05 if frame.floor >= 0.7 else 0.1))
    _percent(axes)
    return figure


def _figure(width: float, height: float) -> Figure:
    """Of a size in points, with nothing behind it."""
    size = (width / POINTS_PER_INCH, height / POINTS_PER_INCH)
    return Figure(figsize=size, facecolor="none", dpi=POINTS_PER_INCH)


def _plot(figure: Figure, theme: Theme) -> Axes:
    axes = figure.add_axes((LEFT, FOOT, RIGHT - LEFT, TOP - FOOT))
    axes.grid(visible=True, color=theme.faint, linewidth=0.6)
    _style(axes, theme)
    return axes


def _style(axes: Axes, theme: Theme) -> None:
    axes.set_facecolor("none")
    axes.set_axisbelow(True)
    axes.tick_params(colors=theme.ink, color=theme.faint, labelsize=9)
    for line in axes.spines.values():
        line.set_color(theme.faint)
    for label in (axes.xaxis.label, axes.yaxis.label):
        label.set_color(theme.ink)
        label.set_fontsize(9.5)


def _percent(axes: Axes) -> None:
    axes.xaxis.set_major_formatter("{x:.0%}")
    axes.yaxis.set_major_formatter("{x:.0%}")


def _short(name: str) -> str:
    return name if len(name) <= MAX_NAME else f"{name[: MAX_NAME - 1]}…"


def _svg(figure: Figure) -> str:
    """Without a date, and with the same ids for the same picture."""
    target = StringIO()
    # The SVG backend reads these from matplotlib's own settings and nowhere else.
    settings = mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "txcat"})
    with settings, warnings.catch_warnings():
        # A name is measured in a font that may lack its letters; the reader's own has them.
        warnings.filterwarnings("ignore", message=r"Glyph \d+")
        figure.savefig(target, format="svg", metadata={"Date": None, "Creator": None})
    return target.getvalue()
