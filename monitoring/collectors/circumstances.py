"""What was so around a moment, and what was done before it: the evidence of alerts. Every function
returns a bounded number of things."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Count, Max, Min

from classifier.models import Activation, Category, Example, Merchant, Rule
from experiments.models import ExperimentEvent

MOST = 50
CURATED = (Example, Category, Merchant, Rule)


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that was done. `url_name` and `object_id` say where it is shown: a list where
    `object_id` is None, nowhere where `url_name` is empty. `by` is a user's name, empty where the
    program did it."""

    at: datetime
    text: str
    url_name: str
    object_id: int | None
    by: str


def active_version(moment: datetime) -> str:
    """The name of the version that was active then; empty before the first."""
    acts = Activation.objects.filter(created_at__lte=moment).order_by("-id")
    return acts.values_list("to_version__name", flat=True).first() or ""


def activations(start: datetime, end: datetime) -> list[Change]:
    rows = Activation.objects.filter(created_at__gt=start, created_at__lte=end)
    return [
        Change(
            row.created_at,
            f"{row.get_kind_display()}: {row}",
            "admin:classifier_modelversion_change",
            row.to_version_id,
            name_of(row.by),
        )
        for row in rows.select_related("from_version", "to_version", "by").order_by("-id")[:MOST]
    ]


def experiment_events(start: datetime, end: datetime) -> list[Change]:
    rows = ExperimentEvent.objects.filter(created_at__gt=start, created_at__lte=end)
    return [
        Change(
            row.created_at,
            f"Experiment {row.experiment}: {row.get_kind_display().lower()}",
            "admin:experiments_experiment_change",
            row.experiment_id,
            name_of(row.by),
        )
        for row in rows.select_related("experiment", "by").order_by("-id")[:MOST]
    ]


def curation(start: datetime, end: datetime) -> list[Change]:
    """How many examples, categories, merchants and rules were edited; by a name where one person
    did all of it."""
    found = []
    for model in CURATED:
        rows = model.history.filter(history_date__gt=start, history_date__lte=end)
        seen: dict[str, Any] = rows.aggregate(
            acts=Count("history_id"),
            newest=Max("history_date"),
            first=Min("history_user__username"),
            last=Max("history_user__username"),
            named=Count("history_user"),
        )
        if seen["acts"]:
            is_one = seen["first"] == seen["last"] and seen["named"] == seen["acts"]
            found.append(
                Change(
                    seen["newest"],
                    f"Edits of {model._meta.verbose_name_plural}: {seen['acts']}",
                    f"admin:{model._meta.label_lower.replace('.', '_')}_changelist",
                    None,
                    seen["first"] if is_one else "",
                )
            )
    return found


def name_of(user: AbstractBaseUser | None) -> str:
    return user.get_username() if user is not None else ""
