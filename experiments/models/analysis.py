from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models

from experiments.models.experiment import Experiment


class Analysis(models.Model):
    """What an experiment said at a moment. Frozen: it reads the same tomorrow."""

    class Kind(models.TextChoices):
        SCHEDULED = "scheduled", "By schedule"
        REQUESTED = "requested", "By a person"
        FINAL = "final", "At the stop"

    class Verdict(models.TextChoices):
        SHIP = "ship", "Ship"
        ROLL_BACK = "roll_back", "Roll back"
        KEEP_RUNNING = "keep_running", "Keep running"
        NO_DIFFERENCE = "no_difference", "No difference"
        UNHEALTHY = "unhealthy", "Unhealthy"
        CANNOT_SAY = "cannot_say", "Cannot say"

    experiment = models.ForeignKey(Experiment, on_delete=models.CASCADE, related_name="analyses")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    verdict = models.CharField(max_length=20, choices=Verdict.choices)
    summary = models.CharField(max_length=1000, help_text="The verdict in sentences.")
    report = models.JSONField(help_text="Every figure, as it was computed.")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "analyses"

    def __str__(self) -> str:
        return f"{self.experiment}: {self.get_verdict_display()}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Insert. Raises ValueError for anything else."""
        if not self._state.adding:
            raise ValueError("An analysis is frozen; make another one.")
        super().save(*args, **kwargs)

    @property
    def is_outdated_by_stop(self) -> bool:
        """Whether the experiment was stopped after this was measured, so that its verdict, which
        may be to keep it running, is no longer one."""
        stopped = self.experiment.stopped_at
        return stopped is not None and datetime.fromisoformat(self.report["at"]) < stopped
