"""From a model's name to a checked encoder folder."""

import os
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from classifier.engine.bundle import file_digest
from classifier.engine.encoder import MODEL_FILE, TOKENIZER_FILE, Encoder, EncoderCard
from classifier.export.model import export_onnx, load_model
from classifier.export.parity import Parity, check_parity, is_batch_invariant
from classifier.export.source import ModelSource, store_weights
from classifier.progress import Progress, silent

MAX_TOKENS = 128
FP32 = "fp32"


@dataclass(frozen=True, slots=True)
class ExportedEncoder:
    """An encoder folder that passed its checks. `source_digest` is that of the weights."""

    folder: Path
    card: EncoderCard
    parity: Parity
    source_digest: str
    size_bytes: int


def export_encoder(
    source: ModelSource, artifacts: Path, texts: Sequence[str], report: Progress = silent
) -> ExportedEncoder:
    """Verify the weights, export, compare with the original on `texts`, keep under `artifacts`.

    Weights go to weights/<digest>, the encoder to encoders/<digest>, each written aside and
    renamed when whole. Raises EncoderError where the weights are not the published ones, the
    model cannot be exported, or the export differs from the original.
    """
    artifacts.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=artifacts, prefix=".encoder-") as scratch:
        report(0.05, "verifying the weights")
        draft = Path(scratch) / "weights"
        source_digest = store_weights(source, draft)
        weights = artifacts / "weights" / source_digest[:16]
        keep(draft, weights)
        report(0.1, "loading the model")
        model = load_model(weights)
        draft = Path(scratch) / "encoder"
        draft.mkdir()
        report(0.2, "exporting to ONNX")
        export_onnx(model, draft / MODEL_FILE)
        shutil.copy2(weights / TOKENIZER_FILE, draft / TOKENIZER_FILE)
        card = EncoderCard(
            name=source.name,
            precision=FP32,
            digest=file_digest(draft / MODEL_FILE),
            dimension=int(model.get_embedding_dimension() or 0),
            max_tokens=MAX_TOKENS,
            batch_invariant=True,
        )
        card.write(draft)
        report(0.6, "comparing with the original")
        encoder = Encoder(draft)
        parity = check_parity(encoder, model, texts)
        report(0.9, "comparing texts alone and in batches")
        card = replace(card, batch_invariant=is_batch_invariant(encoder, texts))
        card.write(draft)
        folder = artifacts / "encoders" / card.digest[:16]
        keep(draft, folder)
    size_bytes = (folder / MODEL_FILE).stat().st_size
    report(1.0, f"encoder {card.digest[:8]}")
    return ExportedEncoder(folder, card, parity, source_digest, size_bytes)


def keep(draft: Path, target: Path) -> None:
    """Move a finished folder to its digest-named place. One that is there stays if it is the
    same, file by file, and makes room if it was damaged. Either way it is the newest folder."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.exists() and _digests(target) != _digests(draft):
        target.rename(draft.with_name(f"damaged-{target.name}"))
    if target.exists():
        shutil.rmtree(draft)
    else:
        draft.rename(target)
    os.utime(target)


def _digests(folder: Path) -> dict[str, str]:
    return {path.name: file_digest(path) for path in folder.iterdir() if path.is_file()}
