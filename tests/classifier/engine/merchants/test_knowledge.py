"""Merchant knowledge of a version: written, read, mixed into vectors."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from classifier.engine.merchants import Merchant, Tag
from classifier.engine.merchants.gazetteer import Gazetteer
from classifier.engine.merchants.knowledge import (
    KNOWLEDGE_FILE,
    MATCHER_VERSION,
    TABLE_FILE,
    Kind,
    MerchantKnowledge,
    kinds_of,
    mixed,
    read_knowledge,
    write_knowledge,
)
from classifier.engine.merchants.table import write_merchants
from classifier.exceptions import BundleError
from tests.classifier.engine.merchants.conftest import DATA

GROCER = Merchant("grocer", "Quillon Provisions", "shop=supermarket", countries=("gb",))
STATION = Merchant("station", "Torvald Fuels", "amenity=fuel")
OWN = Merchant("own-1", "Quillon Provisions", "", aliases=("QP",), category="office-supplies")
TAGS = (Tag("shop=supermarket", "supermarket groceries", "groceries"),)
Make = Callable[..., Path]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Files of a version that knows GROCER and STATION."""

    def make_files(own: tuple[Merchant, ...] = (), hidden: tuple[str, ...] = ()) -> Path:
        table, folder = tmp_path / "table.csv.gz", tmp_path / "merchants"
        write_merchants(table, (GROCER, STATION))
        kinds = kinds_of(Gazetteer((GROCER, STATION)).under(own, hidden, TAGS))
        write_knowledge(
            folder,
            table=table,
            words=DATA / "common_words.txt.gz",
            own=own,
            hidden=hidden,
            tags=TAGS,
            rows={kind: row for row, kind in enumerate(kinds)},
            vectors=np.eye(max(len(kinds), 1), 4, dtype=np.float32),
            home_country="gb",
        )
        return folder

    return make_files


def text_vector() -> NDArray[np.float32]:
    return np.array([0, 0, 0, 1], dtype=np.float32)


def test_what_is_written_is_read(make: Make) -> None:
    knowledge = read_knowledge(make(), 1.5)
    match = knowledge.find("quillon provisions 12")
    assert match is not None
    assert (match.merchant, match.tag) == (GROCER, "shop=supermarket")
    assert (knowledge.weight, knowledge.home_country) == (1.5, "gb")


def test_a_match_draws_the_vector_by_its_weight_and_confidence(make: Make) -> None:
    knowledge = read_knowledge(make(), 2.0)
    match = knowledge.find("torvald fuels")
    assert match is not None
    kind = knowledge.vectors[knowledge.rows[Kind("amenity=fuel", "")]]
    expected = text_vector() + 2 * match.confidence * kind
    expected /= np.linalg.norm(expected)
    np.testing.assert_allclose(knowledge.mix(text_vector(), match), expected, atol=1e-6)


def test_without_a_match_or_a_weight_a_vector_keeps_its_bits(make: Make) -> None:
    folder = make()
    vector = np.array([0.1, 0.7, 0.1, 0.3], dtype=np.float32)
    known = read_knowledge(folder, 1.5)
    assert known.mix(vector, None).tobytes() == vector.tobytes()
    weightless = read_knowledge(folder, 0.0)
    assert weightless.mix(vector, weightless.find("torvald fuels")).tobytes() == vector.tobytes()
    rows = np.stack([vector, vector])
    evidence = np.array([[0, 0, 0, 0], [1, 0, 0, 0]], dtype=np.float32)
    assert mixed(rows, evidence, 1.0)[0].tobytes() == vector.tobytes()


def test_one_by_one_or_together_gives_the_same_bits(make: Make) -> None:
    knowledge = read_knowledge(make(), 1.5)
    texts = ["torvald fuels", "nobody", "quillon provisions", "torvald fuels leeds"]
    rng = np.random.default_rng(1)
    vectors = rng.standard_normal((4, 4)).astype(np.float32)
    together = mixed(vectors, knowledge.evidence_of(texts, 4), 1.5)
    for row, (text, vector) in enumerate(zip(texts, vectors, strict=True)):
        assert knowledge.mix(vector, knowledge.find(text)).tobytes() == together[row].tobytes()


def test_an_own_merchant_stands_before_a_built_in_one_of_its_name(make: Make) -> None:
    knowledge = read_knowledge(make(own=(OWN,)), 1.5)
    match = knowledge.find("quillon provisions")
    assert match is not None
    assert match.merchant == OWN
    explained = knowledge.explain(match)
    assert explained is not None
    assert explained.weight == pytest.approx(1.5 * match.confidence)


def test_one_that_is_switched_off_is_not_found(make: Make) -> None:
    knowledge = read_knowledge(make(hidden=("station",)), 1.5)
    assert knowledge.find("torvald fuels") is None
    assert knowledge.find("quillon provisions") is not None


def test_the_callers_country_goes_before_the_home_country(make: Make) -> None:
    knowledge: MerchantKnowledge = read_knowledge(make(), 1.5)
    at_home = knowledge.find("quillon provisions")
    abroad = knowledge.find("quillon provisions", "us")
    assert at_home is not None
    assert abroad is None or abroad.confidence < at_home.confidence


def test_files_for_another_matcher_are_refused(make: Make) -> None:
    path = make() / KNOWLEDGE_FILE
    said = f'"matcher_version": {MATCHER_VERSION}'
    path.write_text(path.read_text().replace(said, '"matcher_version": 0'))
    with pytest.raises(BundleError, match="matcher 0; this program has"):
        read_knowledge(path.parent, 1.5)


def test_a_damaged_table_is_named(make: Make) -> None:
    folder = make()
    (folder / TABLE_FILE).write_bytes(b"not a table")
    with pytest.raises(BundleError, match=TABLE_FILE):
        read_knowledge(folder, 1.5)


@pytest.mark.parametrize(
    "text", ["torvald fuels payroll", "refund torvald fuels", "interest paid torvald fuels"]
)
def test_what_a_merchant_sells_says_nothing_of_money_for_something_else(
    make: Make, text: str
) -> None:
    knowledge = read_knowledge(make(), 1.5)
    match = knowledge.find(text)
    assert match is None or not match.is_sale
    assert knowledge.mix(text_vector(), match).tobytes() == text_vector().tobytes()


def test_a_purchase_there_is_a_sale(make: Make) -> None:
    match = read_knowledge(make(), 1.5).find("torvald fuels leeds")
    assert match is not None
    assert match.is_sale
