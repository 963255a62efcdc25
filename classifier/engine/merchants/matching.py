"""Whom a descriptor names: candidates by name, and how sure each is."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from operator import itemgetter
from typing import NamedTuple

from rapidfuzz.distance import OSA

from classifier.engine.descriptors import Channel, Descriptor, PartKind, parse
from classifier.engine.descriptors.places import load_places
from classifier.engine.merchants.candidates import Candidate, confidence
from classifier.engine.merchants.gazetteer import LEGAL_FORMS, MIN_JOINED, Gazetteer, joined_name
from classifier.engine.merchants.types import Merchant, MerchantMatch
from classifier.engine.merchants.vocabulary import Vocabulary
from classifier.engine.merchants.words import words

# Some hundred bytes each, as a rule.
REMEMBERED = 16_384
# Longer names of more words are found by their first ones or not at all.
MAX_WORDS = 6
# Words of a descriptor that are looked at: a name stands before its end.
MAX_READ = 24
MIN_TRUNCATED = 6
# Names that the cut text may begin: of more, none is told.
MAX_COMPLETIONS = 4
# A misspelt name has so many letters and at most so many words; its first letters are right.
MIN_MISSPELT = 7
MAX_MISSPELT_WORDS = 3
SURE_BEGINNING = 4
# From so many letters on, two may be wrong.
TWO_SLIPS_LENGTH = 12
# A card network's name field holds 22 to 25 characters; some banks cut it at 18.
CUT_LENGTH = 15
# Under it, nothing is made of a match.
MIN_CONFIDENCE = 0.3
# Where nobody is named so surely, parts of names and misspelt ones are looked at.
LIKELY_CONFIDENCE = 0.5
# Under it, no merchant is named in an answer: none is better than a wrong one. What it may be
# still speaks for a category, the less the less sure it is.
SURE_CONFIDENCE = 0.8

# A word that few names have tells more than one that many have; of the two measures the less
# counts.
RARITY_WEIGHT = 1.3

# Money for something else than what is sold.
NOT_SALES = frozenset(
    (
        Channel.ATM,
        Channel.DEPOSIT,
        Channel.FEE,
        Channel.INTEREST,
        Channel.PAYROLL,
        Channel.REFUND,
        Channel.REVERSAL,
    )
)
SERVICES = frozenset((Channel.CASH_APP, Channel.VENMO, Channel.ZELLE))
NAME_PARTS: tuple[PartKind, ...] = (PartKind.MERCHANT, PartKind.URL)
PLACE_PARTS = (PartKind.CITY, PartKind.REGION, PartKind.COUNTRY, PartKind.STORE_NUMBER)
# Words of addresses, web names and shops that are no part of what someone is called.
_IDLE = "www com net org co uk au ca us za de fr nl store stores shop online the and of at"
IDLE = LEGAL_FORMS | frozenset(_IDLE.split())


# What stands in front of a shop and is seldom what was paid.
MINOR_TAGS = frozenset(
    (
        "amenity=charging_station",
        "amenity=payment_terminal",
        "amenity=vending_machine",
        "amenity=photo_booth",
    )
)
# How tills shorten what they sell.
HINTS = {
    "amenity=fuel": ("pfs", "gas", "gasbar", "fuels", "filling", "servo", "petroleum"),
    "amenity=pharmacy": ("rx", "pharm", "chemist"),
    "amenity=bank": ("atm", "branch"),
}


@dataclass(frozen=True, slots=True)
class Token:
    """A word of the descriptor; `is_name` where it is not known to be something else."""

    text: str
    start: int
    end: int
    is_name: bool


class Named(NamedTuple):
    """Merchants with the name that tokens `first` to `last` are, in what way, and how much of it
    they are, from 0 to 1."""

    kind: str
    share: float
    merchants: tuple[Merchant, ...]
    first: int
    last: int


class Matcher:
    """Finds the merchant of a descriptor. Safe under threads."""

    def __init__(self, gazetteer: Gazetteer, vocabulary: Vocabulary) -> None:
        self.gazetteer = gazetteer
        self._vocabulary = vocabulary
        self._remembered = lru_cache(maxsize=REMEMBERED)(self._find_in)
        self._telling = cache(self._words_for)

    def recall(self, canonical_text: str, country: str) -> MerchantMatch | None:
        """As `find`, of a canonical text; the last REMEMBERED ones are not looked through again."""
        return self._remembered(canonical_text, country)

    def find(self, descriptor: Descriptor, country: str = "") -> MerchantMatch | None:
        """The merchant that is most likely named, or None where none is likely to be.

        `country`, an ISO 3166-1 alpha-2 code in lower case, is where the payer is at home; the
        descriptor's own goes before it.
        """
        best = max(self.candidates(descriptor, country), key=_standing, default=None)
        chance = 0.0 if best is None else confidence(best)
        if best is None or chance < MIN_CONFIDENCE:
            return None
        return MerchantMatch(
            best.merchant,
            best.tag,
            chance,
            best.start,
            best.end,
            is_sale=descriptor.channel not in NOT_SALES,
        )

    def candidates(self, descriptor: Descriptor, country: str = "") -> list[Candidate]:
        """All that may be meant, in no order: who is named in full, and where nobody likely is,
        who may be named in part or misspelt."""
        tokens = _tokens(descriptor)
        home = descriptor.location.country or country
        names = [place for place, token in enumerate(tokens) if token.is_name]
        in_full = (
            self._in_full(tokens, first, last)
            for first in names
            for last in range(first, min(first + MAX_WORDS, len(tokens)))
        )
        found = [self._judge(named, tokens, home) for named in in_full if named]
        if names and all(confidence(candidate) < LIKELY_CONFIDENCE for candidate in found):
            found += [
                self._judge(named, tokens, home)
                for named in self._in_part(descriptor, tokens, names)
                # None are left where all of the name are hidden.
                if named.merchants
            ]
        return found

    def _find_in(self, canonical_text: str, country: str) -> MerchantMatch | None:
        return self.find(parse(canonical_text), country)

    def _in_full(self, tokens: Sequence[Token], first: int, last: int) -> Named | None:
        parts = [token.text for token in tokens[first : last + 1]]
        merchants = self.gazetteer.named(parts)
        if merchants:
            return Named("exact", 1.0, merchants, first, last)
        joined = "".join(parts)
        if len(joined) < MIN_JOINED:
            return None
        other = joined[:-1] if joined.endswith("s") else joined + "s"
        for kind, key in (("joined", joined), ("plural", other)):
            merchants = self.gazetteer.written_together(key)
            if merchants:
                return Named(kind, 1.0, merchants, first, last)
        return None

    def _in_part(
        self, descriptor: Descriptor, tokens: Sequence[Token], names: Sequence[int]
    ) -> Iterator[Named]:
        """Names that the end of the text cut off, then misspelt ones, from the first word on."""
        first, last = names[0], names[-1]
        is_cut = len(descriptor.merchant_text) >= CUT_LENGTH
        joined = "".join(token.text for token in tokens[first : last + 1])
        if is_cut and len(joined) >= MIN_TRUNCATED and last - first < MAX_WORDS:
            longer = self.gazetteer.beginning_with(joined)
            if 0 < len(longer) <= MAX_COMPLETIONS:
                key = min(longer, key=len)
                merchants = self.gazetteer.written_together(key)
                yield Named("truncated", len(joined) / len(key), merchants, first, last)
                return
        for end in range(first, min(first + MAX_MISSPELT_WORDS, last + 1)):
            joined = "".join(token.text for token in tokens[first : end + 1])
            if len(joined) < MIN_MISSPELT or joined.isdigit():
                continue
            allowed = 1 if len(joined) < TWO_SLIPS_LENGTH else 2
            for key in self.gazetteer.beginning_with(joined[:SURE_BEGINNING]):
                distance = OSA.distance(joined, key, score_cutoff=allowed)
                if distance <= allowed:
                    merchants = self.gazetteer.written_together(key)
                    yield Named("misspelt", 1 - distance / len(joined), merchants, first, end)

    def _judge(self, named: Named, tokens: Sequence[Token], home: str) -> Candidate:
        inside = tokens[named.first : named.last + 1]
        outside = [
            token
            for place, token in enumerate(tokens)
            if token.is_name and not named.first <= place <= named.last and token.text not in IDLE
        ]
        rest = {token.text for token in outside}
        met = "".join(token.text for token in inside)
        chosen, tag, is_told = self._choose(named.merchants, met, rest, home)
        told = self._telling(tag)
        unexplained = sum(_letters(token) for token in outside if token.text not in told)
        covered = sum(_letters(token) for token in inside)
        bits = sum(self._bits(token.text) for token in inside)
        return Candidate(
            merchant=chosen,
            tag=tag,
            start=inside[0].start,
            end=inside[-1].end,
            kind=named.kind,
            bits=bits * named.share,
            coverage=covered / (covered + unexplained) if covered else 0.0,
            is_first=not any(
                token.is_name and token.text not in IDLE for token in tokens[: named.first]
            ),
            country=_country(chosen, home),
            is_told_by_words=is_told or bool(told & rest),
            is_common=self._is_common(inside, told),
            is_home_unknown=bool(chosen.countries) and not home,
            rivals=len({merchant.tag for merchant in named.merchants}) - 1,
        )

    def _is_common(self, name: Sequence[Token], told: frozenset[str]) -> bool:
        """Whether others may well write the same: one everyday word, the name of a city, or
        nothing but words for what is sold."""
        if len(name) == 1:
            word = name[0].text
            return self._vocabulary.is_everyday(word) or bool(load_places().find(word))
        return all(token.text in told for token in name)

    def _bits(self, word: str) -> float:
        return min(self._vocabulary.bits(word), RARITY_WEIGHT * self.gazetteer.bits(word))

    def _words_for(self, tag: str) -> frozenset[str]:
        """Words that speak for a tag, of which there are some hundreds."""
        return frozenset((*self.gazetteer.tag_words(tag).split(), *HINTS.get(tag, ())))

    def _choose(
        self, merchants: Sequence[Merchant], met: str, rest: set[str], home: str
    ) -> tuple[Merchant, str, bool]:
        """Of those with the name: whom the country, then the other words speak for; then who is
        called so before who is called so besides, and what a merchant sells most."""
        ranked = []
        for place, merchant in enumerate(merchants):
            is_besides = joined_name(merchant.name) != met
            for order, tag in enumerate((merchant.tag, *merchant.other_tags)):
                told = not rest.isdisjoint(self._telling(tag))
                is_minor = tag in MINOR_TAGS
                rank = (-_country(merchant, home), not told, is_minor, is_besides, order, place)
                ranked.append((rank, merchant, tag, told))
        _, merchant, tag, told = min(ranked, key=itemgetter(0))
        return merchant, tag, told


def sure(match: MerchantMatch | None) -> MerchantMatch | None:
    """The match, where it is sure enough to name the merchant."""
    return match if match is not None and match.confidence >= SURE_CONFIDENCE else None


def _standing(candidate: Candidate) -> tuple[float, int]:
    return confidence(candidate), candidate.end - candidate.start


def _country(merchant: Merchant, home: str) -> int:
    if not home or not merchant.countries:
        return 0
    return 1 if home in merchant.countries else -1


def _letters(token: Token) -> int:
    """What a word weighs in a name; a number or a single letter says little."""
    return 1 if token.text.isdigit() or len(token.text) == 1 else len(token.text)


def _tokens(descriptor: Descriptor) -> list[Token]:
    """The words of a name and of the place behind it, in the text's order.

    Where all was recognized as something else, a processor is who was paid, or a service for
    sending money.
    """
    kinds = NAME_PARTS
    if not any(part.kind in NAME_PARTS for part in descriptor.parts):
        is_service = descriptor.channel in SERVICES
        kinds = (PartKind.PROCESSOR, *([PartKind.CHANNEL] if is_service else ()))
    tokens: list[Token] = []
    for part in descriptor.parts:
        if part.kind not in kinds and part.kind not in PLACE_PARTS:
            continue
        for word in words(descriptor.text[part.start : part.end]):
            tokens.append(
                Token(word.text, part.start + word.start, part.start + word.end, part.kind in kinds)
            )
            if len(tokens) == MAX_READ:
                return tokens
    return tokens
