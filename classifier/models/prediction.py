from django.db import models
from uuid_utils.compat import uuid7

from classifier.engine.descriptors import MAX_CANONICAL_LENGTH
from classifier.models.api_key import ApiKey
from classifier.models.category import Category
from classifier.models.choices import (
    AnnotatorChoices,
    FlowChoices,
    LevelChoices,
    ReasonChoices,
)
from classifier.models.example import MAX_DESCRIPTION
from classifier.models.merchant import Merchant
from classifier.models.rule import Rule
from classifier.models.version import ModelVersion


class Prediction(models.Model):
    """One answer as it was given. Never changed.

    The id is a UUIDv7: minted before the insert, and rows come in the order of time.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)
    api_key = models.ForeignKey(
        ApiKey,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        db_index=False,
        help_text="Who asked; empty for a signed-in person.",
    )
    transaction_id = models.CharField(max_length=128, blank=True)
    user_id = models.CharField(max_length=128, blank=True)
    description = models.CharField(max_length=MAX_DESCRIPTION)
    canonical_text = models.CharField(max_length=MAX_CANONICAL_LENGTH)
    amount = models.DecimalField(max_digits=18, decimal_places=4, null=True)
    currency = models.CharField(max_length=3, blank=True)
    direction = models.CharField(max_length=10, choices=FlowChoices.choices, blank=True)
    mcc = models.CharField("MCC", max_length=4, blank=True)
    country = models.CharField(max_length=2, blank=True)
    occurred_at = models.DateTimeField(null=True)
    version = models.ForeignKey(
        ModelVersion, on_delete=models.PROTECT, related_name="predictions", db_index=False
    )
    category = models.ForeignKey(
        Category, on_delete=models.PROTECT, null=True, related_name="predictions", db_index=False
    )
    primary = models.ForeignKey(
        Category,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        help_text="The primary category, where it is sure and the detailed one is not.",
    )
    primary_confidence = models.FloatField(null=True)
    primary_level = models.CharField(max_length=10, choices=LevelChoices.choices, blank=True)
    annotator = models.CharField(
        max_length=10,
        choices=AnnotatorChoices.choices,
        default=AnnotatorChoices.MODEL,
        help_text="Who answered: the user's own correction, a rule, or the version.",
    )
    rule = models.ForeignKey(
        Rule, on_delete=models.PROTECT, null=True, related_name="predictions", db_index=False
    )
    is_audited = models.BooleanField(
        default=False, help_text="Drawn at random, to be reviewed whatever was answered."
    )
    level = models.CharField(max_length=10, choices=LevelChoices.choices)
    reason = models.CharField(max_length=30, choices=ReasonChoices.choices, blank=True)
    confidence = models.FloatField(null=True)
    score = models.FloatField(null=True)
    margin = models.FloatField(null=True)
    alternatives = models.JSONField(default=list)
    # The engine knows a merchant by its key, and rows are written without a look at the table.
    merchant = models.ForeignKey(
        Merchant,
        to_field="key",
        db_column="merchant_key",
        on_delete=models.DO_NOTHING,
        null=True,
        related_name="predictions",
        db_constraint=False,
        db_index=False,
    )
    merchant_text = models.CharField(max_length=MAX_DESCRIPTION, blank=True)
    descriptor = models.JSONField(
        default=dict, help_text="What else the description says: how, through whom and where."
    )
    is_cached = models.BooleanField()
    latency_ms = models.FloatField(help_text="The engine's time for the whole request.")

    class Meta:
        ordering = ["-id"]
        indexes = [
            # The newest rows of a filter, without sorting all that it leaves.
            models.Index(fields=["version", "created_at"], name="prediction_by_version"),
            models.Index(fields=["category", "created_at"], name="prediction_by_category"),
            models.Index(fields=["level", "created_at"], name="prediction_by_level"),
            # Partial: an answer with a category has no reason.
            models.Index(
                fields=["reason", "created_at"],
                condition=~models.Q(reason=""),
                name="prediction_by_reason",
            ),
            models.Index(
                fields=["merchant", "created_at"],
                condition=models.Q(merchant__isnull=False),
                name="prediction_by_merchant",
            ),
            # With the text, so that those of one text are found within it.
            models.Index(
                fields=["created_at", "merchant_text"],
                condition=models.Q(merchant__isnull=True) & ~models.Q(merchant_text=""),
                name="prediction_unrecognized",
            ),
            models.Index(
                fields=["rule", "created_at"],
                condition=models.Q(rule__isnull=False),
                name="prediction_by_rule",
            ),
            models.Index(
                fields=["created_at"],
                condition=models.Q(is_audited=True),
                name="prediction_audited",
            ),
            # Partial: a caller that sends neither pays for neither.
            models.Index(
                fields=["transaction_id"],
                condition=~models.Q(transaction_id=""),
                name="prediction_by_transaction",
            ),
            models.Index(
                fields=["user_id"], condition=~models.Q(user_id=""), name="prediction_by_user"
            ),
        ]

    def __str__(self) -> str:
        return self.description
