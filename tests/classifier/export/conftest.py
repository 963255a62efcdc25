"""A tiny model, and what is made from it, shared by all tests of making encoders."""

from pathlib import Path

import pytest

from classifier.engine.descriptors import normalize
from classifier.engine.kinds import DERIVED_KINDS, Kind
from classifier.export.pipeline import (
    DerivedEncoder,
    ExportedEncoder,
    derive_encoder,
    export_encoder,
)
from classifier.export.sample import Sample
from classifier.export.selection import NO_BOUND
from classifier.export.source import find_source
from classifier.services.taxonomy import read_examples
from classifier.training.build import label_indexes
from tests.bundles import seed_categories_info
from tests.tiny import write_tiny_model


@pytest.fixture(scope="session")
def sample() -> Sample:
    """The seed's examples."""
    categories, anchors = seed_categories_info()
    slugs, texts = zip(*read_examples(), strict=True)
    return Sample.of([normalize(text) for text in texts], label_indexes(slugs, categories), anchors)


@pytest.fixture(scope="session")
def artifacts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("artifacts")


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_model(tmp_path_factory.mktemp("models") / "tiny", pooling="cls")


@pytest.fixture(scope="session")
def tiny(tiny_model: Path, artifacts: Path, sample: Sample) -> ExportedEncoder:
    return export_encoder(find_source("tiny", tiny_model), artifacts, sample.texts[:300])


@pytest.fixture(scope="session")
def derived(tiny: ExportedEncoder, artifacts: Path, sample: Sample) -> dict[Kind, DerivedEncoder]:
    """Every kind that is made from the tiny model, with no bound on decisions changed."""
    return {
        kind: derive_encoder(tiny.folder, kind, artifacts, sample, max_changed=NO_BOUND)
        for kind in DERIVED_KINDS
    }
