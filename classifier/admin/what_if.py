"""“What would change?”: an example tried on the newest traffic, before it is saved."""

from typing import Any

from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localtime

from classifier.admin.cells import confidence, path_of
from classifier.engine.types import CategoryInfo
from classifier.exceptions import BundleError, NoEngineError, NotFinishedError
from classifier.models import Example
from classifier.services.what_if import MovedText, WhatIf, what_if

# Of the moves from category to category, those of most predictions.
MOVES_SHOWN = 10


def try_example(example: Example) -> dict[str, Any]:
    """What a page shows of it: `found`, or `refusal`, why it cannot be said."""
    try:
        return {"found": _shown(what_if(example))}
    except (BundleError, NoEngineError, NotFinishedError) as error:
        return {"refusal": str(error)}


def _shown(found: WhatIf) -> dict[str, Any]:
    return {
        "title": _title(found),
        "text": _text(found),
        "warnings": found.warnings,
        "moves": {
            "headers": ["Answered so far", "Would be", "Texts", "Predictions"],
            "rows": [
                [_name(move.before), _name(move.after), f"{move.texts:,}", f"{move.predictions:,}"]
                for move in found.moves[:MOVES_SHOWN]
            ],
        },
        "more_moves": max(len(found.moves) - MOVES_SHOWN, 0),
        "samples": {
            "headers": ["Text", "Predictions", "Answered so far", "Would be"],
            "rows": [_sample(sample) for sample in found.samples],
        },
        "are_all_shown": len(found.samples) == found.changed_texts,
        "held": _held(found),
    }


def _title(found: WhatIf) -> str:
    if not found.texts:
        return "There are no predictions yet to try it on."
    verb = "changes" if found.changed_texts == 1 else "change"
    return f"{found.changed_texts:,} of the last {found.texts:,} distinct texts {verb}."


def _text(found: WhatIf) -> str:
    if not found.changed_texts:
        return ""
    stand = "It stands" if found.changed_texts == 1 else "They stand"
    parts = [f"{stand} for {found.changed_predictions:,} of {found.predictions:,} predictions."]
    if found.answered_texts:
        parts.append(f"Answered that are not answered now: {found.answered_texts:,}.")
    if found.silenced_texts:
        parts.append(f"Not answered any more: {found.silenced_texts:,}.")
    return " ".join(parts)


def _held(found: WhatIf) -> str:
    when = date_format(localtime(found.taken_at), "DATETIME_FORMAT")
    text = (
        f"On the traffic of {when}, as version {found.version} would answer with this alone: its "
        "weights, calibration and bounds are held, and what else was curated since it was built "
        "is not counted."
    )
    if found.has_linear_part:
        text += (
            " Its linear classifier is followed nearly; a build fits it anew, by which some other "
            "answers change too."
        )
    return text


def _sample(sample: MovedText) -> list[Any]:
    return [
        format_html('<span class="wide-text plain-code">{}</span>', sample.text),
        f"{sample.predictions:,}",
        _answer(sample.before, sample.confidence_before),
        _answer(sample.after, sample.confidence_after),
    ]


def _answer(category: CategoryInfo | None, sureness: float) -> SafeString:
    return format_html(
        '<span>{} <span class="text-subtle">{}</span></span>', _name(category), confidence(sureness)
    )


def _name(category: CategoryInfo | None) -> str:
    return path_of(category) if category else "No category"
