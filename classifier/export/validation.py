"""What an encoder costs: how far it is from the reference, and whether its bits hold still."""

import random
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from classifier.engine.encoder import Encoder
from classifier.exceptions import EncoderError
from classifier.export.child import CONTENDER, Child
from classifier.export.contender import vectors_digest
from classifier.export.parity import is_batch_invariant
from classifier.export.sample import Sample
from classifier.progress import Progress, part, silent
from classifier.training.comparison import Comparison, compare_training
from classifier.training.prototypes import TrainingSet

MIN_TEXTS = 1000
# Texts whose bits are compared; running each alone is what takes time.
BITS_TEXTS = 200
BATCH = 32
CHUNK = 256
SEED = 20_260_101


@dataclass(frozen=True, slots=True)
class Embedded:
    """A reference and its vectors of a sample, to judge several candidates by."""

    folder: Path
    digest: str
    training: TrainingSet


@dataclass(frozen=True, slots=True)
class Validation:
    """An encoder beside its FP32 reference, on texts that it was not made with.

    `comparison` is by leave-one-out among all texts of the sample, counted on the `texts` that
    are held out; cosines are over these too. `batch_invariant`: a text's bits are the same alone
    and among texts of its length, as the model is run. `embeds_alike`: they are the same alone,
    in a batch of 32 of mixed length and in another order, as the engine runs it. `deterministic`:
    they are the same in another process, with one thread and with two.
    """

    reference_digest: str
    candidate_digest: str
    texts: int
    cosine_mean: float
    cosine_min: float
    comparison: Comparison
    batch_invariant: bool
    embeds_alike: bool
    deterministic: bool

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def embed_sample(folder: Path, sample: Sample, report: Progress = silent) -> Embedded:
    """Vectors of all texts and anchors of a sample, as the engine makes them."""
    encoder = Encoder(folder)
    return Embedded(folder, encoder.card.digest, _training(encoder, sample, report))


def validate(
    reference: Path | Embedded, candidate: Path, sample: Sample, report: Progress = silent
) -> Validation:
    """Judge `candidate` by `reference` on what the sample holds out.

    Raises EncoderError where that is fewer than MIN_TEXTS texts, or where the two make vectors
    of different dimensions; BundleError where a folder cannot be read.
    """
    held_out = int(sample.is_held_out.sum())
    if held_out < MIN_TEXTS:
        raise EncoderError(
            f"{held_out} held-out texts are too few to validate on; {MIN_TEXTS} are needed."
        )
    if isinstance(reference, Path):
        reference = embed_sample(reference, sample, part(report, 0.0, 0.4, "reference"))
    encoder = Encoder(candidate)
    if encoder.card.dimension != reference.training.vectors.shape[1]:
        raise EncoderError(
            f"{candidate} makes vectors of {encoder.card.dimension} dimensions, the reference of "
            f"{reference.training.vectors.shape[1]}."
        )
    training = _training(encoder, sample, part(report, 0.4, 0.7, "embedding"))
    if not np.isfinite(training.vectors).all():
        raise EncoderError(f"{candidate} makes vectors that are not finite.")
    cosines = np.einsum(
        "nd,nd->n",
        reference.training.vectors[sample.is_held_out].astype(np.float64),
        training.vectors[sample.is_held_out].astype(np.float64),
    )
    bits_texts = sample.texts[:: max(1, len(sample.texts) // BITS_TEXTS)][:BITS_TEXTS]
    report(0.7, "comparing texts alone and in batches")
    batch_invariant = is_batch_invariant(encoder, bits_texts)
    embeds_alike = _embeds_alike(encoder, bits_texts)
    report(0.8, "comparing processes and threads")
    deterministic = _is_deterministic(
        candidate, encoder, bits_texts, lambda: report(0.8, "comparing processes and threads")
    )
    comparison = compare_training(reference.training, training, counted=sample.is_held_out)
    report(1.0, "validated")
    return Validation(
        reference_digest=reference.digest,
        candidate_digest=encoder.card.digest,
        texts=held_out,
        cosine_mean=float(cosines.mean()),
        cosine_min=float(cosines.min()),
        comparison=comparison,
        batch_invariant=batch_invariant,
        embeds_alike=embeds_alike,
        deterministic=deterministic,
    )


def _training(encoder: Encoder, sample: Sample, report: Progress) -> TrainingSet:
    texts = [*sample.texts, *sample.anchors]
    chunks = []
    for start in range(0, len(texts), CHUNK):
        chunks.append(encoder.encode(texts[start : start + CHUNK]))
        done = min(start + CHUNK, len(texts))
        report(done / len(texts), f"{done} of {len(texts)} texts")
    vectors = np.concatenate(chunks)
    size = len(sample.texts)
    return TrainingSet(vectors[:size], sample.labels, vectors[size:])


def _embeds_alike(encoder: Encoder, texts: Sequence[str]) -> bool:
    """By the public way: alone, in batches of mixed length, and in batches of another order."""
    shuffled = random.Random(SEED).sample(range(len(texts)), len(texts))  # noqa: S311
    alone = np.concatenate([encoder.encode([text]) for text in texts])
    together = np.concatenate(
        [encoder.encode(texts[start : start + BATCH]) for start in range(0, len(texts), BATCH)]
    )
    reordered = np.empty_like(alone)
    for start in range(0, len(texts), BATCH):
        places = shuffled[start : start + BATCH]
        reordered[places] = encoder.encode([texts[place] for place in places])
    return bool((alone == together).all() and (alone == reordered).all())


def _is_deterministic(
    folder: Path, encoder: Encoder, texts: Sequence[str], tick: Callable[[], None]
) -> bool:
    """Whether this process, another one, and another one with two threads give the same bits."""
    digests = {vectors_digest(encoder.encode(texts))}
    for threads in (1, 2):
        with Child(CONTENDER, [str(folder), "--threads", str(threads)]) as child:
            child.receive(tick)
            digests.add(child.ask({"do": "digest", "texts": list(texts)}, tick)["digest"])
    return len(digests) == 1
