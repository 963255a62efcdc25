"""Which products may run in INT8, found by measuring what each does to the decisions."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray

from classifier.engine.kinds import Kind
from classifier.engine.machine import this_machine
from classifier.exceptions import EncoderError
from classifier.export.calibration import Activations
from classifier.export.graph import products
from classifier.export.quantize import Scheme, quantize
from classifier.export.session import open_session, run_all
from classifier.export.switchboard import Switchboard
from classifier.progress import Progress, part, silent
from classifier.training.comparison import expected_changes
from classifier.training.prototypes import TrainingSet

# Texts that a scheme and each single product are measured on.
PROBE_TEXTS = 96
SMOOTHINGS = (0.65, 0.8)
# Of the bound: a count on other texts varies about what is expected.
AIM = 0.75
MAX_TRIES = 4
NO_BOUND = 1.0

# Token ids to unit vectors (n, d).
Embed = Callable[[Sequence[Sequence[int]], Progress], NDArray[np.float32]]


@dataclass(frozen=True)
class TokenizedSample:
    """Token ids of the calibration texts and of the categories' anchors, `labels` (n,) int32."""

    texts: list[list[int]]
    anchors: list[list[int]]
    labels: NDArray[np.int32]


@dataclass(frozen=True)
class Selection:
    """A quantized graph, and the names of the products that run in INT8 or were left out of it.
    `changed` is the share of decisions that is expected to differ."""

    model: onnx.ModelProto
    scheme: Scheme
    quantized: tuple[str, ...]
    left_out: tuple[str, ...]
    changed: float


@dataclass(frozen=True)
class Workshop:
    """What is at hand: the FP32 graph, what goes into its products, texts to measure on, a
    folder for files, and how many threads may be used."""

    model: onnx.ModelProto
    activations: Activations
    sample: TokenizedSample
    scratch: Path
    threads: int = 1

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(node.name for node, _ in products(self.model))

    def quantize(self, scheme: Scheme, names: Sequence[str]) -> onnx.ModelProto:
        return quantize(self.model, scheme, frozenset(names), self.activations, self.scratch)

    def embed(self, model: onnx.ModelProto, *, alone: bool = False) -> Embed:
        return partial(run_all, open_session(model, self.threads), alone=alone)


def select(
    kind: Kind, workshop: Workshop, max_changed: float, report: Progress = silent
) -> Selection:
    """Quantize as many products as the bound on changed decisions allows: all, if it does.

    Else each product is measured alone in INT8 by its loss, which is 1 - cosine to FP32 on
    PROBE_TEXTS texts. Losses add up, and the share of decisions expected to change grows with
    their root; so those that lose most for their size are left out until the rest is small
    enough, and what is left is measured on all calibration texts, and more left out where it
    changes too much. The work is bounded: with p products, p runs of PROBE_TEXTS texts, and
    MAX_TRIES + 1 of all.

    Raises EncoderError where no product may be quantized.
    """
    judge = _Judge(workshop, part(report, 0.0, 0.15))
    scheme, model = _nearest_scheme(kind, workshop, judge, part(report, 0.15, 0.4))
    alone = kind is Kind.INT8_DYNAMIC
    told = part(report, 0.4, 0.5, "all products in INT8")
    changed = judge.changed(workshop.embed(model, alone=alone), told)
    names = workshop.names
    if changed <= AIM * max_changed or max_changed >= NO_BOUND:
        return Selection(model, scheme, names, (), changed)

    report(0.5, "wiring switches")
    board = Switchboard(
        workshop.model, scheme, workshop.activations, workshop.scratch, workshop.threads
    )
    losses = _losses(board, judge, part(report, 0.55, 0.75))
    sizes = dict(zip(names, board.sizes.tolist(), strict=True))
    order = sorted(names, key=lambda name: -losses[name] / sizes[name])
    kept, lost = order, sum(losses.values())
    for step in range(MAX_TRIES):
        # By the law of the root, through the last measurement.
        bearable = lost * (AIM * max_changed / changed) ** 2 if changed else lost
        kept = _within(kept, losses, bearable)
        if not kept:
            break
        share = 0.75 + 0.2 * step / MAX_TRIES
        told = part(report, share, share + 0.2 / MAX_TRIES, f"{len(kept)} products in INT8")
        changed = judge.changed(board.embed(frozenset(kept)), told)
        lost = sum(losses[name] for name in kept)
        if changed <= AIM * max_changed:
            report(0.95, f"quantizing {len(kept)} products")
            return Selection(
                workshop.quantize(scheme, kept),
                scheme,
                tuple(name for name in names if name in kept),
                tuple(name for name in order if name not in kept),
                changed,
            )
    raise EncoderError(
        f"No product can run in INT8 with at most {max_changed:.1%} of decisions changed."
    )


