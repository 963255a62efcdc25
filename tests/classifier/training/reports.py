"""Reports made of what each text is and what it was taken for."""

from collections.abc import Collection, Sequence

import numpy as np

from classifier.engine.decision import Bounds
from classifier.engine.held_out import HeldOut
from classifier.engine.types import CategoryInfo, Direction
from classifier.training.report import Report

PRIMARIES = {"rent": ("home", "Home")}
Taken = tuple[str, str, str, float]


def category(slug: str, name: str = "") -> CategoryInfo:
    primary, primary_name = PRIMARIES.get(slug, ("food", "Food"))
    return CategoryInfo(slug, name or slug.capitalize(), primary, primary_name, Direction.EXPENSE)


def report_of(
    taken: Sequence[Taken], *, abstain_below: float = 0.35, far: Collection[str] = ()
) -> Report:
    """From rows of text, category, what it was taken for and how surely."""
    slugs = list(dict.fromkeys(slug for row in taken for slug in row[1:3]))
    places = {slug: place for place, slug in enumerate(slugs)}
    confidences = np.array([row[3] for row in taken], dtype=np.float64)
    is_near = np.array([row[0] not in far for row in taken], dtype=bool)
    return Report(
        texts=tuple(row[0] for row in taken),
        labels=np.array([places[row[1]] for row in taken], dtype=np.int32),
        categories=tuple(category(slug) for slug in slugs),
        held_out=HeldOut(
            predicted=np.array([places[row[2]] for row in taken], dtype=np.int32),
            confidences=confidences,
            is_answered=(confidences >= abstain_below) & is_near,
        ),
        bounds=Bounds(high=0.9, medium=0.6, abstain=abstain_below, min_score=0.1),
    )
