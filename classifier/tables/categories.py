"""Categories as a table, by slug."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from import_export import fields

from classifier.models import Category, Example
from classifier.models.choices import DirectionChoices
from classifier.tables.reading import Rows
from classifier.tables.resource import (
    CuratedResource,
    TextWidget,
    WholeWidget,
    categories_by_slug,
    flag_field,
    text_field,
)


class CategoryResource(CuratedResource):
    """A parent may be a row of the same file, wherever it stands."""

    slug = text_field("slug", readonly=True)
    name = text_field("name")
    parent = text_field("parent__slug", "parent", readonly=True)
    description = text_field("description")
    direction = fields.Field(
        "direction",
        "direction",
        widget=TextWidget(DirectionChoices.choices),
        default=DirectionChoices.ANY.value,
    )
    is_active = flag_field("is_active", default=True)
    sort_order = fields.Field("sort_order", "sort_order", widget=WholeWidget(), default=0)

    required = ("slug", "name")
    written_fields = (
        "name", "parent", "description", "direction", "is_active", "sort_order", "updated_at",
    )  # fmt: skip
    unchecked = frozenset({"parent"})

    class Meta:
        model = Category
        fields = ("slug", "name", "parent", "description", "direction", "is_active", "sort_order")
        import_id_fields = ("slug",)
        use_bulk = True
        skip_diff = True

    def prepare(self, rows: Rows) -> None:
        rows.put_first([not parent for parent in rows.column("parent")])
        self._by_slug = categories_by_slug()
        named = set(rows.column("slug"))
        # By whom each name is taken: the number of a row, 0 for a category that no row is of.
        self._names = {_place(each): 0 for each in self._by_slug.values() if each.slug not in named}
        self._with_examples = set(Example.objects.values_list("category_id", flat=True).distinct())
        self._parents = {each.parent.slug for each in self._by_slug.values() if each.parent}

    def find(self, row: Mapping[str, str]) -> tuple[Category, bool]:
        slug = row["slug"].strip()
        self.once(slug, "slug", f"“{slug}”")
        category = self._by_slug.get(slug)
        return (Category(slug=slug), True) if category is None else (category, False)

    def import_instance(self, instance: Category, row: Mapping[str, str], **kwargs: Any) -> None:
        super().import_instance(instance, row, **kwargs)
        if "parent" not in row:
            return
        slug = row["parent"].strip()
        if slug and slug not in self._by_slug:
            raise ValidationError({"parent": f"No category has the slug “{slug}”."})
        instance.parent = self._by_slug[slug] if slug else None

    def clean_instance(self, instance: Category) -> None:
        instance.clean_place(
            has_examples=instance.pk in self._with_examples,
            has_children=instance.slug in self._parents,
        )
        instance.updated_at = timezone.now()

    def accept(self, instance: Category) -> None:
        place = _place(instance)
        taken_by = self._names.setdefault(place, self._number)
        if taken_by != self._number:
            where = f"under “{place[0]}”" if place[0] else "among the primary categories"
            by = f"row {self.line_of(taken_by)}" if taken_by else "another category"
            raise ValidationError({"name": f"The name is taken {where} by {by}."})
        self._parents.add(place[0])
        self._by_slug[instance.slug] = instance

    def writing_order(self) -> list[list[Any]]:
        return [
            [each for each in self.create_instances if each.parent is None],
            [each for each in self.create_instances if each.parent is not None],
        ]


def _place(category: Category) -> tuple[str, str]:
    """The slug of its parent, and its name: no other category has both."""
    return (category.parent.slug if category.parent else "", category.name)
