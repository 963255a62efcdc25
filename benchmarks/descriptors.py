"""How well and how fast descriptors are taken apart.

    python -m benchmarks.descriptors [--lines]

Prints precision and recall of each kind of part over the hand-written golden file, microseconds a
text of `normalize` and `parse`, and the slowest of texts made to be slow. `--lines` lists the
golden lines that are not read as a person would.
"""

import argparse
import csv
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from classifier.engine.descriptors import Descriptor, PartKind, normalize, parse

GOLDEN = Path(__file__).resolve().parent.parent / "tests/classifier/engine/descriptors/golden.csv"
ROUNDS = 7
HARD = {
    "10 KB of words": "pos purchase sq *blue door coffee " * 300,
    "512 spaces": "A" + " " * 512 + "B",
    "open brackets": "(" * 10_000,
    "digits": "1" * 10_000,
    "digits and letters": "a1" * 5_000,
    "digits and hyphens": "1-" * 5_000,
    "dates": "03/14 " * 1_700,
    "stars": "sq *" * 2_500,
    "points": "a." * 5_000,
    "channel words": "transfer fee " * 800,
    "right to left": "مقهى القاهرة " * 800,
    "zero width": "a\u200b" * 5_000,
    "emoji": "👩\u200d👩\u200d👧 " * 1_700,
    "combining marks": "a" + "\u0301" * 10_000,
    "marks on each letter": "e\u0301" * 5_000,
    "expanding": "\ufdfa" * 10_000,
    "surrogates": "\ud800" * 10_000,
    "cities": "new york san francisco " * 450,
}

Pairs = Counter[tuple[PartKind, str]]


@dataclass(frozen=True, slots=True)
class Line:
    text: str
    expected: Pairs
    is_held_out: bool  # written after the rules were, which were not changed for it

    def found(self) -> Pairs:
        return pairs(parse(self.text))

    @property
    def is_exact(self) -> bool:
        return self.found() == self.expected


def pairs(descriptor: Descriptor) -> Pairs:
    """Return kinds and values; the merchant's parts as one, filler left out."""
    counted: Pairs = Counter(
        (part.kind, part.value)
        for part in descriptor.parts
        if part.kind not in (PartKind.FILLER, PartKind.MERCHANT)
    )
    if descriptor.merchant_text:
        counted[PartKind.MERCHANT, descriptor.merchant_text] += 1
    return counted


def read_golden(path: Path = GOLDEN) -> Iterator[Line]:
    with path.open(newline="") as file:
        for row in csv.DictReader(file):
            fields = (field.split("=", 1) for field in filter(None, row["parts"].split(";")))
            expected = Counter((PartKind(kind), value) for kind, value in fields)
            yield Line(row["text"], expected, row["use"] == "held out")


@dataclass(frozen=True, slots=True)
class Score:
    kind: PartKind
    expected: int
    found: int
    right: int

    @property
    def precision(self) -> float:
        return self.right / self.found if self.found else 1.0

    @property
    def recall(self) -> float:
        return self.right / self.expected if self.expected else 1.0


def score(lines: list[Line]) -> list[Score]:
    expected: Counter[PartKind] = Counter()
    found: Counter[PartKind] = Counter()
    right: Counter[PartKind] = Counter()
    for line in lines:
        got = line.found()
        for counts, of in ((expected, line.expected), (found, got), (right, line.expected & got)):
            for (kind, _), times in of.items():
                counts[kind] += times
    kinds = [kind for kind in PartKind if expected[kind] or found[kind]]
    return [Score(kind, expected[kind], found[kind], right[kind]) for kind in kinds]


def microseconds(call: Callable[[str], object], texts: list[str], repeats: int) -> float:
    """The best of ROUNDS, a text."""
    best = float("inf")
    for _ in range(ROUNDS):
        started = time.perf_counter()
        for _ in range(repeats):
            for text in texts:
                call(text)
        best = min(best, time.perf_counter() - started)
    return best / repeats / len(texts) * 1e6


def _print_scores(title: str, lines: list[Line]) -> None:
    print(title)
    print(f"{'part':<18}{'expected':>9}{'found':>7}{'precision':>11}{'recall':>8}")
    for row in score(lines):
        print(
            f"{row.kind:<18}{row.expected:>9}{row.found:>7}{row.precision:>11.3f}{row.recall:>8.3f}"
        )
    print(
        f"{sum(line.is_exact for line in lines)} of {len(lines)} lines are read as written down.\n"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", action="store_true")
    arguments = parser.parse_args()
    lines = list(read_golden())
    _print_scores("Lines that the rules were built on", [x for x in lines if not x.is_held_out])
    _print_scores("Lines held out", [x for x in lines if x.is_held_out])
    if arguments.lines:
        for line in lines:
            if (got := line.found()) != line.expected:
                print(line.text)
                for sign, of in (("-", line.expected - got), ("+", got - line.expected)):
                    print(f"  {sign}", "; ".join(f"{kind}={value}" for kind, value in of))
    texts = [line.text for line in lines]
    typical = [text for text in texts if 25 <= len(text) <= 35]
    for name, chosen in (("all golden lines", texts), ("25 to 35 characters", typical)):
        print(
            f"{name}: normalize {microseconds(normalize, chosen, 5):.1f} µs, "
            f"parse {microseconds(parse, chosen, 5):.1f} µs"
        )
    for name, text in HARD.items():
        print(
            f"{name:<22}{len(text):>7} characters: normalize"
            f"{microseconds(normalize, [text], 1) / 1e3:>8.2f} ms, parse"
            f"{microseconds(parse, [text], 1) / 1e3:>8.2f} ms"
        )


if __name__ == "__main__":
    main()