class _Judge:
    """Holds what FP32 makes of the calibration texts against what another graph does."""

    def __init__(self, workshop: Workshop, report: Progress) -> None:
        self._sample = workshop.sample
        self._probe = workshop.sample.texts[:PROBE_TEXTS]
        self._reference = self._training(workshop.embed(workshop.model), report)

    def changed(self, embed: Embed, report: Progress) -> float:
        return expected_changes(self._reference, self._training(embed, report))

    def loss(self, embed: Embed) -> float:
        reference = self._reference.vectors[: len(self._probe)].astype(np.float64)
        found = embed(self._probe, silent).astype(np.float64)
        return float(1 - np.einsum("nd,nd->n", reference, found).mean())

    def _training(self, embed: Embed, report: Progress) -> TrainingSet:
        vectors = embed(self._sample.texts + self._sample.anchors, report)
        size = len(self._sample.texts)
        return TrainingSet(vectors[:size], self._sample.labels, vectors[size:])


def _nearest_scheme(
    kind: Kind, workshop: Workshop, judge: _Judge, report: Progress
) -> tuple[Scheme, onnx.ModelProto]:
    """The strength of smoothing that is nearest to FP32 with all products in INT8; then seven
    bits instead of eight, where sums of eight may overflow and that is nearer."""
    waiting = [Scheme(kind, smoothing) for smoothing in SMOOTHINGS]
    may_overflow = kind is not Kind.INT8_BLOCK and not this_machine().has_vnni
    steps = len(waiting) + may_overflow
    tried: list[tuple[float, Scheme, onnx.ModelProto]] = []
    while waiting:
        scheme = waiting.pop(0)
        named = f"smoothing {scheme.smoothing}" + (", 7 bits" if scheme.reduce_range else "")
        report(len(tried) / steps, f"quantizing with {named}")
        model = workshop.quantize(scheme, workshop.names)
        report((len(tried) + 0.7) / steps, f"measuring {named}")
        loss = judge.loss(workshop.embed(model, alone=kind is Kind.INT8_DYNAMIC))
        tried.append((loss, scheme, model))
        if not waiting and may_overflow and not scheme.reduce_range:
            best = min(tried, key=lambda entry: entry[0])
            waiting.append(replace(best[1], reduce_range=True))
    _, scheme, model = min(tried, key=lambda entry: entry[0])
    is_exact = kind is Kind.INT8_BLOCK or may_overflow or scheme.reduce_range
    return replace(scheme, needs_vnni=not is_exact), model


def _losses(board: Switchboard, judge: _Judge, report: Progress) -> dict[str, float]:
    losses = {}
    for index, name in enumerate(board.names):
        report(index / len(board.names), f"measuring {name}")
        # Rounding may make a product look better than none.
        losses[name] = max(0.0, judge.loss(board.embed(frozenset({name}))))
    return losses


def _within(order: list[str], losses: dict[str, float], bearable: float) -> list[str]:
    """Without the first of `order`, at least one, so that the rest loses no more than that."""
    kept = order[1:]
    while kept and sum(losses[name] for name in kept) > bearable:
        kept = kept[1:]
    return kept
