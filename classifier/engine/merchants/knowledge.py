"""Merchant knowledge of a version: who is named, and which way that pulls a text's vector.

table.csv.gz         the built-in merchants, as the program came with them
own.json             the analysts' own
tags.csv             kinds of merchant: words, category
common_words.txt.gz  everyday words, most frequent first
kinds.json           rows of `kinds`: tag, category; the home country; keys switched off
kinds.safetensors    kinds (k, d) float32
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file

from classifier.engine.descriptors import parse
from classifier.engine.merchants.gazetteer import Gazetteer
from classifier.engine.merchants.matching import Matcher
from classifier.engine.merchants.table import read_merchants, read_tags
from classifier.engine.merchants.types import Merchant, MerchantMatch
from classifier.engine.merchants.vocabulary import Vocabulary
from classifier.engine.prototypes import unit
from classifier.exceptions import BundleError, InputFileError

# Raised where the same text can name another merchant than before, or with another confidence.
MATCHER_VERSION: Final = 1

TABLE_FILE = "table.csv.gz"
OWN_FILE = "own.json"
TAGS_FILE = "tags.csv"
WORDS_FILE = "common_words.txt.gz"
KINDS_FILE = "kinds.json"
VECTORS_FILE = "kinds.safetensors"
REQUIRED_FILES = (TABLE_FILE, OWN_FILE, TAGS_FILE, WORDS_FILE, KINDS_FILE, VECTORS_FILE)

# Matches kept by text. Some kilobytes each at most, as a rule some hundred bytes.
REMEMBERED = 16_384


class Kind(NamedTuple):
    """What a match says of the category: the merchant's tag, and the category that an analyst
    gave the merchant ("" where none did)."""

    tag: str
    category: str


@dataclass(frozen=True, slots=True)
class Sources:
    """The files that come with the program."""

    table: Path
    tags: Path
    words: Path

    def read(self) -> tuple[Gazetteer, Vocabulary]:
        """Raises InputFileError naming the file that is not as it should be."""
        return _read_sources(
            self, tuple(path.stat().st_mtime_ns for path in (self.table, self.tags, self.words))
        )


@lru_cache(maxsize=2)
def _read_sources(sources: Sources, _changed_at: tuple[int, ...]) -> tuple[Gazetteer, Vocabulary]:
    """Twenty megabytes and a good half second, once for all versions with the same tables."""
    tags = read_tags(sources.tags)
    return Gazetteer(read_merchants(sources.table), tags), Vocabulary.read(sources.words)


class MerchantKnowledge:
    """Finds merchants, and mixes what they sell into a text's vector. Safe under threads.

    `vectors` (k, d) float32 unit rows; `rows` the row of each kind; `weight` what a match of
    confidence 1 counts for beside the text.
    """

    def __init__(
        self,
        matcher: Matcher,
        rows: Mapping[Kind, int],
        vectors: NDArray[np.float32],
        weight: float,
        home_country: str = "",
    ) -> None:
        self.matcher = matcher
        self.rows = rows
        self.vectors = vectors
        self.weight = weight
        self.home_country = home_country
        self._remembered = lru_cache(maxsize=REMEMBERED)(self._find)

    def find(self, canonical_text: str, country: str = "") -> MerchantMatch | None:
        """Whom a canonical text names. `country` is the caller's, an ISO 3166-1 alpha-2 code in
        lower case; without it the home country counts."""
        return self._remembered(canonical_text, country or self.home_country)

    def mix(self, vector: NDArray[np.float32], match: MerchantMatch | None) -> NDArray[np.float32]:
        """The unit vector of a text (d,) with what its merchant sells:
        unit(text + weight * confidence * kind)."""
        evidence = self.evidence(match)
        if evidence is None or not self.weight:
            return vector
        return mixed(vector[None], evidence[None], self.weight)[0]

    def evidence(self, match: MerchantMatch | None) -> NDArray[np.float32] | None:
        """The vector of the match's kind times its confidence, (d,); None where there is none."""
        if match is None:
            return None
        row = self.rows.get(Kind(match.tag, match.merchant.category))
        return None if row is None else self.vectors[row] * np.float32(match.confidence)

    def _find(self, canonical_text: str, country: str) -> MerchantMatch | None:
        return self.matcher.find(parse(canonical_text), country)


def mixed(
    vectors: NDArray[np.float32], evidence: NDArray[np.float32], weight: float
) -> NDArray[np.float32]:
    """Unit rows (n, d) of texts and their evidence; a row without evidence stays as it is."""
    result = unit(vectors + np.float32(weight) * evidence)
    return np.where(evidence.any(axis=1)[:, None], result, vectors)


def kinds_of(merchants: Collection[Merchant]) -> list[Kind]:
    """Every kind that a match can be of, in order."""
    return sorted(
        {
            Kind(tag, merchant.category)
            for merchant in merchants
            for tag in (merchant.tag, *merchant.other_tags)
        }
    )


def write_knowledge(
    folder: Path,
    sources: Sources,
    *,
    own: Sequence[Merchant],
    switched_off: Collection[str],
    rows: Mapping[Kind, int],
    vectors: NDArray[np.float32],
    home_country: str,
) -> None:
    """Write the files of a version's knowledge into `folder`, which is made."""
    folder.mkdir(parents=True)
    for source, name in (
        (sources.table, TABLE_FILE),
        (sources.tags, TAGS_FILE),
        (sources.words, WORDS_FILE),
    ):
        (folder / name).write_bytes(source.read_bytes())
    _write_json(folder / OWN_FILE, [asdict(merchant) for merchant in own])
    save_file({"kinds": vectors}, folder / VECTORS_FILE)
    content = {
        "kinds": [[*kind, row] for kind, row in rows.items()],
        "home_country": home_country,
        "switched_off": sorted(switched_off),
        "matcher_version": MATCHER_VERSION,
    }
    _write_json(folder / KINDS_FILE, content)


def read_knowledge(folder: Path, weight: float) -> MerchantKnowledge:
    """Read what `write_knowledge` wrote.

    Raises BundleError where it was made for another matcher or its tables are damaged; KeyError,
    OSError, SafetensorError, TypeError and ValueError where a file is missing or of another shape.
    """
    content = json.loads((folder / KINDS_FILE).read_text(encoding="utf-8"))
    if content["matcher_version"] != MATCHER_VERSION:
        raise BundleError(
            f"{folder} was made for matcher {content['matcher_version']}; this program has "
            f"{MATCHER_VERSION}. Build a new version."
        )
    sources = Sources(folder / TABLE_FILE, folder / TAGS_FILE, folder / WORDS_FILE)
    try:
        gazetteer, vocabulary = sources.read()
    except InputFileError as error:
        raise BundleError(str(error)) from error
    own = [_merchant(entry) for entry in json.loads((folder / OWN_FILE).read_text("utf-8"))]
    vectors = load_file(folder / VECTORS_FILE)["kinds"]
    rows = {Kind(tag, category): int(row) for tag, category, row in content["kinds"]}
    if rows and max(rows.values()) >= len(vectors):
        raise BundleError(f"{folder / VECTORS_FILE} has {len(vectors)} rows, fewer than are named.")
    matcher = Matcher(gazetteer.under(own, content["switched_off"]), vocabulary)
    return MerchantKnowledge(matcher, rows, vectors, weight, content["home_country"])


def _merchant(entry: dict[str, Any]) -> Merchant:
    lists = {name: tuple(entry[name]) for name in ("aliases", "countries", "other_tags")}
    return Merchant(**{**entry, **lists})


def _write_json(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False) + "\n", encoding="utf-8")
