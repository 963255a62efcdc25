"""The primary category by itself, in answers, rows, files and pages."""

from html import unescape

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from classifier import runtime
from classifier.models import Prediction
from classifier.services.file_classification import ANSWER_COLUMNS, answer
from classifier.services.predictions import TransactionRequest, decide

pytestmark = pytest.mark.django_db


@pytest.fixture
def unsure() -> str:
    """A descriptor for which the active version knows the primary category alone."""
    texts = [
        f"{word} {end}"
        for word in (
            "FOOD",
            "MEAL",
            "DELI",
            "SNACK",
            "TRAVEL",
            "INSURANCE",
            "HEALTH",
            "SHOP",
            "HOME",
        )
        for end in ("AND MORE", "SERVICE", "CENTER", "HOUSE", "WORLD", "EXPRESS", "PLUS")
    ]
    for text, each in zip(texts, decide([TransactionRequest(t) for t in texts]), strict=True):
        if each.decision.primary is not None:
            return text
    raise AssertionError("The active version is never unsure of these.")


def test_it_is_answered_stored_and_given_again(api: APIClient, unsure: str) -> None:
    (result,) = api.post(
        reverse("classify"), {"transactions": [{"description": unsure}]}, format="json"
    ).json()["results"]
    assert result["level"] in ("low", "abstain")
    primary = result["primary"]
    assert primary["level"] in ("high", "medium")
    assert 0 < primary["confidence"] < 1
    if result["category"]:
        assert result["category"]["primary"]["slug"] == primary["slug"]
    prediction = Prediction.objects.get(pk=result["prediction_id"])
    assert prediction.primary is not None
    assert prediction.primary.slug == primary["slug"]
    assert prediction.primary.parent is None
    again = api.get(reverse("prediction", args=[prediction.pk])).json()
    assert again["primary"] == primary


def test_a_sure_answer_has_none(api: APIClient) -> None:
    (result,) = api.post(
        reverse("classify"), {"transactions": [{"description": "NETFLIX.COM"}]}, format="json"
    ).json()["results"]
    assert result["level"] == "high"
    assert result["primary"] is None


def test_a_file_names_it_where_there_is_no_detailed_category(unsure: str) -> None:
    (decided,) = decide([TransactionRequest(unsure)])
    cells = dict(
        zip(ANSWER_COLUMNS, answer(decided.decision, decided.annotation.annotator), strict=False)
    )
    assert decided.decision.primary is not None
    assert cells["primary"] == decided.decision.primary.slug
    assert float(cells["primary_confidence"]) == pytest.approx(
        decided.decision.primary.confidence, abs=1e-5
    )


def test_people_see_it(client: Client, admin_user: User, unsure: str) -> None:
    client.force_login(admin_user)
    page = unescape(client.post(reverse("admin:try_it"), {"descriptors": unsure}).content.decode())
    assert " in any case: " in page


def test_a_loaded_version_knows_the_rows_of_its_primary_categories(db: None) -> None:
    loaded = runtime.get().serving()
    for category in loaded.engine.bundle.prototypes.categories:
        assert category.primary_slug in loaded.category_ids
