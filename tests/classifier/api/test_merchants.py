"""Who was paid, where and how, as far as a description says."""

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from classifier.models import Category, Merchant, Prediction
from classifier.services.own_merchants import save_own_merchant
from classifier.services.versions import build_version
from tests.classifier.api.conftest import errors_of

pytestmark = pytest.mark.django_db
Classify = Callable[..., list[dict[str, Any]]]

COFFEE = "SQ *BLUE BOTTLE 0423 OAKLAND CA"
NOTHING_SAID = ("merchant", "merchant_span", "location", "processor", "channel", "is_recurring")


def test_an_answer_names_the_merchant_and_where_it_stands(classify: Classify) -> None:
    (result,) = classify(COFFEE)
    merchant = result["merchant"]
    assert (merchant["name"], merchant["wikidata_id"]) == ("Blue Bottle Coffee", "Q4928917")
    assert Merchant.objects.get(key=merchant["id"]).name == merchant["name"]
    assert 0.8 <= merchant["confidence"] <= 1
    start, end = result["merchant_span"]
    assert COFFEE[start:end] == "BLUE BOTTLE"
    assert result["location"] == {"city": "Oakland", "region": "CA", "country": "us"}
    assert result["processor"] == "Square"


def test_channel_and_recurrence_are_said_where_the_description_says_them(
    classify: Classify,
) -> None:
    paid, sent = classify("RECURRING CARD PURCHASE NETFLIX.COM", "ZELLE PAYMENT TO ANNA")
    assert (paid["channel"], paid["is_recurring"]) == ("card", True)
    assert (sent["channel"], sent["is_recurring"]) == ("zelle", None)


def test_what_is_not_said_is_null(classify: Classify) -> None:
    for result in classify("quibbleworth mossdale", "0423 1187"):
        assert {name: result[name] for name in NOTHING_SAID} == dict.fromkeys(NOTHING_SAID)


def test_the_country_tells_merchants_of_one_name_apart(classify: Classify) -> None:
    there, here = classify(
        {"description": "WOOLWORTHS 1294", "country": "ZA"},
        {"description": "WOOLWORTHS 1294", "country": "au"},
    )
    assert there["merchant"]["id"] != here["merchant"]["id"]
    assert set(Prediction.objects.values_list("country", flat=True)) == {"za", "au"}


@pytest.mark.parametrize("country", ["GBR", "4A", "g", 7])
def test_a_country_that_is_none_is_refused_by_name(api: APIClient, country: Any) -> None:
    items = [{"description": "ALDI"}, {"description": "ALDI", "country": country}]
    response = api.post("/api/v1/classify", {"transactions": items})
    assert response.status_code == 400
    assert [attr for attr, _ in errors_of(response)] == ["transactions.1.country"]
    assert not Prediction.objects.exists()


def test_a_stored_answer_says_the_same_and_why_names_the_merchant(
    api: APIClient, classify: Classify
) -> None:
    (given,) = classify(COFFEE)
    stored = api.get(f"/api/v1/predictions/{given['prediction_id']}").json()
    assert {name: stored[name] for name in NOTHING_SAID} == {
        name: given[name] for name in NOTHING_SAID
    }
    why = stored["why"]["merchant"]
    assert (why["id"], why["kind"]) == (given["merchant"]["id"], "amenity=cafe;cuisine=coffee_shop")
    assert "coffee" in why["sells"]
    assert why["weight"] > 0.5


def test_a_merchant_of_ones_own_answers_from_the_next_version_on(
    classify: Classify, api: APIClient
) -> None:
    from classifier.services.activations import activate_version

    text = "QUILLON MARINE 0042"
    (before,) = classify(text)
    assert before["merchant"] is None
    pets = Category.objects.get(slug="pets")
    save_own_merchant(Merchant(name="Quillon Marine", category=pets))
    version, is_new = build_version()
    assert is_new
    activate_version(version)
    (after,) = classify(text)
    assert after["merchant"]["name"] == "Quillon Marine"
    assert after["category"]["slug"] == "pets"
    (other,) = classify("NETFLIX.COM")
    assert other["category"]["primary"]["slug"] == "subscriptions"
