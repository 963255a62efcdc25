"""Whether an ONNX encoder gives what the model gives."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from classifier.engine.encoder import Encoder
from classifier.exceptions import EncoderError
from classifier.export.model import LoadedModel
from classifier.progress import Progress, silent

MIN_TEXTS = 200
MIN_COSINE = 0.9999
MAX_DIFFERENCE = 1e-4
CHUNK = 64


@dataclass(frozen=True, slots=True)
class Parity:
    """The worst of `texts` texts. `max_difference` is of single components."""

    texts: int
    min_cosine: float
    max_difference: float


def check_parity(
    encoder: Encoder, loaded: LoadedModel, texts: Sequence[str], report: Progress = silent
) -> Parity:
    """Compare unit vectors text by text. Raises EncoderError naming the worst text where they
    differ by more than MAX_DIFFERENCE or their cosine is under MIN_COSINE, and where there are
    fewer than MIN_TEXTS texts."""
    if len(texts) < MIN_TEXTS:
        raise EncoderError(f"{len(texts)} texts are too few to check on; {MIN_TEXTS} are needed.")
    loaded.model.max_seq_length = encoder.card.max_tokens
    cosines, differences = [], []
    for start in range(0, len(texts), CHUNK):
        chunk = list(texts[start : start + CHUNK])
        expected = loaded.model.encode(chunk, normalize_embeddings=True, show_progress_bar=False)
        found = encoder.encode(chunk)
        cosines += np.einsum("nd,nd->n", expected.astype(float), found.astype(float)).tolist()
        differences += np.abs(expected - found).max(axis=1).tolist()
        report((start + len(chunk)) / len(texts), f"{start + len(chunk)} of {len(texts)} texts")
    worst = int(np.argmax(differences))
    # A NaN is not under a bound, and not over it either.
    if not (differences[worst] <= MAX_DIFFERENCE and min(cosines) >= MIN_COSINE):
        raise EncoderError(
            f"The ONNX model differs from the original by {differences[worst]:.2e} (cosine "
            f"{cosines[worst]:.6f}) on {texts[worst]!r}."
        )
    return Parity(len(texts), min(cosines), differences[worst])


def is_batch_invariant(encoder: Encoder, texts: Sequence[str]) -> bool:
    """Whether every text has the same bits alone and among all others of its length, in either
    order."""
    by_length: dict[int, list[list[int]]] = {}
    for ids in encoder.tokenize(texts):
        by_length.setdefault(len(ids), []).append(ids)
    for group in by_length.values():
        batch = np.array(group, dtype=np.int64)
        together = encoder.run(batch, np.ones_like(batch))
        reversed_order = encoder.run(batch[::-1].copy(), np.ones_like(batch))[::-1]
        alone = [encoder.run(row[None, :], np.ones_like(row[None, :]))[0] for row in batch]
        if not (
            np.array_equal(together, np.stack(alone)) and np.array_equal(together, reversed_order)
        ):
            return False
    return True
