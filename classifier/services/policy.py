"""What the program may do by itself, and what it shall keep."""

from django.contrib.auth.models import AbstractBaseUser

from classifier.models import LearningPolicy
from classifier.services.single_rows import single_row


def learning_policy() -> LearningPolicy:
    return single_row(LearningPolicy)


def set_precision_target(wanted: float | None, *, by: AbstractBaseUser | None) -> bool:
    """What the next version shall keep, as a share; None: nothing. Returns whether that is new;
    what changes is a row of the history."""
    policy = learning_policy()
    if policy.precision_target == wanted:
        return False
    policy.precision_target = wanted
    policy._history_user = by  # type: ignore[attr-defined]
    policy.save(update_fields=["precision_target", "updated_at"])
    return True
