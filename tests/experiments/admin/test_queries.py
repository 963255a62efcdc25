"""The number of queries of a page does not depend on the number of rows."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from experiments.models import (
    Experiment,
    ExperimentEvent,
    Guardrail,
    GuardrailAlert,
    Metric,
    SelfTest,
)
from tests.experiments.admin.conftest import url_of
from tests.experiments.reports import estimate_json, make_analysis, make_experiment

MORE = 4


def add_experiments(running: Experiment) -> None:
    for number in range(MORE):
        owner = User.objects.create_user(f"owner{number}", is_staff=True)
        make_analysis(make_experiment(f"more-{number}", owner=owner))


def add_analyses(running: Experiment) -> None:
    for number in range(MORE):
        make_analysis(make_experiment(f"more-{number}"), by=User.objects.create_user(f"u{number}"))


def add_metrics(running: Experiment) -> None:
    for number in range(MORE):
        Metric.objects.create(
            key=f"own-{number}", name="Own", source="field", field="margin", better="higher"
        )


def add_alerts(running: Experiment) -> None:
    """Each of another metric, since one is open at most."""
    for metric in Metric.objects.filter(key__in=("confidence", "error-rate", "correction-rate")):
        # Past the check that a started experiment is frozen.
        (guardrail,) = Guardrail.objects.bulk_create(
            [Guardrail(experiment=running, metric=metric, harm="increase", margin=0.1)]
        )
        GuardrailAlert.objects.create(
            guardrail=guardrail, variant=running.control, action="warn", text="Slow.",
            evidence=estimate_json(),
        )  # fmt: skip


def add_self_tests(running: Experiment) -> None:
    for number, metric in enumerate(Metric.objects.all()[:MORE]):
        by = User.objects.create_user(f"tester{number}")
        SelfTest.objects.create(metric=metric, status=SelfTest.Status.DONE, by=by)


LISTS: dict[str, Callable[[Experiment], None]] = {
    "experiment": add_experiments,
    "analysis": add_analyses,
    "metric": add_metrics,
    "guardrailalert": add_alerts,
    "selftest": add_self_tests,
}


def queries(client: Client, url: str) -> list[str]:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(url).status_code == 200
    return [query["sql"] for query in captured]


@pytest.mark.parametrize("name", LISTS)
def test_a_list_asks_as_much_for_few_rows_as_for_many(
    name: str, staff: Client, running: Experiment
) -> None:
    make_analysis(running)
    GuardrailAlert.objects.create(
        guardrail=running.guardrails.get(), variant=running.control, action="warn", text="Slow.",
        evidence={},
    )  # fmt: skip
    SelfTest.objects.create(metric=running.primary_metric)
    url = reverse(f"admin:experiments_{name}_changelist")
    queries(staff, url)
    few = queries(staff, url)
    LISTS[name](running)
    many = queries(staff, url)
    assert len(many) == len(few), "\n".join(many)


@pytest.mark.parametrize("act", ["change", "report"])
def test_a_page_asks_as_much_after_a_long_history(
    act: str, staff: Client, running: Experiment
) -> None:
    def goes_on(number: int) -> None:
        by = User.objects.create_user(f"u{number}")
        make_analysis(running, by=by)
        ExperimentEvent.objects.create(
            experiment=running, kind="ramped", to_status="running", by=by,
            details={"from": 0.01, "to": 0.05},
        )  # fmt: skip
        GuardrailAlert.objects.create(
            guardrail=running.guardrails.get(), variant=running.control, action="warn",
            text="Slow.", evidence={}, resolved_at=running.started_at,
        )  # fmt: skip

    goes_on(0)
    url = url_of(act, running)
    queries(staff, url)
    few = queries(staff, url)
    for number in range(1, MORE):
        goes_on(number)
    many = queries(staff, url)
    assert len(many) == len(few), "\n".join(many)
