"""From a model's name to a checked encoder folder, and from that to the quicker kinds."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path

import numpy as np
import onnx

from classifier.engine.bundle import file_digest
from classifier.engine.encoder import (
    MODEL_FILE,
    TOKENIZER_FILE,
    Encoder,
    EncoderCard,
    Threads,
)
from classifier.engine.kinds import Kind
from classifier.exceptions import EncoderError
from classifier.export.calibration import measure_activations
from classifier.export.drafts import draft_folder, keep
from classifier.export.graph import products, save
from classifier.export.model import export_onnx, load_model
from classifier.export.optimize import fuse, fused_counts
from classifier.export.parity import MAX_DIFFERENCE, Parity, check_parity, is_batch_invariant
from classifier.export.quantize import BLOCK_SIZE
from classifier.export.recipe import Recipe
from classifier.export.sample import Sample
from classifier.export.selection import NO_BOUND, TokenizedSample, Workshop, select
from classifier.export.session import open_session, run_all
from classifier.export.source import ModelSource, store_weights, transformer_folder
from classifier.progress import Progress, part, silent

MAX_TOKENS = 128
# Of the share of decisions changed. Dynamic INT8 is the quickest kind and is made as such: what
# keeps it within a bound of 1% takes most of its gain.
MAX_CHANGED = {Kind.INT8_DYNAMIC: NO_BOUND, Kind.INT8_BLOCK: 0.01, Kind.INT8_STATIC: 0.01}
# Texts that batches are compared on.
INVARIANCE_TEXTS = 200
# Texts that a fused graph is compared on.
FUSION_TEXTS = 32


@dataclass(frozen=True, slots=True)
class ExportedEncoder:
    """An encoder folder that passed its checks. `source_digest` is that of the weights."""

    folder: Path
    card: EncoderCard
    parity: Parity
    source_digest: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class DerivedEncoder:
    """An encoder folder made from a reference. What it costs and gains is not yet known."""

    folder: Path
    card: EncoderCard
    recipe: Recipe
    size_bytes: int


def export_encoder(
    source: ModelSource, artifacts: Path, texts: Sequence[str], report: Progress = silent
) -> ExportedEncoder:
    """Verify the weights, export, compare with the original on `texts`, keep under `artifacts`.

    Weights go to weights/<digest>, the encoder to encoders/<digest>, each written aside and
    renamed when whole. Raises EncoderError where the weights are not the published ones, the
    model cannot be exported, the export differs from the original, or the disk is full.
    """
    with draft_folder(artifacts) as scratch:
        report(0.05, "verifying the weights")
        draft = scratch / "weights"
        source_digest = store_weights(source, draft)
        weights = artifacts / "weights" / source_digest[:16]
        keep(draft, weights)
        report(0.1, "loading the model")
        loaded = load_model(weights)
        draft = scratch / "encoder"
        draft.mkdir()
        report(0.2, "exporting to ONNX")
        export_onnx(loaded, draft / MODEL_FILE)
        shutil.copy2(transformer_folder(weights) / TOKENIZER_FILE, draft / TOKENIZER_FILE)
        card = EncoderCard(
            name=source.name,
            precision=Kind.FP32,
            digest=file_digest(draft / MODEL_FILE),
            dimension=loaded.dimension,
            max_tokens=min(loaded.max_tokens or MAX_TOKENS, MAX_TOKENS),
            batch_invariant=True,
        )
        card.write(draft)
        encoder = Encoder(draft)
        parity = check_parity(
            encoder, loaded, texts, part(report, 0.6, 0.9, "comparing with the original")
        )
        report(0.9, "comparing texts alone and in batches")
        card = replace(card, batch_invariant=is_batch_invariant(encoder, texts))
        card.write(draft)
        folder = artifacts / "encoders" / card.digest[:16]
        keep(draft, folder)
    report(1.0, f"encoder {card.digest[:8]}")
    return ExportedEncoder(folder, card, parity, source_digest, _size(folder))


def derive_encoder(
    reference: Path,
    kind: Kind,
    artifacts: Path,
    sample: Sample,
    report: Progress = silent,
    *,
    max_changed: float | None = None,
    threads: Threads | None = None,
) -> DerivedEncoder:
    """Make an encoder of another kind from an FP32 one; keep it under encoders/<digest>.

    INT8 is calibrated on what `sample` does not hold out, and as many products run in it as
    keep the share of decisions expected to change within `max_changed` (None: the kind's
    MAX_CHANGED; NO_BOUND: all). `threads` are for the work, and change nothing in its result.
    The same input gives the same file on CPUs with the same instructions.

    Raises EncoderError where the reference is no FP32 encoder, there are too few texts to
    calibrate on, no product may run in INT8, or the disk is full; BundleError where the
    reference cannot be read.
    """
    card = EncoderCard.read(reference)
    if card.precision != Kind.FP32:
        raise EncoderError(f"{reference} is {card.precision}; an encoder is made from {Kind.FP32}.")
    if kind is Kind.FP32:
        raise EncoderError(f"{kind} is exported from a model and made from no other encoder.")
    bound = MAX_CHANGED.get(kind, 0.0) if max_changed is None else max_changed
    with draft_folder(artifacts) as scratch:
        draft = scratch / "encoder"
        draft.mkdir()
        encoder = Encoder(reference, threads)
        report(0.0, "fusing nodes")
        if kind is Kind.FP32_OPTIMIZED:
            model = _fused(reference, encoder, sample, keep_products=False)
            recipe = _recipe(kind, card, model)
        else:
            sample.check_calibration()
            model, recipe = _quantized(
                reference, kind, encoder, sample, bound, scratch, part(report, 0.05, 0.9)
            )
        save(model, draft / MODEL_FILE)
        shutil.copy2(reference / TOKENIZER_FILE, draft / TOKENIZER_FILE)
        card = replace(
            card,
            precision=kind,
            digest=file_digest(draft / MODEL_FILE),
            batch_invariant=True,
        )
        card.write(draft)
        report(0.9, "comparing texts alone and in batches")
        texts = sample.texts[:INVARIANCE_TEXTS]
        card = replace(card, batch_invariant=is_batch_invariant(Encoder(draft, threads), texts))
        card.write(draft)
        recipe.write(draft)
        folder = artifacts / "encoders" / card.digest[:16]
        keep(draft, folder)
    report(1.0, f"encoder {card.digest[:8]}")
    return DerivedEncoder(folder, card, recipe, _size(folder))


def _quantized(
    reference: Path,
    kind: Kind,
    encoder: Encoder,
    sample: Sample,
    max_changed: float,
    scratch: Path,
    report: Progress,
) -> tuple[onnx.ModelProto, Recipe]:
    try:
        model = _fused(reference, encoder, sample, keep_products=True)
    except EncoderError:
        # INT8 does not need the fusions, it is only quicker with them.
        model = onnx.load(reference / MODEL_FILE)
    if not any(products(model)):
        raise EncoderError(f"{reference / MODEL_FILE} holds no product with weights to quantize.")
    calibration = sample.calibration
    tokens = TokenizedSample(
        encoder.tokenize(calibration.texts),
        encoder.tokenize(calibration.anchors),
        calibration.labels,
    )
    activations = measure_activations(
        model, tokens.texts, part(report, 0.0, 0.1), with_moments=kind is Kind.INT8_BLOCK
    )
    workshop = Workshop(model, activations, tokens, scratch, encoder.threads.intra_op)
    chosen = select(kind, workshop, max_changed, part(report, 0.1, 1.0))
    recipe = replace(
        _recipe(kind, encoder.card, model),
        per_channel=True,
        reduce_range=chosen.scheme.reduce_range,
        needs_vnni=chosen.scheme.needs_vnni,
        block_size=BLOCK_SIZE if kind is Kind.INT8_BLOCK else None,
        smoothing=chosen.scheme.smoothing,
        quantized=chosen.quantized,
        left_out=chosen.left_out,
        calibration_texts=len(tokens.texts),
        max_changed=max_changed,
        changed=chosen.changed,
    )
    return chosen.model, recipe


def _fused(
    reference: Path, encoder: Encoder, sample: Sample, *, keep_products: bool
) -> onnx.ModelProto:
    """Raises EncoderError where the fused graph gives other vectors."""
    model = fuse(reference / MODEL_FILE, encoder.card.dimension, keep_products=keep_products)
    token_ids = encoder.tokenize(sample.texts[:FUSION_TEXTS])
    gap = np.abs(run_all(open_session(model), token_ids) - encoder.embed(token_ids)).max()
    if not gap <= MAX_DIFFERENCE:
        raise EncoderError(f"{reference}: the fused graph differs by {gap:.2e}.")
    return model


def _recipe(kind: Kind, reference: EncoderCard, model: onnx.ModelProto) -> Recipe:
    return Recipe(
        kind=kind,
        reference_digest=reference.digest,
        fused=fused_counts(model),
        runtime_version=version("onnxruntime"),
    )


def _size(folder: Path) -> int:
    return (folder / MODEL_FILE).stat().st_size
