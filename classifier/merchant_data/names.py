"""What a brand is called, from the tags of name-suggestion-index."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping

from classifier.engine.merchants.table import SEPARATOR
from classifier.engine.merchants.words import words

# Keys of tags that hold a name, each with "" or a language behind it.
_NAME_KEYS = (
    "name",
    "brand",
    "network",
    "short_name",
    "alt_name",
    "official_name",
    "old_name",
    "int_name",
    "loc_name",
)
_LANGUAGE = re.compile(r"(?:short|[a-z]{2,3}(?:-[A-Za-z0-9-]+)?)")
_ENGLISH = ("name:en", "brand:en", "network:en", "int_name", "official_name:en", "operator:en")
# "Alfa (Россия)": the source tells two of one name apart so.
_QUALIFIER = re.compile(r"\s*[(（][^()（）]*[)）]\s*$")  # noqa: RUF001
_SPACES = re.compile(r"[\s|]+")


def display_name(name: str, tags: Mapping[str, str]) -> str:
    """The name in Latin letters where there is one."""
    plain = tidy(_QUALIFIER.sub("", name)) or tidy(name)
    candidates = [plain, *(tags[key] for key in _ENGLISH if key in tags)]
    candidates += [tags[key] for key in sorted(tags) if "Latn" in key]
    return next((tidy(candidate) for candidate in candidates if is_latin(candidate)), plain)


def other_names(tags: Mapping[str, str]) -> Iterator[str]:
    """All names in the tags of an entry, the operator's where it is of the brand's family."""
    for key, value in sorted(tags.items()):
        kind, _, language = key.partition(":")
        if kind in _NAME_KEYS and (not language or _LANGUAGE.fullmatch(language)):
            yield from value.split(";")
    if _is_of_family(tags):
        yield tags["operator"]


def _is_of_family(tags: Mapping[str, str]) -> bool:
    if "operator" not in tags:
        return False
    brand = tags.get("brand", tags.get("network", ""))
    if not brand:
        return True
    brand_id = tags.get("brand:wikidata", tags.get("network:wikidata"))
    if brand_id is not None and tags.get("operator:wikidata") == brand_id:
        return True
    return [word.text for word in words(brand)][:1] == [
        word.text for word in words(tags["operator"])
    ][:1]


def distinct(
    name: str, aliases: Iterable[str], refused: Iterable[re.Pattern[str]] = ()
) -> tuple[str, ...]:
    """The aliases that, as words are compared, are neither the name nor one another.

    Those of one letter and those that a pattern of `refused` finds are left out.
    """
    seen = {plain_name(name)}
    patterns = tuple(refused)
    kept = []
    for alias in map(tidy, aliases):
        plain = plain_name(alias)
        if len(plain.replace(" ", "")) > 1 and plain not in seen and not is_any(alias, patterns):
            seen.add(plain)
            kept.append(alias)
    return tuple(kept)


def is_any(name: str, patterns: Iterable[re.Pattern[str]]) -> bool:
    return any(pattern.search(name.casefold()) for pattern in patterns)


def plain_name(name: str) -> str:
    """A name as names are compared: its words without case and accents, one space between."""
    return " ".join(word.text for word in words(name))


def tidy(name: str) -> str:
    """A name on one line, without the mark that separates aliases in the table."""
    return _SPACES.sub(" ", name.replace(SEPARATOR, " ")).strip()


def is_latin(name: str) -> bool:
    """Whether it has letters, all of them Latin."""
    letters = [letter for letter in name if letter.isalpha()]
    return bool(letters) and all(
        unicodedata.name(letter, "").startswith(("LATIN", "FEMININE", "MASCULINE"))
        for letter in letters
    )
