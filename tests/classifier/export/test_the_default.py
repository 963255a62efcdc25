"""The real model by blocks: what is recommended keeps its promise on held-out texts."""

from pathlib import Path

import pytest
from django.conf import settings

from classifier.engine.bundle import file_digest
from classifier.engine.encoder import EncoderCard
from classifier.engine.kinds import Kind
from classifier.exceptions import EncoderError
from classifier.export.pipeline import derive_encoder
from classifier.export.recipe import Recipe
from classifier.export.recommendation import Limits
from classifier.export.sample import Sample
from classifier.export.validation import validate


@pytest.fixture(scope="module")
def by_blocks(exported_encoder: Path, sample: Sample) -> Path:
    """Made once and kept beside the encoder, until that or the code changes."""
    kept = settings.BASE_DIR / ".cache" / "tests" / "derived"
    code = (settings.BASE_DIR / "classifier" / "export").glob("*.py")
    changed_at = max(path.stat().st_mtime for path in code)
    reference = EncoderCard.read(exported_encoder).digest
    for folder in (kept / "encoders").glob("*"):
        try:
            is_fresh = folder.stat().st_mtime > changed_at
            if is_fresh and Recipe.read(folder).reference_digest == reference:
                return folder
        except EncoderError:
            continue
    return derive_encoder(exported_encoder, Kind.INT8_BLOCK, kept, sample).folder


def test_it_keeps_the_bounds_of_a_default(
    exported_encoder: Path, by_blocks: Path, sample: Sample
) -> None:
    found = validate(exported_encoder, by_blocks, sample)
    limits = Limits()
    assert found.comparison.changed.value <= limits.max_changed
    assert -found.comparison.difference <= limits.max_points_lost
    assert found.cosine_mean > 0.9998
    assert found.batch_invariant
    assert found.embeds_alike
    assert found.deterministic


def test_it_is_smaller_than_the_reference(exported_encoder: Path, by_blocks: Path) -> None:
    size, reference = (
        (folder / "model.onnx").stat().st_size for folder in (by_blocks, exported_encoder)
    )
    assert size < 0.7 * reference
    assert file_digest(by_blocks / "model.onnx") == EncoderCard.read(by_blocks).digest
