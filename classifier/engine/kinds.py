"""The kinds of encoder artifacts, and of what is built on them."""

from enum import StrEnum


class Kind(StrEnum):
    """In what arithmetic an encoder multiplies: the value of `EncoderCard.precision`.

    FP32 is exported from the model and is the reference of the others, which are made from it:
    FP32_OPTIMIZED by fusing nodes; INT8_DYNAMIC with activation ranges taken from each call,
    over all its values; INT8_BLOCK with ranges taken from each token, a block of values at a
    time; INT8_STATIC with ranges that were measured on a project's own descriptors.
    """

    FP32 = "fp32"
    FP32_OPTIMIZED = "fp32_optimized"
    INT8_DYNAMIC = "int8_dynamic"
    INT8_BLOCK = "int8_block"
    INT8_STATIC = "int8_static"

    @property
    def label(self) -> str:
        return _LABELS[self]

    @property
    def is_quantized(self) -> bool:
        return self in (Kind.INT8_DYNAMIC, Kind.INT8_BLOCK, Kind.INT8_STATIC)


_LABELS = {
    Kind.FP32: "FP32",
    Kind.FP32_OPTIMIZED: "FP32, fused",
    Kind.INT8_DYNAMIC: "INT8, dynamic",
    Kind.INT8_BLOCK: "INT8, by blocks",
    Kind.INT8_STATIC: "INT8, static",
}
DERIVED_KINDS = tuple(kind for kind in Kind if kind is not Kind.FP32)


class HeadKind(StrEnum):
    """What of a version decides: prototypes alone, or with a linear classifier beside them."""

    PROTOTYPE = "prototype"
    HYBRID = "hybrid"
