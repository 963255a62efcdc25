from typing import Any

from django.conf import settings
from django.db import models

from classifier.models.category import Category
from classifier.models.choices import HeadChoices
from classifier.models.encoder import Encoder

MUTABLE_FIELDS = {"status", "note", "input_read_at"}
MAX_REASON = 500


class ModelVersionQuerySet(models.QuerySet["ModelVersion"]):
    def active(self) -> "ModelVersionQuerySet":
        return self.filter(status=ModelVersion.Status.ACTIVE)

    def candidates(self) -> "ModelVersionQuerySet":
        return self.filter(status=ModelVersion.Status.CANDIDATE)


class ModelVersion(models.Model):
    """An encoder, prototypes, calibration and level bounds, immutable once built."""

    class Status(models.TextChoices):
        CANDIDATE = "candidate", "Candidate"
        ACTIVE = "active", "Active"
        RETIRED = "retired", "Retired"

    name = models.CharField(max_length=40, unique=True)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.CANDIDATE)
    encoder = models.ForeignKey(Encoder, on_delete=models.PROTECT, related_name="versions")
    head = models.CharField(max_length=10, choices=HeadChoices.choices)
    normalizer_version = models.PositiveIntegerField()
    manifest_digest = models.CharField("SHA-256 of the manifest", max_length=64)
    input_digest = models.CharField(
        max_length=64,
        blank=True,
        help_text="SHA-256 of the encoder, categories and examples it was built from; empty for an "
        "imported version, whose input is elsewhere.",
    )
    accuracy = models.FloatField("out-of-sample accuracy")
    macro_f1 = models.FloatField("out-of-sample macro-F1")
    calibration_error = models.FloatField("expected calibration error")
    example_count = models.PositiveIntegerField("examples")
    category_count = models.PositiveIntegerField("categories")
    calibration = models.JSONField()
    bounds = models.JSONField()
    figures = models.JSONField(help_text="All that was measured while building.")
    note = models.CharField(max_length=200, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    input_read_at = models.DateTimeField(
        help_text="What was curated up to this moment is in it, or made no difference to it. Of an "
        "imported version, when it was imported."
    )

    objects = ModelVersionQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        verbose_name = "version"
        permissions = [
            ("build_modelversion", "Can build versions"),
            ("activate_modelversion", "Can activate versions and roll back"),
            ("retire_modelversion", "Can retire versions"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["status"],
                condition=models.Q(status="active"),
                name="one_active_version",
            )
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Insert, or change what may change. Raises ValueError for anything else."""
        if not self._state.adding:
            changed = set(kwargs.get("update_fields") or ())
            if not changed or changed - MUTABLE_FIELDS:
                raise ValueError("A built version is immutable; build a new one.")
        super().save(*args, **kwargs)


class Prototype(models.Model):
    """The unit vector of a category in one version."""

    version = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="prototypes")
    category = models.ForeignKey(Category, on_delete=models.PROTECT, related_name="prototypes")
    vector = models.BinaryField(help_text="float32, little-endian, length one.")
    example_count = models.PositiveIntegerField("examples")
    precision = models.FloatField("out-of-sample precision", null=True)
    recall = models.FloatField("out-of-sample recall", null=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["version", "category"], name="prototype_unique_in_version"
            )
        ]

    def __str__(self) -> str:
        return f"{self.version} · {self.category}"


class Activation(models.Model):
    """The record of a version going live: who, when, from, to, why. The newest is in force."""

    class Kind(models.TextChoices):
        ACTIVATION = "activation", "Activated"
        ROLLBACK = "rollback", "Rolled back"

    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.ACTIVATION)
    from_version = models.ForeignKey(
        ModelVersion, on_delete=models.PROTECT, null=True, related_name="+"
    )
    to_version = models.ForeignKey(
        ModelVersion, on_delete=models.PROTECT, related_name="activations"
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        help_text="Empty where a command did it.",
    )
    reason = models.CharField(max_length=MAX_REASON, blank=True)
    missed_targets = models.JSONField(
        default=list, help_text="In words, those that the version missed when it was activated."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.from_version or 'nothing'} → {self.to_version}"


class Retirement(models.Model):
    """The record of a version being put aside by a person: who, when, why."""

    version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="retirements")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        help_text="Empty where a command did it.",
    )
    reason = models.CharField(max_length=MAX_REASON, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.version} retired"
