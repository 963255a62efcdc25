"""Whom does the gazetteer find, how often does that fit, and what does it cost?

Reads a CSV of descriptors, where a column tells the merchant category code (ISO 18245) that the
card network gave, and looks for the built-in merchants. A match fits where its tag is one that
shops of the code have: `mcc_of_tags.csv` is the mapping, and a tag that is not in it fits nothing.
Codes of direct marketing say how something was sold and not what; they are passed over.
Then the time to read the tables and to find a merchant, worst cases too, and the memory.
"""

import argparse
import csv
import gc
import os
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import TypeVar

from benchmarks.api import verdict
from benchmarks.report import machine, percentile, table
from classifier.engine.descriptors import normalize, parse
from classifier.engine.merchants import Merchant, MerchantMatch
from classifier.engine.merchants.gazetteer import Gazetteer
from classifier.engine.merchants.matching import Matcher, sure
from classifier.engine.merchants.table import read_merchants, read_tags
from classifier.engine.merchants.vocabulary import Vocabulary

DATA = Path(__file__).resolve().parent.parent / "classifier" / "data"
Item = TypeVar("Item")
CODES = Path(__file__).with_name("mcc_of_tags.csv")
CHANNEL_CODES = "596"
TARGET_FIT, TARGET_FOUND = 92.0, 30.0
TARGET_MS, TARGET_MB, TARGET_LOAD_S = 0.1, 60.0, 1.0
ROUNDS = 5
WORST = {
    "10,000 letters": "a" * 10_000,
    "5,000 short words": "ab " * 5_000,
    "one name 1,000 times": "tesco " * 1_000,
    "beginnings of names": "mcdon walm starb targ costc " * 20,
    "digits": "12345678 " * 1_000,
    "combining marks": "e\u0301" * 5_000,
    "zero-width characters": "t\u200be\u200bs\u200bc\u200bo " * 500,
    "right to left": "\u05e9\u05dc\u05d5\u05dd " * 1_000,
    "emoji": "\U0001f600 " * 1_000,
}


@dataclass(frozen=True)
class Row:
    text: str
    code: str


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path, help="a CSV file with a header")
    parser.add_argument("--text", default="text", help="column of the descriptors")
    parser.add_argument("--code", default="mcc", help="column of the merchant category codes")
    parser.add_argument("--country", default="", help="where the payers are at home, such as ca")
    parser.add_argument("--misses", action="store_true", help="list each match that does not fit")
    options = parser.parse_args(arguments)
    print(machine("numpy", "rapidfuzz"))
    before = _resident_mb()
    started = perf_counter()
    gazetteer, vocabulary = _read()
    load_s = perf_counter() - started
    gc.collect()
    memory_mb = _resident_mb() - before
    matcher = Matcher(gazetteer, vocabulary)
    with options.file.open(encoding="utf-8-sig", newline="") as file:
        rows = [
            Row(normalize(row[options.text]), row.get(options.code) or "")
            for row in csv.DictReader(file)
        ]
    found = [sure(matcher.find(parse(row.text), options.country)) for row in rows]
    _show_fit(rows, found, options.misses)
    _show_cost(matcher, rows, load_s, memory_mb, sum(1 for _ in gazetteer.all()))


def _read() -> tuple[Gazetteer, Vocabulary]:
    merchants: list[Merchant] = read_merchants(DATA / "merchants.csv.gz")
    tags = read_tags(DATA / "merchant_tags.csv")
    gazetteer = Gazetteer(merchants).under((), (), tags)
    # The keys of truncated names are sorted on first use.
    gazetteer.beginning_with("tesc")
    return gazetteer, Vocabulary.read(DATA / "common_words.txt.gz")


