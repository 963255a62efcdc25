from datetime import datetime

from django.db import models


class ProcessQuerySet(models.QuerySet["Process"]):
    def running(self) -> "ProcessQuerySet":
        """Those that did not say that they end; the silent ones are among them."""
        return self.filter(stopped_at=None)

    def newest_seen(self, role: "Process.Role") -> datetime | None:
        """When one of a role was last heard, None where none ever was."""
        seen = self.filter(role=role).order_by("-seen_at").values_list("seen_at", flat=True)
        return seen.first()


class Process(models.Model):
    """A web or a worker process, as it last said of itself."""

    class Role(models.TextChoices):
        WEB = "web", "Web"
        WORKER = "worker", "Worker"

    class Health(models.TextChoices):
        OK = "ok", "OK"
        DEGRADED = "degraded", "Degraded"
        FAILED = "failed", "Failed"

    role = models.CharField(max_length=10, choices=Role.choices)
    machine = models.CharField(max_length=200, help_text="Its host's name.")
    pid = models.PositiveBigIntegerField("process id")
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField(db_index=True)
    stopped_at = models.DateTimeField(null=True)
    version = models.CharField(max_length=60, blank=True, help_text="The one that it serves.")
    wanted = models.CharField(max_length=60, blank=True, help_text="The one that is active.")
    health = models.CharField(max_length=10, choices=Health.choices)
    reason = models.CharField(max_length=500, blank=True)
    failing = models.CharField(
        "failing threads",
        max_length=500,
        blank=True,
        help_text="Those that have ended, or failed within the last minute.",
    )
    rss_bytes = models.BigIntegerField("resident memory")
    cpu_seconds = models.FloatField()
    threads = models.PositiveIntegerField()
    open_files = models.PositiveIntegerField()
    cache_entries = models.PositiveBigIntegerField()
    cache_bytes = models.BigIntegerField()

    objects = ProcessQuerySet.as_manager()

    class Meta:
        ordering = ["role", "machine", "pid"]
        verbose_name_plural = "processes"
        constraints = [
            models.UniqueConstraint(fields=["machine", "pid", "started_at"], name="one_process_row")
        ]

    def __str__(self) -> str:
        return f"{self.get_role_display()} {self.machine}/{self.pid}"

    @property
    def is_fallen_back(self) -> bool:
        """Another version serves than the active one, or none."""
        return self.wanted != "" and self.version != self.wanted


class ProcessSample(models.Model):
    """What a process counted since its last sample. Kept for a while after snapshots hold it.

    `counts` are sums by name, as `monitoring.services.heartbeats.Counts` has them.
    """

    process = models.ForeignKey(Process, on_delete=models.CASCADE, related_name="samples")
    seconds = models.FloatField(help_text="Since its last sample, or since its start.")
    counts = models.JSONField()
    created_at = models.DateTimeField(help_text="By the clock of the database.")
    minute = models.DateTimeField(
        null=True, db_index=True, help_text="Whose snapshots hold it; empty while none do."
    )

    def __str__(self) -> str:
        return f"{self.process}, {self.created_at:%H:%M:%S}"
