"""The A/A self-test: asked for with a button, read as a table."""

from typing import Any

from django.test import Client
from django.urls import reverse
from django_q.models import OrmQ

from classifier.admin.cells import change_url
from experiments.models import Metric, SelfTest
from tests.experiments.admin.conftest import page_of, told

RUN = reverse("admin:experiments_selftest_run")


def result(share: float, low: float, high: float) -> dict[str, Any]:
    method = {
        "method": "Delta method, one look", "count": round(1000 * share), "repetitions": 1000,
        "share": share, "low": low, "high": high, "limit": 0.05,
    }  # fmt: skip
    return {"units": 4000, "looks": 10, "methods": [method]}


def done(**fields: Any) -> SelfTest:
    metric = Metric.objects.get(key="confidence")
    return SelfTest.objects.create(metric=metric, status=SelfTest.Status.DONE, **fields)


def test_it_is_queued(operator: Client, django_capture_on_commit_callbacks: Any) -> None:
    metric = Metric.objects.get(key="confidence")
    with django_capture_on_commit_callbacks(execute=True):
        page = told(operator, RUN, metric=metric.pk)
    assert "Queued: it takes a minute or two." in page
    test = SelfTest.objects.get()
    assert (str(test.by), test.metric) == ("olga", metric)
    assert OrmQ.objects.get().task["func"] == "experiments.tasks.run_self_test"


def test_a_second_one_has_to_wait(operator: Client) -> None:
    metric = Metric.objects.get(key="confidence")
    told(operator, RUN, metric=metric.pk)
    assert "A self-test is not finished yet" in told(operator, RUN, metric=metric.pk)
    assert SelfTest.objects.count() == 1


def test_only_what_answers_have_without_an_experiment_is_offered(operator: Client) -> None:
    page = page_of(operator, RUN)
    assert "Confidence</option>" in page
    for name in ("Error rate", "Latency, 95th percentile", "Accuracy from feedback"):
        assert f"{name}</option>" not in page
    error = Metric.objects.get(key="error-rate")
    response = operator.post(RUN, {"metric": error.pk})
    assert response.context["form"].errors["metric"]


def test_the_table_says_how_often_and_whether_that_is_kept(staff: Client, db: None) -> None:
    page = page_of(staff, change_url(done(result=result(0.048, 0.036, 0.063))))
    for words in ("Delta method, one look", "4.8% (48 of 1,000)", "3.6 to 6.3%", "5.0%", "Yes"):
        assert words in page
    page = page_of(staff, change_url(done(result=result(0.2, 0.18, 0.22))))
    assert "20.0% (200 of 1,000)" in page
    assert "Yes" not in page.split("20.0%")[1].split("</table>")[0]


def test_one_that_failed_says_why_in_the_list(staff: Client, db: None) -> None:
    metric = Metric.objects.get(key="confidence")
    SelfTest.objects.create(metric=metric, status="failed", error="Nothing was measured yet.")
    url = reverse("admin:experiments_selftest_changelist")
    assert "Nothing was measured yet." in page_of(staff, url)
