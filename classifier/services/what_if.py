"""What an example would change, before it is saved: tried on the newest snapshot of traffic."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from classifier import runtime
from classifier.engine.descriptors import normalize
from classifier.engine.engine import Engine
from classifier.engine.prototypes import anchor_text
from classifier.engine.types import CategoryInfo
from classifier.engine.what_if import Addition, Outcomes, Retrial
from classifier.exceptions import NotFinishedError
from classifier.models import Category, Example, TrafficSnapshot
from classifier.runtime import LoadedVersion
from classifier.services.categories import category_info
from classifier.services.traffic import newest_snapshot, read_snapshot

SAMPLES = 20
# Others of the same text that are named.
TWINS = 3


@dataclass(frozen=True, slots=True)
class Move:
    """Texts that would go from one answer to another (None: no answer), and how many predictions
    they stand for."""

    before: CategoryInfo | None
    after: CategoryInfo | None
    texts: int
    predictions: int


@dataclass(frozen=True, slots=True)
class MovedText:
    """One of them. Confidences are of the best category, be it the answer or not."""

    text: str
    predictions: int
    before: CategoryInfo | None
    after: CategoryInfo | None
    confidence_before: float
    confidence_after: float


@dataclass(frozen=True, slots=True)
class WhatIf:
    """Of `texts` distinct texts, which `predictions` answers were given to: what would be answered
    otherwise. `moves` and `samples` have those first that stand for most predictions."""

    version: str
    taken_at: datetime
    texts: int
    predictions: int
    moves: list[Move]
    samples: list[MovedText]
    warnings: list[str]
    has_linear_part: bool

    @property
    def changed_texts(self) -> int:
        return sum(move.texts for move in self.moves)

    @property
    def changed_predictions(self) -> int:
        return sum(move.predictions for move in self.moves)

    @property
    def answered_texts(self) -> int:
        """Those that have no answer as it is and would get one."""
        return sum(move.texts for move in self.moves if move.before is None)

    @property
    def silenced_texts(self) -> int:
        """Those that would have no answer any more."""
        return sum(move.texts for move in self.moves if move.after is None)


def what_if(example: Example) -> WhatIf:
    """What the version that serves would answer had it been built with `example`, new or as it is
    changed, saved or not; all else held.

    Raises NoEngineError where no version is served, NotFinishedError where no snapshot by it was
    made yet, BundleError where its file cannot be read.
    """
    loaded = runtime.get().serving()
    row = newest_snapshot(loaded.id)
    if row is None:
        raise NotFinishedError(
            f"There is no snapshot of traffic by version {loaded.name} yet. A worker makes one "
            "within minutes after a version goes live."
        )
    retrial = _retrial(_Tried(row.digest, loaded.id, row, loaded))
    difference = _difference(example, loaded.engine)
    after = retrial.after(difference.added, difference.removed)
    changed = np.flatnonzero(after.best != retrial.before.best)
    return WhatIf(
        version=loaded.name,
        taken_at=row.started_at,
        texts=row.texts,
        predictions=row.predictions,
        moves=_moves(retrial, after, changed),
        samples=_samples(retrial, after, changed),
        warnings=_warnings(example, difference, loaded),
        has_linear_part=loaded.engine.bundle.second is not None,
    )


@dataclass(frozen=True, slots=True)
class _Tried:
    """A snapshot under a version, the same as any other of the same two."""

    digest: str
    version_id: int
    row: TrafficSnapshot = field(compare=False)
    loaded: LoadedVersion = field(compare=False)


@lru_cache(maxsize=1)
def _retrial(tried: _Tried) -> Retrial:
    """Kept in this process for the next who asks: some 50 megabytes for 10,000 texts."""
    return Retrial(tried.loaded.engine.bundle, read_snapshot(tried.row))


@dataclass(frozen=True, slots=True)
class _Difference:
    """What is to be added to a version's examples, and the rows of those to be taken away."""

    added: list[Addition]
    removed: list[int]
    is_known: bool = False


