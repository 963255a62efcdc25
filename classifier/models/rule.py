from django.conf import settings
from django.db import models
from simple_history.models import HistoricalRecords

from classifier.engine.descriptors import MAX_CANONICAL_LENGTH
from classifier.models.category import Category


class RuleQuerySet(models.QuerySet["Rule"]):
    def active(self) -> "RuleQuerySet":
        """In force: switched on, for an active detailed category."""
        return self.filter(is_active=True, category__in=Category.objects.active().detailed())


class Rule(models.Model):
    """What a person decided for all transactions alike. Of those that match, the first counts."""

    class Kind(models.TextChoices):
        EXACT = "exact", "Canonical text is"
        PREFIX = "prefix", "Canonical text begins with"
        MCC = "mcc", "Merchant category code is"

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
