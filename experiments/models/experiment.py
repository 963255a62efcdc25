import secrets
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone

from classifier.models import ModelVersion
from experiments.models.metric import Metric
from experiments.stats.types import Method, Split

# Of the day, so that each day has the same blocks.
BLOCK_MINUTES = (15, 30, 60, 120, 180, 240, 360, 480, 720)
# What may change once an experiment was started, and by its own service alone.
MUTABLE_FIELDS = {
    "status", "traffic_share", "started_at", "stopped_at", "planned_units", "owner", "hypothesis",
}  # fmt: skip


def new_salt() -> str:
    return secrets.token_hex(8)


class SplitChoices(models.TextChoices):
    USER = Split.USER.value, "By user"
    RANDOM = Split.RANDOM.value, "By request, at random"
    TIME = Split.TIME.value, "By time (switchback)"


class MethodChoices(models.TextChoices):
    SEQUENTIAL = Method.SEQUENTIAL.value, "Sequential: look as often as you like"
    FIXED = Method.FIXED.value, "Fixed: one look at the end"
    GROUP_SEQUENTIAL = Method.GROUP_SEQUENTIAL.value, "Group-sequential: a few planned looks"


class ExperimentQuerySet(models.QuerySet["Experiment"]):
    def running(self) -> "ExperimentQuerySet":
        return self.filter(status=Experiment.Status.RUNNING)

    def started(self) -> "ExperimentQuerySet":
        return self.exclude(status=Experiment.Status.DRAFT)


class Experiment(models.Model):
    """A comparison of versions on live traffic. Frozen once started, but for the share of traffic;
    every change of status or share is an ExperimentEvent."""

    class Status(models.TextChoices):
        DRAFT = "draft", "Draft"
        RUNNING = "running", "Running"
        PAUSED = "paused", "Paused"
        STOPPED = "stopped", "Stopped"

    key = models.SlugField(max_length=60, unique=True)
    hypothesis = models.CharField(
        max_length=500, help_text="What will change, for whom, and why you think so."
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    salt = models.CharField(
        max_length=64,
        unique=True,
        default=new_salt,
        help_text="What units are hashed with. Never that of another experiment: the same units "
        "would come together again.",
    )
    split = models.CharField(max_length=10, choices=SplitChoices.choices, default=SplitChoices.USER)
    block_minutes = models.PositiveIntegerField(
        choices=[(minutes, f"{minutes} minutes") for minutes in BLOCK_MINUTES],
        default=60,
        help_text="Of a split by time: how long one version serves.",
    )
    traffic_share = models.FloatField(
        "share of traffic",
        default=0.01,
        validators=[MinValueValidator(0.0001), MaxValueValidator(1)],
        help_text="Of the units, how many take part. It may grow while the experiment runs: who "
        "takes part already stays where they are.",
    )
    method = models.CharField(
        max_length=20, choices=MethodChoices.choices, default=MethodChoices.SEQUENTIAL
    )
    looks = models.PositiveIntegerField(
        default=5,
        validators=[MinValueValidator(2), MaxValueValidator(20)],
        help_text="Of a group-sequential experiment: how many looks are planned.",
    )
    primary_metric = models.ForeignKey(Metric, on_delete=models.PROTECT, related_name="+")
    secondary_metrics = models.ManyToManyField(Metric, blank=True, related_name="+")
    expected_effect = models.FloatField(
        "smallest effect of interest",
        default=0.05,
        validators=[MinValueValidator(0.0001), MaxValueValidator(10)],
        help_text="Relative to the control: 0.05 is 5%. Smaller ones count as no difference.",
    )
    min_days = models.PositiveIntegerField(
        default=7, help_text="No verdict before: weekdays differ from weekends."
    )
    max_days = models.PositiveIntegerField(
        default=28,
        validators=[MinValueValidator(1)],
        help_text="It is stopped then, and a verdict given.",
    )
    feedback_days = models.PositiveIntegerField(
        default=14, help_text="Feedback counts for so long after the stop."
    )
    planned_units = models.PositiveIntegerField(
        "units needed in each variant", null=True, editable=False
    )
    status = models.CharField(
        max_length=10, choices=Status.choices, default=Status.DRAFT, editable=False
    )
    started_at = models.DateTimeField(null=True, editable=False)
    stopped_at = models.DateTimeField(null=True, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ExperimentQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        permissions = [("run_experiment", "Can start, pause, resume and stop experiments")]
        constraints = [
            models.UniqueConstraint(
                fields=["status"],
                condition=models.Q(status="running"),
                name="one_running_experiment",
            ),
            models.CheckConstraint(
                condition=models.Q(min_days__lte=models.F("max_days")),
                name="experiment_min_days_within_max_days",
                violation_error_message="The least number of days is above the greatest.",
            ),
        ]

    def __str__(self) -> str:
        return self.key

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Raises ValueError where what a start has frozen would change."""
        if self.pk is not None and self.status != self.Status.DRAFT:
            changed = set(kwargs.get("update_fields") or ())
            if not changed or changed - MUTABLE_FIELDS:
                raise ValueError("A started experiment is frozen; make another one.")
        super().save(*args, **kwargs)

    @property
    def control(self) -> "Variant":
        return self.variants.get(is_control=True)

    @property
    def days_run(self) -> float | None:
        """From its start until its stop or now; None for a draft."""
        if self.started_at is None:
            return None
        return ((self.stopped_at or timezone.now()) - self.started_at) / timedelta(days=1)


class FrozenByStart(models.Model):
    """A row of an experiment that may change while that is a draft, and not after."""

    experiment: models.ForeignKey[Experiment, Experiment]

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Raises ValueError where the experiment was started."""
        self._check_draft()
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Raises ValueError where the experiment was started."""
        self._check_draft()
        return super().delete(*args, **kwargs)

    def _check_draft(self) -> None:
        if self.experiment.status != Experiment.Status.DRAFT:
            raise ValueError("A started experiment is frozen; make another one.")


class Variant(FrozenByStart):
    """One version in an experiment, and its part of the units that take part."""

    experiment = models.ForeignKey(Experiment, on_delete=models.CASCADE, related_name="variants")
    key = models.SlugField(max_length=60)
    version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="variants")
    weight = models.FloatField(
        validators=[MinValueValidator(0.01), MaxValueValidator(0.99)],
        help_text="A share of the units that take part; all of them sum to 1.",
    )
    is_control = models.BooleanField("control", default=False)

    class Meta:
        ordering = ["-is_control", "id"]
        constraints = [
            models.UniqueConstraint(fields=["experiment", "key"], name="variant_unique_key"),
            models.UniqueConstraint(
                fields=["experiment"],
                condition=models.Q(is_control=True),
                name="one_control_of_an_experiment",
            ),
        ]

    def __str__(self) -> str:
        return self.key
