"""Store what people say of predictions."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import QuerySet

from classifier.exceptions import InvalidItemError
from classifier.models import ApiKey, Category, Feedback, Prediction


@dataclass(frozen=True, slots=True)
class FeedbackItem:
    """One saying: of a prediction named by its id or by the caller's transaction id (the
    newest answer to it), that it is right, or wrong, or which category is right."""

    prediction_id: UUID | None = None
    transaction_id: str = ""
    is_correct: bool | None = None
    category: str = ""
    user_id: str = ""
    source: str = ""
    comment: str = ""


def record_feedback(
    items: Sequence[FeedbackItem],
    api_key: ApiKey | None = None,
    created_by: AbstractBaseUser | None = None,
) -> list[Feedback]:
    """Store all items or none. Raises InvalidItemError naming the first that is refused."""
    by_id = _with_category().in_bulk([item.prediction_id for item in items if item.prediction_id])
    by_transaction = _newest_by_transaction({item.transaction_id for item in items} - {""})
    categories = {
        category.slug: category
        for category in Category.objects.detailed()
        .select_related("parent")
        .filter(slug__in={item.category for item in items})
    }
    rows = []
    for index, item in enumerate(items):
        path = f"feedback.{index}"
        prediction = (
            by_id.get(item.prediction_id)
            if item.prediction_id
            else by_transaction.get(item.transaction_id)
        )
        if prediction is None:
            field = "prediction_id" if item.prediction_id else "transaction_id"
            raise InvalidItemError(
                f"{path}.{field}", "No prediction is known by it.", "unknown_prediction"
            )
        category = categories.get(item.category)
        if item.category and category is None:
            raise InvalidItemError(
                f"{path}.category",
                f"No detailed category has the slug “{item.category}”.",
                "unknown_category",
            )
        is_same = category is not None and category.pk == prediction.category_id
        is_correct = is_same if item.is_correct is None else item.is_correct
        if category is not None and is_correct != is_same:
            raise InvalidItemError(
                f"{path}.category",
                "It contradicts `correct`: "
                + ("another category was predicted." if is_correct else "it was predicted."),
                "contradiction",
            )
        if is_correct and prediction.category_id is None:
            raise InvalidItemError(
                f"{path}.correct",
                "The prediction named no category; name the right one.",
                "nothing_to_confirm",
            )
        rows.append(
            Feedback(
                prediction=prediction,
                is_correct=is_correct,
                category=prediction.category if is_correct else category,
                user_id=item.user_id,
                source=item.source,
                comment=item.comment,
                api_key=api_key,
                created_by=created_by,  # type: ignore[misc]
            )
        )
    return Feedback.objects.bulk_create(rows)


def _newest_by_transaction(transaction_ids: set[str]) -> dict[str, Prediction]:
    if not transaction_ids:
        return {}
    # `exclude` repeats the partial index's condition, without which SQLite reads every row.
    rows = Prediction.objects.filter(transaction_id__in=transaction_ids).exclude(transaction_id="")
    newest = dict(rows.order_by("id").values_list("transaction_id", "id"))
    predictions = _with_category().filter(id__in=newest.values())
    return {prediction.transaction_id: prediction for prediction in predictions}


def _with_category() -> QuerySet[Prediction]:
    return Prediction.objects.select_related("category__parent")
