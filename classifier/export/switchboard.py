"""A graph that holds each product twice, in FP32 and in INT8, and a switch between the two.

What a node's INT8 form does to the vectors is measured by turning one switch, and not by building
a model for each choice.
"""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from classifier.engine.kinds import Kind
from classifier.export.calibration import Activations
from classifier.export.graph import products
from classifier.export.quantize import Scheme, quantize
from classifier.export.session import open_session, run_all
from classifier.progress import Progress

SWITCHES = "switches"
TWIN = "_twin"


class Switchboard:
    """Runs a model with any choice of its products in INT8.

    `names` are the products in the order of the switches, `sizes` their numbers of weights.
    """

    def __init__(
        self,
        model: onnx.ModelProto,
        scheme: Scheme,
        activations: Activations,
        scratch: Path,
        threads: int = 1,
    ) -> None:
        sizes = {node.name: array.size for node, array in products(model)}
        self.names = tuple(sizes)
        self.sizes = np.array(list(sizes.values()))
        self._runs_alone = scheme.kind is Kind.INT8_DYNAMIC
        twins = frozenset(name + TWIN for name in self.names)
        wired = quantize(_with_twins(model, self.names), scheme, twins, activations, scratch)
        self._session = open_session(wired, threads)

    def embed(
        self, quantized: frozenset[str]
    ) -> Callable[[Sequence[Sequence[int]], Progress], NDArray[np.float32]]:
        """From token ids to unit vectors (n, d), the products `quantized` being in INT8 and the
        others in FP32."""
        switches = np.array([name in quantized for name in self.names], dtype=np.float32)
        return partial(run_all, self._session, alone=self._runs_alone, more={SWITCHES: switches})


def _with_twins(model: onnx.ModelProto, names: Sequence[str]) -> onnx.ModelProto:
    """Each product beside a twin: out = product + switch * (twin - product)."""
    wired = onnx.ModelProto()
    wired.CopyFrom(model)
    graph = wired.graph
    graph.input.append(helper.make_tensor_value_info(SWITCHES, TensorProto.FLOAT, [len(names)]))
    places = {name: index for index, name in enumerate(names)}
    nodes: list[onnx.NodeProto] = []
    for node in graph.node:
        nodes.append(node)
        if node.name not in places:
            continue
        output, index = node.output[0], places[node.name]
        kept, twin, gap, part, switch = (
            f"{output}_{word}" for word in ("kept", "twin", "gap", "part", "switch")
        )
        graph.initializer.append(numpy_helper.from_array(np.array([index]), f"{switch}_index"))
        node.output[0] = kept
        nodes += [
            helper.make_node("MatMul", list(node.input), [twin], name=node.name + TWIN),
            helper.make_node("Gather", [SWITCHES, f"{switch}_index"], [switch]),
            helper.make_node("Sub", [twin, kept], [gap]),
            helper.make_node("Mul", [gap, switch], [part]),
            helper.make_node("Add", [kept, part], [output]),
        ]
    del graph.node[:]
    graph.node.extend(nodes)
    return wired
