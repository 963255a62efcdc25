"""Programs read what experiments said, and cannot change it."""

import csv
import io
import json
from collections.abc import Callable
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.settings import patched_settings
from rest_framework.test import APIClient

from classifier.models import Scope
from experiments.models import Analysis, Experiment, Guardrail
from experiments.services.analysis import analyse
from experiments.services.results import results_csv
from tests.experiments.traffic import Served, make_experiment, metric_of, store

pytestmark = pytest.mark.django_db
Kind = Analysis.Kind


@pytest.fixture
def experiment(active_version: object) -> Experiment:
    made = make_experiment()
    made.secondary_metrics.set([metric_of("latency-p95"), metric_of("accuracy-audit")])
    Guardrail.objects.create(
        experiment=made, metric=metric_of("error-rate"), harm="increase", margin=0.01
    )
    variants = list(made.variants.all())
    store(
        Served(
            variants[number % 2], f"u{number}", timezone.now(), is_abstained=number % 3 == 0,
            latency_ms=number + 1,
        )
        for number in range(300)
    )  # fmt: skip
    return made


@pytest.fixture
def reader(make_client: Any) -> APIClient:
    client: APIClient = make_client(Scope.METRICS)
    return client


def address(experiment: Experiment) -> str:
    return f"/api/v1/experiments/{experiment.key}/results"


def said(response: Any) -> str:
    detail: str = response.json()["errors"][0]["detail"]
    return detail


def test_the_newest_analysis_is_answered(reader: APIClient, experiment: Experiment) -> None:
    analyse(experiment, Kind.SCHEDULED)
    newest = analyse(experiment, Kind.REQUESTED)
    answer = reader.get(address(experiment))
    assert answer.status_code == 200
    assert answer.json()["analysis"] == newest.pk
    assert answer.json()["experiment"] == experiment.key
    assert [arm["exposures"] for arm in answer.json()["arms"]] == [150, 150]


def test_an_earlier_one_reads_as_it_did(reader: APIClient, experiment: Experiment) -> None:
    first = analyse(experiment, Kind.SCHEDULED)
    before = reader.get(address(experiment)).json()
    store([Served(experiment.control, "new-one", timezone.now())])
    analyse(experiment, Kind.SCHEDULED)
    assert reader.get(address(experiment)).json() != before
    assert reader.get(address(experiment), {"at": first.pk}).json() == before


def test_answers_are_as_described(reader: APIClient, experiment: Experiment) -> None:
    with patched_settings({"OAS_VERSION": "3.1.0"}):
        made = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    schema = json.loads(json.dumps(made))
    for component in schema["components"]["schemas"].values():
        if "properties" in component:
            component["additionalProperties"] = False
    responses = schema["paths"]["/api/v1/experiments/{key}/results"]["get"]["responses"]
    analyse(experiment, Kind.SCHEDULED)
    for answer in (
        reader.get(address(experiment)),
        reader.get("/api/v1/experiments/none/results"),
        reader.get(address(experiment), {"at": "x"}),
    ):
        content = responses[str(answer.status_code)]["content"]["application/json"]
        jsonschema.Draft202012Validator(
            {**content["schema"], "components": schema["components"]}
        ).validate(answer.json())


def test_what_there_is_not_is_named(reader: APIClient, experiment: Experiment) -> None:
    unknown = reader.get("/api/v1/experiments/none/results")
    assert (unknown.status_code, said(unknown)) == (404, "No experiment has the key “none”.")
    without = reader.get(address(experiment))
    assert (without.status_code, said(without)) == (
        404, f"The experiment “{experiment.key}” has no analysis.",
    )  # fmt: skip
    other = analyse(experiment, Kind.SCHEDULED).pk + 1
    missing = reader.get(address(experiment), {"at": other})
    assert (missing.status_code, said(missing)) == (
        404, f"The experiment “{experiment.key}” has no analysis {other}.",
    )  # fmt: skip


@pytest.mark.parametrize("at", ["x", "0", "-1", "1.5", str(2**63), "9" * 5000])
def test_a_number_that_is_none_is_refused(
    reader: APIClient, experiment: Experiment, at: str
) -> None:
    answer = reader.get(address(experiment), {"at": at})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["attr"] == "at"


def test_a_key_needs_the_scope_of_metrics(make_client: Any, experiment: Experiment) -> None:
    analyse(experiment, Kind.SCHEDULED)
    others = make_client(*(set(Scope) - {Scope.METRICS}))
    assert others.get(address(experiment)).status_code == 403
    assert APIClient().get(address(experiment)).status_code == 401


@pytest.mark.parametrize(
    ("permission", "status"),
    [("experiments.view_experiment", 200), ("classifier.view_prediction", 403)],
)
def test_staff_need_to_see_experiments(
    make_staff: Callable[..., User], experiment: Experiment, permission: str, status: int
) -> None:
    analyse(experiment, Kind.SCHEDULED)
    client = APIClient()
    client.force_login(make_staff(permission))
    assert client.get(address(experiment)).status_code == status


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_results_are_only_read(reader: APIClient, experiment: Experiment, method: str) -> None:
    analyse(experiment, Kind.SCHEDULED)
    assert getattr(reader, method)(address(experiment), {}).status_code in (403, 405)
    assert Analysis.objects.count() == 1


def test_a_spreadsheet_gets_a_row_a_metric_and_variant(experiment: Experiment) -> None:
    analysis = analyse(experiment, Kind.SCHEDULED)
    rows = list(csv.DictReader(io.StringIO(results_csv(analysis))))
    assert [(row["metric"], row["role"]) for row in rows] == [
        ("abstention-rate", "primary"),
        ("accuracy-audit", "secondary"),
        ("latency-p95", "secondary"),
    ]
    estimate = analysis.report["primary"]["estimates"][0]
    assert float(rows[0]["effect"]) == estimate["effect"]
    assert rows[1]["sentence"] == "Nothing was measured yet."


def test_no_text_of_a_spreadsheet_is_a_formula(experiment: Experiment) -> None:
    metric = experiment.primary_metric
    metric.name = '=HYPERLINK("http://example.com")'
    metric.save()
    rows = list(csv.DictReader(io.StringIO(results_csv(analyse(experiment, Kind.SCHEDULED)))))
    assert rows[0]["name"].startswith("'=")
