"""The OpenAPI page is complete, and says what the API does."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.management import call_command
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.settings import patched_settings
from rest_framework.test import APIClient

from classifier.jobs.runner import run_job

pytestmark = pytest.mark.django_db
Classify = Callable[..., list[dict[str, Any]]]


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    """As OpenAPI 3.1, whose schemas are JSON Schema, with no property but those it names."""
    with patched_settings({"OAS_VERSION": "3.1.0"}):
        made = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    whole: dict[str, Any] = json.loads(json.dumps(made))
    composed = {
        part["$ref"].rsplit("/", 1)[-1]
        for component in whole["components"]["schemas"].values()
        for part in component.get("allOf", [])
    }
    for name, component in whole["components"]["schemas"].items():
        if "properties" in component and name not in composed:
            component["additionalProperties"] = False
    return whole


def check(schema: dict[str, Any], path: str, method: str, response: Any) -> None:
    """Hold a real answer against what the schema says of it."""
    operation = schema["paths"][path][method]
    content = operation["responses"][str(response.status_code)]["content"]
    validator = jsonschema.Draft202012Validator(
        {**content["application/json"]["schema"], "components": schema["components"]}
    )
    validator.validate(response.json())


def test_it_is_made_without_a_warning(tmp_path: Any) -> None:
    call_command("spectacular", "--validate", "--fail-on-warn", file=str(tmp_path / "schema.yaml"))


def test_every_operation_takes_the_key_and_has_an_example(schema: dict[str, Any]) -> None:
    assert schema["components"]["securitySchemes"]["ApiKey"]["name"] == "Authorization"
    operations = {
        (path, method): operation
        for path, methods in schema["paths"].items()
        for method, operation in methods.items()
        if path.startswith("/api/v1/")
    }
    assert len(operations) == 11
    for (path, _), operation in operations.items():
        assert {"ApiKey": []} in operation["security"]
        if path == "/api/v1/jobs/{job_id}/results":
            assert {"200", "206", "409", "416"} <= set(operation["responses"])
            continue
        good = min(operation["responses"])
        assert operation["responses"][good]["content"]["application/json"]["examples"]
        if "requestBody" in operation:
            assert operation["requestBody"]["content"]["application/json"]["examples"]
            assert {"400", "401", "403", "411", "413", "415", "429", "503"} <= set(
                operation["responses"]
            )


def test_the_examples_are_as_described(schema: dict[str, Any]) -> None:
    checked = 0
    for path, methods in schema["paths"].items():
        for operation in methods.values() if path.startswith("/api/v1/") else ():
            bodies = [operation.get("requestBody", {}), *operation["responses"].values()]
            for body in bodies:
                content = body.get("content", {}).get("application/json", {})
                for example in content.get("examples", {}).values():
                    jsonschema.Draft202012Validator(
                        {**content["schema"], "components": schema["components"]}
                    ).validate(example["value"])
                    checked += 1
    assert checked > 10


def test_answers_are_as_described(
    schema: dict[str, Any], api: APIClient, classify: Classify
) -> None:
    items = [
        {"description": "NETFLIX.COM", "transaction_id": "t-1", "amount": -15.49},
        {"description": "0423 1187"},
        {"description": "zzqx brrf wvvk"},
    ]
    answer = api.post("/api/v1/classify", {"transactions": items})
    check(schema, "/api/v1/classify", "post", answer)
    for result in answer.json()["results"]:
        stored = api.get(f"/api/v1/predictions/{result['prediction_id']}")
        check(schema, "/api/v1/predictions/{prediction_id}", "get", stored)
    check(schema, "/api/v1/categories", "get", api.get("/api/v1/categories"))
    example = {"category": "coffee-shops", "text": "QUIET CORNER ROASTERS"}
    check(schema, "/api/v1/examples", "post", api.post("/api/v1/examples", example))
    for said in ({"correct": True}, {"correct": True}, {"category": "groceries"}):
        item = {"transaction_id": "t-1", "user_id": "u-1", **said}
        answer = api.post("/api/v1/feedback", {"feedback": [item]})
        assert answer.status_code in (200, 201)
        check(schema, "/api/v1/feedback", "post", answer)
    answer = api.delete("/api/v1/users/u-1/categories")
    check(schema, "/api/v1/users/{user_id}/categories", "delete", answer)


def test_a_file_is_described_from_its_job_to_its_results(
    schema: dict[str, Any], api: APIClient
) -> None:
    sent = api.post("/api/v1/classify/jobs", {"transactions": [{"description": "NETFLIX.COM"}]})
    check(schema, "/api/v1/classify/jobs", "post", sent)
    address = f"/api/v1/jobs/{sent.json()['id']}"
    check(schema, "/api/v1/jobs/{job_id}/results", "get", api.get(f"{address}/results"))
    run_job(sent.json()["id"])
    done = api.get(address)
    assert done.json()["status"] == "succeeded"
    check(schema, "/api/v1/jobs/{job_id}", "get", done)
    check(schema, "/api/v1/jobs/{job_id}/cancel", "post", api.post(f"{address}/cancel"))
    results = api.get(f"{address}/results")
    described = schema["paths"]["/api/v1/jobs/{job_id}/results"]["get"]["responses"]["200"]
    assert results["Content-Type"] in described["content"]
    assert results.getvalue().startswith(b'{"row":1,')
    results.close()
    shutil.rmtree(Path(settings.ARTIFACTS_DIR) / "jobs")


def test_refusals_are_as_described(schema: dict[str, Any], api: APIClient) -> None:
    def post(path: str, body: Any, client: APIClient = api, **headers: Any) -> None:
        response = client.post(f"/api/v1/{path}", body, **headers)
        assert response.status_code >= 400
        check(schema, f"/api/v1/{path}", "post", response)

    post("classify", {"transactions": [{}]})
    post("classify", [])
    post("classify/jobs", {"transactions": []})
    post("classify/jobs", {"transactions": [{}], "version": "v999"})
    post("classify", {"transactions": [{"description": "A"}]}, APIClient())
    post("feedback", {"feedback": [{"transaction_id": "none", "correct": True}]})
    post("examples", {"category": "nothing", "text": "QUIET CORNER"})
    check(schema, "/api/v1/categories", "get", api.get("/api/v1/categories", HTTP_ACCEPT="a/b"))


def test_the_page_needs_no_key_and_no_outside_host() -> None:
    response = APIClient().get("/api/docs/")
    assert response.status_code == 200
    page = response.content.decode()
    addresses = re.findall(r"""(?:src|href)=["']([^"']+)["']""", page)
    assert addresses
    for address in addresses:
        assert address.startswith("/static/")
        assert finders.find(address.removeprefix("/static/"))
    assert "//" not in re.sub(r"^\s*//.*$", "", page, flags=re.MULTILINE)


def test_the_page_is_only_read() -> None:
    for method in ("OPTIONS", "POST", "PUT", "DELETE"):
        assert APIClient().generic(method, "/api/docs/").status_code == 405


def test_the_schema_needs_no_key() -> None:
    assert APIClient().get("/api/schema/").status_code == 200
