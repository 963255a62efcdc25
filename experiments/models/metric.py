from django.core.exceptions import ValidationError
from django.db import models

from classifier.models import Category
from classifier.models.choices import AnnotatorChoices, LevelChoices, ReasonChoices


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
        """A metric of one's own is of a field; of one with choices, `equals` is one of them."""
        problems = {}
        is_of_field = self.source == self.Source.FIELD
        if not is_of_field and self.field:
            problems["field"] = "This source has no fields: leave it empty."
        elif is_of_field and not self.field:
            problems["field"] = "Choose the field that is measured."
        if is_of_field and self.field in self.CHOSEN:
            if problem := self._problem_of_equals():
                problems["equals"] = problem
        elif self.equals and (self.field or not is_of_field):
            problems["equals"] = "Only a field with choices has such a value: leave it empty."
        if self.aggregate == self.Aggregate.P95 and self.field != self.Field.LATENCY_MS:
            problems["aggregate"] = "Quantiles are of latency alone."
        if problems:
            raise ValidationError(problems)

    def _problem_of_equals(self) -> str:
        """Why no answer could ever have the value that counts; empty where some can."""
        if not self.equals:
            return "Say which value counts as 1."
        if self.field == self.Field.CATEGORY:
            if Category.objects.detailed().filter(slug=self.equals).exists():
                return ""
            return f"No category that an answer can be has the slug “{self.equals}”."
        known = VALUES[self.Field(self.field)]
        if self.equals in known:
            return ""
        return f"“{self.equals}” is none of its values: {', '.join(known)}."

    @property
    def is_share(self) -> bool:
        """Whether each answer counts as 0 or 1."""
        return self.source != self.Source.FIELD or self.field in (*self.CHOSEN, *self.FLAGS)


# Of a field with choices, what an answer can have; categories are rows.
VALUES: dict[Metric.Field, list[str]] = {
    Metric.Field.LEVEL: LevelChoices.values,
    Metric.Field.ANNOTATOR: AnnotatorChoices.values,
    Metric.Field.REASON: ReasonChoices.values,
}
