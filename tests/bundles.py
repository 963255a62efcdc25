"""Bundles made without a database."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx

from classifier.engine.bundle import file_digest, write_bundle
from classifier.engine.descriptors import NORMALIZER_VERSION, normalize
from classifier.engine.encoder import MODEL_FILE, Encoder, EncoderCard
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


def cut_vocabulary(encoder_folder: Path, folder: Path, size: int) -> EncoderCard:
    """An encoder that loads, and fails on texts that hold a word past the first `size`."""
    shutil.copytree(encoder_folder, folder)
    model = onnx.load(folder / MODEL_FILE)
    (words,) = (each for each in model.graph.initializer if "word_embeddings" in each.name)
    rows = onnx.numpy_helper.to_array(words)[:size]
    words.CopyFrom(onnx.numpy_helper.from_array(rows, words.name))
    onnx.save(model, folder / MODEL_FILE)
    card = replace(EncoderCard.read(folder), digest=file_digest(folder / MODEL_FILE))
    card.write(folder)
    return card


def write_seed_bundle(
    folder: Path, encoder_folder: Path, *, answers_with: Path | None = None
) -> None:
    """Built with one encoder; holding another, where one is named."""
    built = build_seed(Encoder(encoder_folder))
    write_bundle(
        folder,
        version="seed",
        encoder_folder=answers_with or encoder_folder,
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
