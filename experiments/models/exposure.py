from django.db import models

from classifier.models import Prediction
from experiments.models.experiment import Variant


class Exposure(models.Model):
    """A unit was served a variant. Written with its prediction, never changed.

    What the usual metrics are of is kept here as well, so that an analysis reads narrow rows.
    """

    prediction = models.OneToOneField(
        Prediction, on_delete=models.CASCADE, primary_key=True, related_name="exposure"
    )
    variant = models.ForeignKey(
        Variant, on_delete=models.PROTECT, related_name="exposures", db_index=False
    )
    unit = models.CharField(
        max_length=128,
        blank=True,
        help_text="A user, a request or a block of time, as the experiment splits; empty for a "
        "request without a user, which the control serves and no comparison counts.",
    )
    confidence = models.FloatField(null=True)
    latency_ms = models.FloatField()
    is_abstained = models.BooleanField()
    is_failed = models.BooleanField(
        default=False, help_text="The variant's engine failed, and the control's answered."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [
            # With all that is summed, so that an analysis reads it alone.
            models.Index(
                fields=[
                    "variant",
                    "unit",
                    "latency_ms",
                    "confidence",
                    "is_abstained",
                    "is_failed",
                ],
                name="exposure_by_unit",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.variant} · {self.unit}"
