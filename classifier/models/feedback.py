from django.conf import settings
from django.db import models

from classifier.engine.descriptors import MAX_CANONICAL_LENGTH
from classifier.models.api_key import ApiKey
from classifier.models.category import Category
from classifier.models.example import Example
from classifier.models.prediction import Prediction
from classifier.models.rule import Rule


class FeedbackQuerySet(models.QuerySet["Feedback"]):
    def counting(self) -> "FeedbackQuerySet":
        """What was neither replaced by the same person nor rejected."""
        return self.exclude(status__in=Feedback.UNCOUNTED)


class Feedback(models.Model):
    """What a person said of a prediction. Every saying is a row; the newest of a person counts.

    `person` says who: the account holder ("user:…"), else the member of staff or the key by which
    it came.
    """

    class Status(models.TextChoices):
        OPEN = "open", "Open"
        CONFIRMED = "confirmed", "Said to be right"
        EXAMPLE = "example", "Accepted as an example"
        RULE = "rule", "Accepted as a rule"
        ONE_OFF = "one_off", "Accepted for this once"
        REJECTED = "rejected", "Rejected"
        REPLACED = "replaced", "Replaced by a later one"

    # What a person took back, or a reviewer rejected, says nothing of the answer.
    UNCOUNTED = (Status.REPLACED, Status.REJECTED)

    prediction = models.ForeignKey(Prediction, on_delete=models.CASCADE, related_name="feedback")
    is_correct = models.BooleanField()
    category = models.ForeignKey(
        Category,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        help_text="The right one; empty where the prediction is wrong and no better one was named.",
    )
    canonical_text = models.CharField(max_length=MAX_CANONICAL_LENGTH, blank=True)
    person = models.CharField(max_length=160, blank=True)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.OPEN)
    example = models.ForeignKey(
        Example,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        help_text="What came of it.",
    )
    rule = models.ForeignKey(
        Rule, on_delete=models.SET_NULL, null=True, related_name="+", help_text="What came of it."
    )
    user_id = models.CharField(max_length=128, blank=True)
    source = models.CharField(max_length=40, blank=True)
    comment = models.CharField(max_length=1000, blank=True)
    api_key = models.ForeignKey(ApiKey, on_delete=models.SET_NULL, null=True, related_name="+")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    objects = FeedbackQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "feedback"
        permissions = [("judge_feedback", "Can accept and reject feedback")]
        indexes = [
            models.Index(
                fields=["canonical_text", "category"],
                condition=models.Q(status="open"),
                name="feedback_open_by_text",
            )
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["prediction", "person"],
                condition=~models.Q(status="replaced") & ~models.Q(person=""),
                name="one_feedback_of_a_person_counts",
            )
        ]

    def __str__(self) -> str:
        return "right" if self.is_correct else f"wrong: {self.category or 'no better one named'}"


class FeedbackEvent(models.Model):
    """The record of a change of status: who, when, from, to. `by` is empty where the program did
    it by the learning policy, or a later saying replaced it."""

    feedback = models.ForeignKey(Feedback, on_delete=models.CASCADE, related_name="events")
    from_status = models.CharField(max_length=10, choices=Feedback.Status.choices)
    to_status = models.CharField(max_length=10, choices=Feedback.Status.choices)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    note = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.get_from_status_display()} → {self.get_to_status_display()}"
