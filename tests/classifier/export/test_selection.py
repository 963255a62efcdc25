"""Products are left out by what they do to the decisions, and no more than the bound asks."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest

from classifier.engine.encoder import MODEL_FILE, Encoder
from classifier.engine.kinds import Kind
from classifier.exceptions import EncoderError
from classifier.export.calibration import Activations, measure_activations, smooth
from classifier.export.graph import products
from classifier.export.pipeline import ExportedEncoder, derive_encoder
from classifier.export.sample import Sample
from classifier.export.selection import AIM, TokenizedSample, Workshop, select
from classifier.export.session import open_session, run_all

SPOILED = "encoder.layer.1.output.dense"


@pytest.fixture(scope="module")
def tokens(tiny: ExportedEncoder, sample: Sample) -> TokenizedSample:
    encoder, calibration = Encoder(tiny.folder), sample.calibration
    return TokenizedSample(
        encoder.tokenize(calibration.texts[:300]),
        encoder.tokenize(calibration.anchors),
        calibration.labels[:300],
    )


@pytest.fixture(scope="module")
def model(tiny: ExportedEncoder) -> onnx.ModelProto:
    return onnx.load(tiny.folder / MODEL_FILE)


@pytest.fixture(scope="module")
def activations(model: onnx.ModelProto, tokens: TokenizedSample) -> Activations:
    return measure_activations(model, tokens.texts, with_moments=True)


@pytest.mark.parametrize("kind", [Kind.INT8_BLOCK, Kind.INT8_STATIC, Kind.INT8_DYNAMIC])
def test_the_expected_share_stays_within_the_bound(
    kind: Kind,
    model: onnx.ModelProto,
    activations: Activations,
    tokens: TokenizedSample,
    tmp_path: Path,
) -> None:
    workshop = Workshop(model, activations, tokens, tmp_path)
    all_of_them = select(kind, workshop, 1.0)
    assert all_of_them.left_out == ()
    bound = all_of_them.changed / 2
    chosen = select(kind, workshop, bound)
    assert chosen.changed <= AIM * bound
    assert chosen.left_out
    assert {*chosen.quantized, *chosen.left_out} == set(workshop.names)
    # In the graph as in the list: what was left out still multiplies in FP32.
    kept = {node.name for node, _ in products(chosen.model)}
    assert kept & set(workshop.names) == set(chosen.left_out)


def test_the_product_that_spoils_it_is_left_out_first(
    model: onnx.ModelProto, activations: Activations, tokens: TokenizedSample, tmp_path: Path
) -> None:
    """One product's range is a hundred times too wide, so that its input has few steps."""
    name = next(node.input[0] for node, _ in products(model) if node.name == SPOILED)
    wide = replace(activations, highs={**activations.highs, name: 100 * activations.highs[name]})
    workshop = Workshop(model, wide, tokens, tmp_path)
    everything = select(Kind.INT8_STATIC, workshop, 1.0)
    chosen = select(Kind.INT8_STATIC, workshop, everything.changed * 0.7)
    assert chosen.left_out == (SPOILED,)
    assert chosen.changed < everything.changed / 2


def test_a_bound_that_nothing_keeps_is_an_error(
    model: onnx.ModelProto, activations: Activations, tokens: TokenizedSample, tmp_path: Path
) -> None:
    workshop = Workshop(model, activations, tokens, tmp_path)
    with pytest.raises(EncoderError, match=r"No product can run in INT8 with at most 0\.0%"):
        select(Kind.INT8_STATIC, workshop, 0.0)


@pytest.mark.parametrize("strength", [0.5, 0.8])
def test_smoothing_changes_the_range_and_not_the_vectors(
    strength: float, model: onnx.ModelProto, activations: Activations, tokens: TokenizedSample
) -> None:
    names = frozenset(node.name for node, _ in products(model))
    smoothed, scaled = smooth(model, activations, strength, names)
    before, after = (run_all(open_session(one), tokens.texts[:50]) for one in (model, smoothed))
    assert np.abs(before - after).max() < 1e-5
    measured = measure_activations(smoothed, tokens.texts)
    for name, highs in measured.highs.items():
        assert np.allclose(highs, scaled.highs[name], rtol=1e-3, atol=1e-4)
        # A channel's peak comes nearer to the others'.
        original = activations.peaks(name.removesuffix("_smoothed"))
        spread = scaled.peaks(name).max() / np.median(scaled.peaks(name))
        assert spread < original.max() / np.median(original)


def test_threads_do_not_change_what_is_chosen(
    tiny: ExportedEncoder, sample: Sample, tmp_path: Path
) -> None:
    from classifier.engine.encoder import Threads

    one, two = (
        derive_encoder(
            tiny.folder, Kind.INT8_BLOCK, tmp_path / str(count), sample, threads=Threads(count)
        )
        for count in (1, 2)
    )
    assert one.card.digest == two.card.digest
    assert one.recipe == two.recipe
