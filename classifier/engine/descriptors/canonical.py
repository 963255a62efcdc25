"""Canonical text of bank and card transaction descriptors.

`normalize` strips adaptively. Every line loses what unmistakably names one transaction and not the
merchant: the bank's wrapper, processor prefixes, card masks, dates, labelled references, phone and
store numbers. Only a *memo* (a line longer than a card network's name field) also loses bare
numbers and ids, because in a short line they are as often a part of the name.
"""

import re
import unicodedata
from typing import Final

from classifier.engine.descriptors.rules import RULES
from classifier.engine.descriptors.trail import DANGLING_END, DANGLING_START, Trail

NORMALIZER_VERSION: Final = 1

# A card network carries 22 to 25 characters of merchant name; a longer line holds more than that.
_CARD_NAME_LENGTH: Final = 25
# Of the folded text, which can be longer than its input: "ß" becomes "ss". The longest remittance
# fields hold under 500 characters.
MAX_CANONICAL_LENGTH: Final = 512
# A pass can uncover what the next one strips (a prefix behind a date); real lines settle in three.
_MAX_PASSES: Final = 8


_DIGIT: Final = re.compile(r"\d")


def normalize(text: str) -> str:
    """Return the canonical text of a descriptor: cache key, duplicate key and encoder input.

    Total, deterministic and idempotent. The result is folded (NFKC, case-folded, no control or
    format characters, single spaces, cut at MAX_CANONICAL_LENGTH), never longer than the folded
    input, and holds a letter wherever the folded input does: a part that would take the last
    letter is left in place. Text in which nothing is recognized comes back folded, as does text
    without a letter.
    """
    folded = fold(text)
    stripped = strip(folded)
    # Still changing is no bank's format; leaving it whole keeps the function idempotent.
    return folded if stripped is None else stripped


def strip(folded: str, trail: Trail | None = None) -> str | None:
    """Return the canonical text of a folded one, None where it does not settle.

    What is taken away is noted in `trail`, which is of no use where None is returned.
    """
    current = folded
    for _ in range(_MAX_PASSES):
        stripped = _strip(current, trail)
        if stripped == current:
            return current
        current = stripped
    return None


def fold(text: str) -> str:
    """Return the text in the form in which everything is compared, MAX_CANONICAL_LENGTH at most."""
    return _cut(fold_cluster(text))


def fold_cluster(text: str) -> str:
    """Fold without joining spaces and without cutting."""
    if not text.isprintable():
        text = "".join(map(_visible, text))
    if text.isascii():
        return text.lower()
    # Folding case can undo the normal form and the reverse; together they settle in a few rounds.
    previous = ""
    while text != previous:
        previous = text
        text = unicodedata.normalize("NFKC", text.casefold())
    return text


def _cut(text: str) -> str:
    return " ".join(text.split())[:MAX_CANONICAL_LENGTH].rstrip()


def _visible(character: str) -> str:
    """Return the character, a space for a control, nothing for a format mark or a surrogate."""
    category = unicodedata.category(character)
    if category == "Cc":
        return " "
    return "" if category in ("Cf", "Cs") else character


def _strip(text: str, trail: Trail | None) -> str:
    """Apply every rule once."""
    is_memo = len(text) > _CARD_NAME_LENGTH
    has_digit = _DIGIT.search(text) is not None
    for rule in RULES:
        if (rule.needs not in text) if rule.needs else (not has_digit):
            continue
        if rule.memo_only and not is_memo:
            continue
        stripped, count = rule.pattern.subn(" ", text)
        if count and any(map(str.isalpha, stripped)):
            if trail is not None:
                trail.remove(rule.kind, rule.pattern.finditer(text))
            text = " ".join(stripped.split()).lstrip(DANGLING_START).rstrip(DANGLING_END)
            has_digit = _DIGIT.search(text) is not None
    return text
