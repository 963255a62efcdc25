"""Small sentence-transformers folders with random weights, made in a second."""

import json
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from tokenizers.trainers import WordPieceTrainer
from transformers import (
    BertConfig,
    BertModel,
    MPNetConfig,
    MPNetModel,
    PreTrainedModel,
    PreTrainedTokenizerFast,
    XLMRobertaConfig,
    XLMRobertaModel,
)

from classifier.services.taxonomy import read_examples

DIMENSION = 48
MAX_TOKENS = 24
VOCABULARY = 400
MODULES = "sentence_transformers.models"
# The tokenizers of BERT, and of RoBERTa and its like: padding is not the first token of these.
BERT_TOKENS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")
ROBERTA_TOKENS = ("<s>", "<pad>", "</s>", "<unk>")


def write_tiny_model(folder: Path, *, kind: str = "bert", pooling: str = "mean") -> Path:
    """A model of two layers; `pooling` is a word of `1_Pooling/config.json`."""
    folder.mkdir(parents=True)
    size = _write_tokenizer(folder, kind)
    torch.manual_seed(0)
    model = _model(kind, size)
    with torch.no_grad():
        for parameter in model.parameters():
            # As it is initialized, attention is the same for all texts, and all biases are 0.
            parameter.copy_(parameter * 3 if parameter.dim() > 1 else parameter + 0.1)
            if parameter.dim() == 1:
                parameter.add_(torch.randn_like(parameter) * 0.05)
    model.save_pretrained(folder)
    modules = [
        {"idx": index, "name": str(index), "path": path, "type": f"{MODULES}.{name}"}
        for index, (name, path) in enumerate((("Transformer", ""), ("Pooling", "1_Pooling")))
    ]
    _write(folder / "modules.json", modules)
    _write(folder / "sentence_bert_config.json", {"max_seq_length": MAX_TOKENS})
    (folder / "1_Pooling").mkdir()
    settings = {"word_embedding_dimension": DIMENSION, "pooling_mode": pooling}
    _write(folder / "1_Pooling" / "config.json", settings)
    return folder


def _model(kind: str, size: int) -> PreTrainedModel:
    shape: dict[str, Any] = {
        "vocab_size": size,
        "hidden_size": DIMENSION,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "intermediate_size": 96,
        "max_position_embeddings": MAX_TOKENS + 2,
    }
    if kind == "bert":
        return BertModel(BertConfig(**shape))
    if kind == "mpnet":
        return MPNetModel(MPNetConfig(**shape, pad_token_id=1))
    return XLMRobertaModel(XLMRobertaConfig(**shape, pad_token_id=1, type_vocab_size=1))


def _write_tokenizer(folder: Path, kind: str) -> int:
    special = BERT_TOKENS if kind == "bert" else ROBERTA_TOKENS
    first, last = ("[CLS]", "[SEP]") if kind == "bert" else ("<s>", "</s>")
    padding, unknown = ("[PAD]", "[UNK]") if kind == "bert" else ("<pad>", "<unk>")
    tokenizer = Tokenizer(models.WordPiece(unk_token=unknown))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    trainer = WordPieceTrainer(
        vocab_size=VOCABULARY, special_tokens=list(special), show_progress=False
    )
    tokenizer.train_from_iterator((text for _, text in read_examples()), trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{first} $A {last}",
        special_tokens=[(name, tokenizer.token_to_id(name)) for name in (first, last)],
    )
    PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=tokenizer,
        pad_token=padding,
        unk_token=unknown,
        cls_token=first,
        sep_token=last,
        model_max_length=MAX_TOKENS,
    ).save_pretrained(folder)
    return tokenizer.get_vocab_size()


def _write(path: Path, value: object) -> None:
    path.write_text(json.dumps(value))
