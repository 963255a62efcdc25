"""Quicker kinds are made of any FP32 encoder, whole or not at all, and the same every time."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from classifier.engine.encoder import Encoder
from classifier.engine.kinds import DERIVED_KINDS, Kind
from classifier.exceptions import EncoderError
from classifier.export.pipeline import DerivedEncoder, ExportedEncoder, derive_encoder
from classifier.export.recipe import Recipe
from classifier.export.sample import Sample
from classifier.export.selection import NO_BOUND
from classifier.export.validation import validate
from tests.models import DIMENSION


@pytest.fixture(scope="session")
def derived(
    tiny: ExportedEncoder, sample: Sample, tmp_path_factory: pytest.TempPathFactory
) -> dict[Kind, DerivedEncoder]:
    """With no bound on what changes: random weights are close to nothing."""
    folder = tmp_path_factory.mktemp("derived")
    return {
        kind: derive_encoder(tiny.folder, kind, folder, sample, max_changed=NO_BOUND)
        for kind in DERIVED_KINDS
    }


@pytest.mark.parametrize("kind", DERIVED_KINDS)
def test_a_kind_is_near_to_its_reference_and_says_how_it_was_made(
    derived: dict[Kind, DerivedEncoder], tiny: ExportedEncoder, sample: Sample, kind: Kind
) -> None:
    made = derived[kind]
    encoder, reference = Encoder(made.folder), Encoder(tiny.folder)
    assert (encoder.card.precision, encoder.card.dimension) == (kind, DIMENSION)
    assert encoder.card.digest == made.card.digest != reference.card.digest
    texts = sample.texts[:100]
    cosines = (encoder.encode(texts) * reference.encode(texts)).sum(axis=1)
    assert cosines.min() > 0.98
    recipe = Recipe.read(made.folder)
    assert recipe == made.recipe
    assert recipe.reference_digest == reference.card.digest
    assert bool(recipe.quantized) is kind.is_quantized


@pytest.mark.parametrize("kind", DERIVED_KINDS)
def test_no_answer_depends_on_its_neighbours(
    derived: dict[Kind, DerivedEncoder], sample: Sample, kind: Kind
) -> None:
    encoder = Encoder(derived[kind].folder)
    texts = sample.texts[:64]
    together = encoder.encode(texts)
    alone = np.concatenate([encoder.encode([text]) for text in texts])
    backwards = encoder.encode(texts[::-1])[::-1]
    assert np.array_equal(together, alone)
    assert np.array_equal(together, backwards)


def test_dynamic_ranges_over_a_batch_are_found_out(derived: dict[Kind, DerivedEncoder]) -> None:
    assert not derived[Kind.INT8_DYNAMIC].card.batch_invariant
    assert derived[Kind.FP32_OPTIMIZED].card.batch_invariant


def test_validation_measures_what_the_card_says(
    derived: dict[Kind, DerivedEncoder], tiny: ExportedEncoder, sample: Sample
) -> None:
    found = validate(tiny.folder, derived[Kind.INT8_DYNAMIC].folder, sample)
    assert found.texts == int(sample.is_held_out.sum()) == found.comparison.changed.total
    assert found.cosine_min <= found.cosine_mean <= 1 + 1e-6
    assert not found.batch_invariant
    assert found.embeds_alike
    assert found.deterministic


def test_too_few_texts_to_validate_on_are_refused(tiny: ExportedEncoder, sample: Sample) -> None:
    few = Sample.of(sample.texts[:900], sample.labels[:900], sample.anchors)
    with pytest.raises(EncoderError, match="1000 are needed"):
        validate(tiny.folder, tiny.folder, few)


def test_the_same_input_gives_the_same_file(
    derived: dict[Kind, DerivedEncoder], tiny: ExportedEncoder, sample: Sample, tmp_path: Path
) -> None:
    again = derive_encoder(tiny.folder, Kind.INT8_STATIC, tmp_path, sample, max_changed=NO_BOUND)
    assert again.card.digest == derived[Kind.INT8_STATIC].card.digest


@pytest.mark.parametrize("count", [0, 1])
def test_a_calibration_set_that_is_empty_or_one_text_long_is_refused(
    tiny: ExportedEncoder, sample: Sample, tmp_path: Path, count: int
) -> None:
    few = Sample.of(sample.texts[:count], sample.labels[:count], sample.anchors)
    with pytest.raises(EncoderError, match="too few to calibrate on"):
        derive_encoder(tiny.folder, Kind.INT8_STATIC, tmp_path, few)
    assert not (tmp_path / "encoders").exists()
    assert not list(tmp_path.glob(".encoder-*"))


def test_work_that_is_cancelled_leaves_nothing(
    tiny: ExportedEncoder, sample: Sample, tmp_path: Path
) -> None:
    class CancelledError(Exception):
        pass

    def report(share: float, message: str) -> None:
        if share > 0.3:
            raise CancelledError

    with pytest.raises(CancelledError):
        derive_encoder(tiny.folder, Kind.INT8_BLOCK, tmp_path, sample, report)
    assert not (tmp_path / "encoders").exists()
    assert not list(tmp_path.glob(".encoder-*"))


def test_only_fp32_is_a_reference(
    derived: dict[Kind, DerivedEncoder], sample: Sample, tmp_path: Path
) -> None:
    with pytest.raises(EncoderError, match="an encoder is made from fp32"):
        derive_encoder(derived[Kind.INT8_DYNAMIC].folder, Kind.INT8_STATIC, tmp_path, sample)


def test_a_recipe_that_cannot_be_read_is_named(
    derived: dict[Kind, DerivedEncoder], tmp_path: Path
) -> None:
    recipe = replace(derived[Kind.INT8_STATIC].recipe, left_out=("a", "b"))
    recipe.write(tmp_path)
    assert Recipe.read(tmp_path) == recipe
    (tmp_path / "recipe.json").write_text("{")
    with pytest.raises(EncoderError, match=r"recipe\.json is not a recipe"):
        Recipe.read(tmp_path)
