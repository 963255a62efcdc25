"""What a bundle says of its own examples is read without the rest of it."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from classifier.engine.bundle import HELD_OUT_FILE
from classifier.engine.engine import Engine
from classifier.engine.judged import read_judged
from classifier.engine.manifest import Manifest
from classifier.exceptions import BundleError


def bundle_with(engine: Engine, folder: Path, rows: int) -> str:
    """A copy of the engine's bundle that says of `rows` examples that they are of the first
    category; returns its manifest's digest."""
    source = engine.bundle.folder
    shutil.copytree(source, folder, ignore=shutil.ignore_patterns("model.onnx"))
    (folder / "encoder" / "model.onnx").hardlink_to(source / "encoder" / "model.onnx")
    held_out = {
        "predicted": np.zeros(rows, np.int32),
        "confidences": np.full(rows, 0.9),
        "is_answered": np.full(rows, True),
    }
    save_file(held_out, folder / HELD_OUT_FILE)
    manifest = Manifest.of(folder)
    manifest.write(folder)
    return manifest.digest


def test_it_is_what_the_bundle_has(engine: Engine, tmp_path: Path) -> None:
    examples = engine.bundle.examples
    digest = bundle_with(engine, tmp_path / "b", len(examples.texts))
    judged = read_judged(tmp_path / "b", digest)
    assert judged is not None
    assert (judged.texts, judged.categories) == (examples.texts, examples.categories)
    assert np.array_equal(judged.labels, examples.labels)
    assert judged.bounds == engine.bundle.bounds
    assert judged.held_out.confidences.tolist() == [0.9] * len(examples.texts)


def test_the_model_is_not_looked_at(engine: Engine, tmp_path: Path) -> None:
    digest = bundle_with(engine, tmp_path / "b", len(engine.bundle.examples.texts))
    (tmp_path / "b" / "encoder" / "model.onnx").unlink()
    assert read_judged(tmp_path / "b", digest) is not None


def test_a_bundle_of_before_has_none(engine: Engine) -> None:
    folder = engine.bundle.folder
    digest = Manifest.read(folder / "manifest.json").digest
    assert read_judged(folder, digest) is None


def test_what_is_damaged_or_of_another_shape_is_named(engine: Engine, tmp_path: Path) -> None:
    digest = bundle_with(engine, tmp_path / "short", 3)
    with pytest.raises(BundleError, match="is not of"):
        read_judged(tmp_path / "short", digest)
    digest = bundle_with(engine, tmp_path / "b", len(engine.bundle.examples.texts))
    with pytest.raises(BundleError, match="is not the manifest that was built"):
        read_judged(tmp_path / "b", "0" * 64)
    (tmp_path / "b" / "examples.json").write_text("[]")
    with pytest.raises(BundleError, match=r"examples\.json is not the file"):
        read_judged(tmp_path / "b", digest)
    (tmp_path / "b" / HELD_OUT_FILE).unlink()
    (tmp_path / "b" / "config.json").unlink()
    with pytest.raises(BundleError, match=r"config\.json is missing"):
        read_judged(tmp_path / "b", digest)
