"""A sentence-transformers model as ONNX, pooling and normalization inside the graph."""

from __future__ import annotations

import logging
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, cast

import onnx
import torch
from sentence_transformers import SentenceTransformer
from transformers.utils.logging import disable_progress_bar

from classifier.exceptions import EncoderError

if TYPE_CHECKING:
    from torch import Tensor

OPSET = 20


class UnitSentenceEncoder(torch.nn.Module):
    """Transformer, mean pooling and normalization as one graph: (b, t) twice to (b, d).

    Pooling and the norm are matrix products and not reductions. ONNX Runtime reduces a batch
    of one by another order of additions than a larger batch, so a text got other last bits
    alone than beside others; a product of the same shape is the same for each row.
    The mean's divisor is left out: it cancels in the norm.
    """

    def __init__(self, transformer: torch.nn.Module) -> None:
        super().__init__()
        self.transformer = transformer

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        hidden = self.transformer(
            input_ids=input_ids, attention_mask=attention_mask
        ).last_hidden_state
        weights = attention_mask.unsqueeze(1).to(hidden.dtype)
        pooled = torch.matmul(weights, hidden)
        norm = torch.matmul(pooled, pooled.transpose(1, 2)).sqrt()
        return (pooled / norm).squeeze(1)


def load_model(folder: Path) -> SentenceTransformer:
    """Load a sentence-transformers folder. Raises EncoderError where it is none, or where it
    pools or normalizes in a way that the exported graph would not reproduce."""
    disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        model = SentenceTransformer(
            str(folder), device="cpu", model_kwargs={"attn_implementation": "eager"}
        )
    except (OSError, ValueError, KeyError) as error:
        raise EncoderError(f"{folder} is not a sentence-transformers model: {error}") from error
    kinds = [type(module).__name__ for module in model]
    if kinds not in (["Transformer", "Pooling"], ["Transformer", "Pooling", "Normalize"]):
        raise EncoderError(f"{folder}: cannot export a model of {', '.join(kinds)}.")
    if model[1].pooling_mode not in ("mean", ("mean",), ["mean"]):
        raise EncoderError(f"{folder}: only mean pooling can be exported.")
    return model.eval()


def export_onnx(model: SentenceTransformer, path: Path) -> None:
    """Write `path`: inputs `input_ids` and `attention_mask` int64 (batch, tokens), output
    `sentence_embedding` float32 (batch, dimension), unit vectors. Batch and tokens vary."""
    # The exporter misses an optional package, and says so line by line.
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    encoder = UnitSentenceEncoder(cast(torch.nn.Module, model[0].auto_model)).eval()
    input_ids = torch.tensor([[101, 2054, 2003, 102, 0, 0], [101, 2054, 2003, 2129, 2129, 102]])
    attention_mask = (input_ids != 0).long()
    axes = {0: "batch", 1: "tokens"}
    with warnings.catch_warnings():
        # The exporter warns about its own internals.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            encoder,
            (input_ids, attention_mask),
            str(path),
            input_names=["input_ids", "attention_mask"],
            output_names=["sentence_embedding"],
            dynamic_shapes={"input_ids": axes, "attention_mask": axes},
            opset_version=OPSET,
            dynamo=True,
            external_data=False,
            verbose=False,
        )
    _drop_origins(path)


def _drop_origins(path: Path) -> None:
    """Remove the notes of where in which source file each node was made: they name folders of
    this machine, and would give the same model another digest elsewhere."""
    model = onnx.load(path)
    graph = model.graph
    for part in (model, graph, *graph.node, *graph.value_info, *graph.initializer):
        del part.metadata_props[:]
    onnx.save(model, path)
