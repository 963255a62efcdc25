from django.conf import settings
from django.db import models

from experiments.models.experiment import Experiment


class ExperimentEvent(models.Model):
    """One entry of an experiment's timeline: who, when, from what status to which, and why.

    The newest of all is what processes look for: each change that routing depends on is a row.
    """

    class Kind(models.TextChoices):
        CREATED = "created", "Created"
        STARTED = "started", "Started"
        PAUSED = "paused", "Paused"
        RESUMED = "resumed", "Resumed"
        STOPPED = "stopped", "Stopped"
        RAMPED = "ramped", "Share of traffic changed"
        PROMOTED = "promoted", "Winner promoted"
        WARNED = "warned", "Guard rail breached"
        SETTLED = "settled", "Guard rail kept again"

    experiment = models.ForeignKey(Experiment, on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    from_status = models.CharField(max_length=10, choices=Experiment.Status.choices, blank=True)
    to_status = models.CharField(max_length=10, choices=Experiment.Status.choices)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        help_text="Empty where the program did it.",
    )
    reason = models.CharField(max_length=500, blank=True)
    details = models.JSONField(default=dict, help_text="From what to what, or what was seen.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.experiment}: {self.get_kind_display()}"
