"""The seed's files: complete, without duplicates, of the promised size."""

from collections import Counter

from classifier.engine.descriptors import normalize
from classifier.engine.types import Direction
from classifier.models.example import MAX_DESCRIPTION
from classifier.services.taxonomy import read_examples, read_taxonomy

MIN_EXAMPLES = 15
PRIMARIES = read_taxonomy()
DETAILED = [child for primary in PRIMARIES for child in primary["children"]]
EXAMPLES = list(read_examples())


def test_the_taxonomy_has_the_promised_size() -> None:
    assert 14 <= len(PRIMARIES) <= 20
    assert 60 <= len(DETAILED) <= 100


def test_slugs_are_unique() -> None:
    slugs = Counter(category["slug"] for category in PRIMARIES + DETAILED)
    assert [slug for slug, count in slugs.items() if count > 1] == []


def test_every_category_has_a_name_and_a_description() -> None:
    nameless = [
        category["slug"]
        for category in PRIMARIES + DETAILED
        if not category["name"].strip() or not category["description"].strip()
    ]
    assert nameless == []


def test_directions_are_known() -> None:
    known = {direction.value for direction in Direction}
    assert {category["direction"] for category in PRIMARIES} <= known
    assert {child["direction"] for child in DETAILED if "direction" in child} <= known


def test_every_detailed_category_has_enough_examples() -> None:
    counts = Counter(slug for slug, _ in EXAMPLES)
    few = {
        child["slug"]: counts[child["slug"]]
        for child in DETAILED
        if counts[child["slug"]] < MIN_EXAMPLES
    }
    assert few == {}


def test_no_example_is_of_an_unknown_category() -> None:
    assert {slug for slug, _ in EXAMPLES} - {child["slug"] for child in DETAILED} == set()


def test_no_two_examples_have_one_canonical_text() -> None:
    texts = Counter(normalize(text) for _, text in EXAMPLES)
    assert [text for text, count in texts.items() if count > 1] == []


def test_examples_fit_and_hold_letters() -> None:
    wrong = [
        text
        for _, text in EXAMPLES
        if len(text) > MAX_DESCRIPTION
        or text != text.strip()
        or not any(character.isalpha() for character in normalize(text))
    ]
    assert wrong == []
