from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Coalesce
from simple_history.models import HistoricalRecords

from classifier.models.choices import DirectionChoices


class CategoryQuerySet(models.QuerySet["Category"]):
    def active(self) -> "CategoryQuerySet":
        """Usable for new answers: neither it nor its parent is switched off."""
        return self.filter(is_active=True).exclude(parent__is_active=False)

    def detailed(self) -> "CategoryQuerySet":
        return self.filter(parent__isnull=False)

    def primary(self) -> "CategoryQuerySet":
        return self.filter(parent__isnull=True)

    def in_tree_order(self) -> "CategoryQuerySet":
        """Each primary category followed by its own, as a reader expects a tree."""
        root_order = Coalesce("parent__sort_order", "sort_order")
        root_name = Coalesce("parent__name", "name")
        is_child = models.Case(
            models.When(parent__isnull=True, then=0), default=1, output_field=models.IntegerField()
        )
        return self.select_related("parent").order_by(
            root_order, root_name, is_child, "sort_order", "name"
        )


class Category(models.Model):
    """What a transaction is for. Two levels: primary, and detailed under a primary."""

    slug = models.SlugField(
        max_length=80, unique=True, help_text="The name programs use. Keep it once it is in use."
    )
    name = models.CharField(max_length=80)
    parent = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        limit_choices_to={"parent__isnull": True},
        help_text="Empty for a primary category.",
    )
    description = models.TextField(
        blank=True, help_text="Compared with transactions beside the examples: use plain nouns."
    )
    direction = models.CharField(
        max_length=10,
        choices=DirectionChoices.choices,
        default=DirectionChoices.ANY,
        help_text="Money in never gets an expense category, nor money out an income category.",
    )
    is_active = models.BooleanField(
        default=True, help_text="Versions built while this is off do not know the category."
    )
    sort_order = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    history = HistoricalRecords()

    objects = CategoryQuerySet.as_manager()

    class Meta:
        ordering = ["sort_order", "name"]
        verbose_name_plural = "categories"
        permissions = [
            ("import_category", "Can import categories"),
            ("export_category", "Can export categories"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["parent", "name"],
                name="category_name_unique_under_parent",
                violation_error_message="This name is taken beside it.",
            ),
            models.UniqueConstraint(
                fields=["name"],
                condition=models.Q(parent__isnull=True),
                name="primary_category_name_unique",
                violation_error_message="A primary category has this name.",
            ),
            models.CheckConstraint(
                condition=~models.Q(parent=models.F("id")), name="category_not_its_own_parent"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.parent.name} › {self.name}" if self.parent else self.name

    def clean(self) -> None:
        is_primary = self.parent is None
        self.clean_place(
            has_examples=bool(self.pk) and is_primary and self.examples.exists(),
            has_children=bool(self.pk) and not is_primary and self.children.exists(),
        )

    def clean_place(self, *, has_examples: bool, has_children: bool) -> None:
        """Raises ValidationError where it cannot be where it is in the tree."""
        if self.parent is None:
            if has_examples:
                raise ValidationError({"parent": "It has examples and must stay under a parent."})
            return
        if self.parent is self:
            raise ValidationError({"parent": "It cannot be under itself."})
        if self.parent.parent is not None:
            raise ValidationError({"parent": f"{self.parent} is a detailed category itself."})
        if has_children:
            raise ValidationError({"parent": "It has categories under it and must stay primary."})

    @property
    def primary(self) -> "Category":
        return self.parent or self
