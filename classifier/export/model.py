"""A sentence-transformers model as ONNX, pooling and normalization inside the graph."""

from __future__ import annotations

import logging
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

import onnx
import torch
from safetensors import SafetensorError
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules.pooling import Pooling
from transformers import AutoModel
from transformers.utils.logging import disable_progress_bar

from classifier.exceptions import EncoderError
from classifier.export.graph import drop_origins, name_products
from classifier.export.source import transformer_folder

if TYPE_CHECKING:
    from torch import Tensor

OPSET = 20
POOLINGS = ("mean", "cls")
# Layers whose weights no sentence vector depends on.
UNUSED_WEIGHTS = ("pooler.", "lm_head.", "cls.")
# Of two ways to the same hidden states; float32 rounding stays far below.
SAME = 1e-4


class UnitSentenceEncoder(torch.nn.Module):
    """Transformer, pooling and normalization as one graph: (b, t) twice to (b, d).

    Pooling and the norm are matrix products and not reductions. ONNX Runtime reduces a batch
    of one by another order of additions than a larger batch, so a text got other last bits
    alone than beside others; a product of the same shape is the same for each row.
    The mean's divisor is left out: it cancels in the norm.
    """

    def __init__(
        self, transformer: torch.nn.Module, pooling: str, takes_prepared_mask: bool
    ) -> None:
        super().__init__()
        self.transformer = transformer
        self.pooling = pooling
        self.takes_prepared_mask = takes_prepared_mask

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        mask = prepared_mask(attention_mask) if self.takes_prepared_mask else attention_mask
        hidden = self.transformer(input_ids=input_ids, attention_mask=mask).last_hidden_state
        if self.pooling == "cls":
            pooled = hidden[:, :1]
        else:
            pooled = torch.matmul(attention_mask.unsqueeze(1).to(hidden.dtype), hidden)
        norm = torch.matmul(pooled, pooled.transpose(1, 2)).sqrt()
        vectors: Tensor = (pooled / norm).squeeze(1)
        return vectors


@dataclass(frozen=True)
class LoadedModel:
    """A model that can be exported. `max_tokens` is its own limit, None where it has none."""

    model: SentenceTransformer
    pooling: str
    dimension: int
    max_tokens: int | None


def prepared_mask(attention_mask: Tensor) -> Tensor:
    """(b, t) of 0 and 1 to what is added to attention scores, (b, 1, 1, t). In this form, and
    not in the model's own, the fusions of ONNX Runtime find it."""
    present = attention_mask.unsqueeze(1).unsqueeze(2).to(torch.float32)
    return (1.0 - present) * torch.finfo(torch.float32).min


def load_model(folder: Path) -> LoadedModel:
    """Load a sentence-transformers folder. Raises EncoderError where it is none, where weights
    are missing, or where it pools or ends in a way that the exported graph would not repeat."""
    disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        _check_weights(folder)
        model = SentenceTransformer(
            str(folder), device="cpu", model_kwargs={"attn_implementation": "eager"}
        ).eval()
    except (OSError, ValueError, KeyError, RuntimeError, ImportError, SafetensorError) as error:
        raise EncoderError(f"{folder} is not a sentence-transformers model: {error}") from error
    kinds = [type(module).__name__ for module in model]
    if kinds not in (["Transformer", "Pooling"], ["Transformer", "Pooling", "Normalize"]):
        raise EncoderError(f"{folder}: cannot export a model of {', '.join(kinds)}.")
    config = cast(Pooling, model[1]).get_config_dict()
    pooling = config["pooling_mode"]
    if pooling not in POOLINGS:
        name = pooling if isinstance(pooling, str) else " and ".join(pooling)
        raise EncoderError(f"{folder} pools by {name}; {' or '.join(POOLINGS)} can be exported.")
    if model.default_prompt_name is not None:
        raise EncoderError(
            f"{folder} puts the prompt “{model.default_prompt_name}” before each text, which "
            "cannot be exported."
        )
    return LoadedModel(model, pooling, config["embedding_dimension"], model.max_seq_length)


def export_onnx(loaded: LoadedModel, path: Path) -> None:
    """Write `path`: inputs `input_ids` and `attention_mask` int64 (batch, tokens), output
    `sentence_embedding` float32 (batch, dimension), unit vectors. Batch and tokens vary.

    Raises EncoderError where the transformer cannot be turned into a graph.
    """
    # The exporter misses an optional package, and says so line by line.
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    transformer = cast(torch.nn.Module, loaded.model[0].auto_model)
    example = loaded.model.tokenizer(["a", "one two three four"], padding=True)
    input_ids = torch.tensor(example["input_ids"])
    attention_mask = torch.tensor(example["attention_mask"])
    encoder = UnitSentenceEncoder(
        transformer, loaded.pooling, _takes_prepared_mask(transformer, input_ids, attention_mask)
    ).eval()
    axes = {0: "batch", 1: "tokens"}
    try:
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
    except torch.onnx.errors.OnnxExporterError as error:
        reason = str(error).strip().splitlines()[0]
        raise EncoderError(
            f"A {type(transformer).__name__} cannot be turned into ONNX: {reason}"
        ) from error
    graph = onnx.load(path)
    drop_origins(graph)
    name_products(graph, "transformer.")
    onnx.save(graph, path)


def _check_weights(folder: Path) -> None:
    """A weight that the file lacks would be made up at random."""
    _, info = AutoModel.from_pretrained(transformer_folder(folder), output_loading_info=True)
    missing = sorted(key for key in info["missing_keys"] if not key.startswith(UNUSED_WEIGHTS))
    if missing:
        raise EncoderError(f"{folder}: the weights lack {missing[0]} and {len(missing) - 1} more.")


def _takes_prepared_mask(
    transformer: torch.nn.Module, input_ids: Tensor, attention_mask: Tensor
) -> bool:
    with torch.no_grad():
        own = transformer(input_ids=input_ids, attention_mask=attention_mask)
        try:
            prepared = transformer(
                input_ids=input_ids, attention_mask=prepared_mask(attention_mask)
            )
        except (RuntimeError, ValueError, IndexError):
            return False
    gap = (own.last_hidden_state - prepared.last_hidden_state).abs()[attention_mask.bool()]
    return bool(gap.max() < SAME)
