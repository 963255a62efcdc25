"""Metrics of one's own are made, and stay as they are once an experiment measures by them."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from classifier.admin.cells import change_url
from experiments.models import Experiment, Metric
from tests.experiments.admin.conftest import page_of

ADD = reverse("admin:experiments_metric_add")
RIGHT = {
    "name": "Groceries", "key": "groceries-share", "description": "", "source": "field",
    "field": "category__slug", "equals": "groceries", "aggregate": "mean", "better": "higher",
}  # fmt: skip


@pytest.fixture
def own(db: None) -> Metric:
    return Metric.objects.create(**RIGHT)


def may_save(client: Client, metric: Metric) -> bool:
    return 'name="_save"' in page_of(client, change_url(metric))


def test_one_is_made(operator: Client) -> None:
    assert operator.post(ADD, RIGHT).status_code == 302
    metric = Metric.objects.get(key="groceries-share")
    assert (metric.equals, metric.is_builtin) == ("groceries", False)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"equals": "no-such"}, "equals"),
        ({"field": "level", "equals": "highest"}, "equals"),
        ({"field": "level", "equals": ""}, "equals"),
        ({"field": "confidence"}, "equals"),
        ({"field": ""}, "field"),
        ({"source": "feedback"}, "field"),
        ({"source": "feedback", "field": ""}, "equals"),
        ({"aggregate": "p95"}, "aggregate"),
        ({"key": "confidence"}, "key"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(
    operator: Client, changes: dict[str, Any], field: str
) -> None:
    response = operator.post(ADD, {**RIGHT, **changes})
    assert response.context["adminform"].form.errors[field]
    assert not Metric.objects.filter(is_builtin=False).exists()


def test_a_builtin_one_is_read_only_even_for_a_superuser(staff: Client) -> None:
    metric = Metric.objects.get(key="confidence")
    assert not may_save(staff, metric)
    assert staff.post(change_url(metric), RIGHT).status_code == 403
    assert staff.get(change_url(metric).replace("/change/", "/delete/")).status_code == 403


def test_one_that_a_draft_measures_by_changes_and_is_not_deleted(
    operator: Client, own: Metric, draft: Experiment
) -> None:
    draft.secondary_metrics.add(own)
    assert may_save(operator, own)
    assert operator.get(change_url(own).replace("/change/", "/delete/")).status_code == 403


def test_one_that_a_started_experiment_measures_by_is_frozen(
    operator: Client, own: Metric, running: Experiment
) -> None:
    assert may_save(operator, own)
    running.secondary_metrics.add(own)
    assert not may_save(operator, own)
    assert operator.post(change_url(own), RIGHT).status_code == 403


def test_one_that_nothing_measures_by_is_deleted(operator: Client, own: Metric) -> None:
    operator.post(change_url(own).replace("/change/", "/delete/"), {"post": "yes"})
    assert not Metric.objects.filter(pk=own.pk).exists()
