"""Merchants are found by any of their names, and predictions know them by key."""

import pytest

from classifier.models import Merchant, ModelVersion, Prediction
from tests.rows import no_merchants


@pytest.fixture
def cafe(db: None) -> Merchant:
    no_merchants()
    return Merchant.objects.create(
        key="cafe-zoe", name="Café Zoë", aliases=["ZOE'S & SONS"], tag="amenity=cafe"
    )


@pytest.mark.parametrize("text", ["cafe", "ZOË", "zoe caf", "Zoes and", "zo"])
def test_it_is_found_by_parts_of_its_names(text: str, cafe: Merchant) -> None:
    assert list(Merchant.objects.named(text)) == [cafe]


@pytest.mark.parametrize("text", ["café lea", "zoes nobody"])
def test_it_is_found_only_where_every_word_fits(text: str, cafe: Merchant) -> None:
    Merchant.objects.create(key="bar-lea", name="Bar Lea")
    assert list(Merchant.objects.named(text)) == []


def test_a_changed_name_is_found(cafe: Merchant) -> None:
    cafe.name = "Bistro Zoë"
    cafe.save()
    assert list(Merchant.objects.named("bistro")) == [cafe]


def test_a_prediction_names_a_merchant_that_has_no_row(
    cafe: Merchant, active_version: ModelVersion
) -> None:
    known, unknown = (
        Prediction.objects.create(
            description="x", canonical_text="x", version=active_version, level="low",
            is_cached=False, latency_ms=1, merchant_id=key,
        )
        for key in (cafe.key, "gone")
    )  # fmt: skip
    assert list(cafe.predictions.all()) == [known]
    assert Prediction.objects.get(pk=unknown.pk).merchant_id == "gone"
