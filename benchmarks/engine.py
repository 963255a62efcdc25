"""How fast are texts turned into categories, beside sentence-transformers on torch?

The contenders take turns, round by round, so that the noise of a shared machine meets all of
them, and a ratio is the median of the rounds' ratios. `busy` is CPU seconds over wall seconds: well
under the number of threads, others had the cores, and texts/CPU s is the steadier figure. Texts are
the seed's descriptors in canonical form.
"""

import argparse
import csv
import json
import os
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from time import perf_counter, process_time

import numpy as np
import torch
from sentence_transformers import SentenceTransformer
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]
from transformers.utils import logging as transformers_logging

from benchmarks.report import machine, percentile, table
from classifier.engine.cache import EmbeddingCache
from classifier.engine.descriptors import normalize
from classifier.engine.encoder import Threads
from classifier.engine.engine import DEFAULT_CACHE_BYTES, Engine
from classifier.engine.types import Transaction

ROOT = Path(__file__).resolve().parent.parent
SEED_TEXTS = ROOT / "classifier" / "data" / "examples.csv"
BATCHES = (1, 8, 32, 256)
THREADS = (1, 2)
TARGET_RATIO = 2.5
SEED = 20_260_101


@dataclass
class Timed:
    """Calls of one contender. Seconds: of each call, of the model's own part, of each round
    (with the texts done in it), and of CPU in all threads."""

    texts: int = 0
    calls: list[float] = field(default_factory=list)
    model_seconds: float = 0.0
    flops: float = 0.0
    cpu_seconds: float = 0.0
    round_rates: list[float] = field(default_factory=list)

    def add_round(self, timed: "Timed", cpu_seconds: float) -> None:
        self.texts += timed.texts
        self.calls += timed.calls
        self.model_seconds += timed.model_seconds
        self.flops += timed.flops
        self.cpu_seconds += cpu_seconds
        self.round_rates.append(timed.texts / sum(timed.calls))

    def row(self) -> list[object]:
        milliseconds = [seconds * 1000 for seconds in self.calls]
        wall = sum(self.calls)
        return [
            self.texts / wall,
            percentile(milliseconds, 0.5),
            percentile(milliseconds, 0.99),
            len(self.calls),
            self.texts / self.cpu_seconds,
            self.cpu_seconds / wall,
            self.flops / self.model_seconds / 1e9 if self.flops else "",
        ]


@dataclass(frozen=True)
class Shape:
    """What a BERT encoder multiplies."""

    layers: int
    hidden: int
    ffn: int

    @classmethod
    def read(cls, weights: Path) -> "Shape":
        config = json.loads((weights / "config.json").read_text())
        return cls(config["num_hidden_layers"], config["hidden_size"], config["intermediate_size"])

    def flops(self, tokens: int) -> float:
        """Of one text: the products with weights, and those of attention. One multiply-add is 2."""
        weights = 4 * self.hidden**2 + 2 * self.hidden * self.ffn
        return float(2 * tokens * self.layers * (weights + 2 * tokens * self.hidden))


Call = Callable[[list[str], Timed], None]


def main() -> None:
    arguments = read_arguments()
    folder, weights = find_bundle(arguments), find_weights(arguments)
    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    model = SentenceTransformer(str(weights), device="cpu").eval()
    shape = Shape.read(weights)
    texts = read_texts()
    lengths = [len(ids) for ids in Engine.load(folder).encoder.tokenize(texts)]

    print(machine("onnxruntime", "torch", "sentence-transformers", "tokenizers", "numpy"))
    print(
        f"texts     {len(texts)} seed descriptors, {np.mean(lengths):.1f} tokens on average, "
        f"{max(lengths)} at most\n"
        f"rounds    {arguments.rounds} of {arguments.seconds} s a contender, in turns; "
        f"spinning {'on' if arguments.spinning else 'off'}\n"
    )
    for threads in THREADS:
        measure_threads(threads, folder, model, shape, texts, arguments)


def measure_threads(
    threads: int,
    folder: Path,
    model: SentenceTransformer,
    shape: Shape,
    texts: list[str],
    arguments: argparse.Namespace,
) -> None:
    torch.set_num_threads(threads)
    settings = Threads(threads, arguments.spinning)
    cold = Engine.load(folder, settings, EmbeddingCache(0))
    hot = Engine.load(folder, settings, EmbeddingCache(DEFAULT_CACHE_BYTES))
    hot.classify([Transaction(text) for text in texts])
    contenders: dict[str, Call] = {
        "ONNX encode": lambda batch, timed: time_encoder(cold, shape, batch, timed),
        "ONNX classify": lambda batch, timed: time_engine(cold, batch, timed),
        "torch encode": lambda batch, timed: time_torch(model, batch, timed),
        "cache hit classify": lambda batch, timed: time_engine(hot, batch, timed),
    }
    rows: list[list[object]] = []
    ratios: list[list[object]] = []
    with threadpool_limits(threads, user_api="blas"):
        for batch in BATCHES:
            timed = take_turns(contenders, texts, batch, arguments)
            rows += [[name, batch, *result.row()] for name, result in timed.items()]
            encode = ratio(timed["ONNX encode"], timed["torch encode"])
            verdict = "met" if encode >= TARGET_RATIO else "missed"
            ratios.append(
                [
                    batch,
                    encode,
                    ratio(timed["ONNX classify"], timed["torch encode"]),
                    cpu_ratio(timed["ONNX encode"], timed["torch encode"]),
                    verdict if batch == 1 else "",
                ]
            )
        gemm = measure_gemm(shape, arguments.seconds)

    name = f"{threads} thread{'s' if threads > 1 else ''}"
    headers = [
        "",
        "batch",
        "texts/s",
        "p50 ms",
        "p99 ms",
        "calls",
        "texts/CPU s",
        "busy",
        "GFLOP/s",
    ]
    print(f"{name}: p50 and p99 are of a call\n{table(headers, rows)}\n")
    headers = ["batch", "encode", "classify", "encode, by CPU time", f"target {TARGET_RATIO}x"]
    print(f"{name}: ONNX over torch, in texts/s\n{table(headers, ratios)}\n")
    headers = ["rows x inner x columns", "GFLOP/s"]
    print(f"{name}: numpy sgemm, the bound of the machine\n{table(headers, gemm)}\n")


