"""Predictions that a person should look at, and a queue of them."""

from datetime import timedelta
from itertools import count
from typing import Any
from uuid import UUID

from django.utils import timezone

from classifier.engine.descriptors import normalize
from classifier.models import Category, ModelVersion, Prediction, ReviewItem
from classifier.models.choices import LevelChoices
from classifier.services.review_collection import fill_queue

GUESSES = [{"slug": "groceries", "score": 0.5}, {"slug": "fast-food", "score": 0.4}]
ANSWERED = {"level": LevelChoices.HIGH, "margin": 0.3, "alternatives": GUESSES[1:]}
_milliseconds = count()


def id_of(ago: timedelta) -> UUID:
    """A UUIDv7 of a moment, each after the one before it."""
    milliseconds = int((timezone.now() - ago).timestamp() * 1000) + next(_milliseconds)
    return UUID(int=milliseconds << 80 | 7 << 76 | 2 << 62)


def predicted(text: str, *, ago: timedelta = timedelta(hours=1), **fields: Any) -> Prediction:
    """One of the active version that abstained, unless `fields` say otherwise."""
    abstained = {"level": LevelChoices.ABSTAIN, "margin": 0.1, "alternatives": GUESSES}
    return Prediction.objects.create(
        id=id_of(ago),
        version=ModelVersion.objects.active().get(),
        description=text,
        canonical_text=normalize(text),
        is_cached=False,
        latency_ms=1.0,
        **{**abstained, **fields},
    )


def answered(text: str, category: str = "groceries", **fields: Any) -> Prediction:
    """One that the active version was sure of."""
    found = Category.objects.get(slug=category)
    return predicted(text, category=found, **{**ANSWERED, **fields})


def queued(*texts: str) -> list[ReviewItem]:
    """Items of texts, the first to settle most."""
    for place, text in enumerate(texts):
        for _ in range(len(texts) - place):
            predicted(text)
    fill_queue()
    return [ReviewItem.objects.get(canonical_text=normalize(text)) for text in texts]
