from django.conf import settings
from django.db import models

from monitoring.models.rule import AlertRule


class Severity(models.TextChoices):
    WARNING = "warning", "Warning"
    CRITICAL = "critical", "Critical"


class AlertQuerySet(models.QuerySet["Alert"]):
    def open(self) -> "AlertQuerySet":
        return self.exclude(status=Alert.Status.RESOLVED)

    def firing(self) -> "AlertQuerySet":
        return self.filter(status=Alert.Status.FIRING)


class Alert(models.Model):
    """One episode of a rule, or of one label of it, from the first sign until it was over.

    A rule that is critical is one episode and not two: its warning is hidden in it, and it stays
    critical until it is over. A pending one that never fired is resolved with `fired_at` empty;
    of these a rule keeps the newest alone, and those that people said something of.
    """

    class Status(models.TextChoices):
        PENDING = "pending", "Pending"
        FIRING = "firing", "Firing"
        RESOLVED = "resolved", "Resolved"

    rule = models.ForeignKey(AlertRule, on_delete=models.PROTECT, related_name="alerts")
    label = models.CharField(max_length=120, blank=True)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.PENDING)
    severity = models.CharField(max_length=10, choices=Severity.choices)
    text = models.CharField(max_length=500, help_text="What is wrong, in a sentence with figures.")
    evidence = models.JSONField(
        default=dict, help_text="What was seen when it began to fire; never changed after that."
    )
    value = models.FloatField(null=True, help_text="The last that was seen.")
    started_at = models.DateTimeField(help_text="When it was first wrong.")
    fired_at = models.DateTimeField(null=True)
    wrong_at = models.DateTimeField(help_text="When it was last seen to be wrong.")
    resolved_at = models.DateTimeField(null=True)
    wrong_minutes = models.PositiveIntegerField(
        default=0, help_text="How long it was wrong before it fired, of what could be said."
    )
    critical_minutes = models.PositiveIntegerField(
        null=True, help_text="How long on end it has been critical; empty while it is not."
    )
    right_minutes = models.PositiveIntegerField(
        null=True, help_text="How long on end it has been right; empty while it is wrong."
    )
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )

    objects = AlertQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        permissions = [("handle_alert", "Can acknowledge, comment and silence alerts")]
        constraints = [
            models.UniqueConstraint(
                fields=["rule", "label"],
                condition=~models.Q(status="resolved"),
                name="one_open_episode_of_a_rule",
            )
        ]
        indexes = [models.Index(fields=["started_at"], name="alert_by_start")]

    def __str__(self) -> str:
        return f"{self.rule} {self.label}".strip()


class AlertEvent(models.Model):
    """What happened to an episode: who, when, from, to. `by` is empty for what the program did."""

    class Kind(models.TextChoices):
        STATUS = "status", "Status"
        SEVERITY = "severity", "Severity"
        ACKNOWLEDGED = "acknowledged", "Acknowledged"
        UNACKNOWLEDGED = "unacknowledged", "Acknowledgement taken back"
        COMMENT = "comment", "Comment"
        SILENCED = "silenced", "Silenced"

    alert = models.ForeignKey(Alert, on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(max_length=16, choices=Kind.choices)
    from_value = models.CharField(max_length=20, blank=True)
    to_value = models.CharField(max_length=20, blank=True)
    text = models.CharField(max_length=1000, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.from_value} → {self.to_value}"


class Silence(models.Model):
    """Nobody is told of a rule's alerts (of one label, or of all rules) until it ends.

    Alerts go on being judged and shown. One that still fires when the silence ends is told then.
    """

    rule = models.ForeignKey(
        AlertRule,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="silences",
        help_text="Empty: all rules.",
    )
    label = models.CharField(max_length=120, blank=True, help_text="Empty: all labels.")
    reason = models.CharField(max_length=300)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
        help_text="Who ended it before its time.",
    )

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(starts_at__lte=models.F("ends_at")),
                name="silence_ends_after_its_start",
                violation_error_message="It ends before it starts.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.rule or 'All rules'} {self.label}".strip()
