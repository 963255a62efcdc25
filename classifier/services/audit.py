"""How right the answers are, by those that were drawn at random and reviewed."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import datetime

from django.db.models import OuterRef, Q, Subquery

from classifier.engine.shares import Share
from classifier.models import ModelVersion, Prediction, ReviewEvent, ReviewItem

State = ReviewItem.State
# What says something of a text: an answer, that there is none, and that either was taken back.
_JUDGING = (State.SUBMITTED, State.DISCARDED)


@dataclass(frozen=True, slots=True)
class AuditFigures:
    """The audited predictions of one version.

    `drawn` counts all of them, `reviewed` those whose text a reviewer has given a category: what
    was discarded is not among them. `coverage` is the share of the reviewed that were answered
    with a category; `accuracy` the share of these whose category is the reviewer's, so that an
    abstention is neither right nor wrong. None where there is nothing to take a share of.

    While less is reviewed than drawn, frequent texts weigh too much: they come first.
    """

    version_id: int
    version: str
    drawn: int
    reviewed: int
    coverage: Share | None
    accuracy: Share | None


def reviewed_category(canonical_text: str) -> Subquery:
    """The key of the category that reviewers last gave a text, which is a field of the outer query;
    NULL where they gave none or took it back."""
    verdicts = ReviewEvent.objects.filter(
        Q(to_state__in=_JUDGING) | Q(is_undo=True, from_state__in=_JUDGING),
        item__canonical_text=OuterRef(canonical_text),
    )
    return Subquery(verdicts.order_by("-id").values("category")[:1])


def audit_figures(since: datetime | None = None) -> list[AuditFigures]:
    """Of each version that has audited predictions (made since a moment), the newest first.

    Whoever answered counts: the version, a rule or an account holder's own correction. A text
    that was drawn again and waits to be reviewed again counts as it was answered last.
    """
    # Added up here: asked to group them, SQLite reads all predictions, version by version.
    drawn = Prediction.objects.filter(is_audited=True).order_by("created_at")
    if since is not None:
        drawn = drawn.filter(created_at__gte=since)
    said = reviewed_category("canonical_text")
    rows = drawn.annotate(said=said).values_list("version_id", "category_id", "said")
    counted: dict[int, Counter[str]] = defaultdict(Counter)
    for version_id, category_id, right_id in rows.iterator():
        counts = counted[version_id]
        counts["drawn"] += 1
        if right_id is not None:
            counts["reviewed"] += 1
            counts["answered"] += category_id is not None
            counts["right"] += category_id == right_id
    versions = ModelVersion.objects.filter(pk__in=counted).order_by("-pk")
    return [_figures(version, counted[version.pk]) for version in versions]


def _figures(version: ModelVersion, counts: Counter[str]) -> AuditFigures:
    return AuditFigures(
        version_id=version.pk,
        version=version.name,
        drawn=counts["drawn"],
        reviewed=counts["reviewed"],
        coverage=Share.of_any(counts["answered"], counts["reviewed"]),
        accuracy=Share.of_any(counts["right"], counts["answered"]),
    )
