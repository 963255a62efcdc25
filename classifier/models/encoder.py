from django.db import models


class Encoder(models.Model):
    """One ONNX artifact that turns text into vectors."""

    class Precision(models.TextChoices):
        FP32 = "fp32", "FP32"

    name = models.CharField(max_length=200)
    precision = models.CharField(max_length=20, choices=Precision.choices)
    digest = models.CharField("SHA-256 of the ONNX file", max_length=64, unique=True)
    source_digest = models.CharField("SHA-256 of the weights", max_length=64)
    folder = models.CharField(max_length=200, help_text="Under the artifacts directory.")
    size_bytes = models.PositiveBigIntegerField()
    dimension = models.PositiveIntegerField()
    max_tokens = models.PositiveIntegerField()
    batch_invariant = models.BooleanField(
        help_text="A text gets the same bits alone and in a batch of its length, as measured."
    )
    parity_texts = models.PositiveIntegerField(help_text="Texts compared with the source model.")
    parity_min_cosine = models.FloatField()
    parity_max_difference = models.FloatField(help_text="Largest absolute difference.")
    created_at = models.DateTimeField(auto_now_add=True)
    prepared_at = models.DateTimeField(
        auto_now=True, help_text="Versions are built with the encoder that was prepared last."
    )

    class Meta:
        ordering = ["-prepared_at", "-id"]

    def __str__(self) -> str:
        return f"{self.name} {self.get_precision_display()} ({self.digest[:8]})"
