"""How right live answers are: by what people said, by the audit, by confidence."""

from datetime import timedelta

import pytest
from django.utils import timezone

from classifier.models import Feedback, ModelVersion, Prediction
from classifier.models.choices import AnnotatorChoices
from classifier.services.feedback import FeedbackItem, record_feedback
from classifier.services.live_accuracy import live_accuracy
from tests.classifier.admin.conftest import classify

TEXTS = ("STARBUCKS STORE 123", "SHELL OIL 5744", "NETFLIX.COM", "UBER TRIP")


@pytest.fixture
def predictions(active_version: ModelVersion) -> list[Prediction]:
    """Answers with a category, whatever the version made of the texts."""
    made = classify(*TEXTS)
    category = Prediction.objects.exclude(category=None).values_list("category", flat=True)[0]
    for place, prediction in enumerate(made):
        Prediction.objects.filter(pk=prediction.pk).update(
            category=category, confidence=0.6 + 0.1 * place, annotator=AnnotatorChoices.MODEL
        )
    return [Prediction.objects.get(pk=prediction.pk) for prediction in made]


def say(prediction: Prediction, person: str, is_correct: bool) -> Feedback:
    item = FeedbackItem(prediction_id=prediction.pk, is_correct=is_correct, user_id=person)
    return record_feedback([item]).rows[0]


def test_without_predictions_nothing_is_said(active_version: ModelVersion) -> None:
    live = live_accuracy(active_version)
    assert (live.feedback, live.audit, live.estimate) == (None, None, None)


def test_a_prediction_counts_once_and_is_wrong_where_anyone_says_so(
    active_version: ModelVersion, predictions: list[Prediction]
) -> None:
    first, second, third, _ = predictions
    say(first, "ann", True)
    say(first, "bob", True)
    say(second, "ann", True)
    say(second, "bob", False)
    say(third, "ann", True)
    found = live_accuracy(active_version).feedback
    assert found is not None
    assert (found.count, found.total) == (2, 3)
    assert found.low < found.value < found.high


def test_what_was_replaced_or_rejected_does_not_count(
    active_version: ModelVersion, predictions: list[Prediction]
) -> None:
    first, second, *_ = predictions
    say(first, "ann", False)
    say(first, "ann", True)
    rejected = say(second, "ann", False)
    Feedback.objects.filter(pk=rejected.pk).update(status=Feedback.Status.REJECTED)
    found = live_accuracy(active_version).feedback
    assert found is not None
    assert (found.count, found.total) == (1, 1)


def test_an_abstention_is_neither_right_nor_wrong(
    active_version: ModelVersion, predictions: list[Prediction]
) -> None:
    say(predictions[0], "ann", False)
    Prediction.objects.filter(pk=predictions[0].pk).update(category=None)
    live = live_accuracy(active_version)
    assert live.feedback is None
    assert live.estimate is not None
    assert live.estimate.size == 3


def test_the_estimate_is_the_mean_confidence_of_the_versions_own_answers(
    active_version: ModelVersion, predictions: list[Prediction]
) -> None:
    Prediction.objects.filter(pk=predictions[0].pk).update(
        annotator=AnnotatorChoices.RULE, confidence=None
    )
    estimate = live_accuracy(active_version).estimate
    assert estimate is not None
    assert estimate.size == 3
    assert estimate.value == pytest.approx(0.8)
    assert estimate.standard_error == pytest.approx(0.1 / 3**0.5)
    assert estimate.low < estimate.value < estimate.high


def test_audited_predictions_are_told_with_how_many_were_drawn(
    active_version: ModelVersion, predictions: list[Prediction]
) -> None:
    Prediction.objects.filter(pk=predictions[0].pk).update(is_audited=True)
    audit = live_accuracy(active_version).audit
    assert audit is not None
    assert (audit.drawn, audit.reviewed, audit.accuracy) == (1, 0, None)


def test_only_predictions_of_the_version_and_the_time_count(
    active_version: ModelVersion, second_version: ModelVersion, predictions: list[Prediction]
) -> None:
    for prediction in predictions:
        say(prediction, "ann", True)
    assert live_accuracy(second_version).feedback is None
    old = timezone.now() - timedelta(days=9)
    Prediction.objects.filter(pk=predictions[0].pk).update(created_at=old)
    since = live_accuracy(active_version, timezone.now() - timedelta(days=1))
    assert since.feedback is not None
    assert since.estimate is not None
    assert (since.feedback.total, since.estimate.size) == (3, 3)
