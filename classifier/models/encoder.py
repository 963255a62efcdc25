from django.conf import settings
from django.db import models

from classifier.models.choices import PrecisionChoices


class Encoder(models.Model):
    """One ONNX artifact that turns text into vectors, and what was measured of it."""

    Precision = PrecisionChoices

    name = models.CharField(max_length=200)
    precision = models.CharField(max_length=20, choices=PrecisionChoices.choices)
    digest = models.CharField("SHA-256 of the ONNX file", max_length=64, unique=True)
    source_digest = models.CharField(
        "SHA-256 of the weights",
        max_length=64,
        blank=True,
        help_text="Empty for an encoder that came with an imported version.",
    )
    manifest_digest = models.CharField("SHA-256 of the manifest", max_length=64)
    reference = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        related_name="derived",
        help_text="The FP32 encoder it was made from; empty for one that is FP32 as exported.",
    )
    recipe = models.JSONField(default=dict, help_text="How it was made from its reference.")
    size_bytes = models.PositiveBigIntegerField()
    dimension = models.PositiveIntegerField()
    max_tokens = models.PositiveIntegerField()
    batch_invariant = models.BooleanField(
        help_text="A text gets the same bits alone and in a batch of its length, as measured."
    )
    parity_texts = models.PositiveIntegerField(
        null=True, help_text="Texts compared with the source model; empty for a derived encoder."
    )
    parity_min_cosine = models.FloatField(null=True)
    parity_max_difference = models.FloatField(null=True, help_text="Largest absolute difference.")
    cosine_mean = models.FloatField("mean cosine to the reference", null=True)
    cosine_min = models.FloatField("least cosine to the reference", null=True)
    decisions_changed = models.FloatField(
        null=True, help_text="Share of texts whose nearest category is not the reference's."
    )
    accuracy_change = models.FloatField(
        null=True, help_text="Leave-one-out accuracy less the reference's, as a share."
    )
    validation = models.JSONField(
        default=dict, help_text="All that was measured against the reference."
    )
    refusal = models.CharField(
        max_length=500,
        blank=True,
        help_text="Why versions should not be built with it; empty where they may.",
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]
        permissions = [("prepare_encoder", "Can make, measure and choose encoders")]

    def __str__(self) -> str:
        return f"{self.name} {self.get_precision_display()} ({self.digest[:8]})"


class EncoderChoice(models.Model):
    """The record of an encoder being chosen: who, when, why.

    Versions are built with the newest one's.
    """

    encoder = models.ForeignKey(Encoder, on_delete=models.PROTECT, related_name="choices")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        help_text="Empty where a command did it.",
    )
    reason = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return str(self.encoder)
