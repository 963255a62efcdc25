"""Models of a moment, and texts to judge their encoders by."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from classifier.export.pipeline import ExportedEncoder, export_encoder
from classifier.export.sample import Sample
from classifier.export.source import ModelSource
from tests.models import WORDS, make_model

Make = Callable[..., Path]


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Make:
    """A function from a way of pooling to a sentence-transformers folder."""

    def make(pooling: str = "mean", *, normalize: bool = False) -> Path:
        return make_model(tmp_path_factory.mktemp("model"), pooling, normalize=normalize)

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
def tiny(model: Make, sample: Sample, tmp_path_factory: pytest.TempPathFactory) -> ExportedEncoder:
    source = ModelSource("tiny", model(), None)
    return export_encoder(source, tmp_path_factory.mktemp("tiny"), sample.texts[:300])
