from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from simple_history.models import HistoricalRecords

from classifier.engine.descriptors import MAX_CANONICAL_LENGTH, normalize
from classifier.engine.rules import RuleKind
from classifier.merchant_codes import code_name
from classifier.models.category import Category


class RuleQuerySet(models.QuerySet["Rule"]):
    def active(self) -> "RuleQuerySet":
        """In force: switched on, for an active detailed category."""
        return self.filter(is_active=True, category__in=Category.objects.active().detailed())


class Rule(models.Model):
    """What a person decided for all transactions alike. Of those that match, the first counts."""

    class Kind(models.TextChoices):
        EXACT = RuleKind.EXACT.value, "Canonical text is"
        PREFIX = RuleKind.PREFIX.value, "Canonical text begins with"
        MCC = RuleKind.MCC.value, "Merchant category code is"

    kind = models.CharField(max_length=10, choices=Kind.choices)
    pattern = models.CharField(
        max_length=MAX_CANONICAL_LENGTH,
        help_text="A text as the bank prints it, made canonical when it is saved; or the four "
        "digits of a merchant category code.",
    )
    category = models.ForeignKey(
        Category,
        on_delete=models.PROTECT,
        related_name="rules",
        limit_choices_to={"parent__isnull": False},
    )
    position = models.PositiveIntegerField(
        default=100, help_text="Lower ones are asked first; of equal ones, the older."
    )
    is_active = models.BooleanField(default=True)
    note = models.CharField(max_length=200, blank=True)
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

    objects = RuleQuerySet.as_manager()

    class Meta:
        ordering = ["position", "id"]
        permissions = [("import_rule", "Can import rules"), ("export_rule", "Can export rules")]
        constraints = [
            models.UniqueConstraint(fields=["kind", "pattern"], name="rule_unique_pattern")
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} “{self.pattern}”"

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.pattern = self.canonical_pattern
        super().save(*args, **kwargs)

    def clean(self) -> None:
        self.pattern = self.canonical_pattern
        if self.kind == self.Kind.MCC:
            if not code_name(self.pattern):
                message = f"No merchant category code is “{self.pattern}”: use its four digits."
                raise ValidationError({"pattern": ValidationError(message, code="unknown_mcc")})
        elif not any(character.isalpha() for character in self.pattern):
            message = "It holds no letters to compare with."
            raise ValidationError({"pattern": ValidationError(message, code="no_text")})

    @property
    def canonical_pattern(self) -> str:
        return self.pattern.strip() if self.kind == self.Kind.MCC else normalize(self.pattern)

    @property
    def says(self) -> str:
        """The pattern in words: of a code, with its name."""
        name = code_name(self.pattern) if self.kind == self.Kind.MCC else ""
        return f"{self.pattern} ({name})" if name else self.pattern
