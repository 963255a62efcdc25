from django.conf import settings
from django.db import models

from experiments.models.metric import Metric


class SelfTest(models.Model):
    """An A/A test on this deployment's own traffic: how often each method finds a difference
    where there is none."""

    class Status(models.TextChoices):
        QUEUED = "queued", "Queued"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"

    metric = models.ForeignKey(Metric, on_delete=models.PROTECT, related_name="+")
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.QUEUED)
    result = models.JSONField(null=True)
    error = models.CharField(max_length=500, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        verbose_name = "A/A self-test"

    def __str__(self) -> str:
        return f"{self.metric}: {self.get_status_display().lower()}"