def _difference(example: Example, engine: Engine) -> _Difference:
    wanted = (normalize(example.text), example.category.slug)
    teaches = _teaches(example)
    stored = Example.objects.select_related("category").filter(pk=example.pk).first()
    kept = (stored.canonical_text, stored.category.slug) if stored is not None else None
    has = _rows(engine, {pair for pair in (wanted, kept) if pair is not None})
    goes = kept is not None and (kept != wanted or not teaches)
    removed = has.get(kept, []) if kept is not None and goes else []
    if not teaches:
        return _Difference([], removed)
    if wanted in has:
        return _Difference([], removed, is_known=True)
    vector = engine.example_vector(example.text)
    if vector is None:
        return _Difference([], removed)
    anchor = _anchor(example.category, engine)
    addition = Addition(category_info(example.category), wanted[0], vector, anchor)
    return _Difference([addition], removed)


def _rows(engine: Engine, pairs: set[tuple[str, str]]) -> dict[tuple[str, str], list[int]]:
    """The rows of a version's examples by canonical text and slug of the category, of `pairs`."""
    examples = engine.bundle.examples
    slugs = {slug for _, slug in pairs}
    found: dict[tuple[str, str], list[int]] = {}
    for place, category in enumerate(examples.categories):
        if category.slug in slugs:
            for row in range(int(examples.starts[place]), int(examples.starts[place + 1])):
                pair = (normalize(examples.texts[row]), category.slug)
                if pair in pairs:
                    found.setdefault(pair, []).append(row)
    return found


def _anchor(category: Category, engine: Engine) -> NDArray[np.float32] | None:
    """Of a category that the version does not know; else None."""
    if _knows(engine, category):
        return None
    text = _anchor_text(category)
    return engine.embed([text]).get(text)


def _anchor_text(category: Category) -> str:
    return anchor_text(category.name, category.description)


def _knows(engine: Engine, category: Category) -> bool:
    return any(category.slug == known.slug for known in engine.bundle.prototypes.categories)


def _teaches(example: Example) -> bool:
    """Whether the next version would be built with it, as `ExampleQuerySet.active` has it."""
    category = example.category
    is_detailed = category.parent_id is not None
    return example.is_active and is_detailed and category.is_active and category.primary.is_active


def _moves(retrial: Retrial, after: Outcomes, changed: NDArray[np.intp]) -> list[Move]:
    texts: Counter[tuple[int, int]] = Counter()
    predictions: Counter[tuple[int, int]] = Counter()
    for row in changed:
        way = (int(retrial.before.best[row]), int(after.best[row]))
        texts[way] += 1
        predictions[way] += int(retrial.counts[row])
    return [
        Move(after.category(old), after.category(new), texts[old, new], count)
        for (old, new), count in predictions.most_common()
    ]


def _samples(retrial: Retrial, after: Outcomes, changed: NDArray[np.intp]) -> list[MovedText]:
    most = changed[np.argsort(-retrial.counts[changed], kind="stable")][:SAMPLES]
    return [
        MovedText(
            retrial.asked[row].text,
            int(retrial.counts[row]),
            after.category(int(retrial.before.best[row])),
            after.category(int(after.best[row])),
            float(retrial.before.confidence[row]),
            float(after.confidence[row]),
        )
        for row in most
    ]


def _warnings(example: Example, difference: _Difference, loaded: LoadedVersion) -> list[str]:
    """What to know of the example beside what it changes."""
    found = []
    category = example.category
    if not _has_letters(example.text):
        found.append("The text holds no letters: nothing can be learned from it.")
    if not example.is_active:
        found.append("The example is switched off: no version is built with it.")
    if not (category.is_active and category.primary.is_active):
        found.append(f"“{category}” is switched off: versions are built without it.")
    twins = Example.objects.filter(canonical_text=normalize(example.text)).exclude(pk=example.pk)
    for twin in twins.select_related("category__parent")[:TWINS]:
        if twin.category_id == example.category_id:
            found.append(f"The category has the text already, as “{twin.text}”.")
        else:
            found.append(
                f"“{twin.category}” has the text already, as “{twin.text}”: the two pull against "
                "each other."
            )
    if difference.is_known:
        found.append(f"Version {loaded.name} was built with it.")
    if difference.added and not _knows(loaded.engine, category):
        found.append(f"Version {loaded.name} does not know “{category}”; this would be its first.")
    return found


def _has_letters(text: str) -> bool:
    return any(character.isalpha() for character in normalize(text))
