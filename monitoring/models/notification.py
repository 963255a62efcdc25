from uuid import uuid4

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from simple_history.models import HistoricalRecords

from monitoring.models.alert import Alert, Severity


class Receiver(models.Model):
    """Where alerts are told, and how often."""

    class Kind(models.TextChoices):
        EMAIL = "email", "Email"
        WEBHOOK = "webhook", "Webhook, signed"
        ALERTMANAGER = "alertmanager", "Webhook in Alertmanager's format"

    name = models.CharField(max_length=60, unique=True)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    addresses = models.CharField(
        max_length=500, blank=True, help_text="Of email: addresses with commas between."
    )
    url = models.URLField("address", max_length=500, blank=True, help_text="Of a webhook.")
    secret = models.CharField(
        max_length=200,
        blank=True,
        help_text="What a webhook is signed with. It is not shown again once it is saved.",
    )
    minimum_severity = models.CharField(
        max_length=10, choices=Severity.choices, default=Severity.WARNING
    )
    sends_resolved = models.BooleanField("tells when it is over", default=True)
    group_wait_seconds = models.PositiveIntegerField(
        "group wait, s",
        default=30,
        validators=[MaxValueValidator(3600)],
        help_text="Alerts that follow each other so closely are told together.",
    )
    repeat_minutes = models.PositiveIntegerField(
        "repeat interval, min",
        default=240,
        validators=[MinValueValidator(5), MaxValueValidator(7 * 24 * 60)],
        help_text="What still fires and is not acknowledged is told again.",
    )
    is_enabled = models.BooleanField("enabled", default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    history = HistoricalRecords(excluded_fields=["secret"])

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Notification(models.Model):
    """One delivery attempt: what was to be told to whom, when it was tried and what came of it.

    Attempts at the same message share `message_id`, which the receiver gets, too, so that it can
    tell a second delivery from a second message.
    """

    class Kind(models.TextChoices):
        ALERTS = "alerts", "Alerts"
        REPEAT = "repeat", "Alerts, again"
        TEST = "test", "Test"

    class Status(models.TextChoices):
        WAITING = "waiting", "Waiting"
        SENDING = "sending", "Being sent"
        SENT = "sent", "Sent"
        UNKNOWN = "unknown", "Perhaps sent"
        FAILED = "failed", "Failed"
        DROPPED = "dropped", "Not sent"

    receiver = models.ForeignKey(Receiver, on_delete=models.CASCADE, related_name="notifications")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    message_id = models.UUIDField(default=uuid4)
    attempt = models.PositiveIntegerField(default=1)
    subject = models.CharField(max_length=200)
    payload = models.JSONField()
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.WAITING)
    due_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    answer = models.CharField(
        max_length=500, blank=True, help_text="What the receiver answered, or why there is none."
    )
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["message_id", "attempt"], name="one_row_of_an_attempt"),
            models.UniqueConstraint(
                fields=["receiver"],
                condition=models.Q(status__in=["waiting", "sending"]) & ~models.Q(kind="test"),
                name="one_message_on_its_way",
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at"],
                condition=models.Q(status__in=["waiting", "sending"]),
                name="notification_due",
            )
        ]

    def __str__(self) -> str:
        return self.subject


class NotifiedAlert(models.Model):
    """What a message says of one alert: its status and severity then."""

    notification = models.ForeignKey(Notification, on_delete=models.CASCADE, related_name="told")
    alert = models.ForeignKey(Alert, on_delete=models.CASCADE, related_name="told")
    status = models.CharField(max_length=10, choices=Alert.Status.choices)
    severity = models.CharField(max_length=10, choices=Severity.choices)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.alert}: {self.status}"
