"""Rules as a table, by what they look for."""

from collections.abc import Mapping
from typing import Any

from import_export import fields

from classifier.models import Rule
from classifier.tables.reading import Rows
from classifier.tables.resource import (
    CuratedResource,
    TextWidget,
    WholeWidget,
    categories_by_slug,
    detailed_category,
    flag_field,
    text_field,
)

KINDS = TextWidget(Rule.Kind.choices)


class RuleResource(CuratedResource):
    kind = fields.Field("kind", "kind", widget=KINDS, readonly=True)
    pattern = text_field("pattern", readonly=True)
    category = text_field("category__slug", "category", readonly=True)
    position = fields.Field("position", "position", widget=WholeWidget(), default=100)
    is_active = flag_field("is_active", default=True)
    note = text_field("note")

    required = ("kind", "pattern", "category")
    written_fields = ("category", "position", "is_active", "note")
    unchecked = frozenset({"category", "created_by"})

    class Meta:
        model = Rule
        fields = ("kind", "pattern", "category", "position", "is_active", "note")
        import_id_fields = ("kind", "pattern")
        use_bulk = True
        skip_diff = True

    def prepare(self, rows: Rows) -> None:
        self._by_slug = categories_by_slug()
        by_pk = {category.pk: category for category in self._by_slug.values()}
        self._known = {}
        for rule in Rule.objects.all():
            rule.category = by_pk[rule.category_id]
            self._known[rule.kind, rule.pattern] = rule

    def find(self, row: Mapping[str, str]) -> tuple[Rule, bool]:
        kind, pattern = KINDS.clean(row["kind"]), row["pattern"]
        pattern = Rule(kind=kind, pattern=pattern).canonical_pattern
        self.once((kind, pattern), "pattern", f"“{pattern}” of this kind")
        rule = self._known.get((kind, pattern))
        if rule is not None:
            return rule, False
        return Rule(kind=kind, pattern=pattern, created_by=self.user), True  # type: ignore[misc]

    def import_instance(self, instance: Rule, row: Mapping[str, str], **kwargs: Any) -> None:
        super().import_instance(instance, row, **kwargs)
        instance.category = detailed_category(self._by_slug, row["category"])

    def clean_instance(self, instance: Rule) -> None:
        instance.clean()
