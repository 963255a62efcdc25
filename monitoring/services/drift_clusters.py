"""The texts that drive a drift: groups of new ones, each with what is known of it. Worker only."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from classifier.runtime import LoadedVersion
from monitoring.collectors.samples import Seen
from monitoring.detectors.clusters import Cluster, Weighed, new_clusters
from monitoring.models import DriftCluster

TEXTS_KEPT = 12
# What has so much of a cluster in common is the cluster's.
COMMON = 0.5
TEXT_LENGTH = 500
Vectors = dict[str, NDArray[np.float32]]


def clusters_of(
    loaded: LoadedVersion, now: Sequence[Seen], calm: Sequence[Seen], vectors: Vectors
) -> list[DriftCluster]:
    """Not saved, and of no report yet. What was there is the calm texts and the version's own
    examples; rows whose text has no vector do not count."""
    texts, mine = _weighed(now, vectors)
    _, others = _weighed(calm, vectors)
    examples = loaded.engine.bundle.examples.text_vectors
    reference = Weighed(
        np.concatenate([others.vectors, examples]) if len(others.counts) else examples,
        np.concatenate([others.counts, np.ones(len(examples), dtype=np.int64)]),
    )
    return [
        _row(place, cluster, texts, now, loaded)
        for place, cluster in enumerate(new_clusters(mine, reference), 1)
    ]


def _weighed(rows: Sequence[Seen], vectors: Vectors) -> tuple[list[str], Weighed]:
    counts = Counter(row.text for row in rows if row.text is not None and row.text in vectors)
    texts = [text for text, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0]))]
    dimension = next((len(vector) for vector in vectors.values()), 0)
    found = np.array([vectors[text] for text in texts], dtype=np.float32)
    return texts, Weighed(
        found.reshape(len(texts), dimension),
        np.array([counts[text] for text in texts], dtype=np.int64),
    )


def _row(
    place: int,
    cluster: Cluster,
    texts: Sequence[str],
    now: Sequence[Seen],
    loaded: LoadedVersion,
) -> DriftCluster:
    members = [texts[member] for member in cluster.members]
    named = set(members)
    rows = [row for row in now if row.text in named]
    prototypes = loaded.engine.bundle.prototypes
    scores = prototypes.scores(cluster.centre)
    best = int(np.argmax(scores))
    said = [row.confidence for row in rows if row.confidence is not None]
    return DriftCluster(
        place=place,
        size=cluster.size,
        share=cluster.share,
        reference_share=cluster.reference_share,
        texts=members[:TEXTS_KEPT],
        common_text=_common(rows, members)[:TEXT_LENGTH],
        category_id=loaded.category_ids[prototypes.categories[best].slug],
        similarity=float(scores[best]),
        confidence=float(np.mean(said)) if said else None,
    )


def _common(rows: Sequence[Seen], texts: Sequence[str]) -> str:
    """The merchant that most rows name; else the words that most texts hold, as the first of them
    with all has them in order."""
    merchants = Counter(row.merchant_text for row in rows if row.merchant_text)
    for merchant, count in merchants.most_common(1):
        if count >= COMMON * len(rows):
            return merchant
    words = Counter(word for text in texts for word in dict.fromkeys(text.split()))
    shared = {word for word, count in words.items() if count >= COMMON * len(texts)}
    fullest = max(texts, key=lambda text: len(shared & set(text.split())))
    return " ".join(word for word in dict.fromkeys(fullest.split()) if word in shared)
