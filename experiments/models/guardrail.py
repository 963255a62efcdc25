from django.core.validators import MinValueValidator
from django.db import models

from experiments.models.experiment import Experiment, FrozenByStart, Variant
from experiments.models.metric import Metric


class Guardrail(FrozenByStart):
    """A metric that no variant may make worse than the control by more than a margin."""

    class Harm(models.TextChoices):
        INCREASE = "increase", "An increase"
        DECREASE = "decrease", "A decrease"

    class Action(models.TextChoices):
        WARN = "warn", "Warn"
        PAUSE = "pause", "Pause"
        STOP = "stop", "Stop"

    experiment = models.ForeignKey(Experiment, on_delete=models.CASCADE, related_name="guardrails")
    metric = models.ForeignKey(Metric, on_delete=models.PROTECT, related_name="+")
    harm = models.CharField(max_length=10, choices=Harm.choices)
    margin = models.FloatField(
        validators=[MinValueValidator(0)],
        help_text="How much worse is borne, in the metric's unit: 0.01 is one point of a share.",
    )
    is_relative = models.BooleanField(
        "relative", default=False, help_text="The margin is relative to the control: 0.1 is 10%."
    )
    action = models.CharField(max_length=10, choices=Action.choices, default=Action.PAUSE)
    minimum_units = models.PositiveIntegerField(
        default=100, help_text="It is not judged before each side has so many units."
    )

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["experiment", "metric"], name="guardrail_unique_metric")
        ]

    def __str__(self) -> str:
        return f"{self.metric}: {self.get_action_display().lower()}"


class GuardrailAlert(models.Model):
    """One breach, from when it was first seen to when it was over, with what was seen."""

    guardrail = models.ForeignKey(Guardrail, on_delete=models.CASCADE, related_name="alerts")
    variant = models.ForeignKey(Variant, on_delete=models.CASCADE, related_name="+")
    action = models.CharField(max_length=10, choices=Guardrail.Action.choices)
    text = models.CharField(max_length=500)
    evidence = models.JSONField(help_text="The estimate that it was judged by.")
    created_at = models.DateTimeField(auto_now_add=True)
    resolved_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["guardrail", "variant"],
                condition=models.Q(resolved_at__isnull=True),
                name="one_open_alert_of_a_guardrail",
            )
        ]

    def __str__(self) -> str:
        return self.text
