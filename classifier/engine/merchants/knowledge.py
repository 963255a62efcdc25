"""Merchant knowledge of a version: who is named, and which way that pulls a text's vector.

table.csv.gz         the built-in merchants, as the program came with them
common_words.txt.gz  everyday words, most frequent first
knowledge.json       the analysts' own merchants, kinds of merchant, where the payers are at home
kinds.safetensors    kinds (k, d) float32
"""

import json
import shutil
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file

from classifier.engine.manifest import file_digest
from classifier.engine.merchants.gazetteer import Gazetteer
from classifier.engine.merchants.matching import Matcher
from classifier.engine.merchants.table import read_merchants
from classifier.engine.merchants.types import Merchant, MerchantMatch, Tag
from classifier.engine.merchants.vocabulary import Vocabulary
from classifier.engine.prototypes import unit
from classifier.exceptions import BundleError, InputFileError

# Raised where the same text can name another merchant than before, or with another confidence.
MATCHER_VERSION: Final = 1

TABLE_FILE = "table.csv.gz"
WORDS_FILE = "common_words.txt.gz"
KNOWLEDGE_FILE = "knowledge.json"
VECTORS_FILE = "kinds.safetensors"


class Kind(NamedTuple):
    """What a match says of the category: the merchant's tag, and the category that an analyst
    gave the merchant ("" where none did)."""

    tag: str
    category: str


@dataclass(frozen=True, slots=True)
class MerchantEvidence:
    """A merchant that spoke for a category: what is sold there, and what that counted for beside
    the text, which counts for 1."""

    match: MerchantMatch
    words: str
    weight: float


@dataclass(frozen=True, slots=True)
class _File:
    """A file, the same as any other of the same content."""

    digest: str
    path: Path = field(compare=False)

    @classmethod
    def at(cls, path: Path) -> "_File":
        return cls(file_digest(path), path)


def read_gazetteer(table: Path) -> Gazetteer:
    """The merchants of a table, kept in memory for the next who asks for the same ones: a good
    twenty megabytes and half a second. Raises InputFileError, OSError."""
    return _read_gazetteer(_File.at(table))


def read_vocabulary(words: Path) -> Vocabulary:
    """Everyday words, kept in memory as well. Raises OSError."""
    return _read_vocabulary(_File.at(words))


@lru_cache(maxsize=2)
def _read_gazetteer(table: _File) -> Gazetteer:
    return Gazetteer(read_merchants(table.path))


@lru_cache(maxsize=2)
def _read_vocabulary(words: _File) -> Vocabulary:
    return Vocabulary.read(words.path)


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

    def find(self, canonical_text: str, country: str = "") -> MerchantMatch | None:
        """Whom a canonical text names. `country` is the caller's, an ISO 3166-1 alpha-2 code in
        lower case; without it the home country counts."""
        return self.matcher.recall(canonical_text, country or self.home_country)

    def mix(self, vector: NDArray[np.float32], match: MerchantMatch | None) -> NDArray[np.float32]:
        """The unit vector of a text (d,) with what its merchant sells:
        unit(text + weight * confidence * kind)."""
        evidence = self.evidence(match)
        if evidence is None or not self.weight:
            return vector
        result: NDArray[np.float32] = mixed(vector[None], evidence[None], self.weight)[0]
        return result

    def evidence(self, match: MerchantMatch | None) -> NDArray[np.float32] | None:
        """The vector of the match's kind times its confidence, (d,); None where there is none."""
        row = self.row_of(match)
        if match is None or row is None:
            return None
        scaled: NDArray[np.float32] = self.vectors[row] * np.float32(match.confidence)
        return scaled

    def row_of(self, match: MerchantMatch | None) -> int | None:
        """The row of the match's kind in `vectors`; None where it says nothing."""
        if match is None or not match.is_sale:
            return None
        return self.rows.get(Kind(match.tag, match.merchant.category))

    def explain(self, match: MerchantMatch | None) -> MerchantEvidence | None:
        """In words what `mix` does with a match; None where it does nothing."""
        if match is None or self.evidence(match) is None or not self.weight:
            return None
        return MerchantEvidence(
            match, self.matcher.gazetteer.tag_words(match.tag), self.weight * match.confidence
        )

    def evidence_of(self, canonical_texts: Sequence[str], dimension: int) -> NDArray[np.float32]:
        """Of each text, (n, dimension); zero where nothing is known."""
        found = np.zeros((len(canonical_texts), dimension), dtype=np.float32)
        for row, text in enumerate(canonical_texts):
            evidence = self.evidence(self.find(text))
            if evidence is not None:
                found[row] = evidence
        return found