def take_turns(
    contenders: dict[str, Call], texts: list[str], batch: int, arguments: argparse.Namespace
) -> dict[str, Timed]:
    """Each contender in each round: one call that does not count, then calls until time is up."""
    results = {name: Timed() for name in contenders}
    streams = {name: batches(texts, batch) for name in contenders}
    for _ in range(arguments.rounds):
        for name, call in contenders.items():
            call(next(streams[name])[:8], Timed())
            timed = Timed()
            cpu_started, ends = process_time(), perf_counter() + arguments.seconds
            while perf_counter() < ends:
                call(next(streams[name]), timed)
            results[name].add_round(timed, process_time() - cpu_started)
    return results


def ratio(left: Timed, right: Timed) -> float:
    pairs = zip(left.round_rates, right.round_rates, strict=True)
    return median(one / other for one, other in pairs)


def cpu_ratio(left: Timed, right: Timed) -> float:
    return (left.texts / left.cpu_seconds) / (right.texts / right.cpu_seconds)


def batches(texts: list[str], size: int) -> Iterator[list[str]]:
    """Without end: the texts in shuffled order, then in another; the same order for everyone."""
    shuffled = random.Random(SEED)
    while True:
        order = shuffled.sample(texts, len(texts))
        for start in range(0, len(order) - size + 1, size):
            yield order[start : start + size]


def time_encoder(engine: Engine, shape: Shape, batch: list[str], timed: Timed) -> None:
    started = perf_counter()
    token_ids = engine.encoder.tokenize(batch)
    tokenized = perf_counter()
    engine.encoder.embed(token_ids)
    ended = perf_counter()
    timed.texts += len(batch)
    timed.calls.append(ended - started)
    timed.model_seconds += ended - tokenized
    timed.flops += sum(shape.flops(len(ids)) for ids in token_ids)


def time_engine(engine: Engine, batch: list[str], timed: Timed) -> None:
    transactions = [Transaction(text) for text in batch]
    started = perf_counter()
    engine.classify(transactions)
    timed.calls.append(perf_counter() - started)
    timed.texts += len(batch)


def time_torch(model: SentenceTransformer, batch: list[str], timed: Timed) -> None:
    started = perf_counter()
    model.encode(batch, batch_size=len(batch), normalize_embeddings=True, show_progress_bar=False)
    timed.calls.append(perf_counter() - started)
    timed.texts += len(batch)


def measure_gemm(shape: Shape, seconds: float) -> list[list[object]]:
    """float32 products: the model's for one short text and for a full call, and a large one."""
    sizes = [
        (tokens, inner, columns)
        for tokens in (8, 128, 2048)
        for inner, columns in (
            (shape.hidden, shape.hidden),
            (shape.hidden, shape.ffn),
            (shape.ffn, shape.hidden),
        )
    ]
    return [[f"{m} x {k} x {n}", gemm_gflops(m, k, n, seconds / 2)] for m, k, n in sizes] + [
        ["2048 x 2048 x 2048", gemm_gflops(2048, 2048, 2048, seconds)]
    ]


def gemm_gflops(m: int, k: int, n: int, seconds: float) -> float:
    generator = np.random.default_rng(SEED)
    left = generator.standard_normal((m, k), dtype=np.float32)
    right = generator.standard_normal((k, n), dtype=np.float32)
    product = np.empty((m, n), dtype=np.float32)
    np.matmul(left, right, out=product)
    calls, started = 0, perf_counter()
    while (elapsed := perf_counter() - started) < seconds:
        np.matmul(left, right, out=product)
        calls += 1
    return 2 * m * k * n * calls / elapsed / 1e9


def read_texts() -> list[str]:
    with SEED_TEXTS.open(encoding="utf-8", newline="") as file:
        return list(dict.fromkeys(normalize(row["text"]) for row in csv.DictReader(file)))


def find_bundle(arguments: argparse.Namespace) -> Path:
    configs = (arguments.local_dir / "artifacts" / "folders").glob("*/config.json")
    return arguments.bundle or newest(list(configs), "bundle")


def find_weights(arguments: argparse.Namespace) -> Path:
    weights = (arguments.local_dir / "export" / "weights").glob("*/model.safetensors")
    return arguments.weights or newest(list(weights), "model")


def newest(files: Sequence[Path], kind: str) -> Path:
    """The folder of the newest file."""
    if not files:
        raise SystemExit(f"No {kind} found: run `manage.py bootstrap`, or name a --local-dir.")
    return max(files, key=lambda file: file.stat().st_mtime).parent


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    data_dir = Path(os.environ.get("TXCAT_DATA_DIR", ROOT / "var"))
    local_dir = Path(os.environ.get("TXCAT_LOCAL_DIR", data_dir / "local"))
    parser.add_argument("--local-dir", type=Path, default=local_dir, help="default: %(default)s")
    parser.add_argument("--bundle", type=Path, help="a version's folder; default: the newest")
    parser.add_argument("--weights", type=Path, help="the model on torch; default: the newest")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=0.5, help="of one round of a contender")
    parser.add_argument("--spinning", action="store_true", help="let idle ONNX threads spin")
    return parser.parse_args()


if __name__ == "__main__":
    main()
