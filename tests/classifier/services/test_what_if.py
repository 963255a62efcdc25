"""What an example would change is known before it is saved."""

import pytest

from classifier import runtime
from classifier.engine.descriptors import normalize
from classifier.engine.prototypes import anchor_text
from classifier.engine.types import Transaction
from classifier.engine.what_if import Retrial
from classifier.exceptions import NoEngineError, NotFinishedError
from classifier.models import Activation, Category, Example, ModelVersion, TrafficSnapshot
from classifier.services.activations import activate_version
from classifier.services.predictions import TransactionRequest, classify_transactions
from classifier.services.traffic import read_snapshot, take_snapshot
from classifier.services.versions import build_version
from classifier.services.what_if import WhatIf, _anchor_text, _retrial, what_if
from tests.classifier.services.conftest import SLUGS
from tests.rows import copy_of

pytestmark = pytest.mark.django_db

STRANGE = "DOG PARK FEE"
TEXTS = (
    STRANGE, "PET PARKING FEE", "NETFLIX.COM", "SHELL OIL 57442", "STARBUCKS 1234",
    "PAYROLL ACME", "GEICO AUTO", "PETCO 1234", "RENT MARCH", "TESCO STORES 2231",
)  # fmt: skip


@pytest.fixture(autouse=True)
def _nothing_remembered() -> None:
    _retrial.cache_clear()


@pytest.fixture
def traffic(active_version: ModelVersion) -> None:
    requests = [TransactionRequest(text, country=code) for text in TEXTS for code in ("", "gb")]
    classify_transactions([*requests, TransactionRequest(STRANGE)])
    take_snapshot()


def example(text: str, slug: str, **fields: object) -> Example:
    category = Category.objects.select_related("parent").get(slug=slug)
    return Example(text=text, category=category, **fields)


def ways_of(text: str, found: WhatIf) -> set[tuple[str | None, str | None]]:
    """From which category to which a text would go."""
    return {
        (
            sample.before.slug if sample.before else None,
            sample.after.slug if sample.after else None,
        )
        for sample in found.samples
        if sample.text == normalize(text)
    }


def sure_of(text: str, found: WhatIf) -> float:
    """The confidence that a text would have."""
    return max(each.confidence_after for each in found.samples if each.text == normalize(text))


def test_it_says_what_would_change_and_to_what(traffic: None) -> None:
    found = what_if(example(STRANGE, "pets"))
    assert (found.texts, found.predictions) == (2 * len(TEXTS), 2 * len(TEXTS) + 1)
    assert {(move.after and move.after.slug) for move in found.moves} == {"pets"}
    assert found.samples[0].text == normalize(STRANGE)
    assert found.samples[0].predictions == 2
    assert ways_of(STRANGE, found) == {("parking-and-tolls", "pets")}
    assert found.changed_texts == len(found.samples) < found.texts
    assert found.changed_predictions == found.changed_texts + 1
    assert not Example.objects.filter(text=STRANGE).exists()


def test_as_it_is_it_answers_what_the_engine_answers(traffic: None) -> None:
    engine = runtime.get().serving().engine
    snapshot = read_snapshot(TrafficSnapshot.objects.get())
    before = Retrial(engine.bundle, snapshot).before
    decisions = engine.classify(
        [Transaction(each.text, each.flow, country=each.country) for each in snapshot.traffic.asked]
    )
    found = [before.category(int(index)) for index in before.best]
    assert found == [decision.category for decision in decisions]
    assert before.confidence.tolist() == pytest.approx(
        [decision.confidence for decision in decisions], abs=1e-4
    )


def test_what_a_version_knows_already_changes_nothing(traffic: None) -> None:
    known = Example.objects.select_related("category__parent").filter(category__slug="pets")[0]
    found = what_if(known)
    assert (found.changed_texts, found.samples) == (0, [])
    assert found.warnings == [f"Version {found.version} was built with it."]


def test_an_example_that_is_switched_off_or_moved_takes_its_vote_along(traffic: None) -> None:
    stored = example(STRANGE, "pets")
    stored.save()
    version, _ = build_version()
    activate_version(version)
    runtime.reset()
    take_snapshot()
    stored.is_active = False
    without = what_if(stored)
    assert ways_of(STRANGE, without) == {("pets", "parking-and-tolls")}
    stored.is_active = True
    stored.category = Category.objects.select_related("parent").get(slug="parking-and-tolls")
    moved = what_if(stored)
    assert ways_of(STRANGE, moved) == {("pets", "parking-and-tolls")}
    assert sure_of(STRANGE, moved) > sure_of(STRANGE, without)


def test_a_category_that_the_version_does_not_know_is_tried_with_its_anchor(traffic: None) -> None:
    parent = Category.objects.primary()[0]
    new = Category.objects.create(slug="portals", name="Portals", parent=parent, description="web")
    found = what_if(Example(text=STRANGE, category=new))
    assert {move.after.slug for move in found.moves if move.after} == {"portals"}
    assert f"Version {found.version} does not know “{new}”; this would be its first." in (
        found.warnings
    )
    assert _anchor_text(new) == anchor_text(new.name, new.description)
    new.description = ""
    assert _anchor_text(new) == anchor_text(new.name, new.description)


def test_a_category_that_is_switched_off_learns_nothing(traffic: None) -> None:
    Category.objects.filter(slug="pets").update(is_active=False)
    found = what_if(example(STRANGE, "pets"))
    assert found.changed_texts == 0
    assert any("is switched off: versions are built without it" in each for each in found.warnings)


def test_only_digits_teach_nothing(traffic: None) -> None:
    found = what_if(example("0423 1177", "pets"))
    assert found.changed_texts == 0
    assert found.warnings == ["The text holds no letters: nothing can be learned from it."]


def test_who_has_the_text_already_is_named(traffic: None) -> None:
    example(STRANGE, "pets").save()
    here = what_if(example(STRANGE.lower(), "pets"))
    there = what_if(example(STRANGE.lower(), "coffee-shops"))
    assert f"The category has the text already, as “{STRANGE}”." in here.warnings
    assert f"has the text already, as “{STRANGE}”: the two pull" in there.warnings[0]


def test_before_a_snapshot_by_the_version_was_taken_that_is_said(
    active_version: ModelVersion,
) -> None:
    with pytest.raises(NotFinishedError, match=f"by version {active_version.name} yet"):
        what_if(example(STRANGE, "pets"))


def test_without_a_version_that_is_said(active_version: ModelVersion) -> None:
    Activation.objects.all().delete()
    with pytest.raises(NoEngineError):
        what_if(example(STRANGE, "pets"))


def test_of_a_hybrid_the_linear_classifier_is_followed(
    active_version: ModelVersion, built_hybrid: ModelVersion
) -> None:
    """Of few categories: a linear classifier of all takes long to fit."""
    Example.objects.exclude(category__slug__in=SLUGS).delete()
    activate_version(copy_of(built_hybrid), override_reason="tests")
    runtime.reset()
    text = "GRINDWELL KIOSK"
    for texts in ((text, "TESCO STORES 2231"), ("SHELL OIL 57442", "PETROL PUMP")):
        classify_transactions([TransactionRequest(each) for each in texts])
        take_snapshot()
    findings = read_snapshot(TrafficSnapshot.objects.first()).findings  # type: ignore[arg-type]
    found = what_if(example(text, "groceries"))
    assert found.has_linear_part
    assert findings.grams is not None
    assert len(findings.grams.starts) == found.texts + 1 == 5
    assert ways_of(text, found) == {("coffee-shops", "groceries")}
