from django.conf import settings
from django.db import models

from classifier.engine.descriptors import MAX_CANONICAL_LENGTH
from classifier.models.api_key import ApiKey
from classifier.models.category import Category
from classifier.models.feedback import Feedback


class PersonalCategory(models.Model):
    """What one account holder calls a text, or all that is paid to a merchant.

    Either `canonical_text` or `merchant_key` is set. It answers this person's transactions alone.
    """

    user_id = models.CharField(max_length=128)
    canonical_text = models.CharField(max_length=MAX_CANONICAL_LENGTH, blank=True)
    merchant_key = models.CharField(max_length=120, blank=True)
    category = models.ForeignKey(Category, on_delete=models.CASCADE, related_name="+")
    feedback = models.ForeignKey(
        Feedback, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False
    )
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-updated_at"]
        verbose_name_plural = "personal categories"
        constraints = [
            models.UniqueConstraint(
                fields=["user_id", "canonical_text", "merchant_key"],
                name="personal_category_unique_for_user",
            ),
            models.CheckConstraint(
                condition=(models.Q(canonical_text="") & ~models.Q(merchant_key=""))
                | (~models.Q(canonical_text="") & models.Q(merchant_key="")),
                name="personal_category_of_a_text_or_a_merchant",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.canonical_text or self.merchant_key} → {self.category}"


class PersonalErasure(models.Model):
    """The record of a person's categories being erased: who did it, when, how many. Of whom is
    kept as a digest alone: it can be checked and not read."""

    user_digest = models.CharField("SHA-256 of the user id", max_length=64, db_index=True)
    count = models.PositiveIntegerField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    api_key = models.ForeignKey(ApiKey, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.count} erased"
