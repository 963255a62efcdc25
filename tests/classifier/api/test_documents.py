"""docs/api.md and the OpenAPI page list the codes that the API sends."""

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from django.conf import settings
from drf_spectacular.generators import SchemaGenerator

from classifier.models import example
from classifier.services import examples, feedback, personal, versions

CODE = re.compile(r"`([a-z_]+)`")
RAISED = ("InvalidItemError", "ConflictError", "ValidationError")


def codes_raised_by(module: ModuleType) -> Iterator[str]:
    """What is written in the place of the code where an error is made."""
    for node in ast.walk(ast.parse(inspect.getsource(module))):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in RAISED:
            named = [keyword.value for keyword in node.keywords if keyword.arg == "code"]
            for value in [*node.args[2:], *named]:
                if isinstance(value, ast.Constant) and isinstance(value.value, str):
                    yield value.value


@pytest.fixture(scope="module")
def raised() -> set[str]:
    return {
        code
        for module in (example, examples, feedback, personal, versions)
        for code in codes_raised_by(module)
    }


def test_the_document_lists_the_codes_of_what_is_at_odds(raised: set[str]) -> None:
    document = (Path(settings.BASE_DIR) / "docs" / "api.md").read_text()
    (row,) = re.findall(r"^\| 422 \|.*$", document, re.MULTILINE)
    assert set(CODE.findall(row)) == raised


def test_the_openapi_page_lists_the_codes_of_what_is_at_odds(raised: set[str]) -> None:
    schema: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    answers = [
        operation["responses"]["422"]["description"]
        for methods in schema["paths"].values()
        for operation in methods.values()
        if "422" in operation["responses"]
    ]
    assert {code for text in answers for code in CODE.findall(text)} == raised


def test_the_score_is_described_as_what_it_is() -> None:
    schema: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    for name in ("Result", "Alternative"):
        score = schema["components"]["schemas"][name]["properties"]["score"]
        assert "weighted mean of the cosines" in score["description"]
