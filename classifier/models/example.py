from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from simple_history.models import HistoricalRecords

from classifier.engine.descriptors import MAX_CANONICAL_LENGTH, normalize
from classifier.models.category import Category

MAX_DESCRIPTION = 512


class ExampleQuerySet(models.QuerySet["Example"]):
    def active(self) -> "ExampleQuerySet":
        """Taken into the next version: switched on, in an active detailed category."""
        return self.filter(is_active=True, category__in=Category.objects.active().detailed())


class Example(models.Model):
    """A descriptor that a person, or the seed, says is of a category."""

    class Source(models.TextChoices):
        SEED = "seed", "Seed"
        ANALYST = "analyst", "Analyst"
        FEEDBACK = "feedback", "Feedback"
        REVIEW = "review", "Review"
        IMPORT = "import", "Import"

    category = models.ForeignKey(
        Category,
        on_delete=models.PROTECT,
        related_name="examples",
        limit_choices_to={"parent__isnull": False},
    )
    text = models.CharField(max_length=MAX_DESCRIPTION, help_text="As the bank prints it.")
    canonical_text = models.CharField(max_length=MAX_CANONICAL_LENGTH, editable=False)
    source = models.CharField(max_length=10, choices=Source.choices, default=Source.ANALYST)
    note = models.CharField(max_length=200, blank=True)
    is_override = models.BooleanField(
        "allow beside another category",
        default=False,
        help_text="Keep this although another category has the same canonical text.",
    )
    is_active = models.BooleanField(default=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    history = HistoricalRecords()

    objects = ExampleQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        permissions = [
            ("import_example", "Can import examples"),
            ("export_example", "Can export examples"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["category", "canonical_text"], name="example_unique_in_category"
            ),
            models.UniqueConstraint(
                fields=["canonical_text"],
                condition=models.Q(is_override=False),
                name="example_in_one_category_unless_overridden",
            ),
        ]

    def __str__(self) -> str:
        return self.text

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.canonical_text = normalize(self.text)
        super().save(*args, **kwargs)

    def clean(self) -> None:
        self.clean_text()
        twins = Example.objects.filter(canonical_text=self.canonical_text).exclude(pk=self.pk)
        self.clean_beside(twins.select_related("category__parent"))

    def clean_text(self) -> None:
        """Make the canonical text. Raises ValidationError where it holds no letters."""
        self.text = self.text.strip()
        self.canonical_text = normalize(self.text)
        if not any(character.isalpha() for character in self.canonical_text):
            message = "It holds no letters to learn from."
            raise ValidationError({"text": ValidationError(message, code="no_text")})

    def clean_beside(self, twins: "Iterable[Example]") -> None:
        """Raises ValidationError where one of `twins`, the others of its text, rules it out."""
        for twin in twins:
            if twin.category_id == self.category_id:
                message = f"This category has it already, as “{twin.text}”."
                raise ValidationError({"text": ValidationError(message, code="duplicate")})
            if not self.is_override:
                message = (
                    f"{twin.category} has it already, as “{twin.text}”. Move that example, or "
                    "tick “allow beside another category”."
                )
                raise ValidationError({"text": ValidationError(message, code="conflict")})
