"""Merchant knowledge: as the program came with it, and as a version is built with it."""

import hashlib
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np
from django.conf import settings
from numpy.typing import NDArray

from classifier.engine.encoder import Encoder
from classifier.engine.manifest import file_digest
from classifier.engine.merchants import Merchant, Tag
from classifier.engine.merchants.knowledge import (
    MerchantKnowledge,
    kinds_of,
    read_gazetteer,
    read_knowledge,
    read_vocabulary,
    write_knowledge,
)
from classifier.engine.merchants.matching import Matcher
from classifier.engine.merchants.table import read_tags
from classifier.services.merchants import (
    MERCHANTS_FILE,
    TAGS_FILE,
    merchant_tags,
    own_merchants,
    switched_off,
)
from classifier.services.taxonomy import DATA_DIR

WORDS_FILE = DATA_DIR / "common_words.txt.gz"


@dataclass(frozen=True, slots=True)
class KnownMerchants:
    """What analysts have said: their own merchants, the kinds, and the keys of built-in merchants
    that they switched off."""

    own: Sequence[Merchant]
    tags: Sequence[Tag]
    hidden: Collection[str]

    @property
    def digest(self) -> str:
        """Of all that a version would know, with the tables that the program came with."""
        content = [
            file_digest(MERCHANTS_FILE),
            file_digest(WORDS_FILE),
            [asdict(merchant) for merchant in self.own],
            [asdict(tag) for tag in self.tags],
            sorted(self.hidden),
        ]
        return hashlib.sha256(json.dumps(content, ensure_ascii=False).encode()).hexdigest()


def known_merchants() -> KnownMerchants:
    return KnownMerchants(own_merchants(), merchant_tags(), switched_off())


def build_knowledge(
    folder: Path,
    known: KnownMerchants,
    encoder: Encoder,
    anchors: Mapping[str, NDArray[np.float32]],
) -> MerchantKnowledge:
    """Write what a version will know into `folder`, which is made, and read it.

    `anchors` are the vectors (d,) of the version's categories by slug. Raises BundleError, OSError.
    """
    from classifier.training.merchants import kind_vectors
    from classifier.training.prototypes import DEFAULT_WEIGHTS

    gazetteer = read_gazetteer(MERCHANTS_FILE).under(known.own, known.hidden, known.tags)
    rows, vectors = kind_vectors(gazetteer, kinds_of(gazetteer), _embedder(encoder), anchors)
    write_knowledge(
        folder,
        table=MERCHANTS_FILE,
        words=WORDS_FILE,
        own=known.own,
        hidden=known.hidden,
        tags=known.tags,
        rows=rows,
        vectors=vectors if len(vectors) else np.zeros((0, encoder.card.dimension), np.float32),
        home_country=settings.HOME_COUNTRY,
    )
    return read_knowledge(folder, DEFAULT_WEIGHTS.merchant)


def merchant_groups(
    canonical_texts: Sequence[str], knowledge: MerchantKnowledge | None
) -> NDArray[np.int64]:
    """Equal ints where texts are of one merchant, as far as one is found, or the same, (n,)."""
    from classifier.training.folds import whole_groups

    matches = [knowledge.find(text) if knowledge else None for text in canonical_texts]
    names = [match.merchant.key if match else "" for match in matches]
    return whole_groups(canonical_texts, names)


@dataclass(frozen=True, slots=True)
class _Texts:
    """Texts for an encoder, the same as any others of the same content."""

    encoder_digest: str
    texts: tuple[str, ...]
    encoder: Encoder = field(compare=False)


def _embedder(encoder: Encoder) -> Callable[[list[str]], NDArray[np.float32]]:
    return lambda texts: _embed(_Texts(encoder.card.digest, tuple(texts), encoder))


@lru_cache(maxsize=1)
def _embed(wanted: _Texts) -> NDArray[np.float32]:
    """Kept for the next build, which as a rule asks for the same: a second's work."""
    return wanted.encoder.encode(list(wanted.texts))


def shipped_knowledge(encoder: Encoder, home_country: str) -> MerchantKnowledge:
    """What is known without a database: the built-in merchants, the words of their tags, and no
    categories. Raises InputFileError."""
    from classifier.training.merchants import kind_vectors
    from classifier.training.prototypes import DEFAULT_WEIGHTS

    gazetteer = read_gazetteer(MERCHANTS_FILE).under((), (), read_tags(TAGS_FILE))
    rows, vectors = kind_vectors(gazetteer, kinds_of(gazetteer), _embedder(encoder), {})
    matcher = Matcher(gazetteer, read_vocabulary(WORDS_FILE))
    return MerchantKnowledge(matcher, rows, vectors, DEFAULT_WEIGHTS.merchant, home_country)
