"""What a candidate costs, measured on texts that it was not made with."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from classifier.engine.bundle import file_digest
from classifier.engine.encoder import Encoder, EncoderCard
from classifier.engine.kinds import Kind
from classifier.exceptions import EncoderError
from classifier.export.graph import products, weights
from classifier.export.pipeline import DerivedEncoder, ExportedEncoder
from classifier.export.sample import Sample
from classifier.export.validation import Embedded, Validation, embed_sample, validate


@pytest.fixture(scope="module")
def reference(tiny: ExportedEncoder, sample: Sample) -> Embedded:
    return embed_sample(tiny.folder, sample)


@pytest.fixture(scope="module")
def validations(
    reference: Embedded, derived: dict[Kind, DerivedEncoder], sample: Sample
) -> dict[Kind, Validation]:
    return {kind: validate(reference, made.folder, sample) for kind, made in derived.items()}


def test_the_reference_beside_itself_changes_nothing(
    tiny: ExportedEncoder, reference: Embedded, sample: Sample
) -> None:
    found = validate(tiny.folder, tiny.folder, sample)
    assert found.texts == int(sample.is_held_out.sum()) >= 1000
    assert found.cosine_min == pytest.approx(1, abs=1e-6)
    assert found.comparison.changed.count == 0
    assert found.comparison.difference == 0
    assert found.comparison.difference_low < 0 < found.comparison.difference_high
    assert found.batch_invariant
    assert found.embeds_alike
    assert found.deterministic
    assert found == validate(reference, tiny.folder, sample)


def test_fusions_change_no_decision(validations: dict[Kind, Validation]) -> None:
    assert validations[Kind.FP32_OPTIMIZED].comparison.changed.count == 0


def test_int8_is_further_from_the_reference_than_fusions(
    validations: dict[Kind, Validation],
) -> None:
    fused = validations[Kind.FP32_OPTIMIZED]
    for kind in (Kind.INT8_DYNAMIC, Kind.INT8_BLOCK, Kind.INT8_STATIC):
        assert validations[kind].cosine_mean < fused.cosine_mean
        assert validations[kind].comparison.changed.count > 0


def test_whatever_the_kind_the_engine_gives_a_text_the_same_bits(
    validations: dict[Kind, Validation],
) -> None:
    for validation in validations.values():
        assert validation.embeds_alike
        assert validation.deterministic


def test_the_flag_is_what_was_measured(
    validations: dict[Kind, Validation], derived: dict[Kind, DerivedEncoder]
) -> None:
    for kind, validation in validations.items():
        assert validation.batch_invariant == derived[kind].card.batch_invariant
    assert not validations[Kind.INT8_DYNAMIC].batch_invariant


def test_a_wrong_flag_is_found_out(
    derived: dict[Kind, DerivedEncoder], reference: Embedded, sample: Sample, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(derived[Kind.INT8_DYNAMIC].folder, tmp_path / "wrong"))
    replace(EncoderCard.read(folder), batch_invariant=True).write(folder)
    found = validate(reference, folder, sample)
    assert not found.batch_invariant
    assert not found.embeds_alike


def test_fewer_than_a_thousand_texts_are_refused(tiny: ExportedEncoder, sample: Sample) -> None:
    held_out = sample.is_held_out & (np.cumsum(sample.is_held_out) <= 999)
    with pytest.raises(EncoderError, match="999 held-out texts are too few"):
        validate(tiny.folder, tiny.folder, replace(sample, is_held_out=held_out))


def test_another_dimension_is_refused(
    exported_encoder: Path, reference: Embedded, sample: Sample
) -> None:
    with pytest.raises(EncoderError, match="384 dimensions, the reference of 48"):
        validate(reference, exported_encoder, sample)


def test_vectors_that_are_not_finite_are_refused(
    tiny: ExportedEncoder, reference: Embedded, sample: Sample, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(tiny.folder, tmp_path / "broken"))
    model = onnx.load(folder / "model.onnx")
    node, array = next(iter(products(model)))
    weights(model)[node.input[1]].CopyFrom(
        numpy_helper.from_array(np.full_like(array, np.nan), node.input[1])
    )
    onnx.save(model, folder / "model.onnx")
    card = replace(Encoder(folder).card, digest=file_digest(folder / "model.onnx"))
    card.write(folder)
    with pytest.raises(EncoderError, match="not finite"):
        validate(reference, folder, sample)
