"""Any sentence-transformers folder can be exported, or is refused with the reason."""

import json
from pathlib import Path

import numpy as np
import pytest
from sentence_transformers import SentenceTransformer

from classifier.engine.encoder import Encoder
from classifier.exceptions import EncoderError
from classifier.export.pipeline import export_encoder
from classifier.export.sample import Sample
from classifier.export.source import ModelSource, find_source
from tests.classifier.export.conftest import Make
from tests.models import DIMENSION


def test_a_model_that_pools_by_its_first_token_gives_the_same_vectors(
    model: Make, sample: Sample, tmp_path: Path
) -> None:
    folder = model("cls", normalize=True)
    exported = export_encoder(ModelSource("tiny", folder, None), tmp_path, sample.texts[:250])
    encoder = Encoder(exported.folder)
    assert (encoder.card.dimension, encoder.card.max_tokens) == (DIMENSION, 40)
    texts = list(sample.texts[:50])
    original = SentenceTransformer(str(folder), device="cpu")
    expected = original.encode(texts, normalize_embeddings=True, show_progress_bar=False)
    assert np.abs(encoder.encode(texts) - expected).max() < 1e-5
    encoder.warm()


def test_another_way_of_pooling_is_refused_by_name(
    model: Make, sample: Sample, tmp_path: Path
) -> None:
    source = ModelSource("tiny", model("max"), None)
    with pytest.raises(EncoderError, match="pools by max; mean or cls can be exported"):
        export_encoder(source, tmp_path, sample.texts[:250])
    assert not (tmp_path / "encoders").exists()


@pytest.mark.parametrize(
    ("missing", "reason"),
    [("tokenizer.json", "tokenizer"), ("model.safetensors", "safetensors")],
)
def test_a_folder_that_lacks_a_file_is_refused_by_its_name(
    model: Make, missing: str, reason: str
) -> None:
    folder = model()
    next(folder.rglob(missing)).unlink()
    with pytest.raises(EncoderError, match=reason):
        find_source("tiny", folder)


def test_pickled_weights_are_refused(model: Make) -> None:
    folder = model()
    weights = next(folder.rglob("model.safetensors"))
    weights.rename(weights.with_name("pytorch_model.bin"))
    with pytest.raises(EncoderError, match="pickle"):
        find_source("tiny", folder)


def test_weights_that_are_cut_short_are_refused(
    model: Make, sample: Sample, tmp_path: Path
) -> None:
    folder = model()
    weights = next(folder.rglob("model.safetensors"))
    weights.write_bytes(weights.read_bytes()[:5000])
    with pytest.raises(EncoderError):
        export_encoder(find_source("tiny", folder), tmp_path, sample.texts[:250])
    assert not (tmp_path / "encoders").exists()


def test_a_list_of_modules_that_is_none_is_named(model: Make) -> None:
    folder = model()
    (folder / "modules.json").write_text(json.dumps({"not": "a list"}))
    with pytest.raises(EncoderError, match=r"modules\.json does not list modules"):
        find_source("tiny", folder)
