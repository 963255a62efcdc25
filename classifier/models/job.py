from django.conf import settings
from django.db import models

from classifier.models.api_key import ApiKey

UNFINISHED = ("queued", "running")


class JobQuerySet(models.QuerySet["Job"]):
    def unfinished(self) -> "JobQuerySet":
        return self.filter(status__in=UNFINISHED)


class Job(models.Model):
    """Background work with progress.

    `claim` is a secret of the worker that runs it: what that worker writes is taken only while
    the row still holds it, so one that comes back late changes nothing.
    """

    class Kind(models.TextChoices):
        BUILD_VERSION = "build_version", "Build a version"
        COMPARE_VERSION = "compare_version", "Compare a version with the active one"
        PREPARE_ENCODERS = "prepare_encoders", "Make encoders"
        BENCHMARK_ENCODERS = "benchmark_encoders", "Benchmark encoders"
        AUTOTUNE = "autotune", "Autotune"
        CLASSIFY_FILE = "classify_file", "Classify a file"
        LEARN = "learn", "Learn from feedback"
        IMPORT_TABLE = "import_table", "Import a table"

    class Status(models.TextChoices):
        QUEUED = "queued", "Queued"
        RUNNING = "running", "Running"
        SUCCEEDED = "succeeded", "Succeeded"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"

    kind = models.CharField(max_length=30, choices=Kind.choices)
    parameters = models.JSONField(default=dict)
    running_key = models.CharField(
        max_length=100,
        blank=True,
        help_text="Of jobs with the same one, a single one may be unfinished; empty: any number.",
    )
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.QUEUED)
    progress = models.FloatField(default=0, help_text="From 0 to 1.")
    message = models.CharField(max_length=200, blank=True)
    result = models.JSONField(default=dict)
    error = models.TextField(blank=True)
    # Since something of it was last finished for good.
    attempts = models.PositiveIntegerField(default=0)
    claim = models.UUIDField(null=True, editable=False)
    worker = models.CharField(max_length=100, blank=True, help_text="Host and process.")
    heartbeat_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True, help_text="When it was last handed to the queue.")
    cancel_requested_at = models.DateTimeField(null=True)
    cancel_requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    api_key = models.ForeignKey(ApiKey, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        permissions = [("classify_file", "Can classify files")]
        indexes = [
            # The few that are not finished, among all that ever were.
            models.Index(
                fields=["status", "heartbeat_at"],
                condition=models.Q(status__in=UNFINISHED),
                name="job_unfinished",
            ),
            # The monitor counts them each minute.
            models.Index(
                fields=["finished_at"],
                condition=models.Q(status="failed"),
                name="job_failed_by_end",
            ),
        ]
        constraints = [
            # Two clicks do not do the same work twice.
            models.UniqueConstraint(
                fields=["running_key"],
                condition=models.Q(status__in=UNFINISHED) & ~models.Q(running_key=""),
                name="one_unfinished_job_of_a_running_key",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} #{self.pk}"

    @property
    def is_unfinished(self) -> bool:
        return self.status in UNFINISHED


class JobEvent(models.Model):
    """A line of a job's log. Where `to_status` is set, it is the record of that change."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="events")
    from_status = models.CharField(max_length=10, choices=Job.Status.choices, blank=True)
    to_status = models.CharField(max_length=10, choices=Job.Status.choices, blank=True)
    text = models.TextField(blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.text or self.get_to_status_display()


class JobPart(models.Model):
    """A share of a job's work that any worker may take, once."""

    class Status(models.TextChoices):
        WAITING = "waiting", "Waiting"
        RUNNING = "running", "Running"
        DONE = "done", "Done"

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="parts")
    number = models.PositiveIntegerField()
    size = models.PositiveIntegerField(help_text="Items in it.")
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.WAITING)
    attempts = models.PositiveIntegerField(default=0)
    claim = models.UUIDField(null=True, editable=False)
    worker = models.CharField(max_length=100, blank=True)
    heartbeat_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["job", "number"]
        constraints = [
            models.UniqueConstraint(fields=["job", "number"], name="part_number_unique_in_job")
        ]

    def __str__(self) -> str:
        return f"Part {self.number} of {self.job}"
