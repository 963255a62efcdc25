"""What does each kind of encoder cost and gain, and which is the one to serve?

Makes every kind from the FP32 export (those that are there already are made again, to time it),
judges them on the seed's own examples, of which 70% are held out, and measures them and
sentence-transformers on torch in turns: in each round each contender gets the same texts. p50,
p95 and p99 are of one text; texts/s is in batches of 32; a ratio is the median of the rounds'
ratios at batch 1. "dynamic, 1%" is dynamic INT8 with products left out until decisions hold.
"""

import argparse
import csv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import yaml

from benchmarks.report import machine, table
from classifier.engine.descriptors import normalize
from classifier.engine.encoder import Threads
from classifier.engine.kinds import DERIVED_KINDS, Kind
from classifier.engine.prototypes import anchor_text
from classifier.export.benchmark import Benchmark, Contender, Figures, Settings, benchmark
from classifier.export.contender import TORCH
from classifier.export.pipeline import DerivedEncoder, derive_encoder, export_encoder
from classifier.export.recommendation import Artifact, Limits, Recommendation, recommend
from classifier.export.sample import Sample
from classifier.export.source import DEFAULT_NAME, find_source
from classifier.export.validation import Validation, embed_sample, validate

DATA = Path(__file__).resolve().parent.parent / "classifier" / "data"
PARITY_TEXTS = 400
TORCH_NAME = "torch"
FP32_NAME = Kind.FP32.label
# Beside the kinds as they are made by default.
BOUND_DYNAMIC = "dynamic, 1%"
MIN_DYNAMIC_OVER_FP32 = 1.8
MIN_DYNAMIC_OVER_TORCH = 4.0
HEADERS = (
    "",
    "MB",
    "p50 ms",
    "p95 ms",
    "p99 ms",
    "texts/s",
    "load ms",
    "peak MB",
    "cosine",
    "min",
    "changed %",
    "accuracy, points",
    "batches",
    "x FP32",
    "x torch",
)


@dataclass(frozen=True)
class Made:
    """Encoder folders by name, and the model's own for torch."""

    reference: Path
    weights: Path
    max_tokens: int
    derived: dict[str, DerivedEncoder]
    seconds: dict[str, float]


def main() -> None:
    arguments = read_arguments()
    sample = read_sample()
    print(machine("onnxruntime", "torch", "sentence-transformers", "tokenizers", "numpy"))
    print(
        f"sample    {len(sample.texts)} seed descriptors: {len(sample.calibration_texts)} to "
        f"calibrate on, {int(sample.is_held_out.sum())} held out\n"
        f"rounds    {arguments.rounds}; threads {arguments.threads}; "
        f"spinning {'on' if arguments.spinning else 'off'}\n"
    )
    with artifacts_folder(arguments) as artifacts:
        made = make(artifacts, sample, arguments.threads)
        validations = judge(made, sample)
        measured = measure(made, sample, arguments)
    chosen = recommend(
        [Artifact(FP32_NAME, True, None, measured.of(FP32_NAME))]
        + [
            Artifact(name, False, validation, measured.of(name))
            for name, validation in validations.items()
        ],
        Limits(),
    )
    print_recipes(made)
    rows = [row(figures, validations.get(figures.name)) for figures in measured.figures]
    print(f"{table(HEADERS, rows)}\n")
    print_choice(chosen)
    print_targets(measured, validations, chosen)
    print_seconds(made.seconds)


