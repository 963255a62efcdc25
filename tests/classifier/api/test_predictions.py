"""A stored answer, and why it was given."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.core.cache import caches
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from classifier import runtime
from classifier.models import Category, ModelVersion, Prediction
from tests.classifier.api.conftest import errors_of

pytestmark = pytest.mark.django_db
Classify = Callable[..., list[dict[str, Any]]]


def test_the_stored_answer_is_the_one_that_was_given(api: APIClient, classify: Classify) -> None:
    (given,) = classify({"description": "NETFLIX.COM", "amount": -15.49, "transaction_id": "t"})
    stored = api.get(f"/api/v1/predictions/{given['prediction_id']}").json()
    assert {name: stored[name] for name in given} == given
    assert (stored["description"], stored["amount"]) == ("NETFLIX.COM", "-15.4900")


def test_why_shows_the_nearest_examples_and_the_runner_up(
    api: APIClient, classify: Classify, active_version: ModelVersion
) -> None:
    (given,) = classify("NETFLIX.COM LOS GATOS CA")
    why = api.get(f"/api/v1/predictions/{given['prediction_id']}").json()["why"]
    similarities = [entry["similarity"] for entry in why["nearest_examples"]]
    assert similarities == sorted(similarities, reverse=True)
    assert len(similarities) == 5
    assert "NETFLIX" in why["nearest_examples"][0]["text"].upper()
    assert why["runner_up"] == given["alternatives"][0]
    assert why["margin"] == given["margin"]
    assert why["versions"] == {
        "model": active_version.name,
        "normalizer": active_version.normalizer_version,
        "encoder": active_version.encoder.name,
        "encoder_precision": "fp32",
        "encoder_digest": active_version.encoder.digest,
    }


def test_where_none_was_given_the_best_guess_is_not_the_runner_up(
    api: APIClient, classify: Classify
) -> None:
    (given,) = classify("xyzzy plugh")
    assert given["category"] is None
    stored = api.get(f"/api/v1/predictions/{given['prediction_id']}").json()
    assert stored["alternatives"] == given["alternatives"]
    assert stored["why"]["runner_up"] == given["alternatives"][1]


def test_a_description_without_letters_has_no_neighbors(api: APIClient, classify: Classify) -> None:
    (given,) = classify("0423 1187")
    why = api.get(f"/api/v1/predictions/{given['prediction_id']}").json()["why"]
    assert (why["nearest_examples"], why["runner_up"]) == ([], None)


def test_an_answer_is_shown_although_its_version_is_gone(
    api: APIClient, classify: Classify, active_version: ModelVersion
) -> None:
    (given,) = classify("NETFLIX.COM")
    ModelVersion.objects.update(manifest_digest="0" * 64)
    runtime.reset()
    response = api.get(f"/api/v1/predictions/{given['prediction_id']}")
    assert response.status_code == 200
    stored = response.json()
    assert {name: stored[name] for name in given} == given
    assert stored["why"]["nearest_examples"] == []
    assert active_version.name in stored["why"]["nearest_examples_missing"]
    assert "0" * 64 not in response.content.decode()


def test_an_alternative_that_was_renamed_since_is_left_out(
    api: APIClient, classify: Classify
) -> None:
    (given,) = classify("NETFLIX.COM")
    renamed = given["alternatives"][0]["slug"]
    Category.objects.filter(slug=renamed).update(slug="another-name")
    stored = api.get(f"/api/v1/predictions/{given['prediction_id']}").json()
    assert renamed not in [entry["slug"] for entry in stored["alternatives"]]
    assert len(stored["alternatives"]) == len(given["alternatives"]) - 1


@pytest.mark.parametrize(("text", "place"), [("NETFLIX.COM", 0), ("xyzzy plugh", 1)])
def test_no_other_takes_the_place_of_a_runner_up_that_was_renamed(
    api: APIClient, classify: Classify, text: str, place: int
) -> None:
    (given,) = classify(text)
    slugs = [entry["slug"] for entry in given["alternatives"]]
    Category.objects.filter(slug=slugs[place]).update(slug="another-name")
    stored = api.get(f"/api/v1/predictions/{given['prediction_id']}").json()
    assert stored["why"]["runner_up"] is None


def test_the_runner_up_stays_where_the_best_guess_was_renamed(
    api: APIClient, classify: Classify
) -> None:
    (given,) = classify("xyzzy plugh")
    guess, second, *_ = given["alternatives"]
    Category.objects.filter(slug=guess["slug"]).update(slug="another-name")
    stored = api.get(f"/api/v1/predictions/{given['prediction_id']}").json()
    assert stored["why"]["runner_up"] == second


@pytest.mark.parametrize("name", [str(uuid4()), "0", "not-a-uuid", "%00", "é", str(uuid4())[:-1]])
def test_an_unknown_or_malformed_id_is_a_404(api: APIClient, name: str) -> None:
    response = api.get(f"/api/v1/predictions/{name}")
    assert response.status_code == 404
    assert errors_of(response) == [(None, "not_found")]


def test_why_costs_few_queries(api: APIClient, classify: Classify) -> None:
    (given,) = classify("NETFLIX.COM")
    caches["process"].clear()
    with CaptureQueriesContext(connection) as queries:
        api.get(f"/api/v1/predictions/{given['prediction_id']}")
    # The key, the prediction with its version and category, the alternatives' categories.
    assert len(queries) == 3
    assert Prediction.objects.count() == 1
