"""How quick encoders are, measured in turns on one machine."""

import random
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from classifier.engine.encoder import MODEL_FILE
from classifier.engine.machine import Machine, this_machine
from classifier.exceptions import EncoderError
from classifier.export.child import CONTENDER, Child
from classifier.export.contender import ONNX, TORCH
from classifier.export.source import WEIGHTS_FILE, transformer_folder
from classifier.progress import Progress, silent

SEED = 20_260_101
BATCH = 32


@dataclass(frozen=True, slots=True)
class Contender:
    """An encoder folder, or with `engine` TORCH the folder of a sentence-transformers model,
    whose texts are cut at `max_tokens`."""

    name: str
    folder: Path
    engine: str = ONNX
    max_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """`rounds` in which each contender has its turn: `singles` texts one by one, and `batches`
    of 32. Threads and spinning are as `classifier.engine.encoder.Threads` has them."""

    rounds: int = 5
    singles: int = 80
    batches: int = 2
    threads: int = 1
    spinning: bool = False


@dataclass(frozen=True, slots=True)
class Figures:
    """One contender. Latencies are of one text, tokenizing included, in milliseconds.

    `texts_per_second` is in batches of 32. `load_ms` ends with the first vectors, imports not
    counted; `peak_bytes` is what the process held at most, None where the system does not say;
    `size_bytes` is the model's file. `over_fp32` and `over_torch` are speed-ups at batch 1, each
    the median of the rounds' ratios, None where that contender took no part.
    """

    name: str
    p50_ms: float
    p95_ms: float
    p99_ms: float
    texts_per_second: float
    load_ms: float
    peak_bytes: int | None
    size_bytes: int
    over_fp32: float | None
    over_torch: float | None


@dataclass(frozen=True, slots=True)
class Benchmark:
    machine: Machine
    settings: Settings
    figures: tuple[Figures, ...]

    def of(self, name: str) -> Figures:
        """Raises KeyError where no contender has the name."""
        return {figures.name: figures for figures in self.figures}[name]

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "machine": self.machine.as_json()}


@dataclass
class _Turns:
    """What a contender did: milliseconds of each single call and of each batch, by round."""

    child: Child
    load_ms: float
    singles: list[list[float]] = field(default_factory=list)
    batches: list[list[float]] = field(default_factory=list)
    peak_bytes: int | None = None


def benchmark(
    contenders: Sequence[Contender],
    texts: Sequence[str],
    report: Progress = silent,
    settings: Settings | None = None,
    *,
    fp32: str | None = None,
    torch: str | None = None,
) -> Benchmark:
    """Load each contender in a process of its own, then let them take turns, round by round, so
    that the noise of a shared machine meets all of them. In a round all get the same texts.

    `fp32` and `torch` name the contenders that speed-ups are given over. Raises EncoderError
    where there are fewer texts than a round needs, names are not unique, or a contender fails.
    """
    settings = settings or Settings()
    needed = max(settings.singles, settings.batches * BATCH)
    if len(set(texts)) < needed:
        raise EncoderError(f"{len(set(texts))} texts are too few for a round; {needed} are needed.")
    if len({contender.name for contender in contenders}) < len(contenders):
        raise EncoderError("Two contenders have one name.")
    shuffled = random.Random(SEED)  # noqa: S311
    pool = sorted(set(texts))
    steps = len(contenders) * (settings.rounds + 1)
    with ExitStack() as stack:
        turns: dict[str, _Turns] = {}
        for index, contender in enumerate(contenders):
            tick = _tick(report, index / steps, f"loading {contender.name}")
            turns[contender.name] = _start(stack, contender, settings, pool[:BATCH], tick)
        for round_ in range(settings.rounds):
            singles = shuffled.sample(pool, settings.singles)
            batches = shuffled.sample(pool, settings.batches * BATCH)
            for index, (name, turn) in enumerate(turns.items()):
                done = len(contenders) * (round_ + 1) + index
                tick = _tick(report, done / steps, f"round {round_ + 1}: {name}")
                turn.singles.append(_time(turn.child, singles, 1, tick))
                turn.batches.append(_time(turn.child, batches, BATCH, tick))
        for turn in turns.values():
            turn.peak_bytes = turn.child.ask({"do": "memory"})["peak_bytes"]
    report(1.0, "measured")
    return Benchmark(
        machine=this_machine(),
        settings=settings,
        figures=tuple(
            _figures(
                contender,
                turns[contender.name],
                turns.get(fp32) if fp32 else None,
                turns.get(torch) if torch else None,
            )
            for contender in contenders
        ),
    )


def _start(
    stack: ExitStack,
    contender: Contender,
    settings: Settings,
    texts: Sequence[str],
    tick: Callable[[], None],
) -> _Turns:
    arguments = [str(contender.folder), "--engine", contender.engine]
    arguments += ["--threads", str(settings.threads)]
    if settings.spinning:
        arguments.append("--spinning")
    if contender.max_tokens:
        arguments += ["--max-tokens", str(contender.max_tokens)]
    tick()
    child = stack.enter_context(Child(CONTENDER, arguments))
    load_ms = float(child.receive(tick)["load_ms"])
    for batch in (1, BATCH):
        _time(child, texts, batch, tick)
    return _Turns(child, load_ms)


def _time(child: Child, texts: Sequence[str], batch: int, tick: Callable[[], None]) -> list[float]:
    tick()
    answer = child.ask({"do": "time", "texts": list(texts), "batch": batch}, tick)
    return [float(value) for value in answer["milliseconds"]]


def _tick(report: Progress, share: float, message: str) -> Callable[[], None]:
    return lambda: report(share, message)


def _figures(
    contender: Contender, turns: _Turns, fp32: _Turns | None, torch: _Turns | None
) -> Figures:
    singles = np.concatenate(turns.singles)
    p50, p95, p99 = (
        float(np.quantile(singles, share, method="higher")) for share in (0.5, 0.95, 0.99)
    )
    batch_ms = np.concatenate(turns.batches)
    return Figures(
        name=contender.name,
        p50_ms=p50,
        p95_ms=p95,
        p99_ms=p99,
        texts_per_second=float(1000 * BATCH * len(batch_ms) / batch_ms.sum()),
        load_ms=turns.load_ms,
        peak_bytes=turns.peak_bytes,
        size_bytes=_size(contender),
        over_fp32=_speed_up(fp32, turns),
        over_torch=_speed_up(torch, turns),
    )


def _speed_up(baseline: _Turns | None, turns: _Turns) -> float | None:
    if baseline is None:
        return None
    rounds = zip(baseline.singles, turns.singles, strict=True)
    return median(sum(theirs) / sum(ours) for theirs, ours in rounds)


def _size(contender: Contender) -> int:
    if contender.engine == TORCH:
        return (transformer_folder(contender.folder) / WEIGHTS_FILE).stat().st_size
    return (contender.folder / MODEL_FILE).stat().st_size
