"""Indian transfers, whose fields stand between slashes or hyphens: UPI, IMPS, NEFT, RTGS."""

import re
from typing import Final, NamedTuple

from classifier.engine.descriptors.parts import Channel, PartKind

_INDIAN: Final = re.compile(
    r"\A(upi|imps|neft|rtgs|mmt|billpay)(?:[ /_-]*(?:cr|dr|in|out|p2[amp]))?[/-]"
)
_FIELD: Final = re.compile(r"[^/-]+")
_REFERENCE: Final = re.compile(
    r"\S*\d{6,}\S*|\S+@\S*|[a-z]{4}0[a-z0-9]{6}|[a-z]{4}[a-z]?\d{8,}|[x*]+\d{2,}|\d{3,}"
)
_NO_NAME: Final = re.compile(
    r"(?:cr|dr|p2[amp]|upi|imps|neft|payment(?: from phone)?|pay|paid|via|na|null|no remarks|sent"
    r"|collect|hdfc|icici|sbi|sbin|utib|icic|kkbk|axis|axis bank|hdfc bank|icici bank|yes|yesb|ybl"
    r"|paytm|okaxis|oksbi|okicici|okhdfcbank|phonepe|yes bank|sbi bank|kotak|pnb|bank"
    r"|others|pay to)"
    r"(?: bank)?(?: ltd)?"
)
_CHANNELS: Final = {"upi": Channel.UPI, "rtgs": Channel.WIRE}


class Field(NamedTuple):
    kind: PartKind
    start: int
    end: int
    value: str


def read_transfer(text: str) -> list[Field]:
    """Return the fields of an Indian transfer other than the payee, none where it is none."""
    opening = _INDIAN.match(text)
    if opening is None:
        return []
    channel = _CHANNELS.get(opening[1], Channel.TRANSFER)
    found = [Field(PartKind.CHANNEL, 0, opening.end(), channel.value)]
    is_named = False
    for field in _FIELD.finditer(text, opening.end()):
        value = field[0].strip()
        if not value:
            continue
        if value in ("salary", "payroll", "sal"):
            found.append(Field(PartKind.CHANNEL, *field.span(), Channel.PAYROLL.value))
        elif _REFERENCE.fullmatch(value):
            found.append(Field(PartKind.REFERENCE, *field.span(), value))
        elif is_named or _NO_NAME.fullmatch(value):
            found.append(Field(PartKind.FILLER, *field.span(), value))
        else:
            is_named = True
    return found if is_named or len(found) > 1 else []
