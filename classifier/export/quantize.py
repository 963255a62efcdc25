"""Products with weights in INT8, by the quantizers of ONNX Runtime."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from google.protobuf.message import DecodeError
from numpy.typing import NDArray
from onnx import helper, numpy_helper
from onnxruntime.quantization import CalibrationMethod, QuantFormat, QuantType
from onnxruntime.quantization.calibrate import TensorsData, save_tensors_data
from onnxruntime.quantization.quant_utils import add_pre_process_metadata
from onnxruntime.quantization.quantize import quantize_dynamic, quantize_static

from classifier.engine.kinds import Kind
from classifier.exceptions import EncoderError
from classifier.export.calibration import Activations, smooth
from classifier.export.graph import (
    PRODUCT,
    RUNTIME_DOMAIN,
    drop_origins,
    drop_unread,
    products,
    use_runtime_nodes,
)
from classifier.export.rounding import round_by_blocks

BLOCK_SIZE = 16
# Of MatMulNBits: activations are quantized to INT8 too.
INT8_ARITHMETIC = 4
# A fused graph has types that ONNX cannot infer.
OPTIONS = {"DefaultTensorType": onnx.TensorProto.FLOAT}


@dataclass(frozen=True, slots=True)
class Scheme:
    """How products are quantized. `smoothing` is the strength of `calibration.smooth`;
    with `reduce_range` weights use seven of eight bits. `needs_vnni`: chosen where sums of INT8
    products cannot overflow; on a CPU where they can, the same file decides otherwise."""

    kind: Kind
    smoothing: float
    reduce_range: bool = False
    needs_vnni: bool = False


def quantize(
    model: onnx.ModelProto,
    scheme: Scheme,
    nodes: frozenset[str],
    activations: Activations,
    scratch: Path,
) -> onnx.ModelProto:
    """A copy of a graph whose products `nodes` run in INT8. Weights have a scale for each output
    channel, and with INT8_BLOCK for each BLOCK_SIZE inputs of it. `scratch` holds files for
    the time being."""
    smoothed, inputs = smooth(model, activations, scheme.smoothing, nodes)
    if scheme.kind is Kind.INT8_BLOCK:
        return _by_blocks(smoothed, nodes, inputs)
    with _files(smoothed, scratch) as (source, target), _cut_short_named(scratch):
        if scheme.kind is Kind.INT8_DYNAMIC:
            quantize_dynamic(
                source,
                target,
                op_types_to_quantize=[PRODUCT],
                nodes_to_quantize=sorted(nodes),
                per_channel=True,
                reduce_range=scheme.reduce_range,
                weight_type=QuantType.QInt8,
                extra_options=dict(OPTIONS),
            )
        else:
            quantize_static(
                source,
                target,
                None,
                quant_format=QuantFormat.QDQ,
                op_types_to_quantize=[PRODUCT],
                nodes_to_quantize=sorted(nodes),
                per_channel=True,
                reduce_range=scheme.reduce_range,
                activation_type=QuantType.QUInt8,
                weight_type=QuantType.QInt8,
                calibrate_method=CalibrationMethod.MinMax,
                # What comes out of a product stays FP32: the next node is no product.
                extra_options={**OPTIONS, "OpTypesToExcludeOutputQuantization": [PRODUCT]},
                calibration_cache_path=_write_ranges(smoothed, inputs, target),
            )
        return onnx.load(target)


def _by_blocks(
    model: onnx.ModelProto, nodes: frozenset[str], activations: Activations
) -> onnx.ModelProto:
    """With MatMulNBits, a node of ONNX Runtime that quantizes activations itself, by token and
    block, when it runs."""
    quantized = onnx.ModelProto()
    quantized.CopyFrom(model)
    chosen = {node.name: array for node, array in products(quantized) if node.name in nodes}
    for node in quantized.graph.node:
        if node.name not in chosen:
            continue
        inputs, outputs = chosen[node.name].shape
        numbers, scales = round_by_blocks(
            chosen[node.name], activations.moments[node.input[0]], BLOCK_SIZE
        )
        names = [f"{node.name}_int8", f"{node.name}_scales"]
        quantized.graph.initializer.extend(
            (
                numpy_helper.from_array(_packed(numbers), names[0]),
                numpy_helper.from_array(np.ravel(scales.T), names[1]),
            )
        )
        node.CopyFrom(
            helper.make_node(
                "MatMulNBits",
                [node.input[0], *names],
                list(node.output),
                name=node.name,
                domain=RUNTIME_DOMAIN,
                K=inputs,
                N=outputs,
                bits=8,
                block_size=BLOCK_SIZE,
                accuracy_level=INT8_ARITHMETIC,
            )
        )
    use_runtime_nodes(quantized)
    drop_unread(quantized)
    return quantized


def _packed(numbers: NDArray[np.int8]) -> NDArray[np.uint8]:
    """Weights (inputs, outputs) as MatMulNBits reads them: (outputs, blocks, BLOCK_SIZE) with
    128 for zero, the last block filled up with zeros."""
    inputs, outputs = numbers.shape
    blocks = -(-inputs // BLOCK_SIZE)
    padded = np.zeros((outputs, blocks * BLOCK_SIZE), dtype=np.int16)
    padded[:, :inputs] = numbers.T
    return (padded + 128).astype(np.uint8).reshape(outputs, blocks, BLOCK_SIZE)


@contextmanager
def _files(model: onnx.ModelProto, scratch: Path) -> Iterator[tuple[Path, Path]]:
    with tempfile.TemporaryDirectory(dir=scratch) as folder:
        source = Path(folder) / "model.onnx"
        drop_origins(model)
        # Or the quantizer logs advice to do what is done.
        add_pre_process_metadata(model)
        onnx.save(model, source)
        yield source, Path(folder) / "quantized.onnx"


@contextmanager
def _cut_short_named(scratch: Path) -> Iterator[None]:
    """The quantizers write copies of the model, of which some are cut short without an error
    where the disk is full, and then cannot be read."""
    try:
        yield
    except DecodeError as error:
        raise EncoderError(
            f"The disk under {scratch.parent} or {tempfile.gettempdir()} is full: a working copy "
            "of the model was cut short. Make room and try again."
        ) from error


def _write_ranges(model: onnx.ModelProto, activations: Activations, target: Path) -> Path:
    """As quantize_static reads them: one range for the whole of each product's input."""
    path = target.with_suffix(".json")
    names = {node.input[0] for node, _ in products(model)}
    whole = {
        name: (
            np.float32(activations.lows[name].min()),
            np.float32(activations.highs[name].max()),
        )
        for name in sorted(names)
    }
    save_tensors_data(TensorsData(CalibrationMethod.MinMax, whole), path)
    return path
