"""The encoder: verified weights, an export that equals the original, a recorded artifact."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from classifier.engine.bundle import file_digest
from classifier.engine.encoder import Encoder as OnnxEncoder
from classifier.exceptions import EncoderError
from classifier.export.drafts import keep
from classifier.export.model import load_model
from classifier.export.parity import check_parity, is_batch_invariant
from classifier.export.source import DEFAULT_NAME, PUBLISHED_DIGESTS, find_source
from classifier.models import Encoder
from classifier.services.encoders import parity_texts


@pytest.fixture
def weights(exported_encoder: Path) -> Path:
    return next((Path(settings.ARTIFACTS_DIR) / "weights").iterdir())


@pytest.mark.django_db
def test_the_row_says_what_the_file_is(encoder: Encoder) -> None:
    path = settings.ARTIFACTS_DIR / encoder.folder / "model.onnx"
    assert file_digest(path) == encoder.digest
    assert path.stat().st_size == encoder.size_bytes
    assert encoder.source_digest == PUBLISHED_DIGESTS[DEFAULT_NAME]
    assert (encoder.dimension, encoder.precision) == (384, "fp32")
    assert encoder.parity_texts >= 200
    assert encoder.parity_max_difference <= 1e-4
    assert encoder.parity_min_cosine >= 0.9999
    assert encoder.batch_invariant


def test_the_export_equals_the_original_on_descriptors_of_mixed_length(
    exported_encoder: Path, weights: Path
) -> None:
    encoder, model = OnnxEncoder(exported_encoder), load_model(weights).model
    texts = parity_texts()
    lengths = [len(ids) for ids in encoder.tokenize(texts)]
    assert min(lengths) < 6
    assert max(lengths) == encoder.card.max_tokens
    found = encoder.encode(texts)
    model.max_seq_length = encoder.card.max_tokens
    expected = model.encode(texts, normalize_embeddings=True)
    assert np.abs(found - expected).max() <= 1e-4
    assert np.allclose(np.linalg.norm(found, axis=1), 1, atol=1e-6)


def test_the_file_does_not_tell_where_it_was_made(exported_encoder: Path) -> None:
    """Else its digest would be another in each folder."""
    content = (exported_encoder / "model.onnx").read_bytes()
    assert str(settings.BASE_DIR).encode() not in content
    assert b"site-packages" not in content


def test_the_export_is_batch_invariant_to_the_last_bit(exported_encoder: Path) -> None:
    assert is_batch_invariant(OnnxEncoder(exported_encoder), parity_texts())


def test_another_model_is_refused_and_the_worst_text_named(
    exported_encoder: Path, weights: Path
) -> None:
    texts = parity_texts()

    class Altered(OnnxEncoder):
        """An encoder that answers one text with another's vector."""

        def encode(self, asked: list[str]) -> np.ndarray:  # type: ignore[override]
            return super().encode([texts[8] if text == texts[7] else text for text in asked])

    with pytest.raises(EncoderError, match="differs from the original") as raised:
        check_parity(Altered(exported_encoder), load_model(weights), texts)
    assert repr(texts[7]) in str(raised.value)


def test_too_few_texts_to_compare_on_are_refused(exported_encoder: Path, weights: Path) -> None:
    with pytest.raises(EncoderError, match="too few"):
        check_parity(OnnxEncoder(exported_encoder), load_model(weights), parity_texts()[:199])


@pytest.mark.django_db
def test_weights_that_are_not_the_published_ones_are_refused(weights: Path, tmp_path: Path) -> None:
    altered = shutil.copytree(weights, tmp_path / "altered")
    with (altered / "model.safetensors").open("r+b") as file:
        file.seek(5_000_000)
        file.write(b"\x00\x01")
    before = list(Encoder.objects.values())
    with pytest.raises(CommandError, match="SHA-256"):
        call_command("prepare_encoder", source=altered)
    assert list(Encoder.objects.values()) == before


@pytest.mark.django_db
def test_a_folder_without_weights_is_refused(weights: Path, tmp_path: Path) -> None:
    shutil.copy2(weights / "config.json", tmp_path)
    with pytest.raises(CommandError, match=r"holds no model\.safetensors"):
        call_command("prepare_encoder", source=tmp_path)


def test_the_installed_package_is_the_default_source() -> None:
    source = find_source(DEFAULT_NAME, None)
    assert source.expected_digest == PUBLISHED_DIGESTS[DEFAULT_NAME]
    assert file_digest(source.folder / "model.safetensors") == source.expected_digest


def test_a_folder_that_is_no_model_is_refused(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(EncoderError, match="not a sentence-transformers model"):
        load_model(tmp_path)


def test_a_damaged_folder_makes_room_and_a_whole_one_stays(tmp_path: Path) -> None:
    def draft(content: str) -> Path:
        folder = tmp_path / "scratch" / "draft"
        folder.mkdir(parents=True)
        (folder / "model.onnx").write_text(content)
        return folder

    target = tmp_path / "encoders" / "abc"
    keep(draft("whole"), target)
    first = (target / "model.onnx").stat().st_ino
    keep(draft("whole"), target)
    assert (target / "model.onnx").stat().st_ino == first
    (target / "model.onnx").write_text("spoiled")
    keep(draft("whole"), target)
    assert (target / "model.onnx").read_text() == "whole"
