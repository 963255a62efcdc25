"""Alert rules switched on and off: what is off judges nothing, and its open alerts end."""

from django.db import transaction
from django.db.models import QuerySet

from monitoring.models import AlertRule


@transaction.atomic
def switch_rules(rules: "QuerySet[AlertRule]", is_enabled: bool) -> int:
    """Each with its history row. Returns how many were changed."""
    changed = 0
    for rule in rules.exclude(is_enabled=is_enabled).select_for_update():
        rule.is_enabled = is_enabled
        rule.save(update_fields=["is_enabled"])
        changed += 1
    return changed
