"""A file is answered as its rows are one by one, whatever stands beside them; only what else
a description says is not taken apart."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rest_framework.test import APIClient

from classifier.models import Prediction
from tests.classifier.bulk.conftest import ONLY_ALONE, Answer

pytestmark = pytest.mark.django_db

TEXTS = [
    "NETFLIX.COM", "netflix.com", "SHELL OIL 5742 HOUSTON TX", "PAYROLL DEPOSIT ACME", "0423 1187",
    "", "x" * 513, "SQ *BLUE BOTTLE 0423", "КАФЕ", "NET\0FLIX", "\ud800",
]  # fmt: skip
rows: st.SearchStrategy[list[Any]] = st.lists(
    st.fixed_dictionaries(
        {"description": st.sampled_from(TEXTS)},
        optional={
            "amount": st.sampled_from([-5, 5, "-5.00", 0, None, "five", 1.00001]),
            "direction": st.sampled_from(["income", "expense", "sideways"]),
            "transaction_id": st.sampled_from(["t-1", "", "x" * 200]),
            "extra": st.just(1),
        },
    )
    | st.sampled_from([None, 7, "NETFLIX.COM", []]),
    min_size=1,
    max_size=12,
)


@given(items=rows)
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_each_row_has_the_answer_it_has_alone(
    answer: Answer, post_alone: Callable[[Any], Any], items: list[Any]
) -> None:
    found = answer("".join(json.dumps(item) + "\n" for item in items))
    assert [row["row"] for row in found] == list(range(1, len(items) + 1))
    for row, item in zip(found, items, strict=True):
        alone = post_alone(item)
        if "errors" in alone:
            first = alone["errors"][0]
            attr = first["attr"].removeprefix("transactions.0").removeprefix(".") or None
            assert row["error"] == {**first, "attr": attr}
        else:
            (result,) = alone["results"]
            for name in ("prediction_id", *ONLY_ALONE):
                del result[name]
            assert row == {"row": row["row"], **result}
    Prediction.objects.all().delete()


@pytest.fixture
def post_alone(api: APIClient) -> Callable[[Any], Any]:
    """A function from an item to what `POST classify` says of it alone."""

    def post(item: Any) -> Any:
        body = json.dumps({"transactions": [item]})
        return api.generic("POST", "/api/v1/classify", body, content_type="application/json").json()

    return post
