"""A descriptor as it came, in stretches that say what each part of it is."""

from dataclasses import dataclass
from itertools import pairwise

from classifier.engine.descriptors import Descriptor, PartKind


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of text; `kind` is empty where it is but filler."""

    text: str
    kind: str
    label: str
    is_merchant_found: bool


def segments(descriptor: Descriptor, merchant_span: tuple[int, int] | None) -> list[Segment]:
    """The parts in order, divided where the name of the merchant that was found begins or ends."""
    first, last = merchant_span or (0, 0)
    shown = []
    for part in descriptor.parts:
        inner = {cut for cut in (first, last) if part.start < cut < part.end}
        for start, end in pairwise(sorted({part.start, part.end, *inner})):
            is_found = first <= start and end <= last
            kind = "" if part.kind is PartKind.FILLER else part.kind.value
            label = "merchant found" if is_found else kind.replace("_", " ")
            shown.append(Segment(descriptor.text[start:end], kind, label, is_found))
    return shown
