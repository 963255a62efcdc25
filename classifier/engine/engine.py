"""The engine: transactions in, decisions out."""

from collections.abc import Sequence
from pathlib import Path
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from classifier.engine.bundle import Bundle, read_bundle
from classifier.engine.cache import CacheKey, EmbeddingCache
from classifier.engine.decision import NO_TEXT, DecisionRule
from classifier.engine.descriptors import NORMALIZER_VERSION, normalize
from classifier.engine.encoder import Encoder, Threads
from classifier.engine.merchants.knowledge import MerchantEvidence
from classifier.engine.merchants.matching import sure
from classifier.engine.merchants.types import MerchantMatch
from classifier.engine.types import Decision, Neighbor, Timings, Transaction
from classifier.exceptions import BundleError

DEFAULT_CACHE_BYTES = 64 * 1024 * 1024
NEIGHBORS = 5


class Engine:
    """One version, loaded. Safe under threads; must be made after a fork.

    The same text gets the same bits whatever else is in the call or in the cache.
    """

    def __init__(self, bundle: Bundle, encoder: Encoder, cache: EmbeddingCache) -> None:
        if bundle.encoder.digest != encoder.card.digest:
            raise BundleError(
                f"Version {bundle.version} was built with encoder {bundle.encoder.digest[:12]}, "
                f"not with {encoder.card.digest[:12]}."
            )
        if bundle.normalizer_version != NORMALIZER_VERSION:
            raise BundleError(
                f"Version {bundle.version} was built with normalizer {bundle.normalizer_version}; "
                f"this program has {NORMALIZER_VERSION}. Build a new version."
            )
        self.bundle = bundle
        self.encoder = encoder
        self.cache = cache
        self._rule = DecisionRule(
            bundle.prototypes,
            bundle.examples,
            bundle.neighbor_weight,
            bundle.calibration,
            bundle.bounds,
            bundle.second,
            bundle.back_off,
        )

    @classmethod
    def load(
        cls,
        folder: Path | str,
        threads: Threads | None = None,
        cache: EmbeddingCache | None = None,
    ) -> "Engine":
        """Load a bundle folder, every file checked. Raises BundleError naming the bad one."""
        bundle = read_bundle(Path(folder))
        return cls(
            bundle,
            Encoder(bundle.encoder_folder, threads),
            cache or EmbeddingCache(DEFAULT_CACHE_BYTES),
        )

    def classify(self, transactions: Sequence[Transaction]) -> list[Decision]:
        """Decide on each transaction, in the order given. A text is encoded once a call."""
        started = perf_counter()
        texts = [normalize(transaction.description) for transaction in transactions]
        normalize_ms = (perf_counter() - started) * 1000
        vectors, cached, tokenize_ms, encode_ms = self._vectors(texts)
        decide_started = perf_counter()
        verdicts = []
        for text, transaction in zip(texts, transactions, strict=True):
            match = self._find(text, transaction.country)
            verdict = NO_TEXT
            if text in vectors:
                vector = self._mix(vectors[text], match)
                verdict = self._rule.decide(vector, transaction.flow, text)
            verdicts.append((verdict, match))
        decide_ms = (perf_counter() - decide_started) * 1000
        timings = Timings(normalize_ms + tokenize_ms, encode_ms, decide_ms)
        return [
            verdict.decision(text, sure(match), text in cached, timings)
            for text, (verdict, match) in zip(texts, verdicts, strict=True)
        ]

    def nearest_examples(
        self, description: str, country: str = "", count: int = NEIGHBORS
    ) -> list[Neighbor]:
        """The labelled examples most similar to a descriptor; none where it has no text."""
        text = normalize(description)
        vectors, _, _, _ = self._vectors([text])
        if text not in vectors:
            return []
        vector = self._mix(vectors[text], self._find(text, country))
        return self.bundle.examples.nearest(vector, count)

    def merchant_evidence(self, description: str, country: str = "") -> MerchantEvidence | None:
        """What the merchant that a descriptor may name says of the category; None where no
        merchant is found, or nothing is known of what it sells."""
        merchants = self.bundle.merchants
        if merchants is None:
            return None
        return merchants.explain(merchants.find(normalize(description), country))

    def embed(self, canonical_texts: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """The unit vector (d,) of each canonical text that holds a letter, no merchant mixed in."""
        return self._vectors(canonical_texts)[0]

    def example_vector(self, description: str) -> NDArray[np.float32] | None:
        """What a version is built from where a descriptor is an example: a unit vector (d,), what
        its merchant sells mixed in. None where it holds no letter."""
        text = normalize(description)
        vectors = self.embed([text])
        return self._mix(vectors[text], self._find(text, "")) if text in vectors else None

    def cache_examples(self) -> None:
        """Put the vectors of the version's own examples in the cache."""
        examples = self.bundle.examples
        for text, vector in zip(examples.texts, examples.text_vectors, strict=True):
            self.cache.put(self._key(normalize(text)), vector)

    def warm(self) -> float:
        """Make the first request as fast as the next. Returns milliseconds spent."""
        return self.encoder.warm()

    def _vectors(
        self, texts: Sequence[str]
    ) -> tuple[dict[str, NDArray[np.float32]], set[str], float, float]:
        """Unit vectors by text, for texts that hold a letter; which of them the cache knew;
        milliseconds to tokenize and to encode the rest."""
        vectors: dict[str, NDArray[np.float32]] = {}
        missing: list[str] = []
        for text in dict.fromkeys(texts):
            if not any(character.isalpha() for character in text):
                continue
            vector = self.cache.get(self._key(text))
            if vector is None:
                missing.append(text)
            else:
                vectors[text] = vector
        cached = set(vectors)
        started = perf_counter()
        token_ids = self.encoder.tokenize(missing) if missing else []
        tokenized = perf_counter()
        if missing:
            for text, vector in zip(missing, self.encoder.embed(token_ids), strict=True):
                vectors[text] = vector
                self.cache.put(self._key(text), vector)
        encoded = perf_counter()
        return vectors, cached, (tokenized - started) * 1000, (encoded - tokenized) * 1000

    def _find(self, text: str, country: str) -> MerchantMatch | None:
        merchants = self.bundle.merchants
        return None if merchants is None else merchants.find(text, country)

    def _mix(self, vector: NDArray[np.float32], match: MerchantMatch | None) -> NDArray[np.float32]:
        merchants = self.bundle.merchants
        return vector if merchants is None else merchants.mix(vector, match)

    def _key(self, text: str) -> CacheKey:
        return CacheKey(self.encoder.card.digest, NORMALIZER_VERSION, text)
