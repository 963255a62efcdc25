"""Is drift found where it is, by the kind that it is of, and not where it is not?

    python -m benchmarks.drift [--data-dir …] [--seeds 5] [--rows 3000]

Streams of known answer on an installation of its own, through the functions that a worker calls.
The texts are the seed's, drawn by a popularity like Zipf's law that wavers by 15% from day to day;
at weekends some categories come twice as often, and the volume wavers by a factor of two. The
version that was bootstrapped answers each text. A calm week is the reference; what follows is
measured day by day: 30 days in which nothing drifts, and days of each scenario.
"""

import argparse
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from benchmarks.api import verdict
from benchmarks.report import machine, table
from benchmarks.server import data_directory
from benchmarks.what_if import setup

if TYPE_CHECKING:
    from classifier.runtime import LoadedVersion
    from monitoring.collectors.samples import Seen
    from monitoring.models import DriftCluster

FIRST_DAY = date(2026, 6, 1)  # A Monday.
CALM_DAYS, QUIET_DAYS = 7, 30
WAVER, WEEKEND = 0.15, 2.0
KINDS = ("category_mix", "confidence", "length", "unknown_tokens", "embeddings")
PLACES = ("BERLIN", "HAMBURG", "PARIS", "LYON", "MADRID", "SEVILLA", "LISBOA", "ROMA", "WIEN")
FAMILIES = tuple(
    f"{name} {word} {place}"
    for name, words in (("VOLTHOP ESCOOTER", ("RIDE", "UNLOCK", "DAY PASS", "MINUTES")),)
    for word in words
    for place in PLACES
)
CUT = 12


@dataclass(frozen=True)
class Scenario:
    """`new` is the share of a merchant that was not there, `cut` of texts that are cut off."""

    name: str
    volume: float = 1.0
    new: float = 0.0
    boosts: dict[str, float] = field(default_factory=dict)
    cut: float = 0.0
    expected: tuple[str, ...] = ()


SCENARIOS = (
    Scenario("nothing"),
    Scenario("volume x3", volume=3.0),
    Scenario("volume /3", volume=1 / 3),
    Scenario("new merchant, 5%", new=0.05, expected=("embeddings",)),
    Scenario("new merchant, 3%", new=0.03),
    Scenario("groceries x5", boosts={"groceries": 5.0}, expected=("category_mix",)),
    Scenario("a pay day, paychecks x3", boosts={"paychecks": 3.0}),
    Scenario("30% of texts cut off", cut=0.3, expected=("embeddings",)),
    Scenario("too few rows", volume=0.05),
)


@dataclass(frozen=True)
class Texts:
    """Distinct canonical texts with what was answered: the seed's first, then the new merchant's,
    then the seed's cut off."""

    texts: Sequence[str]
    answers: "Sequence[tuple[int | None, float | None, str]]"
    slugs: NDArray[np.str_]
    version_id: int

    @property
    def old(self) -> int:
        return len(self.slugs)

    def seen(self, place: int) -> "Seen":
        from monitoring.collectors.samples import Seen

        category, confidence, merchant = self.answers[place]
        return Seen(self.version_id, category, confidence, self.texts[place], merchant)

    @property
    def new(self) -> frozenset[str]:
        return frozenset(self.texts[self.old : self.old + len(FAMILIES)])


def main() -> None:
    arguments = read_arguments()
    print(machine("numpy", "scipy"))
    with data_directory(arguments.data_dir):
        setup()
        from classifier import runtime
        from classifier.models import ModelVersion
        from monitoring.collectors import samples

        loaded = runtime.get().engine_for(ModelVersion.objects.active().get())
        texts = answered(loaded)
        names = samples.category_names({answer[0] for answer in texts.answers})
        measured = Measured(loaded, texts, names, arguments.rows)
        for seed in range(arguments.seeds):
            measured.run(seed)
    measured.report()


def answered(loaded: "LoadedVersion") -> Texts:
    from classifier.engine.descriptors import normalize
    from classifier.engine.types import Transaction
    from classifier.services.taxonomy import read_examples

    slugs, said = zip(*read_examples(), strict=True)
    whole = [*said, *FAMILIES, *(text[:CUT] for text in said)]
    found = loaded.engine.classify([Transaction(text) for text in whole])
    answers = [
        (
            loaded.category_ids[each.category.slug] if each.category is not None else None,
            each.confidence,
            "",
        )
        for each in found
    ]
    return Texts([normalize(text) for text in whole], answers, np.array(slugs), loaded.id)


