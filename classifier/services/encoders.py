"""Make encoders. Worker only: imports torch when called."""

import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

from django.conf import settings

from classifier.engine.bundle import file_digest
from classifier.engine.encoder import MODEL_FILE, TOKENIZER_FILE, EncoderCard
from classifier.engine.encoder import Encoder as OnnxEncoder
from classifier.models import Encoder
from classifier.progress import Progress, silent
from classifier.services.taxonomy import read_examples

MAX_TOKENS = 128
PARITY_TEXTS = 400


def prepare_encoder(
    *, name: str | None = None, source: Path | None = None, report: Progress = silent
) -> Encoder:
    """Find the model, verify it, export it to ONNX, check it against the original, record it.

    The artifact is written aside and renamed when it has passed. Raises EncoderError.
    """
    from classifier.export.model import export_onnx, load_model
    from classifier.export.parity import check_parity, is_batch_invariant
    from classifier.export.source import find_source, store_weights

    found = find_source(name or settings.ENCODER_NAME, source)
    settings.ARTIFACTS_DIR.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=settings.ARTIFACTS_DIR, prefix=".encoder-") as scratch:
        report(0.05, "verifying the weights")
        weights = Path(scratch) / "weights"
        source_digest = store_weights(found, weights)
        _keep(weights, settings.ARTIFACTS_DIR / "weights" / source_digest[:16])
        report(0.1, "loading the model")
        model = load_model(settings.ARTIFACTS_DIR / "weights" / source_digest[:16])
        draft = Path(scratch) / "encoder"
        draft.mkdir()
        report(0.2, "exporting to ONNX")
        export_onnx(model, draft / MODEL_FILE)
        shutil.copy2(
            settings.ARTIFACTS_DIR / "weights" / source_digest[:16] / TOKENIZER_FILE,
            draft / TOKENIZER_FILE,
        )
        card = EncoderCard(
            name=found.name,
            precision=Encoder.Precision.FP32.value,
            digest=file_digest(draft / MODEL_FILE),
            dimension=int(model.get_embedding_dimension() or 0),
            max_tokens=MAX_TOKENS,
            batch_invariant=True,
        )
        card.write(draft)
        report(0.6, "comparing with the original")
        texts = parity_texts()
        onnx = OnnxEncoder(draft)
        parity = check_parity(onnx, model, texts)
        report(0.9, "comparing texts alone and in batches")
        card = replace(card, batch_invariant=is_batch_invariant(onnx, texts))
        card.write(draft)
        size_bytes = (draft / MODEL_FILE).stat().st_size
        folder = Path("encoders") / card.digest[:16]
        _keep(draft, settings.ARTIFACTS_DIR / folder)
    encoder, _ = Encoder.objects.update_or_create(
        digest=card.digest,
        defaults={
            "name": card.name,
            "precision": card.precision,
            "source_digest": source_digest,
            "folder": str(folder),
            "size_bytes": size_bytes,
            "dimension": card.dimension,
            "max_tokens": card.max_tokens,
            "batch_invariant": card.batch_invariant,
            "parity_texts": parity.texts,
            "parity_min_cosine": parity.min_cosine,
            "parity_max_difference": parity.max_difference,
        },
    )
    report(1.0, f"encoder {card.digest[:8]}")
    return encoder


def parity_texts() -> list[str]:
    """Descriptors of mixed length: single seed examples, and several joined up to the limit."""
    examples = [text for _, text in read_examples()]
    step = max(1, len(examples) // PARITY_TEXTS)
    chosen = examples[::step][:PARITY_TEXTS]
    joined = [" ".join(chosen[:count]) for count in (2, 3, 5, 8, 13, 21)]
    return chosen + joined


def _keep(draft: Path, target: Path) -> None:
    """Move a finished folder to its digest-named place; one that is there is the same."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.exists():
        shutil.rmtree(draft)
    else:
        draft.rename(target)
