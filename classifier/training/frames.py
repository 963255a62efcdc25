"""Where the risk-coverage curve stands in its picture, so that a point can be marked on it later,
by a process that draws no pictures."""

from dataclasses import dataclass
from html import escape

from classifier.training.report import Report

# Of the picture, in points, and the sides of the plot in it, as shares from the left and the foot.
WIDTH, HEIGHT = 576.0, 360.0
LEFT, RIGHT, FOOT, TOP = 0.105, 0.965, 0.145, 0.93
STEP = 0.1
MARK = "#d946ef"


@dataclass(frozen=True, slots=True)
class Frame:
    """The plot's vertical axis goes from `floor` to 1, the horizontal one from 0 to 1."""

    floor: float

    @classmethod
    def of(cls, report: Report) -> "Frame":
        """From the step of a tenth that is under all points that are believed."""
        curve = report.curve
        lowest = min((float(curve.precisions[place]) for place in curve.believed), default=0.0)
        return cls(max(0.0, min(0.9, int(lowest / STEP) * STEP)))

    def place(self, coverage: float, precision: float) -> tuple[float, float]:
        """In points from the left and from the top."""
        height = (precision - self.floor) / (1 - self.floor)
        x = WIDTH * (LEFT + (RIGHT - LEFT) * coverage)
        y = HEIGHT * (1 - FOOT - (TOP - FOOT) * height)
        return x, y


def with_mark(svg: str, frame: Frame, coverage: float, precision: float, text: str) -> str:
    """The picture with a point on it, and lines from it to both axes. What is under the frame is
    marked at its foot."""
    x, y = frame.place(coverage, max(precision, frame.floor))
    left, foot = frame.place(0.0, frame.floor)
    # At the foot and on the side where there is room: the curve is far from there.
    anchor, shift = ("end", -8) if coverage > 0.5 else ("start", 8)
    mark = (
        f'<g id="mark" fill="none" stroke="{MARK}" stroke-width="1.5">'
        f'<path d="M {left:.1f} {y:.1f} H {x:.1f} V {foot:.1f}" stroke-dasharray="4 3"/>'
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" fill="{MARK}"/></g>'
        f'<text x="{x + shift:.1f}" y="{foot - 10:.1f}" fill="{MARK}" text-anchor="{anchor}" '
        f'style="font: bold 11px sans-serif">{escape(text)}</text>'
    )
    before, end, after = svg.rpartition("</svg>")
    return f"{before}{mark}{end}{after}" if end else svg
