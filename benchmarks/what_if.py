"""How long does “what would change?” take on 10,000 distinct texts, and how true is it?

    python -m benchmarks.what_if [--data-dir …] [--examples 6]

On an installation of its own, with a version of prototypes and then one with a second opinion as
well: the first snapshot of traffic, one after further predictions, then the question itself. Cold:
the process has not asked since the snapshot was made, so its file is read and unpacked. Warm: it
has. The texts are made up from the names of built-in merchants and from the seed's examples.

Then each example is built into the version for real, with the weights held and the linear
classifier fitted anew, and the texts whose answers change so are held against those that were
foretold. It is fitted to the end: a build stops earlier, and how many answers that alone changes is
printed as well.
"""

import argparse
import os
import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from benchmarks.api import verdict
from benchmarks.report import machine, percentile, table
from benchmarks.server import data_directory

if TYPE_CHECKING:
    from classifier.engine.bundle import Bundle
    from classifier.engine.traffic import Snapshot
    from classifier.models import Example, ModelVersion

SEED = 20_260_101
TARGET_MS = 1000
TEXTS, NEW_TEXTS = 10_000, 500
# The tolerance and the steps of a fit that goes on until nothing changes.
TO_THE_END = 1e-6, 5000
CITIES = ("LONDON", "OAKLAND CA", "SYDNEY NSW", "TORONTO ON", "LEEDS", "AUSTIN TX", "")
# Made-up names, which no merchant table knows.
SYLLABLES = ("bel", "cor", "dan", "fel", "gri", "hol", "jun", "kes", "lor", "mav", "nox", "ped")
WORDS = ("cafe", "motors", "pharmacy", "books", "dental", "hardware", "pets", "yoga", "bakery")


def main() -> None:
    arguments = read_arguments()
    print(machine("Django", "numpy", "safetensors"))
    with data_directory(arguments.data_dir):
        setup()
        from classifier.models import ModelVersion

        record(ModelVersion.objects.active().get(), TEXTS)
        rows: list[list[object]] = []
        checks: list[list[object]] = []
        for head in ("prototype", "hybrid"):
            version = live_version(head)
            # As a web process has it: more threads wait for each other where others have the cores.
            with threadpool_limits(1, user_api="blas"):
                rows += measure(head, version, arguments)
            if arguments.examples:
                checks += [[head, *check] for check in judge(arguments.examples)]
    headers = ["", "times", "p50 ms", "p95 ms", "slowest ms", "wanted", ""]
    print(f"\n{table(headers, rows)}")
    if not checks:
        return
    headers = ["added to", "example", "category", "foretold", "built", "in both", "wrong"]
    print(f"\ntexts of {TEXTS:,} that change\n{table(headers, checks)}")


def setup() -> None:
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "txcat.settings")
    django.setup()


def made_up_texts(count: int, chance: random.Random) -> list[str]:
    """Descriptors whose canonical texts are distinct: a third each of known merchants, of the
    seed's words and of names that nobody knows."""
    from classifier.engine.descriptors import normalize
    from classifier.engine.merchants.table import read_merchants
    from classifier.services.merchants import MERCHANTS_FILE
    from classifier.services.taxonomy import read_examples

    merchants = [merchant.name for merchant in read_merchants(MERCHANTS_FILE)]
    seed = [text for _, text in read_examples()]
    found: dict[str, str] = {}
    while len(found) < count:
        kind = len(found) % 3
        if kind == 0:
            words = chance.choice(merchants)
        elif kind == 1:
            words = f"{chance.choice(seed)} {chance.choice(SYLLABLES)}"
        else:
            words = "".join(chance.choices(SYLLABLES, k=3)) + f" {chance.choice(WORDS)}"
        text = f"{words} {chance.randrange(10_000):04} {chance.choice(CITIES)}".strip().upper()
        found.setdefault(normalize(text), text[:500])
    return list(found.values())


def record(version: "ModelVersion", count: int) -> None:
    """Predictions of made-up texts, as if the version had answered them."""
    from classifier.engine.descriptors import normalize
    from classifier.models import Prediction

    chance = random.Random(SEED + Prediction.objects.count())
    Prediction.objects.bulk_create(
        [
            Prediction(
                version=version,
                description=text,
                canonical_text=normalize(text),
                amount=chance.choice((None, -5, -20, 100)),
                level="low",
                is_cached=False,
                latency_ms=1.0,
            )
            for text in made_up_texts(count, chance)
        ],
        batch_size=1000,
    )


def live_version(head: str) -> "ModelVersion":
    """A version of the seed with this head, live."""
    from django.conf import settings

    from classifier.services.activations import activate_version
    from classifier.services.versions import build_version

    settings.HEAD = head
    version, _ = build_version()
    activate_version(version, override_reason="benchmark")
    return version


def names_of(bundle: "Bundle") -> list[str]:
    from classifier.engine.descriptors import normalize

    return [normalize(category.name) for category in bundle.prototypes.categories]


def anchors_of(bundle: "Bundle") -> np.ndarray:
    from classifier import runtime
    from classifier.engine.prototypes import anchor_text
    from classifier.models import Category

    texts = {
        row.slug: anchor_text(row.name, row.description) for row in Category.objects.detailed()
    }
    wanted = [texts[category.slug] for category in bundle.prototypes.categories]
    vectors = runtime.get().serving().engine.embed(wanted)
    return np.stack([vectors[text] for text in wanted])


