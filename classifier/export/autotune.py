"""How many processes and threads, and which encoder, do most on this machine."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from classifier.engine.machine import Machine, this_machine
from classifier.exceptions import EncoderError
from classifier.export.child import CONTENDER, Child
from classifier.progress import Progress, silent

SECONDS = 1.0
TEXTS = 256
BATCH = 32
# Within this share of the most texts/s, the shorter wait decides.
TIE = 0.05


@dataclass(frozen=True, slots=True)
class Candidate:
    """`refusal` says why it may not be chosen, for example that it changes too many decisions;
    it is measured all the same."""

    name: str
    folder: Path
    refusal: str | None = None


@dataclass(frozen=True, slots=True)
class Trial:
    """`texts_per_second` in batches of 32, of all processes together, and `p95_ms` of a call of
    one text, while all processes are busy with such calls. `peak_bytes` is of all together."""

    name: str
    processes: int
    threads: int
    texts_per_second: float
    p95_ms: float
    peak_bytes: int | None
    refusal: str | None


@dataclass(frozen=True, slots=True)
class Tuning:
    machine: Machine
    spinning: bool
    seconds: float
    trials: tuple[Trial, ...]
    choice: Trial
    reason: str

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "machine": self.machine.as_json()}


def autotune(
    candidates: Sequence[Candidate],
    texts: Sequence[str],
    cpus: int,
    report: Progress = silent,
    *,
    spinning: bool = False,
    seconds: float = SECONDS,
) -> Tuning:
    """Try each candidate with each split of `cpus` into processes and threads.

    Counts are 1, 2, 4 and so on, and `cpus` itself; a trial takes twice `seconds` beside
    the loading. Raises EncoderError where no candidate may be chosen or there is no text.
    """
    if not texts:
        raise EncoderError("There is no text to tune with.")
    if all(candidate.refusal for candidate in candidates):
        raise EncoderError(
            "No encoder may be chosen: "
            + " ".join(f"{candidate.name}: {candidate.refusal}" for candidate in candidates)
        )
    chosen_texts = list(texts[:TEXTS])
    splits = splits_of(cpus)
    trials = []
    for place, candidate in enumerate(candidates):
        for index, (processes, threads) in enumerate(splits):
            share = (place * len(splits) + index) / (len(candidates) * len(splits))
            message = f"{candidate.name}: {processes} × {threads}"
            trials.append(
                _try(
                    candidate,
                    processes,
                    threads,
                    spinning,
                    chosen_texts,
                    seconds,
                    _tick(report, share, message),
                )
            )
    choice, reason = choose(trials)
    report(1.0, reason)
    return Tuning(this_machine(), spinning, seconds, tuple(trials), choice, reason)


def splits_of(cpus: int) -> list[tuple[int, int]]:
    """(processes, threads) of which no two keep more than `cpus` busy."""
    counts = sorted({cpus, *(2**power for power in range(cpus.bit_length()) if 2**power <= cpus)})
    return [(one, other) for one in counts for other in counts if one * other <= cpus]


def choose(trials: Sequence[Trial]) -> tuple[Trial, str]:
    """Of the trials that may be chosen, the one with most texts/s; within TIE of it, the one
    with the least p95."""
    allowed = [trial for trial in trials if trial.refusal is None]
    most = max(allowed, key=lambda trial: trial.texts_per_second)
    tied = [
        trial for trial in allowed if trial.texts_per_second >= (1 - TIE) * most.texts_per_second
    ]
    best = min(tied, key=lambda trial: trial.p95_ms)
    named = f"{best.name}, {best.processes} processes × {best.threads} threads"
    reason = f"{named}: {best.texts_per_second:.0f} texts/s, p95 {best.p95_ms:.1f} ms"
    if best is most:
        return best, f"{reason}; the most texts/s."
    return best, (
        f"{reason}; the shortest p95 within {TIE:.0%} of the most texts/s "
        f"({most.texts_per_second:.0f})."
    )


def _try(
    candidate: Candidate,
    processes: int,
    threads: int,
    spinning: bool,
    texts: list[str],
    seconds: float,
    tick: Callable[[], None],
) -> Trial:
    arguments = [str(candidate.folder), "--threads", str(threads)]
    if spinning:
        arguments.append("--spinning")
    tick()
    with ExitStack() as stack:
        children = [stack.enter_context(Child(CONTENDER, arguments)) for _ in range(processes)]
        for child in children:
            child.receive(tick)
        batches = _drive(children, texts, BATCH, seconds, tick)
        singles = _drive(children, texts, 1, seconds, tick)
        peaks = [child.ask({"do": "memory"}, tick)["peak_bytes"] for child in children]
    milliseconds = np.concatenate([answer["milliseconds"] for answer in singles])
    rates = [1000 * answer["texts"] / sum(answer["milliseconds"]) for answer in batches]
    return Trial(
        name=candidate.name,
        processes=processes,
        threads=threads,
        texts_per_second=float(sum(rates)),
        p95_ms=float(np.quantile(milliseconds, 0.95, method="higher")),
        peak_bytes=None if None in peaks else sum(peaks),
        refusal=candidate.refusal,
    )


def _drive(
    children: Sequence[Child],
    texts: list[str],
    batch: int,
    seconds: float,
    tick: Callable[[], None],
) -> list[Mapping[str, Any]]:
    """All at once."""
    for child in children:
        child.send({"do": "drive", "texts": texts, "batch": batch, "seconds": seconds})
    return [child.receive(tick) for child in children]


def _tick(report: Progress, share: float, message: str) -> Callable[[], None]:
    return lambda: report(share, message)
