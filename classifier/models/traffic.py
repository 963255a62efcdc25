from django.db import models

from classifier.models.version import ModelVersion


class TrafficSnapshotQuerySet(models.QuerySet["TrafficSnapshot"]):
    def whole(self) -> "TrafficSnapshotQuerySet":
        """Made to the end, so that their file is there."""
        return self.exclude(digest="")


class TrafficSnapshot(models.Model):
    """The newest distinct texts that a version answered, as a file in the artifact store.

    The row is there before the file: whoever would make another sees that one is being made.
    """

    version = models.ForeignKey(
        ModelVersion,
        on_delete=models.CASCADE,
        related_name="+",
        help_text="By which it was looked at; not all of it was answered by it.",
    )
    digest = models.CharField(
        "SHA-256 of the file", max_length=64, blank=True, help_text="Empty until it is made."
    )
    size_bytes = models.PositiveBigIntegerField(default=0)
    texts = models.PositiveIntegerField(
        default=0, help_text="Distinct by canonical text, direction and country."
    )
    predictions = models.PositiveIntegerField(default=0, help_text="Those that the texts are of.")
    newest_prediction = models.UUIDField(
        null=True, help_text="The newest there was; empty where there was none."
    )
    started_at = models.DateTimeField(auto_now_add=True)

    objects = TrafficSnapshotQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        verbose_name = "snapshot of traffic"
        verbose_name_plural = "snapshots of traffic"

    def __str__(self) -> str:
        return f"{self.texts:,} texts by {self.version}"
