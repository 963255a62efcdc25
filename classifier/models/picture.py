from django.db import models

from classifier.models.version import ModelVersion


class VersionPicture(models.Model):
    """What a version says of its own examples, as a picture. Drawn by a worker, once."""

    class Kind(models.TextChoices):
        CONFUSION = "confusion", "What was taken for what"
        RELIABILITY = "reliability", "How far confidence can be relied on"
        RISK_COVERAGE = "risk-coverage", "Precision by coverage"

    class Theme(models.TextChoices):
        LIGHT = "light", "Light"
        DARK = "dark", "Dark"

    version = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="pictures")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    theme = models.CharField(max_length=10, choices=Theme.choices)
    svg = models.TextField("SVG")
    description = models.TextField(help_text="What it shows, in words.")

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["version", "kind", "theme"], name="one_picture_of_a_kind"
            )
        ]

    def __str__(self) -> str:
        return f"{self.version}: {self.get_kind_display()}"
