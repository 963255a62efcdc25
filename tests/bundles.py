"""Bundles made without a database."""

from pathlib import Path

import numpy as np

from classifier.engine.bundle import write_bundle
from classifier.engine.descriptors import NORMALIZER_VERSION, normalize
from classifier.engine.encoder import Encoder
from classifier.engine.prototypes import anchor_text
from classifier.engine.types import CategoryInfo, Direction
from classifier.services.taxonomy import read_examples, read_taxonomy
from classifier.training.build import BuiltVersion, build, label_indexes
from classifier.training.prototypes import TrainingSet


def seed_categories_info() -> tuple[list[CategoryInfo], list[str]]:
    """The seed's detailed categories, and the text of each one's anchor."""
    categories, anchors = [], []
    for primary in read_taxonomy():
        for child in primary["children"]:
            direction = Direction(child.get("direction", primary["direction"]))
            categories.append(
                CategoryInfo(
                    child["slug"], child["name"], primary["slug"], primary["name"], direction
                )
            )
            anchors.append(anchor_text(child["name"], child["description"]))
    return categories, anchors


def build_seed(encoder: Encoder) -> BuiltVersion:
    categories, anchors = seed_categories_info()
    slugs, texts = zip(*read_examples(), strict=True)
    training = TrainingSet(
        vectors=encoder.encode([normalize(text) for text in texts]),
        labels=label_indexes(slugs, categories),
        anchors=encoder.encode(anchors),
    )
    assert np.all(training.counts > 0)
    return build(categories, texts, training, abstain_below=0.35)


def write_seed_bundle(folder: Path, encoder_folder: Path) -> None:
    built = build_seed(Encoder(encoder_folder))
    write_bundle(
        folder,
        version="seed",
        encoder_folder=encoder_folder,
        normalizer_version=NORMALIZER_VERSION,
        prototypes=built.prototypes,
        anchors=built.anchors,
        examples=built.examples,
        neighbor_weight=built.neighbor_weight,
        calibration=built.calibration,
        bounds=built.bounds,
        back_off=built.back_off,
        figures=built.figures.as_json(),
    )
