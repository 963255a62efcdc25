"""How values look in lists and pages: links, shares, badges."""

from typing import Any

from django.contrib.admin.utils import quote
from django.db.models import Model
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from classifier.engine.types import CategoryInfo, Level
from classifier.models import Job, ModelVersion

NOTHING = "-"

LEVEL_VARIANTS: dict[str, str] = {
    Level.HIGH.value: "success",
    Level.MEDIUM.value: "info",
    Level.LOW.value: "warning",
    Level.ABSTAIN.value: "danger",
}
STATUS_VARIANTS: dict[str, str] = {
    ModelVersion.Status.CANDIDATE.value: "info",
    ModelVersion.Status.ACTIVE.value: "success",
    ModelVersion.Status.RETIRED.value: "default",
}
JOB_VARIANTS: dict[str, str] = {
    Job.Status.QUEUED.value: "default",
    Job.Status.RUNNING.value: "info",
    Job.Status.SUCCEEDED.value: "success",
    Job.Status.FAILED.value: "danger",
    Job.Status.CANCELLED.value: "warning",
}


def change_url(row: Model) -> str:
    name = f"admin:{row._meta.app_label}_{row._meta.model_name}_change"
    return reverse(name, args=[quote(row.pk)])


def changelist_url(model: type[Model], **query: Any) -> str:
    opts = model._meta
    return reverse(f"admin:{opts.app_label}_{opts.model_name}_changelist", query=query or None)


def link(url: str, text: object) -> SafeString:
    return format_html('<a class="text-link plain-link" href="{}">{}</a>', url, text)


def change_link(row: Model | None, text: object = None) -> SafeString | str:
    """A link to a row's page; a dash where there is no row."""
    return NOTHING if row is None else link(change_url(row), row if text is None else text)


def badge(text: str, variant: str = "default") -> SafeString:
    """A coloured label. The text says it all; the colour only repeats it."""
    return render_to_string("unfold/helpers/label.html", {"text": text, "type": variant})


def level_badge(level: str, label: str) -> SafeString:
    return badge(label, LEVEL_VARIANTS[level])


def percent(share: float | None, digits: int = 1) -> str:
    """0.9876 as “98.8%”; a dash for None."""
    return NOTHING if share is None else f"{100 * share:.{digits}f}%"


def confidence(probability: float | None) -> str:
    """As a share that is never rounded up to certainty."""
    if probability is not None and 0.9995 <= probability < 1:
        return "> 99.9%"
    return percent(probability)


def interval(low: float | None, high: float | None) -> str:
    """A 95% interval of a share: “97.1 to 99.0%”; empty where there is none."""
    return "" if low is None or high is None else f"{100 * low:.1f} to {100 * high:.1f}%"


def figure(value: float | None, digits: int = 3) -> str:
    """A plain number, such as a cosine; a dash for None."""
    return NOTHING if value is None else f"{value:.{digits}f}"


def path_of(category: CategoryInfo) -> str:
    """As a category's row names itself: the primary one, then the detailed."""
    return f"{category.primary_name} › {category.name}"
