"""The figures and tables on the page of a version's evaluation."""

from typing import TYPE_CHECKING, Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from classifier.admin.cells import NOTHING, confidence, figure, interval, path_of, percent
from classifier.models import ModelVersion
from classifier.services.live_accuracy import LiveAccuracy

if TYPE_CHECKING:
    from classifier.services.evaluations import Report

Table = dict[str, Any]

WORST = 5
WRONG_TEXTS = 5
PAIRS = 10
PAIR_TEXTS = 3


def evaluation_shown(version: ModelVersion, report: "Report", *, with_texts: bool) -> Table:
    """All of the page that is of the version's examples. Texts are for who may see examples."""
    return {
        "figures": _figures(version, report),
        "method": version.figures.get("method", "leave-one-out"),
        "categories": _categories(report),
        "worst": _worst(report) if with_texts else [],
        "pairs": _pairs(report, with_texts=with_texts),
        "with_texts": with_texts,
    }


def _figures(version: ModelVersion, report: "Report") -> list[tuple[str, str]]:
    best, answered = report.accuracy, report.answered
    said = [
        ("Accuracy of the best guess", _share(best)),
        ("Precision of what is answered", _share(answered)),
        ("Coverage", f"{percent(report.coverage)}, from confidence {report.bounds.abstain:.2f} on"),
        ("Macro-F1", figure(report.macro_f1)),
        ("Expected calibration error", f"{figure(report.calibration_error)} (0 is best)"),
    ]
    target = version.figures.get("precision_target")
    if target:
        kept = "kept on these examples" if target["is_kept"] else "out of reach on these examples"
        said.append(("Built for a precision of", f"{100 * target['wanted']:g}%: {kept}"))
    return said


def _share(accuracy: Any) -> str:
    if accuracy is None:
        return NOTHING
    between = interval(accuracy.low, accuracy.high)
    return f"{percent(accuracy.value)} ({between}) of {accuracy.total:,}"


def _categories(report: "Report") -> Table:
    return {
        "headers": [
            "Category", "Examples", "Named", "Right when named (precision)",
            "Found again (recall)", "F1",
        ],
        "rows": [
            [
                path_of(report.categories[each.index]),
                f"{each.examples:,}",
                f"{each.named:,}",
                percent(each.precision, 0),
                percent(each.recall, 0),
                figure(each.f1, 2),
            ]
            for each in report.by_category
        ],
    }  # fmt: skip


def _worst(report: "Report") -> list[tuple[str, Table]]:
    """The categories with the lowest F1, each with the surest mistakes that touch it."""
    shown: list[tuple[str, Table]] = []
    for each in report.by_category:
        wrong = report.wrong_of(each.index)
        if len(shown) == WORST:
            break
        if not wrong:
            continue
        title = (
            f"{path_of(report.categories[each.index])}: {each.right:,} of {each.examples:,} found "
            f"again, {each.right:,} of {each.named:,} right when named"
        )
        rows = [
            [
                _text(report.texts[place]),
                path_of(report.categories[report.labels[place]]),
                path_of(report.categories[report.held_out.predicted[place]]),
                confidence(float(report.held_out.confidences[place])),
            ]
            for place in wrong[:WRONG_TEXTS]
        ]
        shown.append((title, {"headers": ["Text", "Is", "Taken for", "Confidence"], "rows": rows}))
    return shown


def _pairs(report: "Report", *, with_texts: bool) -> Table:
    rows: list[list[Any]] = []
    for pair in report.confusions[:PAIRS]:
        cells: list[Any] = [
            path_of(report.categories[pair.truth]),
            path_of(report.categories[pair.predicted]),
            f"{len(pair.examples):,}",
        ]
        if with_texts:
            texts = ((report.texts[place],) for place in pair.examples[:PAIR_TEXTS])
            cells.append(
                format_html_join("", '<span class="block plain-code wide-text">{}</span>', texts)
            )
        rows.append(cells)
    headers = ["Is", "Taken for", "Texts", *(["The surest of them"] if with_texts else [])]
    return {"headers": headers, "rows": rows}


def _text(text: str) -> SafeString:
    return format_html('<span class="plain-code wide-text">{}</span>', text)


def live_table(live: LiveAccuracy) -> Table:
    """The three figures side by side, each named as what it is."""
    said, audit, estimate = live.feedback, live.audit, live.estimate
    audited = audit.accuracy if audit else None
    cells = [
        _live_cells(said, said.total if said else 0),
        _live_cells(audited, audited.total if audited else 0),
        _live_cells(estimate, estimate.size if estimate else 0),
    ]
    reviewed = f"{audit.reviewed:,} of {audit.drawn:,}" if audit else "none"
    notes = [
        (
            "What people said",
            "Biased: it is given by who wants to, mostly where something looked "
            "wrong. Not the accuracy.",
        ),
        (
            "Random audit, reviewed",
            f"Unbiased once all that was drawn is reviewed; so far {reviewed}.",
        ),
        (
            "Estimate without labels",
            "The mean confidence of the version's own answers: as good as "
            "its calibration, and only where live texts are like its examples.",
        ),
    ]
    return {
        "headers": ["How it is known", "Right", "95% interval", "Answers", "What it is worth"],
        "rows": [
            [name, *found, format_html('<span class="wide-text">{}</span>', note)]
            for (name, note), found in zip(notes, cells, strict=True)
        ],
    }


def _live_cells(share: Any, size: int) -> list[str]:
    """Of anything with a value and an interval; None is said to be unknown."""
    if share is None:
        return ["cannot say", NOTHING, f"{size:,}"]
    return [percent(share.value), interval(share.low, share.high), f"{size:,}"]
