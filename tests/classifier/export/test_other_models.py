"""An encoder from any model: another dimension, pooling, architecture, and none at all."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from sentence_transformers import SentenceTransformer

from classifier.engine.encoder import Encoder
from classifier.exceptions import EncoderError
from classifier.export.model import load_model
from classifier.export.pipeline import ExportedEncoder, export_encoder
from classifier.export.sample import Sample
from classifier.export.source import find_source
from tests.tiny import DIMENSION, MAX_TOKENS, write_tiny_model


@pytest.fixture
def copy(tiny_model: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_model, tmp_path / "copy"))


def test_dimension_and_token_limit_are_those_of_the_model(tiny: ExportedEncoder) -> None:
    assert (tiny.card.dimension, tiny.card.max_tokens) == (DIMENSION, MAX_TOKENS)
    assert tiny.card.batch_invariant
    encoder = Encoder(tiny.folder)
    assert encoder.encode(["a text"]).shape == (1, DIMENSION)
    assert len(encoder.tokenize(["word " * 100])[0]) == MAX_TOKENS


def test_a_small_vocabulary_can_be_warmed(tiny: ExportedEncoder) -> None:
    assert Encoder(tiny.folder).warm() > 0


def test_the_first_token_is_taken_where_the_model_pools_so(
    tiny: ExportedEncoder, tiny_model: Path, sample: Sample
) -> None:
    texts = list(sample.texts[:50])
    expected = SentenceTransformer(str(tiny_model)).encode(texts, normalize_embeddings=True)
    assert np.abs(Encoder(tiny.folder).encode(texts) - expected).max() < 1e-5


@pytest.mark.parametrize("kind", ["xlm-roberta", "mpnet"])
def test_other_architectures_are_exported(kind: str, sample: Sample, tmp_path: Path) -> None:
    folder = write_tiny_model(tmp_path / kind, kind=kind)
    made = export_encoder(find_source(kind, folder), tmp_path / "artifacts", sample.texts[:250])
    assert made.parity.min_cosine > 0.9999
    assert made.card.batch_invariant


def test_padding_does_not_change_what_a_text_means(tiny: ExportedEncoder) -> None:
    encoder = Encoder(tiny.folder)
    ids = encoder.tokenize(["coffee shop"])[0]
    padded = np.array([ids + [0] * 5], dtype=np.int64)
    mask = np.array([[1] * len(ids) + [0] * 5], dtype=np.int64)
    assert np.allclose(encoder.run(padded, mask), encoder.embed([ids]), atol=1e-6)


@pytest.mark.parametrize("pooling", ["max", "lasttoken", ["mean", "cls"]])
def test_another_pooling_is_refused_by_name(pooling: str, copy: Path) -> None:
    config = {"word_embedding_dimension": DIMENSION, "pooling_mode": pooling}
    (copy / "1_Pooling" / "config.json").write_text(json.dumps(config))
    name = pooling if isinstance(pooling, str) else "mean and cls"
    with pytest.raises(EncoderError, match=f"pools by {name}"):
        load_model(copy)


def test_a_model_that_ends_in_another_layer_is_refused_by_name(copy: Path) -> None:
    modules = json.loads((copy / "modules.json").read_text())
    dense = {"idx": 2, "name": "2", "path": "2_Dense", "type": "sentence_transformers.models.Dense"}
    (copy / "modules.json").write_text(json.dumps([*modules, dense]))
    from sentence_transformers.sentence_transformer.modules import Dense

    (copy / "2_Dense").mkdir()
    Dense(DIMENSION, 8).save(str(copy / "2_Dense"))
    with pytest.raises(EncoderError, match="Transformer, Pooling, Dense"):
        load_model(copy)


def test_a_model_that_prompts_is_refused(copy: Path) -> None:
    config = {"prompts": {"query": "query: "}, "default_prompt_name": "query"}
    (copy / "config_sentence_transformers.json").write_text(json.dumps(config))
    with pytest.raises(EncoderError, match="prompt “query”"):
        load_model(copy)


def test_weights_that_lack_a_layer_are_refused_and_not_made_up(copy: Path) -> None:
    from safetensors.numpy import load_file, save_file

    weights = load_file(copy / "model.safetensors")
    removed = next(name for name in weights if name.endswith("query.weight"))
    del weights[removed]
    save_file(weights, copy / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(EncoderError, match="the weights lack"):
        load_model(copy)
