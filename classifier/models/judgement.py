from django.conf import settings
from django.db import models

from classifier.models.version import MAX_REASON, ModelVersion


class VersionJudgement(models.Model):
    """A candidate beside the version that was active, on the same texts, each built again without
    them; and what followed. Of a pair the newest counts."""

    version = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="judgements")
    against = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="+")
    texts = models.PositiveIntegerField(help_text="The candidate's examples; at least one.")
    right = models.PositiveIntegerField()
    against_right = models.PositiveIntegerField()
    only_right = models.PositiveIntegerField(help_text="By the candidate and not by the other.")
    only_against_right = models.PositiveIntegerField()
    difference_low = models.FloatField(
        help_text="95% interval of the candidate's accuracy less the other's (Newcombe, 1998, "
        "method 10), from -1 to 1."
    )
    difference_high = models.FloatField()
    is_activated = models.BooleanField(help_text="Whether it went live by itself.")
    waits_for = models.CharField(
        max_length=MAX_REASON, blank=True, help_text="Why it did not, in words."
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        help_text="Who had it built; empty for the schedule.",
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(
                    texts__gt=0, right__lte=models.F("texts"), against_right__lte=models.F("texts")
                ),
                name="judgement_has_shares",
            ),
            models.CheckConstraint(
                condition=models.Q(is_activated=True, waits_for="")
                | (models.Q(is_activated=False) & ~models.Q(waits_for="")),
                name="judgement_waits_with_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.version} judged against {self.against}"

    @property
    def difference(self) -> float:
        """Of the accuracies, from -1 to 1; above 0 where the candidate is better."""
        return (self.right - self.against_right) / self.texts
