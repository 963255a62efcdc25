from datetime import timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone

from classifier.models import Category, ModelVersion

# A week has each day of it; of more than two months nobody can say that all were calm.
MIN_CALM_DAYS = 7
MAX_CALM_DAYS = 60


class DriftKind(models.TextChoices):
    """What may drift."""

    CATEGORY_MIX = "category_mix", "Category mix"
    CONFIDENCE = "confidence", "Confidence"
    LENGTH = "length", "Length of descriptors"
    UNKNOWN_TOKENS = "unknown_tokens", "Unknown words"
    EMBEDDINGS = "embeddings", "Meaning of descriptors"


class DriftReference(models.Model):
    """A calm window that a person chose for a version: whole days, both ends with it.

    The newest of a version counts; another version begins with its own first days.
    """

    version = models.ForeignKey(
        ModelVersion, on_delete=models.PROTECT, related_name="+", editable=False
    )
    first_day = models.DateField()
    last_day = models.DateField(help_text="The window holds this day, too.")
    reason = models.CharField(max_length=300, help_text="Why these days were calm.")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]
        verbose_name = "calm window"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(first_day__lte=models.F("last_day")),
                name="calm_window_ends_after_its_start",
                violation_error_message="It ends before it starts.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.first_day} to {self.last_day}"

    def clean(self) -> None:
        """Whole weeks at least, and days that are over."""
        if self.first_day is None or self.last_day is None:
            return
        days = (self.last_day - self.first_day).days + 1
        if self.last_day >= timezone.localdate():
            raise ValidationError({"last_day": "Choose days that are over."})
        if 0 < days < MIN_CALM_DAYS:
            raise ValidationError(
                {
                    "last_day": f"That is {days} days; {MIN_CALM_DAYS} are needed, so that each "
                    "day of the week is among them."
                }
            )
        if days > MAX_CALM_DAYS:
            raise ValidationError({"first_day": f"Choose {MAX_CALM_DAYS} days at most."})


class DriftReport(models.Model):
    """What was measured of a day, or of 24 hours, against the version's reference. Never changed.

    `figures` has an entry for each kind: either `reason`, why nothing can be said, or `distance`,
    `threshold`, `ratio` (their quotient), `is_drift`, `sentence` and what is drawn.
    """

    class Trigger(models.TextChoices):
        DAILY = "daily", "Daily"
        REQUESTED = "requested", "Asked for"

    version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="+")
    trigger = models.CharField(max_length=10, choices=Trigger.choices)
    start = models.DateTimeField()
    end = models.DateTimeField()
    reference = models.ForeignKey(
        DriftReference,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        help_text="Empty where nobody chose a calm window.",
    )
    calm_first_day = models.DateField(null=True)
    calm_last_day = models.DateField(null=True)
    predictions = models.PositiveBigIntegerField()
    sampled = models.PositiveIntegerField(help_text="So many of the predictions were read.")
    calm_sampled = models.PositiveIntegerField("sampled of the calm window")
    figures = models.JSONField()
    is_drift = models.BooleanField("drift")
    summary = models.CharField(max_length=1000)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-end", "-id"]
        permissions = [("measure_drift", "Can ask for a measurement of drift")]
        constraints = [
            models.UniqueConstraint(
                fields=["version", "start", "end"], name="one_drift_report_of_a_time"
            )
        ]

    def __str__(self) -> str:
        shown = timezone.localtime(self.start)
        if self.end - self.start == timedelta(days=1) and not (shown.hour or shown.minute):
            return f"{shown:%Y-%m-%d}, {self.version}"
        return f"24 hours to {timezone.localtime(self.end):%Y-%m-%d %H:%M}, {self.version}"


class DriftCluster(models.Model):
    """A group of texts that are frequent in a report's time and rare in its reference."""

    report = models.ForeignKey(DriftReport, on_delete=models.CASCADE, related_name="clusters")
    place = models.PositiveIntegerField(help_text="The greatest gain of share is 1.")
    size = models.PositiveIntegerField(help_text="Transactions of the sample.")
    share = models.FloatField(help_text="Of the time's transactions.")
    reference_share = models.FloatField(help_text="Of the reference's transactions.")
    texts = models.JSONField(help_text="Canonical texts, the most frequent first.")
    common_text = models.CharField(
        max_length=500, blank=True, help_text="What most of the texts have in common."
    )
    category = models.ForeignKey(
        Category,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        help_text="Whose prototype is nearest to the centre.",
    )
    similarity = models.FloatField(null=True)
    confidence = models.FloatField(null=True, help_text="The mean of the answers to its texts.")

    class Meta:
        ordering = ["report", "place"]
        constraints = [
            models.UniqueConstraint(fields=["report", "place"], name="one_drift_cluster_of_a_place")
        ]

    def __str__(self) -> str:
        return self.common_text or str(self.texts[0])
