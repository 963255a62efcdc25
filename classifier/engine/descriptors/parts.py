"""The parts that a descriptor is made of."""

from dataclasses import dataclass
from enum import StrEnum


class PartKind(StrEnum):
    """What a stretch of a descriptor is."""

    MERCHANT = "merchant"
    PROCESSOR = "processor"
    CHANNEL = "channel"
    RECURRING = "recurring"
    DATE = "date"
    TIME = "time"
    AMOUNT = "amount"
    EXCHANGE = "exchange"
    CARD = "card"
    PHONE = "phone"
    URL = "url"
    REFERENCE = "reference"
    AUTHORIZATION = "authorization"
    TERMINAL = "terminal"
    STORE_NUMBER = "store_number"
    CITY = "city"
    REGION = "region"
    COUNTRY = "country"
    # A bank's own wording, labels of fields, punctuation and space between the other parts.
    FILLER = "filler"


class Channel(StrEnum):
    """How the money moved, or what kind of booking it is."""

    CARD = "card"
    POINT_OF_SALE = "point_of_sale"
    ONLINE = "online"
    CONTACTLESS = "contactless"
    ATM = "atm"
    DIRECT_DEBIT = "direct_debit"
    STANDING_ORDER = "standing_order"
    ACH = "ach"
    SEPA = "sepa"
    WIRE = "wire"
    TRANSFER = "transfer"
    ZELLE = "zelle"
    VENMO = "venmo"
    CASH_APP = "cash_app"
    UPI = "upi"
    PIX = "pix"
    INTERAC = "interac"
    FASTER_PAYMENT = "faster_payment"
    CHECK = "check"
    DEPOSIT = "deposit"
    FEE = "fee"
    INTEREST = "interest"
    REFUND = "refund"
    REVERSAL = "reversal"
    PAYROLL = "payroll"
    PREAUTHORIZATION = "preauthorization"


@dataclass(frozen=True, slots=True)
class Part:
    """Characters `start` to `end` of the descriptor as it came.

    `value` is their normal form: a processor's name ("Square"), a Channel's value, an ISO 8601
    date or time, an ISO 4217 code with a decimal amount ("USD 12.50"), a city's name, a region's
    code ("CA"), an ISO 3166-1 alpha-2 country code in lower case, the last digits of a card;
    else the characters themselves, folded.
    """

    kind: PartKind
    start: int
    end: int
    value: str


@dataclass(frozen=True, slots=True)
class Location:
    """Where a payment was made, as far as the descriptor says; "" where it does not.

    `country` is an ISO 3166-1 alpha-2 code in lower case, `region` a state's or province's code
    as written in that country.
    """

    city: str = ""
    region: str = ""
    country: str = ""


@dataclass(frozen=True, slots=True)
class Descriptor:
    """A descriptor, taken apart. The spans of `parts` tile `text`.

    `canonical_text` is what `normalize` gives. `merchant_text` is the folded text of the merchant
    parts joined by a space, "" where none is left; `processor` a name, "" where none is named.
    """

    text: str
    parts: tuple[Part, ...]
    canonical_text: str
    merchant_text: str
    processor: str
    channel: Channel | None
    location: Location
    is_recurring: bool
