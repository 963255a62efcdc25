"""Seeding adds what is missing and never overrules an analyst."""

import pytest
from django.db import models

from classifier.models import Activation, Category, Example, ModelVersion, Prototype
from classifier.services.taxonomy import seed_categories

pytestmark = pytest.mark.django_db


@pytest.fixture
def empty_database() -> None:
    Activation.objects.all().delete()
    Prototype.objects.all().delete()
    ModelVersion.objects.all().delete()
    Example.objects.all().delete()
    Category.objects.detailed().delete()
    Category.objects.all().delete()
    Example.history.all().delete()
    Category.history.all().delete()


def test_an_empty_database_gets_the_whole_taxonomy(empty_database: None) -> None:
    counts = seed_categories()
    assert Category.objects.count() == counts.categories
    assert Example.objects.count() == counts.examples
    assert 14 <= Category.objects.primary().count() <= 20
    assert 60 <= Category.objects.detailed().count() <= 100
    assert not Example.objects.exclude(source=Example.Source.SEED).exists()
    assert Example.history.count() == counts.examples


def test_seeding_again_adds_nothing() -> None:
    counts = seed_categories()
    assert (counts.categories, counts.examples) == (0, 0)


def test_what_an_analyst_renamed_stays_renamed() -> None:
    category = Category.objects.get(slug="coffee-shops")
    category.name, category.description = "Espresso", "Only espresso."
    category.save()
    seed_categories()
    category.refresh_from_db()
    assert (category.name, category.description) == ("Espresso", "Only espresso.")


def test_what_an_analyst_moved_stays_moved() -> None:
    example = Example.objects.filter(category__slug="bars-and-pubs").first()
    assert example is not None
    example.category = Category.objects.get(slug="restaurants")
    example.save()
    seed_categories()
    twins = Example.objects.filter(canonical_text=example.canonical_text)
    assert [twin.category.slug for twin in twins] == ["restaurants"]


def test_what_an_analyst_deleted_stays_deleted() -> None:
    example = Example.objects.first()
    assert example is not None
    text = example.canonical_text
    example.delete()
    assert seed_categories().examples == 0
    assert not Example.objects.filter(canonical_text=text).exists()


def test_a_deleted_category_stays_deleted_with_its_examples() -> None:
    Prototype.objects.filter(category__slug="crypto").delete()
    Example.objects.filter(category__slug="crypto").delete()
    Category.objects.get(slug="crypto").delete()
    counts = seed_categories()
    assert (counts.categories, counts.examples) == (0, 0)
    assert not Category.objects.filter(slug="crypto").exists()


def test_what_an_analyst_switched_off_stays_off() -> None:
    Category.objects.filter(slug="crypto").update(is_active=False)
    seed_categories()
    assert not Category.objects.get(slug="crypto").is_active


def test_a_text_that_an_older_normalizer_read_otherwise_is_known_all_the_same() -> None:
    Example.objects.update(is_override=True)
    Example.objects.filter(category__slug="crypto").update(canonical_text=models.F("text"))
    Example.history.filter(category__slug="crypto").update(canonical_text=models.F("text"))
    assert seed_categories().examples == 0


@pytest.mark.parametrize("slug", ["coffee-shops", "food-and-drink"])
def test_a_name_that_an_analyst_gave_to_a_category_of_theirs_is_not_taken_again(
    empty_database: None, slug: str
) -> None:
    """Neither is the seed's category then, nor what would be under it."""
    parent = Category.objects.create(slug="meals", name="Food and drink")
    if slug == "coffee-shops":
        Category.objects.update(slug="food-and-drink")
        Category.objects.create(slug="espresso", name="Coffee", parent=parent)
    seed_categories()
    assert not Category.objects.filter(slug=slug).exists()
    assert Category.objects.filter(slug="groceries").exists() is (slug == "coffee-shops")
    assert Category.objects.filter(slug="taxis-and-rides").exists() or Category.objects.count() > 50
