from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from simple_history.models import HistoricalRecords

SHARE = [MinValueValidator(0.0), MaxValueValidator(1.0)]
POSITIVE = [MinValueValidator(0.0)]


class PerformanceTargets(models.Model):
    """What a version must reach to be promoted. One row; an empty field is no target."""

    max_p95_latency_ms = models.FloatField(
        "p95 latency at most (ms)",
        null=True,
        blank=True,
        default=100.0,
        validators=POSITIVE,
        help_text="Of the encoder, one text a call, as benchmarked on this kind of machine.",
    )
    min_throughput = models.FloatField(
        "texts per second at least",
        null=True,
        blank=True,
        default=50.0,
        validators=POSITIVE,
        help_text="Of the encoder in batches of 32, on this kind of machine.",
    )
    max_memory_mb = models.FloatField(
        "memory at most (MB)",
        null=True,
        blank=True,
        default=1000.0,
        validators=POSITIVE,
        help_text="Peak of a process that holds the encoder alone.",
    )
    min_accuracy = models.FloatField(
        "out-of-sample accuracy at least",
        null=True,
        blank=True,
        default=0.4,
        validators=SHARE,
        help_text="A share, from 0 to 1.",
    )
    max_calibration_error = models.FloatField(
        "calibration error at most",
        null=True,
        blank=True,
        default=0.1,
        validators=SHARE,
        help_text="Expected calibration error, from 0 to 1.",
    )
    max_decisions_changed = models.FloatField(
        "decisions changed at most",
        null=True,
        blank=True,
        default=0.2,
        validators=SHARE,
        help_text="Share of answers that differ from the active version's, from 0 to 1.",
    )
    updated_at = models.DateTimeField(auto_now=True)
    history = HistoricalRecords()

    class Meta:
        verbose_name = "performance targets"
        verbose_name_plural = "performance targets"
        constraints = [
            models.CheckConstraint(condition=models.Q(id=1), name="one_row_of_performance_targets")
        ]

    def __str__(self) -> str:
        return "Performance targets"
