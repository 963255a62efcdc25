"""Traffic of known answer, day by day: the seed's texts, as serving would have stored them."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import numpy as np
from django.utils import timezone
from uuid_utils.compat import uuid7

from classifier import runtime
from classifier.engine.descriptors import normalize
from classifier.models import Activation, Category, ModelVersion, Prediction
from classifier.models.choices import LevelChoices
from classifier.services.taxonomy import read_examples
from monitoring.services.drift_windows import bounds

PLACES = ("berlin", "hamburg", "paris", "lyon", "madrid", "sevilla", "lisboa", "roma", "wien")
FAMILY = tuple(
    f"volthop escooter {word} {place}" for word in ("ride", "unlock") for place in PLACES
)
# Of the site's clock, when the transactions of a day are made.
HOURS = (3, 9, 15, 21)


@dataclass(frozen=True)
class Stream:
    """Texts with their categories, drawn by weight; `new` is the share of FAMILY."""

    rows: int = 700
    new: float = 0.0
    boosted: str = ""
    boost: float = 1.0
    confidence: float = 0.9
    categories: dict[str, Category] = field(default_factory=dict)

    def but(self, **changes: object) -> "Stream":
        return replace(self, **changes)  # type: ignore[arg-type]

    def draw(self, seed: int) -> list[tuple[str, Category, float]]:
        random = np.random.default_rng(seed)
        slugs, said = zip(*read_examples(), strict=True)
        weights = np.random.default_rng(7).permutation(1 / np.arange(1, len(said) + 1) ** 0.8)
        weights *= np.where(np.array(slugs) == self.boosted, self.boost, 1.0)
        chosen = random.choice(len(said), self.rows, p=weights / weights.sum())
        confidences = random.beta(20 * self.confidence, 20 * (1 - self.confidence), self.rows)
        drawn = [
            (normalize(said[place]), self.categories[slugs[place]], float(confidence))
            for place, confidence in zip(chosen.tolist(), confidences, strict=True)
        ]
        for place in np.flatnonzero(random.random(self.rows) < self.new).tolist():
            text = FAMILY[random.integers(len(FAMILY))]
            drawn[place] = (text, self.categories["public-transport"], drawn[place][2])
        return drawn


def stream(**changes: object) -> Stream:
    found = Category.objects.detailed().select_related("parent")
    return Stream(categories={category.slug: category for category in found}).but(**changes)


def days_ago(days: int) -> datetime:
    """When a day of the site's clock began."""
    return bounds(timezone.localdate() - timedelta(days=days))[0]


def store_day(start: datetime, drawn: Sequence[tuple[str, Category, float]]) -> None:
    version = ModelVersion.objects.active().get()
    parts = np.array_split(np.arange(len(drawn)), len(HOURS))
    for hour, part in zip(HOURS, parts, strict=True):
        rows = [
            Prediction(
                id=uuid7(), version=version, description=text, canonical_text=text,
                category=category, level=LevelChoices.HIGH, confidence=confidence,
                score=confidence, latency_ms=1.0, is_cached=True,
            )
            for text, category, confidence in (drawn[place] for place in part.tolist())
        ]  # fmt: skip
        began = timezone.now()
        Prediction.objects.bulk_create(rows)
        Prediction.objects.filter(created_at__gte=began).update(
            created_at=start + timedelta(hours=hour)
        )


def live_since(days: int) -> None:
    """The active version went live so many days ago, at noon."""
    newest = Activation.objects.order_by("-id")[0]
    noon = days_ago(days) + timedelta(hours=12)
    Activation.objects.filter(pk=newest.pk).update(created_at=noon)


def calm_week(of: Stream) -> None:
    """The first seven full days of the active version, which ended the day before yesterday."""
    live_since(9)
    for day in range(8, 1, -1):
        store_day(days_ago(day), of.draw(day))


def knows_examples(version: ModelVersion) -> None:
    """Nothing that the seed has is embedded anew."""
    runtime.get().engine_for(version).engine.cache_examples()
