"""Store what people say of predictions."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import QuerySet

from classifier.exceptions import InvalidItemError, InvalidItemsError
from classifier.models import ApiKey, Category, Feedback, FeedbackEvent, Prediction
from classifier.services.personal import remember

Status = Feedback.Status


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


@dataclass(frozen=True, slots=True)
class Recorded:
    """The row of each item, in the order given, and whether any of them is new."""

    rows: list[Feedback]
    is_any_new: bool


@transaction.atomic
def record_feedback(
    items: Sequence[FeedbackItem],
    api_key: ApiKey | None = None,
    created_by: AbstractBaseUser | None = None,
) -> Recorded:
    """Store all items or none.

    What a person says again as it stands makes no second row; what they say otherwise replaces
    their earlier saying of the prediction, which is kept. A key speaks of predictions that keys of
    its name asked for; of others it learns nothing. Raises InvalidItemsError naming every item
    that is refused.
    """
    predictions = _Predictions(items, api_key)
    categories = _categories({item.category for item in items} - {""})
    said: dict[tuple[UUID, str, int], tuple[int, Feedback]] = {}
    keys = []
    refused = []
    for index, item in enumerate(items):
        try:
            prediction = predictions.find(item, index)
            saying = _saying(item, prediction, categories, f"feedback.{index}")
            saying.api_key, saying.created_by = api_key, created_by  # type: ignore[assignment]
            saying.person = _person(item, api_key, created_by)
            # Where it is not known who speaks, nobody said anything twice.
            key = (prediction.id, saying.person, 0 if saying.person else index)
            if key in said:
                _check_agreement(said[key], saying, index)
        except InvalidItemError as error:
            refused.append(error)
            continue
        said[key] = index, saying
        keys.append(key)
    if refused:
        raise InvalidItemsError(refused)
    _lock(prediction_id for prediction_id, _, _ in said)
    sayings = {key: saying for key, (_, saying) in said.items()}
    known = _counting(sayings.values())
    new = {}
    for key, saying in sayings.items():
        before = known.get(key[:2]) if saying.person else None
        if before is not None and _is_same(before, saying):
            before.prediction, before.category = saying.prediction, saying.category
            sayings[key] = before
        else:
            new[key] = saying
    _replace([known[key[:2]] for key in new if key[:2] in known])
    Feedback.objects.bulk_create(new.values())
    remember(list(new.values()))
    return Recorded([sayings[key] for key in keys], bool(new))


class _Predictions:
    """Those that the items of one call name."""

    def __init__(self, items: Sequence[FeedbackItem], api_key: ApiKey | None) -> None:
        rows = Prediction.objects.select_related("category__parent")
        if api_key is not None:
            # A product that changes its key keeps the name, and with it what it asked for.
            own = ApiKey.objects.filter(name=api_key.name).values_list("pk", flat=True)
            rows = rows.filter(api_key_id__in=list(own))
        self._by_id = rows.in_bulk([item.prediction_id for item in items if item.prediction_id])
        self._by_transaction = _newest(rows, {item.transaction_id for item in items} - {""})

    def find(self, item: FeedbackItem, index: int) -> Prediction:
        """Raises InvalidItemError."""
        if item.prediction_id:
            field, prediction = "prediction_id", self._by_id.get(item.prediction_id)
        else:
            field, prediction = "transaction_id", self._by_transaction.get(item.transaction_id)
        if prediction is None:
            raise InvalidItemError(
                f"feedback.{index}.{field}", "No prediction is known by it.", "unknown_prediction"
            )
        return prediction


def _newest(rows: "QuerySet[Prediction]", transaction_ids: set[str]) -> dict[str, Prediction]:
    if not transaction_ids:
        return {}
    # `exclude` repeats the partial index's condition, without which SQLite reads every row.
    named = rows.filter(transaction_id__in=transaction_ids).exclude(transaction_id="")
    newest = dict(named.select_related(None).order_by("id").values_list("transaction_id", "id"))
    predictions = rows.filter(id__in=newest.values())
    return {prediction.transaction_id: prediction for prediction in predictions}


def _categories(slugs: set[str]) -> dict[str, Category]:
    detailed = Category.objects.detailed().select_related("parent").filter(slug__in=slugs)
    return {category.slug: category for category in detailed}


def _saying(
    item: FeedbackItem, prediction: Prediction, categories: dict[str, Category], path: str
) -> Feedback:
    """An item checked against its prediction. Raises InvalidItemError."""
    category = categories.get(item.category)
    if item.category:
        _check_category(item.category, category, path)
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
    return Feedback(
        prediction=prediction,
        is_correct=is_correct,
        category=prediction.category if is_correct else category,
        canonical_text=prediction.canonical_text,
        status=Status.CONFIRMED if is_correct else Status.OPEN,
        user_id=item.user_id,
        source=item.source,
        comment=item.comment,
    )


def _check_category(slug: str, category: Category | None, path: str) -> None:
    """Raises InvalidItemError where a category is not known, or switched off."""
    if category is None:
        raise InvalidItemError(
            f"{path}.category", f"No detailed category has the slug “{slug}”.", "unknown_category"
        )
    if not (category.is_active and category.primary.is_active):
        raise InvalidItemError(
            f"{path}.category",
            f"The category “{category}” ({slug}) is switched off; name one that is in use.",
            "inactive_category",
        )


def _person(item: FeedbackItem, api_key: ApiKey | None, created_by: AbstractBaseUser | None) -> str:
    if item.user_id:
        return f"user:{item.user_id}"
    if created_by is not None:
        return f"staff:{created_by.pk}"
    return f"key:{api_key.prefix}" if api_key is not None else ""


def _check_agreement(earlier: tuple[int, Feedback], saying: Feedback, index: int) -> None:
    """Raises InvalidItemError where one call says two things of one prediction."""
    first, before = earlier
    if (before.is_correct, before.category_id) != (saying.is_correct, saying.category_id):
        raise InvalidItemError(
            f"feedback.{index}",
            f"It contradicts feedback.{first}: the same person says something else of the same "
            "prediction there.",
            "contradiction",
        )


def _lock(prediction_ids: "Iterable[UUID]") -> None:
    """Others who speak of these predictions wait, so that each sees what was said before.

    Always in one order, or two would wait for each other. SQLite has one writer at a time anyway.
    """
    rows = Prediction.objects.filter(id__in=set(prediction_ids)).order_by("id")
    list(rows.select_for_update(no_key=True).values_list("id"))


def _counting(sayings: "Iterable[Feedback]") -> dict[tuple[UUID, str], Feedback]:
    """What the same people said of the same predictions before, and still say."""
    wanted = {(saying.prediction_id, saying.person) for saying in sayings if saying.person}
    if not wanted:
        return {}
    rows = Feedback.objects.filter(
        prediction_id__in={prediction_id for prediction_id, _ in wanted},
        person__in={person for _, person in wanted},
    ).exclude(status=Status.REPLACED)
    return {(row.prediction_id, row.person): row for row in rows}


def _is_same(before: Feedback, saying: Feedback) -> bool:
    fields = ("is_correct", "category_id", "source", "comment")
    return all(getattr(before, field) == getattr(saying, field) for field in fields)


def _replace(rows: Sequence[Feedback]) -> None:
    Feedback.objects.filter(pk__in=[row.pk for row in rows]).update(status=Status.REPLACED)
    FeedbackEvent.objects.bulk_create(
        FeedbackEvent(
            feedback=row,
            from_status=row.status,
            to_status=Status.REPLACED,
            note="The same person said something else.",
        )
        for row in rows
    )
