"""Versions with a linear classifier beside the prototypes."""

import numpy as np
import pytest
from pytest_django import Settings

from classifier import runtime
from classifier.artifacts import bundle_of
from classifier.engine.types import Level, Transaction
from classifier.exceptions import TrainingError
from classifier.models import Example, ModelVersion
from classifier.services.examples import add_example
from classifier.services.versions import build_version
from tests.classifier.services.conftest import SLUGS

pytestmark = pytest.mark.django_db


@pytest.fixture
def few(settings: Settings) -> None:
    """A hybrid of four categories takes a second or two to fit."""
    settings.HEAD = "hybrid"
    Example.objects.exclude(category__slug__in=SLUGS).delete()


def test_a_hybrid_is_built_kept_and_answers(built_hybrid: ModelVersion) -> None:
    assert built_hybrid.head == "hybrid"
    assert built_hybrid.figures["method"] == "cross-validation over merchants"
    engine = runtime.get().engine_apart(built_hybrid)
    assert engine.bundle.second is not None
    decision = engine.classify([Transaction("SQ *BLUE BOTTLE COFFEE OAKLAND CA")])[0]
    assert decision.category is not None
    assert decision.category.slug == "coffee-shops"
    assert 0 < (decision.score or 0) <= 1


def test_the_active_version_of_prototypes_says_so(active_version: ModelVersion) -> None:
    assert active_version.head == "prototype"
    assert bundle_of(active_version).second is None


def test_another_head_is_another_version(built_hybrid: ModelVersion) -> None:
    Example.objects.exclude(category__slug__in=SLUGS).delete()
    prototypes, is_new = build_version()
    assert is_new
    assert prototypes.example_count == built_hybrid.example_count
    assert prototypes.input_digest != built_hybrid.input_digest


def test_what_is_said_of_each_example_gives_the_figures(built_hybrid: ModelVersion) -> None:
    version = built_hybrid
    bundle = bundle_of(version)
    held_out = bundle.held_out
    assert held_out is not None
    is_right = held_out.predicted == bundle.examples.labels
    assert is_right.mean() == pytest.approx(version.accuracy)
    abstained = next(each for each in version.figures["levels"] if each["level"] == "abstain")
    assert (~held_out.is_answered).sum() == abstained["size"]
    assert np.all((held_out.confidences > 0) & (held_out.confidences < 1))


@pytest.mark.usefixtures("few")
def test_one_example_a_category_is_little_and_promises_nothing() -> None:
    first = [Example.objects.filter(category__slug=slug)[0].pk for slug in SLUGS]
    Example.objects.exclude(pk__in=first).delete()
    version, _ = build_version()
    assert version.example_count == version.category_count == len(SLUGS)
    assert (version.bounds["high"], version.bounds["medium"]) == (None, None)
    engine = runtime.get().engine_apart(version)
    (decision,) = engine.classify([Transaction("SQ *BLUE BOTTLE COFFEE OAKLAND CA")])
    assert decision.level in (Level.LOW, Level.ABSTAIN)
    assert decision.primary is None


@pytest.mark.usefixtures("few")
def test_examples_of_one_merchant_alone_are_refused() -> None:
    Example.objects.all().delete()
    for slug, store in (("coffee-shops", "0423 OAKLAND"), ("groceries", "9981 SEATTLE")):
        add_example(category=slug, text=f"STARBUCKS STORE {store}")
    with pytest.raises(TrainingError, match="All examples are of one merchant"):
        build_version()
