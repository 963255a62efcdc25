from django.db import models

from monitoring.detectors.quantiles import Sums
from monitoring.measures import SERIES, By


class MetricSnapshot(models.Model):
    """The sums of one series over one minute, hour or day, whole or of one label.

    Hours are the sums of their minutes and days those of their hours, save for what is split
    by category, which starts with the hour.
    """

    class Resolution(models.TextChoices):
        MINUTE = "minute", "Minute"
        HOUR = "hour", "Hour"
        DAY = "day", "Day"

    series = models.CharField(max_length=40, choices=[(key, key) for key in SERIES])
    by = models.CharField(max_length=20, blank=True, choices=[(each.value, each) for each in By])
    label = models.CharField(max_length=120, blank=True)
    resolution = models.CharField(max_length=10, choices=Resolution.choices)
    at = models.DateTimeField(help_text="When it starts; days are the site's own.")
    count = models.BigIntegerField()
    total = models.FloatField()
    seconds = models.FloatField(help_text="How much of the time was seen.")
    histogram = models.JSONField(null=True)

    class Meta:
        ordering = ["at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["series", "by", "resolution", "at", "label"], name="one_snapshot_of_a_time"
            )
        ]
        indexes = [
            # For what is deleted when it is old.
            models.Index(fields=["resolution", "at"], name="snapshot_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.series} {self.label} {self.at}"

    @property
    def sums(self) -> Sums:
        histogram = tuple(self.histogram) if self.histogram is not None else None
        return Sums(self.count, self.total, self.seconds, histogram)
