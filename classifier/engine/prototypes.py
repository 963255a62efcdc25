"""Nearest category prototypes and nearest examples."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from classifier.engine.types import CategoryInfo, Direction, Neighbor


def unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scale each row to length one; a zero row stays zero. Shape is kept."""
    norms = np.linalg.norm(vectors, axis=-1, keepdims=True)
    scaled: NDArray[np.float32] = np.zeros_like(vectors)
    np.divide(vectors, norms, out=scaled, where=norms > 0)
    return scaled


def anchor_text(name: str, description: str) -> str:
    """What is embedded for a category itself."""
    return f"{name}. {description}".strip() if description else name


@dataclass(frozen=True)
class PrototypeSet:
    """One unit vector a category: `vectors` is (c, d) float32, row i belongs to `categories[i]`."""

    categories: tuple[CategoryInfo, ...]
    vectors: NDArray[np.float32]

    def scores(self, vector: NDArray[np.float32]) -> NDArray[np.float32]:
        """Cosine similarity to each prototype: (d,) to (c,).

        One text a call: a product with a whole batch rounds differently by batch size.
        """
        similarities: NDArray[np.float32] = self.vectors @ vector
        return similarities

    def allowed(self, flow: Direction | None) -> NDArray[np.bool_]:
        """Which categories fit a transaction that moves money this way, shape (c,)."""
        return np.array([category.fits(flow) for category in self.categories], dtype=bool)


@dataclass(frozen=True)
class ExampleSet:
    """The labelled examples of a version, those of one category side by side.

    `vectors` is (n, d) float32, with what their merchants sell mixed in; `text_vectors`, of the
    same shape, is of the texts alone; `labels` (n,) int32, ascending indexes into `categories`.
    """

    texts: tuple[str, ...]
    labels: NDArray[np.int32]
    vectors: NDArray[np.float32]
    text_vectors: NDArray[np.float32]
    categories: Sequence[CategoryInfo]

    @cached_property
    def starts(self) -> NDArray[np.int64]:
        """Where each category's rows begin, and the end of the last, shape (c + 1,)."""
        return np.searchsorted(self.labels, np.arange(len(self.categories) + 1))

    def closest(self, vector: NDArray[np.float32], category: int) -> float:
        """Cosine of a unit vector (d,) to the nearest example of a category, which has one."""
        rows = self.vectors[self.starts[category] : self.starts[category + 1]]
        return float((rows @ vector).max())

    def nearest(self, vector: NDArray[np.float32], count: int) -> list[Neighbor]:
        """The `count` most similar examples of a unit vector (d,), best first."""
        similarities = self.vectors @ vector
        best = np.argsort(-similarities, kind="stable")[:count]
        return [
            Neighbor(
                text=self.texts[index],
                category=self.categories[self.labels[index]],
                similarity=float(similarities[index]),
            )
            for index in best
        ]
