"""A bundle is whole and unaltered, or refused by the name of the bad file."""

import json
import shutil
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from classifier.engine.bundle import file_digest, read_bundle, write_bundle
from classifier.engine.encoder import Encoder
from classifier.engine.engine import Engine
from classifier.engine.linear import LinearClassifier, SecondOpinion
from classifier.engine.ngrams import BUCKETS
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


def test_a_file_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "bundle").write_text("")
    with pytest.raises(BundleError, match=r"manifest\.json cannot be read: Not a directory"):
        read_bundle(tmp_path / "bundle")


def test_a_folder_in_place_of_a_file_is_refused(folder: Path) -> None:
    (folder / "manifest.json").unlink()
    (folder / "manifest.json").mkdir()
    with pytest.raises(BundleError, match=r"manifest\.json cannot be read: Is a directory"):
        read_bundle(folder)


def test_another_bundle_in_its_place_is_refused(folder: Path) -> None:
    built = file_digest(folder / "manifest.json")
    assert read_bundle(folder, manifest_digest=built).folder == folder
    config = json.loads((folder / "config.json").read_text())
    rewrite(folder, "config.json", json.dumps({**config, "figures": {}}))
    assert read_bundle(folder).figures == {}
    with pytest.raises(BundleError, match=r"manifest\.json is not the manifest that was built"):
        read_bundle(folder, manifest_digest=built)


@pytest.mark.parametrize(
    "change",
    [{"files": 7}, {"files": []}, {"files": None}, {"format": 2}],
    ids=["a number", "a list", "nothing", "another format"],
)
def test_a_manifest_with_fields_of_another_kind_is_refused(
    folder: Path, change: dict[str, object]
) -> None:
    manifest = json.loads((folder / "manifest.json").read_text()) | change
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(BundleError, match=r"manifest\.json is not a manifest of format 1"):
        read_bundle(folder)


@pytest.mark.parametrize(
    "entry", [None, [], {}, "sha256", {"sha256": "../../x", "bytes": 1}, {"sha256": "0" * 64}]
)
def test_a_manifest_that_says_nothing_of_a_file_is_refused(folder: Path, entry: object) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["files"]["config.json"] = entry
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(BundleError, match=r"manifest\.json is not a manifest of format 1"):
        read_bundle(folder)


@pytest.mark.parametrize(
    "name", ["../config.json", "/etc/passwd", "a/../../b", "./config.json", ""]
)
def test_a_manifest_that_leads_out_of_the_folder_is_refused(folder: Path, name: str) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["files"][name] = manifest["files"]["config.json"]
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(BundleError, match="which is no path inside the folder"):
        read_bundle(folder)


@pytest.mark.parametrize("content", ["[]", '"text"', '{"categories": 7}', '{"categories": [[]]}'])
def test_a_config_of_another_shape_is_refused(folder: Path, content: str) -> None:
    rewrite(folder, "config.json", content)
    with pytest.raises(BundleError, match="is not a bundle"):
        read_bundle(folder)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"format": 99}', "not json"])
def test_a_manifest_of_another_shape_is_refused(folder: Path, content: str) -> None:
    (folder / "manifest.json").write_text(content)
    with pytest.raises(BundleError, match="manifest"):
        read_bundle(folder)


@pytest.mark.parametrize("name", ["config.json", "encoder/encoder.json"])
def test_a_manifest_that_leaves_a_file_out_is_refused(folder: Path, name: str) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    del manifest["files"][name]
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(BundleError, match=f"does not list {name}"):
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


@pytest.mark.parametrize("content", ["", "{}", "[]", "no JSON", '{"version": "1.0", "model": {}}'])
def test_a_tokenizer_that_is_none_is_refused(folder: Path, content: str) -> None:
    rewrite(folder, "encoder/tokenizer.json", content)
    with pytest.raises(BundleError, match=r"tokenizer\.json is not a usable tokenizer"):
        Engine.load(folder)


