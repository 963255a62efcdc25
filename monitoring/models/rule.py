import math
import re
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, URLValidator
from django.db import models
from simple_history.models import HistoricalRecords

from monitoring.measures import MEASURES, SERIES, By


def check_runbook(value: str) -> None:
    """An address of the web, or a place in the documents that come with txcat."""
    if not re.fullmatch(r"docs/[\w./-]+\.md(#[\w-]+)?", value):
        URLValidator(schemes=["http", "https"], message="Neither an address nor a document.")(value)


# Beyond what any measure may be, and far from where what is computed with it is no number any more.
MAX_THRESHOLD = 1e15
MAX_DEVIATIONS = 1_000.0


class AlertRuleQuerySet(models.QuerySet["AlertRule"]):
    def enabled(self) -> "AlertRuleQuerySet":
        return self.filter(is_enabled=True)


class AlertRule(models.Model):
    """When a measure is wrong, and how long it must be before somebody is told.

    What it said when it was last judged stands in `state`; its episodes are Alert rows.
    """

    class Condition(models.TextChoices):
        ABOVE = "above", "Above the threshold"
        BELOW = "below", "Below the threshold"

    class Thresholds(models.TextChoices):
        ABSOLUTE = "absolute", "Absolute"
        LEARNED = "learned", "Learned: standard deviations from the mean of the hour of the week"

    class State(models.TextChoices):
        NEVER = "never", "Not judged yet"
        OK = "ok", "OK"
        PENDING = "pending", "Pending"
        FIRING = "firing", "Firing"
        NO_DATA = "no_data", "No data"
        BROKEN = "broken", "Cannot be judged"

    key = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=100)
    description = models.CharField(max_length=300, blank=True)
    # No choices of the field's own: a measure that a later release takes away must not make the
    # row unreadable.
    measure = models.CharField(max_length=40)
    by = models.CharField(
        "split by",
        max_length=20,
        blank=True,
        choices=[(By.ALL.value, "Nothing"), (By.VERSION.value, "Version"),
                 (By.CATEGORY.value, "Category"), (By.PROCESS.value, "Process"),
                 (By.KIND.value, "Kind"), (By.GUARDRAIL.value, "Guard rail")],
        help_text="Each label has an alert of its own.",
    )  # fmt: skip
    label = models.CharField(
        max_length=120, blank=True, help_text="Of a split: this one alone; empty for each of them."
    )
    condition = models.CharField(max_length=10, choices=Condition.choices)
    thresholds = models.CharField(
        "kind of thresholds",
        max_length=10,
        choices=Thresholds.choices,
        default=Thresholds.ABSOLUTE,
    )
    warning = models.FloatField(
        null=True,
        blank=True,
        help_text="In the measure's unit (0.05 is 5%); of a learned threshold, how many standard "
        "deviations.",
    )
    critical = models.FloatField(null=True, blank=True)
    reference_days = models.PositiveIntegerField(
        default=28,
        validators=[MinValueValidator(7), MaxValueValidator(180)],
        help_text="Of learned thresholds: how many days they are learned from.",
    )
    window_minutes = models.PositiveIntegerField(
        default=5, validators=[MinValueValidator(1), MaxValueValidator(7 * 24 * 60)]
    )
    for_minutes = models.PositiveIntegerField(
        "for",
        default=5,
        validators=[MaxValueValidator(24 * 60)],
        help_text="It must be wrong for so many minutes on end before the alert fires.",
    )
    keep_firing_minutes = models.PositiveIntegerField(
        "keep firing for",
        default=5,
        validators=[MaxValueValidator(24 * 60)],
        help_text="It must be right for so many minutes on end before the alert is resolved.",
    )
    minimum_samples = models.PositiveIntegerField(
        default=0, help_text="Fewer observations in the window say nothing."
    )
    runbook_url = models.CharField(
        "runbook",
        max_length=300,
        blank=True,
        validators=[check_runbook],
        help_text="An address, or a place in txcat's own documents: docs/runbooks.md#error-rate.",
    )
    is_enabled = models.BooleanField("enabled", default=True)
    is_builtin = models.BooleanField(default=False, editable=False)
    state = models.CharField(
        max_length=10, choices=State.choices, default=State.NEVER, editable=False
    )
    state_text = models.CharField(max_length=500, blank=True, editable=False)
    judged_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    history = HistoricalRecords(excluded_fields=["state", "state_text", "judged_at"])

    objects = AlertRuleQuerySet.as_manager()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """A measure that is known, split as its series is; thresholds in their order."""
        problems: dict[str, Any] = {}
        measure = MEASURES.get(self.measure)
        if measure is None and self.measure:
            problems["measure"] = "There is no such measure."
        elif measure is not None and self.by:
            series = SERIES[measure.series]
            if self.by not in (*series.by_minute, *series.by_hour):
                problems["by"] = "This measure is not split by that."
        if self.label and not self.by:
            problems["label"] = "Say what it is a label of: split by."
        is_learned = self.thresholds == self.Thresholds.LEARNED
        most = MAX_DEVIATIONS if is_learned else MAX_THRESHOLD
        for name in ("warning", "critical"):
            threshold = getattr(self, name)
            if threshold is None:
                continue
            if not math.isfinite(threshold):
                problems[name] = "Give a number."
            elif is_learned and threshold <= 0:
                problems[name] = "Give a number of standard deviations above zero."
            elif abs(threshold) > most:
                problems[name] = f"Give a number of at most {most:,.0f}."
        if self.warning is None and self.critical is None:
            problems["warning"] = "Give a threshold at least: warning, critical or both."
        if self.warning is not None and self.critical is not None:
            is_above = self.condition == self.Condition.ABOVE
            is_ordered = (
                self.critical >= self.warning
                if is_above or is_learned
                else self.critical <= self.warning
            )
            if not is_ordered:
                problems["critical"] = "It must be worse than the warning."
        if problems:
            raise ValidationError(problems)
