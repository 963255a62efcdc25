"""Examples as a table, by canonical text within their category."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError

from classifier.engine.descriptors import normalize
from classifier.models import Example
from classifier.tables.reading import Rows
from classifier.tables.resource import (
    CuratedResource,
    categories_by_slug,
    detailed_category,
    flag_field,
    parted,
    text_field,
)


class ExampleResource(CuratedResource):
    category = text_field("category__slug", "category", readonly=True)
    text = text_field("text", readonly=True)
    note = text_field("note")
    is_override = flag_field("is_override", default=False)
    is_active = flag_field("is_active", default=True)

    required = ("category", "text")
    written_fields = ("text", "note", "is_override", "is_active")
    unchecked = frozenset({"category", "canonical_text", "created_by"})

    class Meta:
        model = Example
        fields = ("category", "text", "note", "is_override", "is_active")
        import_id_fields = ("category", "text")
        use_bulk = True
        skip_diff = True

    def prepare(self, rows: Rows) -> None:
        self._by_slug = categories_by_slug()
        by_pk = {category.pk: category for category in self._by_slug.values()}
        texts = sorted(set(rows.column("text")))
        self._canonical = {text: normalize(text) for text in texts}
        self._alike: defaultdict[str, list[Example]] = defaultdict(list)
        for part in parted(sorted(set(self._canonical.values()))):
            for example in Example.objects.filter(canonical_text__in=part).order_by("id"):
                example.category = by_pk[example.category_id]
                self._alike[example.canonical_text].append(example)
        # The rows of the file that have a text, as number and example.
        self._above: defaultdict[str, list[tuple[int, Example]]] = defaultdict(list)

    def find(self, row: Mapping[str, str]) -> tuple[Example, bool]:
        category = detailed_category(self._by_slug, row["category"])
        text = row["text"].strip()
        canonical = self._canonical[text]
        self.once((category.pk, canonical), "text", f"“{canonical}” of this category")
        for example in self._alike[canonical]:
            if example.category_id == category.pk:
                return example, False
        return (
            Example(
                category=category,
                text=text,
                canonical_text=canonical,
                source=Example.Source.IMPORT,
                created_by=self.user,  # type: ignore[misc]
            ),
            True,
        )

    def import_instance(self, instance: Example, row: Mapping[str, str], **kwargs: Any) -> None:
        super().import_instance(instance, row, **kwargs)
        instance.text = row["text"].strip()

    def clean_instance(self, instance: Example) -> None:
        instance.clean_text()
        in_file = {id(example) for _, example in self._above[instance.canonical_text]}
        others = [
            example
            for example in self._alike[instance.canonical_text]
            if example is not instance and id(example) not in in_file
        ]
        instance.clean_beside(others)

    def accept(self, instance: Example) -> None:
        above = self._above[instance.canonical_text]
        for number, example in above:
            if not (instance.is_override or example.is_override):
                raise ValidationError(
                    {
                        "text": f"Row {self.line_of(number)} has the same text for "
                        f"“{example.category.slug}”; set is_override to keep both."
                    }
                )
        above.append((self._number, instance))
