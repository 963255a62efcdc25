"""Fewer and larger nodes: the fusions of onnxruntime.transformers."""

import math
from collections import Counter
from pathlib import Path

import numpy as np
import onnx
from onnx import helper, numpy_helper
from onnxruntime.transformers.fusion_options import FusionOptions
from onnxruntime.transformers.optimizer import optimize_model

from classifier.exceptions import EncoderError
from classifier.export.graph import PRODUCT, use_runtime_nodes, weights

# What the fusions raise in the middle of a pattern that a model only begins with.
STUMBLES = (AssertionError, AttributeError, IndexError, KeyError, TypeError, ValueError)
NO_CONSTANT = np.empty(0)
FUSED = ("Attention", "MultiHeadAttention", "SkipLayerNormalization", "BiasGelu", "Gelu")


def fuse(source: Path, dimension: int, *, keep_products: bool) -> onnx.ModelProto:
    """Fuse attention, skip-layer-norm and gelu of an exported model, as far as they are found.

    With `keep_products` the products for query, key and value stay nodes of their own, which
    can be quantized one by one; without, they are one with the attention. `dimension` is that
    of the hidden states. Raises EncoderError where the graph is of a form that the fusions do
    not know.
    """
    model = onnx.load(source)
    head_size = _shape_for_fusion(model)
    options = FusionOptions("bert")
    options.use_multi_head_attention = keep_products
    is_known = head_size is not None and dimension % head_size == 0
    try:
        fused = optimize_model(
            model,
            model_type="bert",
            num_heads=dimension // head_size if head_size and is_known else 0,
            hidden_size=dimension if is_known else 0,
            optimization_options=options,
            opt_level=0,
        )
    except STUMBLES as error:
        raise EncoderError(
            f"{source}: the fusions do not know this graph ({type(error).__name__}: {error})."
        ) from error
    fused.topological_sort()
    result: onnx.ModelProto = fused.model
    use_runtime_nodes(result)
    return result


def fused_counts(model: onnx.ModelProto) -> tuple[tuple[str, int], ...]:
    """How many nodes of each fused kind a graph holds; those that it has none of are left out."""
    counts = Counter(node.op_type for node in model.graph.node)
    return tuple((kind, counts[kind]) for kind in FUSED if counts[kind])


def _shape_for_fusion(model: onnx.ModelProto) -> int | None:
    """Write two things as the fusion of attention looks for them. Returns the head's size.

    The scores of attention are divided by the root of the head's size, where the exporter
    multiplies by its inverse; and the mask gets its two axes one after the other, where the
    exporter adds both at once.
    """
    constants = {
        name: numpy_helper.to_array(tensor)
        for name, tensor in weights(model).items()
        if math.prod(tensor.dims) <= 2
    }
    scores = {node.output[0] for node in model.graph.node if node.op_type == PRODUCT}
    head_size = None
    nodes: list[onnx.NodeProto] = []
    for node in model.graph.node:
        constant = (
            constants.get(node.input[1], NO_CONSTANT) if len(node.input) == 2 else NO_CONSTANT
        )
        if node.op_type == "Mul" and node.input[0] in scores and constant.size == 1:
            divisor = 1 / float(constant.ravel()[0])
            head_size = round(divisor**2)
            nodes.append(_with_constant(model, "Div", node, np.array(divisor, dtype=np.float32)))
        elif node.op_type == "Unsqueeze" and constant.tolist() == [1, 2]:
            first = _with_constant(model, "Unsqueeze", node, np.array([1]), node.output[0] + "_1")
            last = _with_constant(model, "Unsqueeze", node, np.array([2]))
            last.input[0] = first.output[0]
            nodes += [first, last]
        else:
            nodes.append(node)
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    return head_size


def _with_constant(
    model: onnx.ModelProto, kind: str, old: onnx.NodeProto, value: np.ndarray, output: str = ""
) -> onnx.NodeProto:
    """A node of `kind` with the first input of `old` and a new constant."""
    output = output or old.output[0]
    model.graph.initializer.append(numpy_helper.from_array(value, f"{output}_constant"))
    return helper.make_node(kind, [old.input[0], f"{output}_constant"], [output], name=output)
