from django.conf import settings
from django.db import models

from classifier.models.api_key import ApiKey
from classifier.models.category import Category
from classifier.models.prediction import Prediction


class Feedback(models.Model):
    """What a person said of a prediction. Every saying is a row; the newest of a person counts."""

    prediction = models.ForeignKey(Prediction, on_delete=models.CASCADE, related_name="feedback")
    is_correct = models.BooleanField()
    category = models.ForeignKey(
        Category,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        help_text="The right one; empty where the prediction is wrong and no better one was named.",
    )
    user_id = models.CharField(max_length=128, blank=True)
    source = models.CharField(max_length=40, blank=True)
    comment = models.CharField(max_length=1000, blank=True)
    api_key = models.ForeignKey(ApiKey, on_delete=models.SET_NULL, null=True, related_name="+")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "feedback"

    def __str__(self) -> str:
        return "right" if self.is_correct else f"wrong: {self.category or 'no better one named'}"
