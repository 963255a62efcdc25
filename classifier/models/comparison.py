from django.conf import settings
from django.db import models

from classifier.models.version import ModelVersion


class VersionComparison(models.Model):
    """How many answers two versions give differently. Of a pair the newest counts."""

    class Source(models.TextChoices):
        PREDICTIONS = "predictions", "texts of real predictions"
        EXAMPLES = "examples", "texts of the versions' examples"

    version = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="comparisons")
    against = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="+")
    source = models.CharField(max_length=20, choices=Source.choices)
    texts = models.PositiveIntegerField(help_text="Distinct canonical texts; at least one.")
    changed = models.PositiveIntegerField(
        help_text="Those whose category, or lack of one, is not the other version's."
    )
    changed_low = models.FloatField(help_text="95% interval of the share changed (Wilson).")
    changed_high = models.FloatField()
    samples = models.JSONField(
        default=list,
        help_text="Some of the changed: text, before, after; null where there is no category.",
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(texts__gt=0, changed__lte=models.F("texts")),
                name="comparison_is_a_share",
            )
        ]

    def __str__(self) -> str:
        return f"{self.version} compared with {self.against}"

    @property
    def share_changed(self) -> float:
        return self.changed / self.texts
