"""A model of a moment: two layers, 32 dimensions, random weights."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from classifier.export.pipeline import ExportedEncoder, export_encoder
from classifier.export.sample import Sample
from classifier.export.source import ModelSource

WORDS = [
    "coffee",
    "fuel",
    "rent",
    "salary",
    "market",
    "pharmacy",
    "airline",
    "hotel",
    "taxi",
    "cinema",
    "books",
    "garden",
    "bakery",
    "toys",
    "insurance",
    "mobile",
    "water",
    "power",
    "bus",
    "train",
    "school",
    "dentist",
    "gym",
    "music",
    "news",
    "shoes",
]
DIMENSION = 32
Make = Callable[..., Path]


@pytest.fixture(scope="session")
def make_model(tmp_path_factory: pytest.TempPathFactory) -> Make:
    """A function from a way of pooling to a sentence-transformers folder."""

    def make(pooling: str = "mean", *, normalize: bool = False) -> Path:
        import torch
        from sentence_transformers import SentenceTransformer
        from sentence_transformers.sentence_transformer.modules import (
            Normalize,
            Pooling,
            Transformer,
        )
        from tokenizers import Tokenizer
        from tokenizers.models import WordLevel
        from tokenizers.pre_tokenizers import Whitespace
        from tokenizers.processors import TemplateProcessing
        from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

        names = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS, *map(str, range(20))]
        vocabulary = {name: place for place, name in enumerate(names)}
        tokenizer = Tokenizer(WordLevel(vocabulary, unk_token="[UNK]"))
        tokenizer.pre_tokenizer = Whitespace()
        tokenizer.post_processor = TemplateProcessing(
            single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
        )
        folder = tmp_path_factory.mktemp("model")
        torch.manual_seed(3)
        config = BertConfig(
            vocab_size=len(names),
            hidden_size=DIMENSION,
            num_hidden_layers=2,
            num_attention_heads=2,
            intermediate_size=64,
            max_position_embeddings=40,
        )
        BertModel(config).save_pretrained(folder / "bert")
        PreTrainedTokenizerFast(
            tokenizer_object=tokenizer,
            unk_token="[UNK]",
            pad_token="[PAD]",
            cls_token="[CLS]",
            sep_token="[SEP]",
            model_max_length=40,
        ).save_pretrained(folder / "bert")
        transformer = Transformer(str(folder / "bert"))
        modules = [transformer, Pooling(DIMENSION, pooling_mode=pooling)]
        if normalize:
            modules.append(Normalize())
        SentenceTransformer(modules=modules, device="cpu").save(str(folder / "model"))
        return folder / "model"

    return make


@pytest.fixture(scope="session")
def sample() -> Sample:
    """Sixteen hundred texts of one to nine words, each of the category of its first word."""
    rng = np.random.default_rng(5)
    texts = [
        " ".join([*rng.choice(WORDS, size=rng.integers(1, 7)), *map(str, rng.integers(0, 20, 2))])
        for _ in range(1700)
    ]
    return Sample.of(texts, [WORDS.index(text.split()[0]) for text in texts], WORDS)


@pytest.fixture(scope="session")
def tiny(
    make_model: Make, sample: Sample, tmp_path_factory: pytest.TempPathFactory
) -> ExportedEncoder:
    source = ModelSource("tiny", make_model(), None)
    return export_encoder(source, tmp_path_factory.mktemp("tiny"), sample.texts[:300])
