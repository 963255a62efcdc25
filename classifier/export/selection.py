"""Which products may run in INT8, found by measuring what each does to the decisions."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray

from classifier.engine.kinds import Kind
from classifier.exceptions import EncoderError
from classifier.export.calibration import Ranges
from classifier.export.machine import Machine
from classifier.export.quantize import Scheme
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
NOTHING: frozenset[str] = frozenset()


@dataclass(frozen=True)
class TokenizedSample:
    """Token ids of the calibration texts and of the categories' anchors, `labels` (n,) int32."""

    texts: list[list[int]]
    anchors: list[list[int]]
    labels: NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Selection:
    """Names of products. `changed` is the share of decisions that is expected to differ."""

    scheme: Scheme
    quantized: tuple[str, ...]
    left_out: tuple[str, ...]
    changed: float


def select(
    model: onnx.ModelProto,
    kind: Kind,
    sample: TokenizedSample,
    ranges: Ranges,
    max_changed: float,
    scratch: Path,
    threads: int = 1,
    report: Progress = silent,
) -> Selection:
    """Quantize as many products as the bound on changed decisions allows.

    Each product is measured alone in INT8 by its loss, which is 1 - cosine to FP32 on
    PROBE_TEXTS texts. Losses add up, and the share of decisions expected to change grows with
    their root; so those that lose most for their size are left out until the rest is small
    enough, and what is left is measured on all calibration texts, and more left out where it
    changes too much. The work is bounded: with p products, p runs of PROBE_TEXTS texts, and
    MAX_TRIES of all.

    Raises EncoderError where no product may be quantized.
    """
    board = _best_board(model, kind, sample, ranges, scratch, threads, part(report, 0.0, 0.4))
    names = board.switches.names
    judge = _Judge(board.switches, sample, part(report, 0.4, 0.5))
    changed = judge.changed(frozenset(names), part(report, 0.5, 0.6))
    if changed <= AIM * max_changed or max_changed >= NO_BOUND:
        return Selection(board.scheme, names, (), changed)
    losses = _losses(board, sample, part(report, 0.6, 0.8))
    sizes = dict(zip(names, board.switches.sizes.tolist(), strict=True))
    order = sorted(names, key=lambda name: -losses[name] / sizes[name])
    # What may be lost in all, by the root law through the last measurement.
    kept, lost = order, sum(losses.values())
    for step in range(MAX_TRIES):
        bearable = lost * (AIM * max_changed / changed) ** 2 if changed else lost
        kept = _within(kept, losses, bearable)
        if not kept:
            break
        share = 0.8 + 0.2 * step / MAX_TRIES
        told = part(report, share, share + 0.2 / MAX_TRIES, f"{len(kept)} products in INT8")
        changed, lost = judge.changed(frozenset(kept), told), sum(losses[name] for name in kept)
        if changed <= AIM * max_changed:
            left_out = tuple(name for name in order if name not in kept)
            quantized = tuple(name for name in names if name in kept)
            return Selection(board.scheme, quantized, left_out, changed)
    raise EncoderError(
        f"No product can run in INT8 with at most {max_changed:.1%} of decisions changed."
    )


def _within(order: list[str], losses: dict[str, float], bearable: float) -> list[str]:
    """Without the first of `order`, at least one, so that the rest loses no more than that."""
    kept = order[1:]
    while kept and sum(losses[name] for name in kept) > bearable:
        kept = kept[1:]
    return kept


@dataclass(frozen=True)
class _Board:
    switches: Switchboard
    scheme: Scheme


class _Judge:
    """Decides on the calibration texts with any choice of products, beside FP32."""

    def __init__(self, board: Switchboard, sample: TokenizedSample, report: Progress) -> None:
        self._board = board
        self._sample = sample
        self._reference = self._training(NOTHING, report)

    def changed(self, quantized: frozenset[str], report: Progress) -> float:
        return expected_changes(self._reference, self._training(quantized, report))

    def _training(self, quantized: frozenset[str], report: Progress) -> TrainingSet:
        both = self._sample.texts + self._sample.anchors
        vectors = self._board.vectors(both, quantized, report)
        size = len(self._sample.texts)
        return TrainingSet(vectors[:size], self._sample.labels, vectors[size:])


def _best_board(
    model: onnx.ModelProto,
    kind: Kind,
    sample: TokenizedSample,
    ranges: Ranges,
    scratch: Path,
    threads: int,
    report: Progress,
) -> _Board:
    """Of the strengths of smoothing the one nearest to FP32; then seven bits instead of eight,
    where sums of eight may overflow and that is nearer."""
    schemes = [Scheme(kind, smoothing) for smoothing in SMOOTHINGS]
    may_overflow = kind is not Kind.INT8_BLOCK and not Machine.here().has_vnni
    steps = len(schemes) + may_overflow
    best: tuple[float, _Board] | None = None
    step = 0
    while schemes:
        scheme = schemes.pop(0)
        named = f"smoothing {scheme.smoothing}" + (", 7 bits" if scheme.reduce_range else "")
        report(step / steps, f"trying {named}")
        board = _Board(Switchboard(model, scheme, ranges, scratch, threads), scheme)
        probe = _Probe(board.switches, sample.texts[:PROBE_TEXTS])
        report((step + 0.5) / steps, f"trying {named}")
        loss = probe.loss(frozenset(board.switches.names))
        if best is None or loss < best[0]:
            best = (loss, board)
        if not schemes and may_overflow and not scheme.reduce_range:
            schemes.append(replace(best[1].scheme, reduce_range=True))
        step += 1
    if best is None:
        raise EncoderError("There is no scheme to quantize by.")
    return best[1]


def _losses(board: _Board, sample: TokenizedSample, report: Progress) -> dict[str, float]:
    probe = _Probe(board.switches, sample.texts[:PROBE_TEXTS])
    names = board.switches.names
    losses = {}
    for index, name in enumerate(names):
        report(index / len(names), f"measuring {name}")
        # Rounding may make a product look better than none.
        losses[name] = max(0.0, probe.loss(frozenset({name})))
    return losses


class _Probe:
    """1 - mean cosine to FP32, on few texts."""

    def __init__(self, board: Switchboard, texts: list[list[int]]) -> None:
        self._board = board
        self._texts = texts
        self._reference = board.vectors(texts, NOTHING).astype(np.float64)

    def loss(self, quantized: frozenset[str]) -> float:
        found = self._board.vectors(self._texts, quantized).astype(np.float64)
        return float(1 - np.einsum("nd,nd->n", self._reference, found).mean())