def mixed(
    vectors: NDArray[np.float32], evidence: NDArray[np.float32], weight: float
) -> NDArray[np.float32]:
    """Unit rows (n, d) of texts and their evidence; a row without evidence stays as it is."""
    result = unit(vectors + np.float32(weight) * evidence)
    is_told: NDArray[np.bool_] = np.any(evidence != 0, axis=1)
    result[~is_told] = vectors[~is_told]
    return result


def kinds_of(gazetteer: Gazetteer) -> list[Kind]:
    """Every kind that a match can be of, in order."""
    return sorted(
        {
            Kind(tag, merchant.category)
            for merchant in gazetteer.all()
            for tag in (merchant.tag, *merchant.other_tags)
        }
    )


def write_knowledge(
    folder: Path,
    *,
    table: Path,
    words: Path,
    own: Sequence[Merchant],
    hidden: Collection[str],
    tags: Sequence[Tag],
    rows: Mapping[Kind, int],
    vectors: NDArray[np.float32],
    home_country: str,
) -> None:
    """Write the files of a version's knowledge into `folder`, which is made.

    `hidden` are the keys of built-in merchants that are switched off; the rest is as
    MerchantKnowledge has it. Raises OSError.
    """
    folder.mkdir(parents=True)
    shutil.copyfile(table, folder / TABLE_FILE)
    shutil.copyfile(words, folder / WORDS_FILE)
    save_file({"kinds": vectors}, folder / VECTORS_FILE)
    content = {
        "matcher_version": MATCHER_VERSION,
        "home_country": home_country,
        "own": [asdict(merchant) for merchant in own],
        "hidden": sorted(hidden),
        "tags": [asdict(tag) for tag in tags],
        "kinds": [[*kind, row] for kind, row in rows.items()],
    }
    (folder / KNOWLEDGE_FILE).write_text(
        json.dumps(content, ensure_ascii=False) + "\n", encoding="utf-8"
    )


def read_knowledge(folder: Path, weight: float) -> MerchantKnowledge:
    """Read what `write_knowledge` wrote.

    Raises BundleError where it was made for another matcher or a table is damaged; KeyError,
    OSError, SafetensorError, TypeError and ValueError where a file is missing or of another shape.
    """
    content = json.loads((folder / KNOWLEDGE_FILE).read_text(encoding="utf-8"))
    if content["matcher_version"] != MATCHER_VERSION:
        raise BundleError(
            f"{folder} was made for matcher {content['matcher_version']}; this program has "
            f"{MATCHER_VERSION}. Build a new version."
        )
    try:
        matcher = _read_matcher(
            *(_File.at(folder / name) for name in (TABLE_FILE, WORDS_FILE, KNOWLEDGE_FILE))
        )
    except InputFileError as error:
        raise BundleError(str(error)) from error
    vectors = load_file(folder / VECTORS_FILE)["kinds"]
    rows = {Kind(tag, category): int(row) for tag, category, row in content["kinds"]}
    if rows and max(rows.values()) >= len(vectors):
        raise BundleError(f"{folder / VECTORS_FILE} has {len(vectors)} rows, fewer than are named.")
    return MerchantKnowledge(matcher, rows, vectors, weight, content["home_country"])


@lru_cache(maxsize=4)
def _read_matcher(table: _File, words: _File, knowledge: _File) -> Matcher:
    """One for all versions that know the same, with what it remembers."""
    content = json.loads(knowledge.path.read_text(encoding="utf-8"))
    own = [_merchant(entry) for entry in content["own"]]
    tags = [Tag(**entry) for entry in content["tags"]]
    gazetteer = read_gazetteer(table.path).under(own, content["hidden"], tags)
    return Matcher(gazetteer, read_vocabulary(words.path))


def _merchant(entry: dict[str, Any]) -> Merchant:
    lists = {name: tuple(entry[name]) for name in ("aliases", "countries", "other_tags")}
    return Merchant(**{**entry, **lists})
