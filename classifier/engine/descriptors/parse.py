"""A descriptor's typed parts and where they are.

The strip rules of `normalize` and the rules here are one pass over one trail: first what is no part
of the canonical text, then what is in it and is not the merchant.
"""

from classifier.engine.descriptors.canonical import fold, strip
from classifier.engine.descriptors.channels import main_channel
from classifier.engine.descriptors.origins import trace
from classifier.engine.descriptors.parts import Channel, Descriptor, Location, Part, PartKind
from classifier.engine.descriptors.processors import MARKETPLACE
from classifier.engine.descriptors.reading import Label, Reading
from classifier.engine.descriptors.trail import Trail


def parse(text: str) -> Descriptor:
    """Take a descriptor apart. Total and deterministic; linear in the text."""
    folded = fold(text)
    trail = Trail(folded)
    canonical = strip(folded, trail)
    if canonical is None:
        canonical = folded
        trail = Trail(folded)
    reading = Reading(trail)
    reading.annotate()
    origins = trace(text, folded)
    if origins is None:
        parts = _whole(text, reading.trail.text)
    else:
        parts = _tile(text, folded, reading.labels(folded), origins)
    merchant = " ".join(part.value for part in parts if part.kind is PartKind.MERCHANT)
    return Descriptor(
        text,
        parts,
        canonical,
        merchant,
        _processor(parts, merchant),
        main_channel({Channel(part.value) for part in parts if part.kind is PartKind.CHANNEL}),
        reading.location if origins is not None else Location(),
        is_recurring=any(
            part.kind is PartKind.RECURRING or part.value == Channel.STANDING_ORDER
            for part in parts
        ),
    )


def _whole(text: str, merchant: str) -> tuple[Part, ...]:
    """Return one part: where the characters of the folded text stood cannot be said."""
    kind = PartKind.MERCHANT if any(map(str.isalnum, merchant)) else PartKind.FILLER
    return (Part(kind, 0, len(text), merchant),) if text else ()


def _processor(parts: tuple[Part, ...], merchant: str) -> str:
    if MARKETPLACE.match(merchant):
        return "Amazon Marketplace"
    return next((part.value for part in parts if part.kind is PartKind.PROCESSOR), "")


def _tile(
    text: str, folded: str, labels: list[Label], origins: list[tuple[int, int]]
) -> tuple[Part, ...]:
    """Return parts that cover `text`, from what the characters of the folded text are."""
    parts: list[Part] = []
    cursor = 0  # in the text
    pending = 0  # in the folded text
    stop = 0
    length = len(folded)
    while stop < length:
        first = stop
        label = labels[first]
        stop += 1
        while stop < length and labels[stop] is label:
            stop += 1
        if label is None:
            continue
        kind, value = label
        # Spaces at the ends of a run belong to no part.
        last = stop - 1
        while folded[last] == " " and last > first:
            last -= 1
        while folded[first] == " " and first < last:
            first += 1
        if folded[first] == " ":
            continue
        start, end = max(cursor, origins[first][0]), origins[last][1]
        if end <= start:
            continue
        if start > cursor:
            parts.append(Part(PartKind.FILLER, cursor, start, folded[pending:first].strip()))
        parts.append(Part(kind, start, end, value or folded[first : last + 1]))
        cursor, pending = end, last + 1
    if cursor < len(text):
        parts.append(Part(PartKind.FILLER, cursor, len(text), folded[pending:].strip()))
    return tuple(parts)
