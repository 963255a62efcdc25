"""What account holders call their own payments: it answers theirs, and nobody else's."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from hashlib import sha256

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import Count, Q

from classifier.engine.types import CategoryInfo, Direction
from classifier.exceptions import InvalidItemError
from classifier.models import ApiKey, Feedback, PersonalCategory, PersonalErasure
from classifier.services.categories import category_info

MAX_USER_ID = 128

# User id, canonical text and merchant, one of the last two empty.
Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Remembered:
    """What one person calls a text or a merchant; `category_id` is the primary key."""

    category: CategoryInfo
    category_id: int


@dataclass(frozen=True, slots=True)
class PersonalMemory:
    """What the people of one request have said, by user id and text, or user id and merchant."""

    by_text: dict[tuple[str, str], Remembered]
    by_merchant: dict[tuple[str, str], Remembered]

    def find(
        self, user_id: str, canonical_text: str, merchant_key: str, flow: Direction | None
    ) -> Remembered | None:
        """What was said of the text, else of the merchant, where it fits `flow`."""
        for found in (
            self.by_text.get((user_id, canonical_text)),
            self.by_merchant.get((user_id, merchant_key)),
        ):
            if found is not None and found.category.fits(flow):
                return found
        return None


def recall(
    user_ids: Collection[str], texts: Collection[str], merchant_keys: Collection[str]
) -> PersonalMemory:
    """What these people said of these texts and merchants. One query; none where there is nobody.

    A category that is switched off is no answer.
    """
    memory = PersonalMemory({}, {})
    if not user_ids:
        return memory
    rows = (
        PersonalCategory.objects.order_by()
        .filter(
            Q(canonical_text__in=texts) | Q(merchant_key__in=merchant_keys),
            user_id__in=user_ids,
            category__is_active=True,
            category__parent__is_active=True,
        )
        .select_related("category__parent")
    )
    for row in rows:
        said = Remembered(category_info(row.category), row.category_id)
        if row.canonical_text:
            memory.by_text[row.user_id, row.canonical_text] = said
        else:
            memory.by_merchant[row.user_id, row.merchant_key] = said
    return memory


def remember(sayings: Sequence[Feedback]) -> None:
    """Keep what people said of their own payments, in the order given: the last of a text counts.

    A prediction is a person's own where it was asked for them or for nobody. A correction is kept.
    A confirmation replaces what was kept to the contrary, and "wrong" without a better category
    takes away what was kept of the same category.
    """
    own = [saying for saying in sayings if _is_own(saying)]
    kept = _kept(own)
    changed: dict[Key, PersonalCategory | None] = {}
    for saying in own:
        for key in _keys(saying):
            if saying.category is None:
                if kept.get(key) == saying.prediction.category_id:
                    kept[key] = changed[key] = None
            elif not saying.is_correct or kept.get(key) is not None:
                kept[key] = saying.category.pk
                user_id, text, merchant = key
                changed[key] = PersonalCategory(
                    user_id=user_id,
                    canonical_text=text,
                    merchant_key=merchant,
                    category=saying.category,
                    feedback=saying,
                )
    # In one order everywhere, so that two calls never wait for each other.
    ordered = sorted(changed.items(), key=lambda item: item[0])
    PersonalCategory.objects.bulk_create(
        [row for _, row in ordered if row is not None],
        update_conflicts=True,
        unique_fields=["user_id", "canonical_text", "merchant_key"],
        update_fields=["category", "feedback", "updated_at"],
    )
    for (user_id, text, merchant), row in ordered:
        if row is None:
            PersonalCategory.objects.filter(
                user_id=user_id, canonical_text=text, merchant_key=merchant
            ).delete()
    _forget_oldest({user_id for user_id, _, _ in changed})


def erase(user_id: str, by: AbstractBaseUser | None = None, api_key: ApiKey | None = None) -> int:
    """Forget all that a person said of their own payments. Returns how many rows that were.

    Raises InvalidItemError where it cannot be the id of anybody.
    """
    user_id = user_id.strip()
    if not user_id or len(user_id) > MAX_USER_ID or "\0" in user_id:
        raise InvalidItemError(
            "user_id", f"A user id has 1 to {MAX_USER_ID} characters.", "invalid"
        )
    with transaction.atomic():
        count, _ = PersonalCategory.objects.filter(user_id=user_id).delete()
        PersonalErasure.objects.create(
            user_digest=digest_of(user_id),
            count=count,
            by=by,  # type: ignore[misc]
            api_key=api_key,
        )
    return count


def digest_of(user_id: str) -> str:
    """By which an erasure can be found by who knows the user id."""
    return sha256(user_id.encode()).hexdigest()


def _is_own(saying: Feedback) -> bool:
    return bool(saying.user_id) and saying.prediction.user_id in ("", saying.user_id)


def _keys(saying: Feedback) -> list[Key]:
    """Under which a saying is kept: its text, and the merchant that the answer named."""
    keys = [(saying.user_id, saying.canonical_text, "")] if saying.canonical_text else []
    merchant = saying.prediction.merchant_id
    return [*keys, (saying.user_id, "", merchant)] if merchant else keys


def _kept(sayings: Sequence[Feedback]) -> dict[Key, int | None]:
    """What is kept under the keys of some sayings, as primary keys of categories."""
    keys = {key for saying in sayings for key in _keys(saying)}
    if not keys:
        return {}
    users, texts, merchants = map(set, zip(*keys, strict=True))
    rows = PersonalCategory.objects.order_by().filter(
        Q(canonical_text__in=texts - {""}) | Q(merchant_key__in=merchants - {""}),
        user_id__in=users,
    )
    return {
        (user_id, text, merchant): category_id
        for user_id, text, merchant, category_id in rows.values_list(
            "user_id", "canonical_text", "merchant_key", "category_id"
        )
    }


def _forget_oldest(user_ids: Collection[str]) -> None:
    """Of those who have more than PERSONAL_PER_USER, what was not touched the longest."""
    rows = PersonalCategory.objects.filter(user_id__in=user_ids)
    counted = rows.order_by().values("user_id").annotate(count=Count("id"))
    for full in counted.filter(count__gt=settings.PERSONAL_PER_USER):
        newest = PersonalCategory.objects.filter(user_id=full["user_id"])
        ids = newest.order_by("-updated_at", "-id").values_list("id", flat=True)
        surplus = list(ids[settings.PERSONAL_PER_USER :])
        PersonalCategory.objects.filter(id__in=surplus).delete()
