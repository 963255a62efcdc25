from django.core.exceptions import ValidationError
from django.db import models


class Metric(models.Model):
    """What of the answers is compared: a mean over exposures, or a quantile of them."""

    class Source(models.TextChoices):
        FIELD = "field", "A field of the answer"
        FEEDBACK = "feedback", "Accuracy, from feedback"
        AUDIT = "audit", "Accuracy, from the audit stream"
        CORRECTION = "correction", "Corrections"

    class Aggregate(models.TextChoices):
        MEAN = "mean", "Mean"
        P95 = "p95", "95th percentile"

    class Better(models.TextChoices):
        HIGHER = "higher", "Higher is better"
        LOWER = "lower", "Lower is better"

    class Field(models.TextChoices):
        """Numbers, then choices of which one counts as 1."""

        CONFIDENCE = "confidence", "Confidence"
        LATENCY_MS = "latency_ms", "Latency, ms"
        IS_ABSTAINED = "is_abstained", "Abstained"
        IS_FAILED = "is_failed", "Engine failed"
        SCORE = "score", "Score"
        MARGIN = "margin", "Margin"
        IS_CACHED = "is_cached", "Answered from the cache"
        LEVEL = "level", "Level"
        ANNOTATOR = "annotator", "Annotator"
        REASON = "reason", "Reason of an abstention"
        CATEGORY = "category__slug", "Category"

    CHOSEN = (Field.LEVEL, Field.ANNOTATOR, Field.REASON, Field.CATEGORY)
    FLAGS = (Field.IS_ABSTAINED, Field.IS_FAILED, Field.IS_CACHED)

    key = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=100)
    description = models.CharField(max_length=300, blank=True)
    source = models.CharField(max_length=12, choices=Source.choices)
    field = models.CharField(
        max_length=20,
        choices=Field.choices,
        blank=True,
        help_text="Where the metric is of a field.",
    )
    equals = models.CharField(
        max_length=60,
        blank=True,
        help_text="Of a field with choices: the value that counts as 1; others count as 0.",
    )
    aggregate = models.CharField(max_length=10, choices=Aggregate.choices, default=Aggregate.MEAN)
    better = models.CharField(max_length=10, choices=Better.choices)
    is_builtin = models.BooleanField(default=False, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-is_builtin", "key"]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """A metric of one's own is of a field; a choice says which value counts."""
        problems = {}
        if self.source != self.Source.FIELD:
            if self.field or self.equals:
                problems["field"] = "This source has no fields: leave it empty."
        elif not self.field:
            problems["field"] = "Choose the field that is measured."
        elif self.field in self.CHOSEN and not self.equals:
            problems["equals"] = "Say which value counts as 1."
        elif self.field not in self.CHOSEN and self.equals:
            problems["equals"] = "This field has no choices: leave it empty."
        if self.aggregate == self.Aggregate.P95 and self.field != self.Field.LATENCY_MS:
            problems["aggregate"] = "Quantiles are of latency alone."
        if problems:
            raise ValidationError(problems)

    @property
    def is_share(self) -> bool:
        """Whether each answer counts as 0 or 1."""
        return self.source != self.Source.FIELD or self.field in (*self.CHOSEN, *self.FLAGS)
