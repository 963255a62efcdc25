"""A sample of traffic: what was asked, its vectors, and what a version finds in each text.

It is one file of safetensors: `asked` (bytes of JSON), `counts` (n,) int64, `vectors` (n, d)
float32, `kinds` (n,) int32, `sureness` (n,) float32, `closest` (n, c) float32, and where the
version has a second opinion `logits` (n, c) float32, `grams` (m,) uint16 and `starts` (n + 1,)
int64.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from classifier.engine.bundle import Bundle
from classifier.engine.merchants.knowledge import mixed
from classifier.engine.refit import Grams
from classifier.engine.types import Direction
from classifier.exceptions import BundleError

# Rows of the similarity matrix in memory at once.
CHUNK = 1024
NO_KIND = -1


class Asked(NamedTuple):
    """What an answer depends on beside the version: the canonical text, which way the money moves,
    and the payer's country ("" where it is not known)."""

    text: str
    flow: Direction | None
    country: str


@dataclass(frozen=True)
class Traffic:
    """Distinct transactions, n of them, and how often each came.

    `vectors` (n, d) float32 are unit rows of the texts alone: they hold for every version with
    this encoder.
    """

    asked: tuple[Asked, ...]
    counts: NDArray[np.int64]
    vectors: NDArray[np.float32]


@dataclass(frozen=True)
class Findings:
    """What one version finds in each of n texts, before it decides.

    `kinds` (n,) int32 is the row of what the merchant sells, NO_KIND where nothing is known;
    `sureness` (n,) float32 of the merchant; `closest` (n, c) float32 the cosine to the nearest
    example of each category; `logits` (n, c) float32 and `grams` what the second opinion says and
    reads, None without one.
    """

    kinds: NDArray[np.int32]
    sureness: NDArray[np.float32]
    closest: NDArray[np.float32]
    logits: NDArray[np.float32] | None
    grams: Grams | None

    @classmethod
    def of(cls, bundle: Bundle, asked: Sequence[Asked], vectors: NDArray[np.float32]) -> "Findings":
        kinds = np.full(len(asked), NO_KIND, dtype=np.int32)
        sureness = np.zeros(len(asked), dtype=np.float32)
        if bundle.merchants is not None:
            for index, each in enumerate(asked):
                match = bundle.merchants.find(each.text, each.country)
                row = bundle.merchants.row_of(match)
                if match is not None and row is not None:
                    kinds[index], sureness[index] = row, match.confidence
        seen = mixed_in(bundle, vectors, kinds, sureness)
        closest = _closest(bundle, seen)
        if bundle.second is None:
            return cls(kinds, sureness, closest, None, None)
        linear = bundle.second.linear
        logits = np.zeros((len(asked), len(bundle.prototypes.categories)), dtype=np.float32)
        for index, each in enumerate(asked):
            logits[index] = linear.logits(seen[index], each.text)
        return cls(kinds, sureness, closest, logits, Grams.of([each.text for each in asked]))

    def taken(self, rows: NDArray[np.intp]) -> "Findings":
        """Those of some rows, in their order."""
        return Findings(
            self.kinds[rows],
            self.sureness[rows],
            self.closest[rows],
            None if self.logits is None else self.logits[rows],
            None if self.grams is None else self.grams.taken(rows),
        )

    def joined(self, others: "Findings") -> "Findings":
        """With those of further texts of the same version behind them."""
        logits = grams = None
        if self.logits is not None and others.logits is not None:
            logits = np.concatenate([self.logits, others.logits])
        if self.grams is not None and others.grams is not None:
            grams = self.grams.joined(others.grams)
        return Findings(
            np.concatenate([self.kinds, others.kinds]),
            np.concatenate([self.sureness, others.sureness]),
            np.concatenate([self.closest, others.closest]),
            logits,
            grams,
        )


@dataclass(frozen=True)
class Snapshot:
    traffic: Traffic
    findings: Findings

    def to_bytes(self) -> bytes:
        asked = json.dumps(self.traffic.asked, ensure_ascii=False).encode()
        tensors: dict[str, NDArray[Any]] = {
            "asked": np.frombuffer(asked, dtype=np.uint8),
            "counts": self.traffic.counts,
            "vectors": self.traffic.vectors,
            "kinds": self.findings.kinds,
            "sureness": self.findings.sureness,
            "closest": self.findings.closest,
        }
        if self.findings.logits is not None:
            tensors["logits"] = self.findings.logits
        if self.findings.grams is not None:
            tensors["grams"] = self.findings.grams.buckets
            tensors["starts"] = self.findings.grams.starts
        content: bytes = save(tensors)
        return content

    @classmethod
    def from_bytes(cls, content: bytes) -> "Snapshot":
        """Raises BundleError where it is not what `to_bytes` makes."""
        try:
            tensors = load(content)
            rows = json.loads(tensors["asked"].tobytes())
            asked = tuple(
                Asked(text, Direction(flow) if flow else None, country)
                for text, flow, country in rows
            )
            traffic = Traffic(asked, tensors["counts"], tensors["vectors"])
            has_grams = "grams" in tensors
            findings = Findings(
                tensors["kinds"],
                tensors["sureness"],
                tensors["closest"],
                tensors.get("logits"),
                Grams(tensors["grams"], tensors["starts"]) if has_grams else None,
            )
        except (KeyError, TypeError, ValueError, SafetensorError) as error:
            raise BundleError(f"It is no snapshot of traffic: {error!r}.") from error
        return cls(traffic, findings)


def mixed_in(
    bundle: Bundle,
    vectors: NDArray[np.float32],
    kinds: NDArray[np.int32],
    sureness: NDArray[np.float32],
) -> NDArray[np.float32]:
    """Unit rows (n, d) of texts, what their merchants sell mixed in as the engine does."""
    merchants = bundle.merchants
    if merchants is None or not merchants.weight:
        return vectors
    result = vectors.copy()
    told = np.flatnonzero(kinds != NO_KIND)
    evidence = merchants.vectors[kinds[told]] * sureness[told, None]
    result[told] = mixed(vectors[told], evidence, merchants.weight)
    return result


def _closest(bundle: Bundle, seen: NDArray[np.float32]) -> NDArray[np.float32]:
    examples = bundle.examples
    closest = np.empty((len(seen), len(bundle.prototypes.categories)), dtype=np.float32)
    for begin in range(0, len(seen), CHUNK):
        rows = slice(begin, begin + CHUNK)
        cosines = seen[rows] @ examples.vectors.T
        closest[rows] = np.maximum.reduceat(cosines, examples.starts[:-1], axis=1)
    return closest
