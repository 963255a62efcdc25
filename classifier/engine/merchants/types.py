"""What is known of merchants, and what is found in a text."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Merchant:
    """Who can be paid.

    `aliases` are further names, as people write them. `tag` is what is bought there, in
    OpenStreetMap's way: "shop=supermarket", with its kind of food or ware behind a semicolon where
    one is known: "amenity=fast_food;cuisine=pizza"; `other_tags` what can be bought from it
    besides. `countries` are ISO 3166-1 alpha-2 codes in lower case; none means anywhere.
    `category` is a slug where an analyst has said what payments to this merchant are, else "".
    """

    key: str
    name: str
    tag: str
    aliases: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    wikidata_id: str = ""
    category: str = ""
    other_tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Tag:
    """A kind of merchant.

    `words` describe in everyday English what is bought there and are embedded; `category` is the
    slug of the category that such payments mostly are, "" where there is none.
    """

    tag: str
    words: str
    category: str = ""


@dataclass(frozen=True, slots=True)
class MerchantMatch:
    """A merchant that characters `start` to `end` of a descriptor name.

    `tag` is the one of the merchant's that the rest of the text speaks for, as a rule its first.
    `confidence` is the chance, from 0 to 1, that it is this merchant who was paid, or who paid.
    `is_sale` is false where the descriptor says that the money is for something else than what is
    sold there: wages, interest, a fee, a refund.
    """

    merchant: Merchant
    tag: str
    confidence: float
    start: int
    end: int
    is_sale: bool = True
