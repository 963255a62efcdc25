"""Rules that people made, in memory: which one decides a transaction."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from classifier.engine.types import CategoryInfo, Direction


class RuleKind(StrEnum):
    """What a rule's pattern is compared with."""

    EXACT = "exact"
    PREFIX = "prefix"
    MCC = "mcc"


@dataclass(frozen=True, slots=True)
class RuleEntry:
    """One rule. `category_id` and `id` are primary keys."""

    id: int
    position: int
    kind: RuleKind
    pattern: str
    category: CategoryInfo
    category_id: int

    @property
    def rank(self) -> tuple[int, int]:
        """Of several that match, the lowest decides."""
        return self.position, self.id


class RuleTable:
    """All rules in force.

    A look-up costs one dictionary read for the text, one for the code and one for each length
    that a prefix has, however many rules there are.
    """

    def __init__(self, entries: Iterable[RuleEntry]) -> None:
        self._entries: dict[RuleKind, dict[str, RuleEntry]] = {kind: {} for kind in RuleKind}
        for entry in entries:
            self._entries[entry.kind][entry.pattern] = entry
        self._lengths = sorted({len(pattern) for pattern in self._entries[RuleKind.PREFIX]})

    def __len__(self) -> int:
        return sum(map(len, self._entries.values()))

    def find(self, canonical_text: str, mcc: str, flow: Direction | None) -> RuleEntry | None:
        """The first in order that matches, of those whose category fits `flow`; None where none
        does."""
        found = [
            entry for entry in self._matching(canonical_text, mcc) if entry.category.fits(flow)
        ]
        return min(found, key=lambda entry: entry.rank, default=None)

    def _matching(self, canonical_text: str, mcc: str) -> Iterable[RuleEntry]:
        exact, prefixes = self._entries[RuleKind.EXACT], self._entries[RuleKind.PREFIX]
        if canonical_text in exact:
            yield exact[canonical_text]
        for length in self._lengths:
            if length > len(canonical_text):
                break
            prefix = prefixes.get(canonical_text[:length])
            if prefix is not None:
                yield prefix
        if mcc in self._entries[RuleKind.MCC]:
            yield self._entries[RuleKind.MCC][mcc]
