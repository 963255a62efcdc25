"""A bundle is whole and unaltered, or refused by the name of the bad file."""

import json
import shutil
from pathlib import Path

import pytest

from classifier.engine.bundle import file_digest, read_bundle
from classifier.engine.engine import Engine
from classifier.engine.types import Transaction
from classifier.exceptions import BundleError


@pytest.fixture
def folder(engine: Engine, tmp_path: Path) -> Path:
    """A copy of the active version's bundle that a test may spoil."""
    return Path(shutil.copytree(engine.bundle.folder, tmp_path / "bundle"))


def test_a_bundle_loads_and_answers_as_the_original(engine: Engine, folder: Path) -> None:
    text = [Transaction("SQ *BLUE BOTTLE 0423 OAKLAND CA")]
    found, expected = Engine.load(folder).classify(text)[0], engine.classify(text)[0]
    assert (found.category, found.confidence) == (expected.category, expected.confidence)


@pytest.mark.parametrize(
    "name",
    [
        "config.json",
        "prototypes.safetensors",
        "examples.safetensors",
        "examples.json",
        "encoder/model.onnx",
        "encoder/tokenizer.json",
        "encoder/encoder.json",
    ],
)
def test_one_changed_byte_is_found_and_named(folder: Path, name: str) -> None:
    content = bytearray((folder / name).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / name).write_bytes(content)
    with pytest.raises(BundleError, match=name):
        read_bundle(folder)


@pytest.mark.parametrize("name", ["manifest.json", "prototypes.safetensors", "encoder/model.onnx"])
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(BundleError, match=f"{name} is missing"):
        read_bundle(folder)


def test_a_truncated_file_is_refused(folder: Path) -> None:
    model = folder / "encoder/model.onnx"
    model.write_bytes(model.read_bytes()[:-1])
    with pytest.raises(BundleError, match=r"model\.onnx"):
        read_bundle(folder)


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match=r"manifest\.json is missing"):
        Engine.load(tmp_path / "nowhere")


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"format": 99}', "not json"])
def test_a_manifest_of_another_shape_is_refused(folder: Path, content: str) -> None:
    (folder / "manifest.json").write_text(content)
    with pytest.raises(BundleError, match="manifest"):
        read_bundle(folder)


def test_a_manifest_that_leaves_a_file_out_is_refused(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    del manifest["files"]["config.json"]
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(BundleError, match=r"does not list config\.json"):
        read_bundle(folder)


def rewrite(folder: Path, name: str, content: str) -> None:
    """Change a file and its entry in the manifest."""
    (folder / name).write_text(content)
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["files"][name] = {
        "sha256": file_digest(folder / name),
        "bytes": (folder / name).stat().st_size,
    }
    (folder / "manifest.json").write_text(json.dumps(manifest))


def test_a_config_that_does_not_fit_the_vectors_is_refused(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    config["categories"].pop()
    rewrite(folder, "config.json", json.dumps(config))
    with pytest.raises(BundleError, match="prototypes have shape"):
        read_bundle(folder)


def test_a_config_without_calibration_is_refused(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    del config["calibration"]
    rewrite(folder, "config.json", json.dumps(config))
    with pytest.raises(BundleError, match="calibration"):
        read_bundle(folder)


def test_a_version_of_another_normalizer_is_refused(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    config["normalizer_version"] = 999
    rewrite(folder, "config.json", json.dumps(config))
    with pytest.raises(BundleError, match="normalizer 999"):
        Engine.load(folder)


def test_a_model_that_is_no_onnx_is_refused(folder: Path) -> None:
    rewrite(folder, "encoder/model.onnx", "not a model")
    with pytest.raises(BundleError, match="not a usable model"):
        Engine.load(folder)