def make(artifacts: Path, sample: Sample, threads: int) -> Made:
    seconds: dict[str, float] = {}
    source = find_source(DEFAULT_NAME, None)
    step = max(1, len(sample.texts) // PARITY_TEXTS)
    with timed(seconds, f"make {FP32_NAME}"):
        exported = export_encoder(source, artifacts, sample.texts[::step])
    derived = {}
    wanted: list[tuple[str, Kind, float | None]] = [
        (kind.label, kind, None) for kind in DERIVED_KINDS
    ]
    wanted.append((BOUND_DYNAMIC, Kind.INT8_DYNAMIC, Limits().max_changed))
    for name, kind, max_changed in wanted:
        with timed(seconds, f"make {name}"):
            derived[name] = derive_encoder(
                exported.folder,
                kind,
                artifacts,
                sample,
                max_changed=max_changed,
                threads=Threads(threads),
            )
    weights = artifacts / "weights" / exported.source_digest[:16]
    return Made(exported.folder, weights, exported.card.max_tokens, derived, seconds)


def judge(made: Made, sample: Sample) -> dict[str, Validation]:
    with timed(made.seconds, f"embed with {FP32_NAME}"):
        reference = embed_sample(made.reference, sample)
    validations = {}
    for name, encoder in made.derived.items():
        with timed(made.seconds, f"validate {name}"):
            validations[name] = validate(reference, encoder.folder, sample)
    return validations


def measure(made: Made, sample: Sample, arguments: argparse.Namespace) -> Benchmark:
    contenders = [Contender(FP32_NAME, made.reference)]
    contenders += [Contender(name, encoder.folder) for name, encoder in made.derived.items()]
    contenders.append(Contender(TORCH_NAME, made.weights, TORCH, made.max_tokens))
    with timed(made.seconds, "measure all"):
        return benchmark(
            contenders,
            sample.texts,
            settings=Settings(
                rounds=arguments.rounds, threads=arguments.threads, spinning=arguments.spinning
            ),
            fp32=FP32_NAME,
            torch=TORCH_NAME,
        )


def row(figures: Figures, validation: Validation | None) -> list[object]:
    judged: list[object] = ["", "", "", "", ""]
    if validation is not None:
        comparison = validation.comparison
        changed = comparison.changed
        judged = [
            f"{validation.cosine_mean:.5f}",
            f"{validation.cosine_min:.4f}",
            f"{changed.value:.2%} ({changed.low:.2%} to {changed.high:.2%})",
            f"{comparison.difference:+.2f} ({comparison.difference_low:+.2f} to "
            f"{comparison.difference_high:+.2f})",
            "same bits" if validation.batch_invariant else "other bits",
        ]
    return [
        figures.name,
        figures.size_bytes / 1e6,
        figures.p50_ms,
        figures.p95_ms,
        figures.p99_ms,
        figures.texts_per_second,
        figures.load_ms,
        figures.peak_bytes / 1e6 if figures.peak_bytes else "",
        *judged,
        figures.over_fp32 or "",
        figures.over_torch or "",
    ]


def print_recipes(made: Made) -> None:
    for name, encoder in made.derived.items():
        recipe = encoder.recipe
        if not recipe.kind.is_quantized:
            print(f"{name}: fused {dict(recipe.fused)}")
            continue
        of = len(recipe.quantized) + len(recipe.left_out)
        print(
            f"{name}: {len(recipe.quantized)} of {of} products in INT8, smoothing "
            f"{recipe.smoothing}, {'7' if recipe.reduce_range else '8'} bits; "
            f"{recipe.changed:.2%} of decisions expected to change; left out: "
            f"{', '.join(recipe.left_out) or 'none'}"
        )
    print()


def print_choice(chosen: Recommendation) -> None:
    print(f"recommended: {chosen.choice}: {chosen.reason}")
    for passed in chosen.others:
        print(f"  not {passed.name}: {passed.reason}")
    print()


def print_targets(
    measured: Benchmark, validations: dict[str, Validation], chosen: Recommendation
) -> None:
    dynamic = measured.of(Kind.INT8_DYNAMIC.label)
    limits = Limits()
    validation = validations.get(chosen.choice)
    # The reference has none, and differs from itself in nothing.
    changed = 100 * validation.comparison.changed.value if validation else 0.0
    lost = -validation.comparison.difference if validation else 0.0
    targets = [
        at_least("INT8 dynamic over FP32", dynamic.over_fp32, MIN_DYNAMIC_OVER_FP32),
        at_least("INT8 dynamic over torch", dynamic.over_torch, MIN_DYNAMIC_OVER_TORCH),
        at_most("recommended: changed %", changed, 100 * limits.max_changed),
        at_most("recommended: points lost", lost, limits.max_points_lost),
    ]
    print(f"{table(('target', 'bound', 'found', ''), targets)}\n")


def at_least(name: str, found: float | None, bound: float) -> list[object]:
    if found is None:
        return [name, f">= {bound}", "", "cannot say"]
    return [name, f">= {bound}", found, "met" if found >= bound else "missed"]


def at_most(name: str, found: float, bound: float) -> list[object]:
    return [name, f"<= {bound}", found, "met" if found <= bound else "missed"]


def print_seconds(seconds: dict[str, float]) -> None:
    rows: Sequence[Sequence[object]] = [
        *([name, taken] for name, taken in seconds.items()),
        ["all", sum(seconds.values())],
    ]
    print(table(("step", "s"), rows))


@contextmanager
def timed(seconds: dict[str, float], name: str) -> Iterator[None]:
    started = perf_counter()
    yield
    seconds[name] = perf_counter() - started


@contextmanager
def artifacts_folder(arguments: argparse.Namespace) -> Iterator[Path]:
    if arguments.artifacts is not None:
        yield arguments.artifacts
        return
    with TemporaryDirectory() as folder:
        yield Path(folder)


def read_sample() -> Sample:
    """The seed's examples, each with its category's place among the anchors."""
    with (DATA / "taxonomy.yaml").open(encoding="utf-8") as file:
        primaries = yaml.safe_load(file)["categories"]
    children = [child for primary in primaries for child in primary["children"]]
    place = {child["slug"]: index for index, child in enumerate(children)}
    with (DATA / "examples.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return Sample.of(
        [normalize(row["text"]) for row in rows],
        [place[row["category"]] for row in rows],
        [anchor_text(child["name"], child["description"]) for child in children],
    )


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--artifacts", type=Path, help="keep them there; default: nowhere")
    parser.add_argument("--rounds", type=int, default=Settings().rounds)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--spinning", action="store_true", help="let idle ONNX threads spin")
    return parser.parse_args()


if __name__ == "__main__":
    main()