def _show_fit(
    rows: Sequence[Row], found: Sequence[MerchantMatch | None], lists_misses: bool
) -> None:
    codes = _codes_of_tags()
    fits, misses = 0, []
    judged = 0
    for row, match in zip(rows, found, strict=True):
        if match is None or not row.code or row.code.startswith(CHANNEL_CODES):
            continue
        judged += 1
        if _fits(row.code, codes.get(match.tag.partition(";")[0], "")):
            fits += 1
        else:
            misses.append((match.merchant.name, match.tag, row.code, f"{match.confidence:.2f}"))
    share = 100 * sum(match is not None for match in found) / len(rows)
    print()
    print(f"{len(rows):,} rows, {share:.1f}% with a merchant")
    if not judged:
        return
    fit = 100 * fits / judged
    verdicts = (
        (
            "rows with a merchant, %",
            f"{share:.1f}",
            f">= {TARGET_FOUND:.0f}",
            share >= TARGET_FOUND,
        ),
        ("whose tag fits the code, %", f"{fit:.1f}", f">= {TARGET_FIT:.0f}", fit >= TARGET_FIT),
    )
    print()
    print(
        table(("target", "found", "wanted", ""), [(*line[:3], _said(line[3])) for line in verdicts])
    )
    if lists_misses:
        print()
        print(f"{len(misses)} of {judged} matches do not fit:")
        counted = Counter(misses)
        print(
            table(
                ("merchant", "tag", "code", "confidence", "rows"),
                [(*miss, str(count)) for miss, count in sorted(counted.items())],
            )
        )


def _show_cost(
    matcher: Matcher, rows: Sequence[Row], load_s: float, memory_mb: float, merchants: int
) -> None:
    parsed = [parse(row.text) for row in rows]
    parsing = _milliseconds(parse, [row.text for row in rows] * ROUNDS)
    times = _milliseconds(matcher.find, parsed * ROUNDS)
    median, high = percentile(times, 0.5), percentile(times, 0.99)
    lines = (
        ("ms to find a merchant, p50", f"{median:.3f}", f"<= {TARGET_MS}", median <= TARGET_MS),
        ("ms to parse before, p50", f"{percentile(parsing, 0.5):.3f}", "", None),
        ("ms to find a merchant, p99", f"{high:.3f}", "", None),
        (
            "s to read the tables",
            f"{load_s:.2f}",
            f"<= {TARGET_LOAD_S:.0f}",
            load_s <= TARGET_LOAD_S,
        ),
        ("MB in memory", f"{memory_mb:.0f}", f"<= {TARGET_MB:.0f}", memory_mb <= TARGET_MB),
    )
    print()
    print(f"{merchants:,} merchants in the table")
    print(table(("cost", "found", "wanted", ""), [(*line[:3], _said(line[3])) for line in lines]))
    print()
    texts = [normalize(text) for text in WORST.values()]
    slowest = _milliseconds(lambda text: matcher.find(parse(text)), texts)
    worst = [
        (name, f"{len(text):,}", f"{milliseconds:.2f}")
        for (name, text), milliseconds in zip(WORST.items(), slowest, strict=True)
    ]
    print(table(("worst case", "characters", "ms to parse and find"), worst))


def _milliseconds(work: Callable[[Item], object], items: Sequence[Item]) -> list[float]:
    """Of each item."""
    times = []
    for item in items:
        started = perf_counter()
        work(item)
        times.append(1000 * (perf_counter() - started))
    return times


def _codes_of_tags() -> dict[str, str]:
    with CODES.open(encoding="utf-8", newline="") as file:
        return {row["tag"]: row["codes"] for row in csv.DictReader(file)}


def _fits(code: str, codes: str) -> bool:
    """Whether a code, "5411" or "5411.0", is one of "5411 3501-3999"."""
    number = int(float(code))
    for part in codes.split():
        first, _, last = part.partition("-")
        if int(first) <= number <= int(last or first):
            return True
    return False


def _said(is_met: bool | None) -> str:
    return "" if is_met is None else verdict(is_met)


def _resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1024 / 1024


if __name__ == "__main__":
    main()
