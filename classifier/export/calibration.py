"""What values go into the products of a graph, on a project's own descriptors."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from classifier.export.graph import drop_unread, products
from classifier.export.session import batches, open_session
from classifier.progress import Progress, silent

SMOOTHED = "_smoothed"
# Under every activation that matters; keeps a channel that is always zero from dividing by it.
TINY = 1e-6


@dataclass(frozen=True)
class Activations:
    """What goes into each product, by the tensor's name: the lowest and the highest value of
    each channel (channels,), and where asked for the sum of x xᵀ over tokens x (channels,
    channels); float32."""

    lows: Mapping[str, NDArray[np.float32]]
    highs: Mapping[str, NDArray[np.float32]]
    moments: Mapping[str, NDArray[np.float32]]

    def peaks(self, name: str) -> NDArray[np.float32]:
        """The largest magnitude of each channel."""
        return np.maximum(np.maximum(-self.lows[name], self.highs[name]), np.float32(TINY))


def measure_activations(
    model: onnx.ModelProto,
    token_ids: Sequence[Sequence[int]],
    report: Progress = silent,
    *,
    with_moments: bool = False,
) -> Activations:
    """Run the texts through the model, in batches of one length, so that no padding counts."""
    names = sorted({node.input[0] for node, _ in products(model)})
    watched = onnx.ModelProto()
    watched.CopyFrom(model)
    outputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in names]
    watched.graph.output.extend(outputs)
    session = open_session(watched)
    lows: dict[str, NDArray[np.float32]] = {}
    highs: dict[str, NDArray[np.float32]] = {}
    moments: dict[str, NDArray[np.float32]] = {}
    done = 0
    for chosen, batch in batches(token_ids):
        values = {"input_ids": batch, "attention_mask": np.ones_like(batch)}
        for name, found in zip(names, session.run(names, values), strict=True):
            rows = found.reshape(-1, found.shape[-1])
            low, high = rows.min(axis=0), rows.max(axis=0)
            lows[name] = np.minimum(lows.get(name, low), low)
            highs[name] = np.maximum(highs.get(name, high), high)
            if with_moments:
                moments[name] = moments.get(name, np.float32(0)) + rows.T @ rows
        done += len(chosen)
        report(done / len(token_ids), f"calibrating: {done} of {len(token_ids)} texts")
    return Activations(lows, highs, moments)


def smooth(
    model: onnx.ModelProto, activations: Activations, strength: float, nodes: frozenset[str]
) -> tuple[onnx.ModelProto, Activations]:
    """Move a share of the activations' ranges into the weights, for the products in `nodes`.

    Each channel j of an input x is divided by s_j = max|x_j|^strength / max|W_j|^(1 - strength),
    and row j of the weights W is multiplied by it: the product is the same, and no channel's
    outliers widen the range that all share. Xiao et al., "SmoothQuant" (2023), eq. 4. Products
    of one input share its factors. Returns the model and what goes into its products.
    """
    smoothed = onnx.ModelProto()
    smoothed.CopyFrom(model)
    rows = {node.name: array for node, array in products(smoothed) if node.name in nodes}
    sharing: dict[str, list[onnx.NodeProto]] = {}
    for node in smoothed.graph.node:
        if node.name in rows:
            sharing.setdefault(node.input[0], []).append(node)
    factors = {}
    for name, readers in sharing.items():
        row_peaks = np.max([np.abs(rows[node.name]).max(axis=1) for node in readers], axis=0)
        raw = activations.peaks(name) ** strength / np.maximum(row_peaks, TINY) ** (1 - strength)
        # Factors about 1 leave the weights in the range where float32 is as fine as before.
        factors[name] = (raw / np.exp(np.log(raw).mean())).astype(np.float32)
        for node in readers:
            scaled = rows[node.name] * factors[name][:, None]
            smoothed.graph.initializer.append(
                numpy_helper.from_array(scaled, node.input[1] + f"{SMOOTHED}_{node.name}")
            )
            node.input[:] = [name + SMOOTHED, node.input[1] + f"{SMOOTHED}_{node.name}"]
    _insert_divisions(smoothed, factors)
    drop_unread(smoothed)
    return smoothed, _divided(activations, factors)


def _divided(activations: Activations, factors: Mapping[str, NDArray[np.float32]]) -> Activations:
    lows, highs = dict(activations.lows), dict(activations.highs)
    moments = dict(activations.moments)
    for name, factor in factors.items():
        lows[name + SMOOTHED] = lows[name] / factor
        highs[name + SMOOTHED] = highs[name] / factor
        if name in moments:
            moments[name + SMOOTHED] = moments[name] / np.outer(factor, factor)
    return Activations(lows, highs, moments)


def _insert_divisions(model: onnx.ModelProto, factors: Mapping[str, NDArray[np.float32]]) -> None:
    """x * (1 / s) before the first node that reads it: a product, which is quicker."""
    waiting = dict(factors)
    nodes: list[onnx.NodeProto] = []
    for node in model.graph.node:
        for name in list(waiting):
            if name + SMOOTHED in node.input:
                inverse = numpy_helper.from_array(1 / waiting.pop(name), f"{name}_inverse")
                model.graph.initializer.append(inverse)
                inputs = [name, inverse.name]
                nodes.append(helper.make_node("Mul", inputs, [name + SMOOTHED], name + SMOOTHED))
        nodes.append(node)
    del model.graph.node[:]
    model.graph.node.extend(nodes)