@pytest.mark.parametrize("max_tokens", [-1, "many", None])
def test_an_encoder_card_without_a_usable_length_is_refused(
    folder: Path, max_tokens: object
) -> None:
    card = json.loads((folder / "encoder/encoder.json").read_text())
    rewrite(folder, "encoder/encoder.json", json.dumps({**card, "max_tokens": max_tokens}))
    with pytest.raises(BundleError, match=r"tokenizer\.json is not a usable tokenizer"):
        Engine.load(folder)


def test_an_encoder_card_that_is_a_folder_is_refused(folder: Path) -> None:
    (folder / "encoder/encoder.json").unlink()
    (folder / "encoder/encoder.json").mkdir()
    with pytest.raises(BundleError, match=r"encoder\.json cannot be read"):
        Encoder(folder / "encoder")


def write_model(folder: Path, operator: str, kind: int) -> None:
    """A model of one node that takes and gives what an encoder does, in numbers of `kind`."""
    inputs = ("input_ids", "attention_mask")
    graph = helper.make_graph(
        [helper.make_node(operator, [inputs[0]], ["vectors"])],
        "graph",
        [helper.make_tensor_value_info(name, kind, ["texts", "tokens"]) for name in inputs],
        [helper.make_tensor_value_info("vectors", kind, ["texts", "tokens"])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 22)], ir_version=8)
    onnx.save(model, folder / "encoder/model.onnx")


def test_a_model_that_this_runtime_has_no_kernel_for_is_refused(folder: Path) -> None:
    """ONNX Runtime's exception for it shares no base with its others."""
    write_model(folder, "Softsign", TensorProto.DOUBLE)
    with pytest.raises(BundleError, match=r"not a usable model.*NOT_IMPLEMENTED"):
        Encoder(folder / "encoder")


def test_a_model_that_takes_no_token_ids_is_refused_when_it_is_warmed(folder: Path) -> None:
    write_model(folder, "Identity", TensorProto.FLOAT)
    with pytest.raises(BundleError, match="cannot be run"):
        Encoder(folder / "encoder").warm()


def test_a_second_opinion_is_kept_and_read(engine: Engine, tmp_path: Path) -> None:
    bundle = engine.bundle
    count = len(bundle.prototypes.categories)
    rng = np.random.default_rng(0)
    linear = LinearClassifier(
        *(
            rng.standard_normal(shape).astype(np.float32)
            for shape in ((bundle.encoder.dimension, count), (BUCKETS, count), (BUCKETS,), (count,))
        )
    )
    written = {
        name: getattr(bundle, name)
        for name in (
            "version", "encoder_folder", "normalizer_version", "prototypes", "anchors", "examples",
            "neighbor_weight", "calibration", "bounds", "figures",
        )
    }  # fmt: skip
    folder = tmp_path / "two"
    write_bundle(folder, second=SecondOpinion(linear, 0.5, 10.0), **written)
    second = read_bundle(folder).second
    assert second is not None
    assert (second.weight, second.sharpness) == (0.5, 10.0)
    text = "blue bottle oakland ca"
    vector = bundle.examples.vectors[0]
    assert second.linear.logits(vector, text).tolist() == linear.logits(vector, text).tolist()
    assert read_bundle(bundle.folder).second is None


def test_a_second_opinion_of_another_size_is_refused(engine: Engine, tmp_path: Path) -> None:
    bundle = engine.bundle
    empty = np.zeros((BUCKETS, 1), dtype=np.float32)
    linear = LinearClassifier(empty, empty, empty[:, 0], empty[0])
    folder = tmp_path / "two"
    write_bundle(
        folder,
        version="x",
        encoder_folder=bundle.encoder_folder,
        normalizer_version=bundle.normalizer_version,
        prototypes=bundle.prototypes,
        anchors=bundle.anchors,
        examples=bundle.examples,
        neighbor_weight=0.3,
        calibration=bundle.calibration,
        bounds=bundle.bounds,
        figures={},
        second=SecondOpinion(linear, 0.5, 10.0),
    )
    with pytest.raises(BundleError, match="vector weights have shape"):
        read_bundle(folder)
