"""What was taken out of a folded text, and where it stood."""

import re
from collections.abc import Iterable
from typing import Final, NamedTuple

from classifier.engine.descriptors.parts import PartKind

# What stripping leaves dangling at either end. A leading "#" may be the name's own.
DANGLING_START: Final = " *,:;-/"
DANGLING_END: Final = " *,:;-/#("

_NOWHERE: Final = -1  # the place of a space that stands for something removed


class Removal(NamedTuple):
    kind: PartKind
    text: str
    places: list[int]  # in the folded text, one a character; -1 for a space that is not there
    value: str = ""


class Trail:
    """Follows a text that is stripped bit by bit: `text` is what is left of the folded text."""

    def __init__(self, folded: str) -> None:
        self.text = folded
        self.places = list(range(len(folded)))
        self.removals: list[Removal] = []

    def remove(self, kind: PartKind, matches: Iterable[re.Match[str]]) -> None:
        """Put a space for each match, then drop doubled spaces and what dangles."""
        self.cut([(kind, *match.span(), "") for match in matches])

    def cut(self, spans: Iterable[tuple[PartKind, int, int, str]]) -> None:
        """Take out (kind, start, end, value) of `text`: ascending, disjoint, not empty."""
        text, places = self.text, self.places
        pieces: list[str] = []
        left: list[int] = []
        last = 0
        for kind, start, end, value in spans:
            pieces += (text[last:start], " ")
            left += places[last:start]
            left.append(_NOWHERE)
            self.removals.append(Removal(kind, text[start:end], places[start:end], value))
            last = end
        pieces.append(text[last:])
        left += places[last:]
        self._tidy("".join(pieces), left)

    def _tidy(self, text: str, places: list[int]) -> None:
        if "  " in text:
            keep = [
                index
                for index, character in enumerate(text)
                if character != " " or text[index - 1 : index] != " "
            ]
            text = "".join([text[index] for index in keep])
            places = [places[index] for index in keep]
        start = len(text) - len(text.lstrip(DANGLING_START))
        text = text[start:].rstrip(DANGLING_END)
        self.text, self.places = text, places[start : start + len(text)]
