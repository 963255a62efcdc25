"""What a bank or card transaction's descriptor says.

`normalize` gives the canonical text: cache key, duplicate key and encoder input. `parse` gives the
typed parts with their places, and the merchant text that is left.
"""

from classifier.engine.descriptors.canonical import (
    MAX_CANONICAL_LENGTH,
    NORMALIZER_VERSION,
    normalize,
)
from classifier.engine.descriptors.parse import parse
from classifier.engine.descriptors.parts import Channel, Descriptor, Location, Part, PartKind

__all__ = [
    "MAX_CANONICAL_LENGTH",
    "NORMALIZER_VERSION",
    "Channel",
    "Descriptor",
    "Location",
    "Part",
    "PartKind",
    "normalize",
    "parse",
]
