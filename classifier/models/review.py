from django.conf import settings
from django.db import models

from classifier.engine.descriptors import MAX_CANONICAL_LENGTH
from classifier.models.category import Category
from classifier.models.example import Example
from classifier.models.prediction import Prediction


class ReviewItem(models.Model):
    """A canonical text that a person should look at, once for all predictions of it.

    `claim_*` hold it for one analyst until the lease ends. Every change of `state` is a
    ReviewEvent.
    """

    class Reason(models.TextChoices):
        AUDIT = "audit", "Drawn for the audit"
        ABSTAINED = "abstained", "The model abstained"
        LOW_MARGIN = "low_margin", "The model was not sure"

    class State(models.TextChoices):
        PENDING = "pending", "Pending"
        SUBMITTED = "submitted", "Submitted"
        SKIPPED = "skipped", "Skipped"
        DISCARDED = "discarded", "Discarded"

    canonical_text = models.CharField(max_length=MAX_CANONICAL_LENGTH, unique=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.PENDING)
    reason = models.CharField(max_length=10, choices=Reason.choices)
    prediction = models.ForeignKey(
        Prediction,
        on_delete=models.CASCADE,
        related_name="+",
        db_index=False,
        help_text="The newest of the text that a person should look at.",
    )
    suggestion = models.ForeignKey(
        Category,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        db_index=False,
        help_text="What was answered, else the best guess.",
    )
    live_count = models.PositiveIntegerField(
        default=0, help_text="Predictions of the text, from the first that brought it here."
    )
    category = models.ForeignKey(
        Category,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        help_text="What the reviewer said; set where it is submitted.",
    )
    claimed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        db_index=False,
    )
    claimed_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-live_count", "id"]
        permissions = [("review_predictions", "Can answer the review queue")]
        indexes = [
            models.Index(
                fields=["-live_count", "id"],
                condition=models.Q(state="pending"),
                name="review_pending",
            ),
            models.Index(
                fields=["-live_count", "id"],
                condition=models.Q(state="skipped"),
                name="review_skipped",
            ),
            models.Index(
                fields=["claimed_by"],
                condition=models.Q(claimed_by__isnull=False),
                name="review_claimed",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state="submitted", category__isnull=False)
                | (~models.Q(state="submitted") & models.Q(category__isnull=True)),
                name="review_submitted_with_category",
            )
        ]

    def __str__(self) -> str:
        return self.canonical_text


class ReviewEvent(models.Model):
    """The record of a review: who, when, from what state to which, and the category said. `by` is
    empty where the audit drew an answered text again.
    """

    item = models.ForeignKey(ReviewItem, on_delete=models.CASCADE, related_name="events")
    from_state = models.CharField(max_length=10, choices=ReviewItem.State.choices)
    to_state = models.CharField(max_length=10, choices=ReviewItem.State.choices)
    category = models.ForeignKey(
        Category, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    example = models.ForeignKey(
        Example,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        help_text="What was made of it.",
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    is_undo = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]
        # The monitor asks for those of each minute.
        indexes = [models.Index(fields=["created_at"], name="review_event_by_time")]

    def __str__(self) -> str:
        return f"{self.get_from_state_display()} → {self.get_to_state_display()}"


class ReviewCursor(models.Model):
    """Up to which prediction the queue has been filled, and when that was looked at last. One
    row."""

    prediction_id = models.UUIDField(null=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(id=1), name="one_row_of_review_cursor")
        ]

    def __str__(self) -> str:
        return str(self.prediction_id or "nothing read yet")