class Measured:
    """What was found in each scenario, over all seeds."""

    def __init__(
        self, loaded: "LoadedVersion", texts: Texts, names: dict[int, str], rows: int
    ) -> None:
        self._loaded, self._texts, self._names, self._rows = loaded, texts, names, rows
        self._ratios: dict[tuple[str, str], list[float | None]] = defaultdict(list)
        self._quiet: list[list[bool]] = []
        self._clusters: list[tuple[bool, float, float]] = []
        self._seconds: list[float] = []
        base = np.random.default_rng(7).permutation(1 / np.arange(1, texts.old + 1) ** 0.8)
        self._weights: NDArray[np.float64] = base
        self._weekend = np.isin(
            texts.slugs,
            [slug for number, slug in enumerate(np.unique(texts.slugs)) if number % 5 == 0],
        )

    def run(self, seed: int) -> None:
        chance = np.random.default_rng(seed)
        calm = {
            day: self._day(Scenario("calm"), day, chance)
            for day in (FIRST_DAY + timedelta(number) for number in range(CALM_DAYS))
        }
        after = FIRST_DAY + timedelta(CALM_DAYS)
        quiet = []
        for number in range(QUIET_DAYS):
            day = after + timedelta(number)
            ratios, _ = self._found(self._day(SCENARIOS[0], day, chance), calm)
            quiet.append(any(ratio is not None and ratio >= 1 for ratio in ratios.values()))
            self._keep(SCENARIOS[0].name, ratios)
        self._quiet.append(quiet)
        for scenario in SCENARIOS[1:]:
            rows = self._day(scenario, after + timedelta(seed), chance)
            ratios, clusters = self._found(rows, calm)
            self._keep(scenario.name, ratios)
            if scenario.new == SCENARIOS[3].new:
                self._clusters.append(self._judged(rows, clusters))
        print(f"seed {seed} done", flush=True)

    def report(self) -> None:
        headers = ["distance / threshold, median", *KINDS, "drift found by"]
        rows = [[scenario.name, *self._cells(scenario.name)] for scenario in SCENARIOS]
        print(f"\n{table(headers, rows)}")
        episodes = [
            sum(now and not before for before, now in pairwise([False, *quiet]))
            for quiet in self._quiet
        ]
        days = sum(map(sum, self._quiet))
        purity = [found for found, _, _ in self._clusters]
        share = median(share for _, share, _ in self._clusters)
        checks: list[list[object]] = [
            [f"alerts in {QUIET_DAYS} days without drift, each seed", str(episodes), "<= 1",
             verdict(max(episodes) <= 1)],
            ["days of them that were called drift", f"{days} of {len(self._quiet) * QUIET_DAYS}",
             "", ""],
            ["first cluster of the new merchant's texts alone", f"{sum(purity)} of {len(purity)}",
             f"{len(purity)} of {len(purity)}", verdict(all(purity))],
            ["share that the first cluster was said to have", f"{share:.3f}", "about 0.05", ""],
            ["share of its transactions in clusters told",
             f"{median(kept for _, _, kept in self._clusters):.2f}", "", ""],
            ["seconds a report, median", f"{median(self._seconds):.1f}", "", ""],
        ]  # fmt: skip
        for scenario in SCENARIOS:
            found = self._by_kind(scenario.name)
            for kind in scenario.expected:
                checks.append(
                    [f"{scenario.name}: found by {kind}", f"{found[kind]} of {len(self._quiet)}",
                     f"{len(self._quiet)} of {len(self._quiet)}",
                     verdict(found[kind] == len(self._quiet))]
                )  # fmt: skip
        print(f"\n{table(['', 'found', 'wanted', ''], checks)}")

    def _day(self, scenario: Scenario, day: date, chance: np.random.Generator) -> "list[Seen]":
        texts = self._texts
        weights = self._weights * np.exp(chance.normal(0, WAVER, texts.old))
        if day.weekday() >= 5:
            weights = weights * np.where(self._weekend, WEEKEND, 1.0)
        for slug, boost in scenario.boosts.items():
            weights = weights * np.where(texts.slugs == slug, boost, 1.0)
        rows = int(self._rows * scenario.volume * 2 ** chance.uniform(-1, 1))
        places = chance.choice(texts.old, rows, p=weights / weights.sum())
        new = chance.random(rows) < scenario.new
        places[new] = texts.old + chance.integers(0, len(FAMILIES), int(new.sum()))
        cut = (chance.random(rows) < scenario.cut) & ~new
        places[cut] += texts.old + len(FAMILIES)
        return [texts.seen(place) for place in places.tolist()]

    def _found(
        self, now: "list[Seen]", calm: "dict[date, list[Seen]]"
    ) -> "tuple[dict[str, float | None], list[DriftCluster]]":
        from monitoring.services.drift_measurement import answer_figures, text_findings

        started = perf_counter()
        days = {day: tuple(rows) for day, rows in calm.items()}
        figures = answer_figures(self._loaded.id, now, days, self._names)
        of_texts, clusters = text_findings(self._loaded, now, days)
        self._seconds.append(perf_counter() - started)
        figures |= of_texts
        return {kind: figures[kind].get("ratio") for kind in KINDS}, clusters

    def _judged(
        self, rows: "list[Seen]", clusters: "list[DriftCluster]"
    ) -> tuple[bool, float, float]:
        """Whether the first cluster has texts of the new merchant alone, its share, and how much
        of the merchant's transactions of the sample lie in clusters of its own."""
        new = self._texts.new
        if not clusters:
            return False, 0.0, 0.0
        own = [each for each in clusters if set(each.texts) <= new]
        share = sum(row.text in new for row in rows) / len(rows)
        told = sum(each.size for each in own) / (share * min(len(rows), 1_500))
        return set(clusters[0].texts) <= new, clusters[0].share, told

    def _keep(self, name: str, ratios: "dict[str, float | None]") -> None:
        for kind, ratio in ratios.items():
            self._ratios[name, kind].append(ratio)

    def _by_kind(self, name: str) -> dict[str, int]:
        return {
            kind: sum(ratio is not None and ratio >= 1 for ratio in self._ratios[name, kind])
            for kind in KINDS
        }

    def _cells(self, name: str) -> list[object]:
        cells: list[object] = []
        for kind in KINDS:
            said = [ratio for ratio in self._ratios[name, kind] if ratio is not None]
            cells.append(f"{median(said):.2f}" if said else "cannot say")
        total = len(self._ratios[name, KINDS[0]])
        found = {kind: count for kind, count in self._by_kind(name).items() if count}
        cells.append(
            ", ".join(f"{kind} {count}/{total}" for kind, count in found.items())
            or f"none of {total}"
        )
        return cells


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data-dir", type=Path, help="of an installation; a temporary one else")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--rows", type=int, default=3000, help="of a day, on average")
    return parser.parse_args()


if __name__ == "__main__":
    main()
