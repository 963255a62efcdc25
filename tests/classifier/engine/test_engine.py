"""The engine on the real model: order, reproducibility, abstention."""

import random
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from classifier.engine.bundle import Bundle
from classifier.engine.cache import EmbeddingCache
from classifier.engine.encoder import Encoder
from classifier.engine.engine import Engine
from classifier.engine.types import Decision, Direction, Level, Reason, Transaction
from classifier.services.taxonomy import read_examples

TEXTS = [text for _, text in read_examples()][::25]


@pytest.fixture
def cold_engine(engine: Engine) -> Engine:
    """The same version with an empty cache."""
    return Engine(engine.bundle, engine.encoder, EmbeddingCache(8 * 1024 * 1024))


@pytest.fixture
def uncached_engine(engine: Engine) -> Engine:
    return Engine(engine.bundle, engine.encoder, EmbeddingCache(0))


def answer(decision: Decision) -> tuple[object, ...]:
    """All of a decision that must not depend on anything but the text and the version."""
    return (
        decision.category,
        decision.level,
        decision.reason,
        decision.confidence,
        decision.score,
        decision.margin,
        decision.alternatives,
        decision.canonical_text,
    )


def test_a_descriptor_of_the_seed_gets_its_category(engine: Engine) -> None:
    decision = engine.classify([Transaction("SQ *BLUE BOTTLE 0423 OAKLAND CA")])[0]
    assert decision.category is not None
    assert (decision.category.primary_name, decision.category.name) == ("Food and drink", "Coffee")


def test_answers_come_in_the_order_asked(uncached_engine: Engine) -> None:
    shuffled = random.Random(7).sample(TEXTS, len(TEXTS))
    decisions = uncached_engine.classify([Transaction(text) for text in shuffled])
    for text, decision in zip(shuffled, decisions, strict=True):
        assert answer(decision) == answer(uncached_engine.classify([Transaction(text)])[0])


def test_the_same_text_gets_the_same_bits_whatever_is_beside_it(cold_engine: Engine) -> None:
    alone = {text: answer(cold_engine.classify([Transaction(text)])[0]) for text in TEXTS}
    cached = cold_engine.classify([Transaction(text) for text in reversed(TEXTS)])
    fresh = Engine(cold_engine.bundle, cold_engine.encoder, EmbeddingCache(0))
    together = fresh.classify([Transaction(text) for text in TEXTS])
    assert [answer(decision) for decision in together] == [alone[text] for text in TEXTS]
    assert [answer(decision) for decision in cached] == [alone[text] for text in reversed(TEXTS)]
    assert all(decision.is_cached for decision in cached)
    assert not any(decision.is_cached for decision in together)


def test_threads_get_the_bits_of_one_thread(uncached_engine: Engine) -> None:
    expected = [answer(d) for d in uncached_engine.classify([Transaction(t) for t in TEXTS])]

    def classify(text: str) -> tuple[object, ...]:
        return answer(uncached_engine.classify([Transaction(text)])[0])

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(classify, TEXTS)) == expected


def test_an_encoder_that_is_not_batch_invariant_runs_its_texts_alone(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    shapes: list[tuple[int, ...]] = []
    encoder = engine.encoder
    run = encoder.run

    def counted(ids: NDArray[np.int64], mask: NDArray[np.int64]) -> NDArray[np.float32]:
        shapes.append(ids.shape)
        return run(ids, mask)

    monkeypatch.setattr(encoder, "run", counted)
    ids = encoder.tokenize(["coffee shop"] * 5)
    encoder.embed(ids)
    assert [shape[0] for shape in shapes] == [5]
    shapes.clear()
    card = encoder.card
    monkeypatch.setattr(
        encoder,
        "card",
        type(card)(card.name, card.precision, card.digest, card.dimension, card.max_tokens, False),
    )
    encoder.embed(ids)
    assert [shape[0] for shape in shapes] == [1] * 5


def test_a_text_that_occurs_twice_in_a_call_is_encoded_once(cold_engine: Engine) -> None:
    cold_engine.classify([Transaction("corner bakery")] * 50)
    stats = cold_engine.cache.stats()
    assert (stats.misses, stats.entries) == (1, 1)


@pytest.mark.parametrize("text", ["", "   ", "1234 5678", "***", "#42 / 12.50", "💳"])
def test_a_descriptor_without_letters_abstains(engine: Engine, text: str) -> None:
    decision = engine.classify([Transaction(text)])[0]
    assert (decision.category, decision.level) == (None, Level.ABSTAIN)
    assert decision.reason is Reason.NO_TEXT
    assert decision.needs_review
    assert decision.confidence is None


def test_the_sign_of_the_amount_rules_out_the_other_direction(engine: Engine) -> None:
    descriptor = "INTEREST"
    paid = engine.classify([Transaction(descriptor, Direction.EXPENSE)])[0]
    earned = engine.classify([Transaction(descriptor, Direction.INCOME)])[0]
    for decision, other in ((paid, Direction.INCOME), (earned, Direction.EXPENSE)):
        shown = [alternative.category for alternative in decision.alternatives]
        shown += [decision.category] if decision.category else []
        assert all(category.direction is not other for category in shown)


def test_a_level_never_contradicts_its_confidence(engine: Engine) -> None:
    bounds = engine.bundle.bounds
    for decision in engine.classify([Transaction(text) for text in TEXTS]):
        assert decision.confidence is not None
        if decision.level is Level.HIGH:
            assert bounds.high is not None
            assert decision.confidence >= bounds.high
        assert (decision.level is Level.ABSTAIN) == (decision.category is None)
        assert (decision.reason is None) == (decision.category is not None)


def test_the_nearest_examples_of_an_example_start_with_itself(engine: Engine) -> None:
    bundle: Bundle = engine.bundle
    neighbors = engine.nearest_examples(bundle.examples.texts[3])
    assert neighbors[0].text == bundle.examples.texts[3]
    assert neighbors[0].similarity == pytest.approx(1, abs=1e-6)
    similarities = [neighbor.similarity for neighbor in neighbors]
    assert similarities == sorted(similarities, reverse=True)


def test_a_text_without_letters_has_no_nearest_examples(engine: Engine) -> None:
    assert engine.nearest_examples("12345") == []


def test_a_text_far_over_the_token_limit_is_cut_and_answered(engine: Engine) -> None:
    encoder: Encoder = engine.encoder
    assert max(len(ids) for ids in encoder.tokenize(["coffee " * 500])) == encoder.card.max_tokens
    assert engine.classify([Transaction("coffee " * 500)])[0].score is not None


@given(st.lists(st.text(max_size=60), max_size=12))
@hypothesis_settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_unicode_gets_an_answer_or_a_reason(engine: Engine, texts: list[str]) -> None:
    decisions = engine.classify([Transaction(text) for text in texts])
    assert len(decisions) == len(texts)
    for decision in decisions:
        assert (decision.category is None) == (decision.reason is not None)
        if decision.confidence is not None:
            assert 0 <= decision.confidence <= 1


def test_timings_are_measured(cold_engine: Engine) -> None:
    timings = cold_engine.classify([Transaction("a text never seen before")])[0].timings
    assert timings.tokenize_ms > 0
    assert timings.encode_ms > 0
    assert timings.decide_ms > 0
