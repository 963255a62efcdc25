"""Whether an ONNX encoder gives what the model gives."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sentence_transformers import SentenceTransformer

from classifier.engine.encoder import Encoder
from classifier.exceptions import EncoderError

MIN_TEXTS = 200
MIN_COSINE = 0.9999
MAX_DIFFERENCE = 1e-4


@dataclass(frozen=True, slots=True)
class Parity:
    """The worst of `texts` texts. `max_difference` is of single components."""

    texts: int
    min_cosine: float
    max_difference: float


def check_parity(encoder: Encoder, model: SentenceTransformer, texts: Sequence[str]) -> Parity:
    """Compare unit vectors text by text. Raises EncoderError naming the worst text where they
    differ by more than MAX_DIFFERENCE or their cosine is under MIN_COSINE, and where there are
    fewer than MIN_TEXTS texts."""
    if len(texts) < MIN_TEXTS:
        raise EncoderError(f"{len(texts)} texts are too few to check on; {MIN_TEXTS} are needed.")
    model.max_seq_length = encoder.card.max_tokens
    expected = model.encode(list(texts), normalize_embeddings=True, show_progress_bar=False)
    found = encoder.encode(texts)
    cosine = np.einsum("nd,nd->n", expected.astype(np.float64), found.astype(np.float64))
    difference = np.abs(expected - found).max(axis=1)
    if difference.max() > MAX_DIFFERENCE or cosine.min() < MIN_COSINE:
        worst = int(difference.argmax())
        raise EncoderError(
            f"The ONNX model differs from the original by {difference[worst]:.2e} (cosine "
            f"{cosine[worst]:.6f}) on {texts[worst]!r}."
        )
    return Parity(len(texts), float(cosine.min()), float(difference.max()))


def is_batch_invariant(encoder: Encoder, texts: Sequence[str]) -> bool:
    """Whether every text has the same bits alone and among all others of its length."""
    by_length: dict[int, list[list[int]]] = {}
    for ids in encoder.tokenize(texts):
        by_length.setdefault(len(ids), []).append(ids)
    for group in by_length.values():
        batch = np.array(group, dtype=np.int64)
        together = encoder.run(batch, np.ones_like(batch))
        alone = [encoder.run(row[None, :], np.ones_like(row[None, :]))[0] for row in batch]
        if not np.array_equal(together, np.stack(alone)):
            return False
    return True
