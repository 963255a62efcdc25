"""The merchants of a version, found by name."""

import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property

from classifier.engine.merchants.types import Merchant, Tag
from classifier.engine.merchants.words import words

# A name is compared without its spaces only where it is long enough not to be met by chance.
MIN_JOINED = 6
# A single letter names nobody.
MIN_LETTERS = 2
# Merchants in a table, so that a small one tells words apart as a large one does.
USUAL_SIZE = 20_000
# Keys that a truncated or misspelt name is compared with, at most.
MAX_NEAR = 64
LAST_LETTER = "\U0010ffff"
# What is no part of a name where something else is left.
_LEGAL_FORMS = (
    "ltd limited inc incorporated llc llp plc corp corporation company co gmbh ag kg ohg ug sa sas "
    "sarl srl spa bv nv pty pvt private pl oy ab as aps kft sro lda ltda"
)
LEGAL_FORMS = frozenset(_LEGAL_FORMS.split())
# A name's last word that says what is sold; left away where two words or more stay.
_KIND_WORDS = (
    "coffee cafe market markets supermarket pharmacy hotel hotels restaurant bakery pizza pizzeria "
    "burger burgers grill bar pub tea fitness gym bank insurance airlines airways group stores"
)
KIND_WORDS = frozenset(_KIND_WORDS.split())
MIN_SHORTENED = 3
ARTICLES = frozenset("the le la les der die das el los de".split())  # noqa: SIM905


class Gazetteer:
    """Merchants by each of their names.

    Several may have one name: who is meant is for the matcher to say. Read-only once made, so
    threads may share it.
    """

    def __init__(
        self,
        merchants: Sequence[Merchant],
        tags: Iterable[Tag] = (),
        below: "Gazetteer | None" = None,
        hidden: Collection[str] = (),
    ) -> None:
        self.merchants = tuple(merchants)
        self.tags: Mapping[str, Tag] = {tag.tag: tag for tag in tags}
        self._below = below
        self._hidden = frozenset(hidden)
        self._spaced: dict[str, tuple[int, ...]] = {}
        self._joined: dict[str, tuple[int, ...]] = {}
        for place, merchant in enumerate(self.merchants):
            for name in (merchant.name, *merchant.aliases):
                parts = bare([word.text for word in words(name)])
                self._add(parts, place)
                # "Blue Bottle Coffee" is "blue bottle" on a till.
                if len(parts) >= MIN_SHORTENED and parts[-1] in KIND_WORDS:
                    self._add(parts[:-1], place)
        self._met = Counter(
            word
            for merchant in self.merchants
            for word in {
                word.text for name in (merchant.name, *merchant.aliases) for word in words(name)
            }
        )

    def under(
        self, merchants: Sequence[Merchant], hidden: Collection[str], tags: Iterable[Tag]
    ) -> "Gazetteer":
        """This gazetteer, asked only for names that none of `merchants` has, without those whose
        keys are `hidden`; with these tags."""
        return Gazetteer(merchants, tags, self, hidden)

    def all(self) -> Iterator[Merchant]:
        """Every merchant that can be found."""
        yield from self.merchants
        if self._below is not None:
            yield from self._shown(tuple(self._below.all()))

    def bits(self, word: str) -> float:
        """How much a word narrows the merchants down: the logarithm, base 2, of USUAL_SIZE over
        the number of those with the word in a name."""
        if self._below is not None:
            return self._below.bits(word)
        return math.log2(USUAL_SIZE / (self._met[word] + 1))

    def named(self, parts: Sequence[str]) -> tuple[Merchant, ...]:
        """Merchants with a name of just these words."""
        found = self._at(self._spaced.get(" ".join(parts), ()))
        if found or self._below is None:
            return found
        return self._shown(self._below.named(parts))

    def written_together(self, joined: str) -> tuple[Merchant, ...]:
        """Merchants with a name of these letters, wherever its spaces are."""
        found = self._at(self._joined.get(joined, ()))
        if found or self._below is None:
            return found
        return self._shown(self._below.written_together(joined))

    def beginning_with(self, joined: str) -> list[str]:
        """Names, without spaces, that begin so; none where they are more than MAX_NEAR."""
        keys = self._keys
        start = bisect_left(keys, joined)
        end = bisect_left(keys, joined + LAST_LETTER)
        found = keys[start:end] if end - start <= MAX_NEAR else []
        if self._below is not None:
            found = sorted({*found, *self._below.beginning_with(joined)})
        return found

    def tag_words(self, tag: str) -> str:
        """What is bought at merchants of a tag; "" where nothing is known of it."""
        detail = tag.partition(";")[2]
        known = self._known(tag)
        if known is None:
            return ""
        if not detail or known.tag == tag:
            return known.words
        return f"{detail.partition('=')[2].replace('_', ' ')} {known.words}"

    def category(self, tag: str) -> str:
        """The slug of the category that payments to merchants of a tag mostly are; "" for none."""
        known = self._known(tag)
        return known.category if known else ""

    def _known(self, tag: str) -> Tag | None:
        return self.tags.get(tag) or self.tags.get(tag.partition(";")[0])

    def _shown(self, merchants: tuple[Merchant, ...]) -> tuple[Merchant, ...]:
        if not self._hidden:
            return merchants
        return tuple(merchant for merchant in merchants if merchant.key not in self._hidden)

    @cached_property
    def _keys(self) -> list[str]:
        return sorted(self._joined)

    def _at(self, places: Iterable[int]) -> tuple[Merchant, ...]:
        return tuple(self.merchants[place] for place in places)

    def _add(self, parts: Sequence[str], place: int) -> None:
        if len("".join(parts)) < MIN_LETTERS:
            return
        for keys, key in ((self._spaced, " ".join(parts)), (self._joined, "".join(parts))):
            if keys is self._joined and len(key) < MIN_JOINED:
                continue
            known = keys.get(key, ())
            if place not in known:
                keys[key] = (*known, place)


def bare(parts: Sequence[str]) -> list[str]:
    """A name's words without an article before and legal forms behind; all, where none is left."""
    left = list(parts)
    while len(left) > 1 and left[-1] in LEGAL_FORMS:
        left.pop()
    if len(left) > 1 and left[0] in ARTICLES:
        left.pop(0)
    return left


def joined_name(name: str) -> str:
    """A name as `written_together` is asked for it."""
    return "".join(bare([word.text for word in words(name)]))
