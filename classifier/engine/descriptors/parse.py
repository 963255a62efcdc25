"""A descriptor's typed parts and where they are."""

from classifier.engine.descriptors.canonical import normalize
from classifier.engine.descriptors.parts import Descriptor, Location, Part, PartKind


def parse(text: str) -> Descriptor:
    """Take a descriptor apart. Total and deterministic."""
    canonical = normalize(text)
    parts = (Part(PartKind.MERCHANT, 0, len(text), canonical),) if text else ()
    return Descriptor(text, parts, canonical, canonical, "", None, Location(), is_recurring=False)