def proposals(count: int) -> "list[Example]":
    """Made-up examples for categories at random, each for a text that was asked."""
    from classifier.models import Category, Example, Prediction

    chance = random.Random(SEED)
    categories = list(Category.objects.active().detailed().select_related("parent"))
    texts = list(Prediction.objects.order_by("id").values_list("description", flat=True)[:TEXTS])
    return [
        Example(text=chance.choice(texts), category=chance.choice(categories)) for _ in range(count)
    ]


def measure(
    name: str, version: "ModelVersion", arguments: argparse.Namespace
) -> list[list[object]]:
    from classifier import runtime
    from classifier.models import TrafficSnapshot
    from classifier.services import what_if as service
    from classifier.services.traffic import take_snapshot

    runtime.reset()
    runtime.get().serving()
    TrafficSnapshot.objects.all().delete()
    first = timed(take_snapshot)
    record(version, NEW_TEXTS)
    runtime.get().cache = type(runtime.get().cache)(0)
    again = timed(take_snapshot)
    examples = proposals(arguments.asked)
    cold, warm = [], []
    for example in examples[: arguments.cold]:
        service._retrial.cache_clear()
        cold.append(timed(lambda: service.what_if(example)))  # noqa: B023
    for example in examples:
        warm.append(timed(lambda: service.what_if(example)))  # noqa: B023
    return [
        row(f"{name}: first snapshot, worker", [first]),
        row(f"{name}: snapshot with {NEW_TEXTS} new texts, worker", [again]),
        row(f"{name}: what if, cold", cold, TARGET_MS),
        row(f"{name}: what if, warm", warm, TARGET_MS),
    ]


def judge(count: int) -> list[list[object]]:
    """What is foretold beside what a build says, for some examples."""
    from classifier import runtime
    from classifier.engine.what_if import Retrial
    from classifier.models import TrafficSnapshot
    from classifier.services.traffic import read_snapshot
    from classifier.services.what_if import _difference
    from classifier.training import linear

    engine = runtime.get().serving().engine
    snapshot = read_snapshot(TrafficSnapshot.objects.whole()[0])
    as_built = Retrial(engine.bundle, snapshot).before.best
    usual = linear.TOLERANCE, linear.MAX_STEPS
    linear.TOLERANCE, linear.MAX_STEPS = TO_THE_END
    base = rebuilt(engine.bundle, None)
    trial = Retrial(base, refound(base, snapshot))
    before = trial.before.best
    found: list[list[object]] = [
        ["(fitted to the end)", "", "", int((as_built != before).sum()), "", ""]
    ]
    for example in proposals(count):
        added = _difference(example, engine).added
        if not added:
            continue
        said = trial.after(added).best
        after = rebuilt(engine.bundle, (example, added[0].vector))
        built = Retrial(after, refound(after, snapshot)).before.best
        found.append(
            [
                example.text[:30],
                example.category.slug,
                int((said != before).sum()),
                int((built != before).sum()),
                int(((said != before) & (built != before)).sum()),
                int((said != built).sum()),
            ]
        )
    linear.TOLERANCE, linear.MAX_STEPS = usual
    return found


def rebuilt(bundle: "Bundle", more: "tuple[Example, np.ndarray] | None") -> "Bundle":
    """The version built again, with an example more: the weights held, the linear part fitted."""
    from classifier.engine.descriptors import normalize
    from classifier.engine.prototypes import ExampleSet, PrototypeSet
    from classifier.training.linear import fit_linear
    from classifier.training.prototypes import TrainingSet, build_prototypes

    examples, categories = bundle.examples, bundle.prototypes.categories
    texts, labels, vectors = list(examples.texts), examples.labels, examples.vectors
    if more is not None:
        example, vector = more
        slugs = [category.slug for category in categories]
        label = slugs.index(example.category.slug)
        place = int(examples.starts[label + 1])
        texts.insert(place, example.text)
        labels = np.insert(labels, place, label)
        vectors = np.insert(vectors, place, vector, axis=0)
    training = TrainingSet(vectors, labels, anchors_of(bundle))
    second = bundle.second
    if second is not None:
        canonical = [normalize(text) for text in texts]
        regularization = bundle.figures["regularization"]
        linear = fit_linear(training, canonical, names_of(bundle), regularization)
        second = replace(second, linear=linear)
    return replace(
        bundle,
        prototypes=PrototypeSet(
            categories, build_prototypes(training, bundle.figures["anchor_weight"])
        ),
        examples=ExampleSet(tuple(texts), labels, vectors, vectors, categories),
        second=second,
    )


def refound(bundle: "Bundle", snapshot: "Snapshot") -> "Snapshot":
    from classifier.engine.traffic import Findings, learned_grams

    traffic = snapshot.traffic
    findings = Findings.of(bundle, traffic.asked, traffic.vectors)
    return replace(snapshot, findings=findings, learned=learned_grams(bundle))


def timed(call: Callable[[], object]) -> float:
    """Milliseconds."""
    started = perf_counter()
    call()
    return 1000 * (perf_counter() - started)


def row(name: str, values: Sequence[float], target: float | None = None) -> list[object]:
    spread = [percentile(values, share) for share in (0.5, 0.95, 1.0)]
    if target is None:
        return [name, len(values), *spread, "", ""]
    return [name, len(values), *spread, f"<= {target:,}", verdict(spread[1] <= target)]


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--data-dir", type=Path, help="kept, with the rows that are added; default: a new one"
    )
    parser.add_argument("--asked", type=int, default=100, help="questions, warm")
    parser.add_argument("--cold", type=int, default=20, help="of them, cold")
    parser.add_argument("--examples", type=int, default=6, help="that are built in for real")
    return parser.parse_args()


if __name__ == "__main__":
    main()
