"""What each picture of a version shows, in words: its main finding, with numbers."""

import numpy as np

from classifier.engine.shares import Share
from classifier.training.paired import CannotSay, PairedComparison
from classifier.training.report import Report
from classifier.training.risk_coverage import MIN_ANSWERS, Answering, Reach

# Pairs of categories that are named.
PAIRS = 3
# Coverages at which the precision is told.
STEPS = (0.25, 0.5, 0.75, 1.0)
# From this p on a difference may be chance.
LIKELY = 0.05


def confusion_caption(report: Report, names: tuple[str, ...], counts: np.ndarray) -> str:
    """Of the matrix that is drawn: `counts` (c, c) of categories called `names`."""
    accuracy = report.accuracy
    if accuracy is None:
        return "There is no example to be confused."
    right, is_detailed = int(np.trace(counts)), len(names) == len(report.categories)
    said = (
        f"{right:,} of {accuracy.total:,} texts ({right / accuracy.total:.1%}) are on the "
        f"diagonal: taken for their own {'category' if is_detailed else 'primary category'}."
    )
    wrong = counts - np.diag(np.diag(counts))
    order = np.argsort(-wrong, axis=None, kind="stable")[:PAIRS]
    pairs = [
        f"{names[truth]} taken for {names[predicted]}, {wrong[truth, predicted]:,}"
        for truth, predicted in (divmod(int(cell), len(names)) for cell in order)
        if wrong[truth, predicted]
    ]
    return f"{said} Most often confused: {'; '.join(pairs)}." if pairs else said


def reliability_caption(report: Report) -> str:
    bins = report.reliability
    if not bins:
        return "There is no example to be sure of."
    error = f"The expected calibration error is {report.calibration_error:.3f} (0 is best)."
    outside = [x for x in bins if not x.accuracy.low <= x.confidence <= x.accuracy.high]
    held = (
        f"{error} In {len(bins) - len(outside)} of {len(bins)} bins the interval of the share "
        "right holds the mean confidence."
    )
    if not outside:
        return held
    off = max(outside, key=lambda each: abs(each.accuracy.value - each.confidence))
    return (
        f"{held} Furthest off: of confidence {off.start:.1f} to {off.end:.1f}, "
        f"{off.confidence:.1%} on average, {_share(off.accuracy)} are right, "
        f"{'more' if off.accuracy.value > off.confidence else 'fewer'} than it says."
    )


def risk_coverage_caption(report: Report) -> str:
    curve = report.curve
    if not len(curve.sizes):
        return "There is no example to answer."
    steps = []
    for step in STEPS:
        place = int(np.searchsorted(curve.coverages, step))
        place = min(place, len(curve.sizes) - 1)
        steps.append(f"{curve.precisions[place]:.1%} at {curve.coverages[place]:.0%}")
    said = f"Precision by share of texts answered, surest first: {', '.join(dict.fromkeys(steps))}."
    answered = report.answered
    if answered is None:
        return f"{said} The version itself answers none."
    return f"{said} The version itself answers {report.coverage:.1%}, {_share(answered)} right."


def reach_words(reach: Reach, abstain_below: float) -> str:
    """What a version with the same examples would do to keep a precision."""
    wanted = f"{100 * reach.wanted:g}%"
    if reach.nearest is None:
        return (
            f"Cannot say whether {wanted} can be kept: fewer than {MIN_ANSWERS} examples have a "
            f"confidence of {abstain_below:g} or more."
        )
    said = (
        f"{wanted} is kept by answering at {_answering(reach.sure)}."
        if reach.sure is not None
        else f"{wanted} is out of reach on these examples: no bound keeps it with the lower end of "
        f"its interval. Nearest to it comes answering at {_answering(reach.nearest)}."
    )
    if reach.measured is None or reach.measured == reach.chosen:
        return said
    return (
        f"{said} Without regard to the interval it is reached at {_answering(reach.measured)}: "
        "that may be luck."
    )


def paired_words(one: str, other: str, found: PairedComparison | CannotSay) -> str:
    """Versions `one` and `other` on their common texts, or why nothing is said."""
    if isinstance(found, CannotSay):
        return f"Cannot say. {found.reason}"
    # With 0.0 added it is never said to be -0.0.
    points = round(100 * found.difference, 1) + 0.0
    low, high = 100 * found.low, 100 * found.high
    if found.p_value >= LIKELY:
        verdict = "a difference like this may be chance"
    else:
        verdict = f"{one if found.difference > 0 else other} is better by more than chance"
    p_value = "under 0.001" if found.p_value < 0.001 else f"{found.p_value:.3f}"
    return (
        f"On {found.texts:,} texts that are an example of the same category in both, {one} has "
        f"{found.one_accuracy:.1%} right and {other} {found.other_accuracy:.1%}: a difference of "
        f"{points:+.1f} points (95% interval {low:+.1f} to {high:+.1f}). Only {one} has "
        f"{found.only_one:,} right, only {other} {found.only_other:,}. McNemar's mid-p is "
        f"{p_value}: {verdict}."
    )


def _answering(answering: Answering) -> str:
    return (
        f"confidence {answering.bound:.3f} and above: {answering.size:,} texts, "
        f"{answering.coverage:.1%} of all, are answered, and {answering.precision:.1%} of these "
        f"are right (95% interval {100 * answering.low:.1f} to {100 * answering.high:.1f}%)"
    )


def _share(accuracy: Share) -> str:
    return f"{accuracy.count:,} of {accuracy.total:,} ({accuracy.value:.1%})"
