"""What a description says beside the merchant, in words.

`said` is a prediction's `descriptor`: processor (a name), channel (a Channel's value), location
(city, region and country), is_recurring, merchant_confidence. What is not said may be missing.
"""

from typing import Any

from classifier.admin.cells import NOTHING
from classifier.countries import COUNTRIES
from classifier.engine.descriptors.parts import Channel
from classifier.engine.merchants.knowledge import MerchantEvidence

CHANNELS = {
    **{channel.value: channel.value.replace("_", " ").capitalize() for channel in Channel},
    Channel.POINT_OF_SALE.value: "Card at a terminal",
    Channel.CONTACTLESS.value: "Contactless card",
    Channel.ATM.value: "Cash machine",
    Channel.ACH.value: "ACH",
    Channel.SEPA.value: "SEPA",
    Channel.WIRE.value: "Wire transfer",
    Channel.UPI.value: "UPI",
    Channel.PIX.value: "PIX",
    Channel.PAYROLL.value: "Wages",
}


def processor(said: dict[str, Any]) -> str:
    return said.get("processor") or NOTHING


def channel(said: dict[str, Any]) -> str:
    value = said.get("channel")
    return CHANNELS.get(value, value) if value else NOTHING


def place(said: dict[str, Any]) -> str:
    """City, region and country."""
    where = said.get("location") or {}
    words = (where.get("city"), where.get("region"), country(where.get("country", "")))
    return ", ".join(word for word in words if word and word != NOTHING) or NOTHING


def country(code: str) -> str:
    """By its name; a code that no country has stands for itself."""
    return COUNTRIES.get(code.lower(), code) or NOTHING


def recurring(said: dict[str, Any]) -> str:
    return "it says so" if said.get("is_recurring") else NOTHING


def evidence_in_words(evidence: MerchantEvidence | None, *, is_named: bool) -> str:
    """What a merchant said of the category, "" where none did. `is_named` where the answer names
    the merchant as well."""
    if evidence is None:
        return ""
    condition = "" if is_named else f", if it is {evidence.match.merchant.name}"
    words = evidence.words or "what its category says"
    return f"{words}{condition}; this counts {evidence.weight:.2f} beside the text's 1"
