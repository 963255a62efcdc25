"""What several steps ask of an ONNX graph or do to it."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

# As ONNX spells it.
PRODUCT = "MatMul"
# Of the nodes that ONNX Runtime has beside those of ONNX.
RUNTIME_DOMAIN = "com.microsoft"


def weights(model: onnx.ModelProto) -> dict[str, onnx.TensorProto]:
    """Constant tensors by name."""
    return {tensor.name: tensor for tensor in model.graph.initializer}


def products(model: onnx.ModelProto) -> Iterator[tuple[onnx.NodeProto, NDArray[np.float32]]]:
    """The products with constant weights, each with its weights (inputs, outputs)."""
    constants = weights(model)
    for node in model.graph.node:
        if node.op_type == PRODUCT and node.input[1] in constants:
            yield node, numpy_helper.to_array(constants[node.input[1]])


def name_products(model: onnx.ModelProto, prefix: str) -> None:
    """Name each product with weights as the model does, by the bias that is added to it. One
    without a bias of its own keeps the name that it has."""
    constants = weights(model)
    readers: dict[str, list[onnx.NodeProto]] = {}
    for node in model.graph.node:
        for name in node.input:
            readers.setdefault(name, []).append(node)
    for node, _ in products(model):
        for addition in readers.get(node.output[0], []):
            biases = [name for name in addition.input if name in constants]
            if addition.op_type == "Add" and biases and len(readers[biases[0]]) == 1:
                node.name = biases[0].removeprefix(prefix).removesuffix(".bias")


def use_runtime_nodes(model: onnx.ModelProto) -> None:
    """Declare that a graph may hold nodes of ONNX Runtime."""
    if all(entry.domain != RUNTIME_DOMAIN for entry in model.opset_import):
        model.opset_import.append(helper.make_opsetid(RUNTIME_DOMAIN, 1))


def drop_origins(model: onnx.ModelProto) -> None:
    """Remove notes of where in which source file each node was made, and by what: they name
    folders of this machine, and would give the same model another digest elsewhere."""
    graph = model.graph
    for part in (model, graph, *graph.node, *graph.value_info, *graph.initializer):
        del part.metadata_props[:]
    for node in graph.node:
        node.doc_string = ""
    model.doc_string = ""


def drop_unread(model: onnx.ModelProto) -> None:
    """Remove constants that no node reads."""
    read = {name for node in model.graph.node for name in node.input}
    for name, tensor in weights(model).items():
        if name not in read:
            model.graph.initializer.remove(tensor)


def save(model: onnx.ModelProto, path: Path) -> None:
    drop_origins(model)
    onnx.save(model, path)
