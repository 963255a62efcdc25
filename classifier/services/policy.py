"""What the program may do by itself."""

from django.db import IntegrityError, transaction

from classifier.models import LearningPolicy


def learning_policy() -> LearningPolicy:
    """The one row, made with the defaults on first use; its history starts with nobody."""
    policy = LearningPolicy.objects.filter(pk=1).first()
    if policy is not None:
        return policy
    policy = LearningPolicy(pk=1)
    policy._history_user = None  # type: ignore[attr-defined]
    policy._change_reason = "defaults"  # type: ignore[attr-defined]
    try:
        with transaction.atomic():
            policy.save(force_insert=True)
    except IntegrityError:
        # Another process was faster.
        return LearningPolicy.objects.get(pk=1)
    return policy
