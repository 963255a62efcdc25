"""What merchants sell, as vectors."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from classifier.engine.merchants.gazetteer import Gazetteer
from classifier.engine.merchants.knowledge import Kind
from classifier.engine.prototypes import unit

Embed = Callable[[list[str]], NDArray[np.float32]]


def kind_vectors(
    gazetteer: Gazetteer,
    kinds: Sequence[Kind],
    embed: Embed,
    anchors: Mapping[str, NDArray[np.float32]],
) -> tuple[dict[Kind, int], NDArray[np.float32]]:
    """The row of each kind of which something is known, and the rows, (k, d) float32.

    A kind's vector is unit(words + anchor): the embedding of the words of its tag, and the anchor
    (d,) of the category that an analyst gave the merchant or else the tag; what is not known, or
    is no slug in `anchors`, is left out. `embed` turns texts into unit rows.
    """
    known: dict[tuple[str, str], int] = {}
    rows: dict[Kind, int] = {}
    for kind in kinds:
        category = kind.category or gazetteer.category(kind.tag)
        what = (gazetteer.tag_words(kind.tag), category if category in anchors else "")
        if any(what):
            rows[kind] = known.setdefault(what, len(known))
    if not known:
        return {}, np.zeros((0, 0), dtype=np.float32)
    texts = list(dict.fromkeys(words for words, _ in known if words))
    vectors = dict(zip(texts, embed(texts), strict=True)) if texts else {}
    sums = [
        sum(part for part in (vectors.get(words), anchors.get(category)) if part is not None)
        for words, category in known
    ]
    return rows, unit(np.stack(sums).astype(np.float32))
