"""Folders that are no model are refused with what they lack."""

import shutil
from pathlib import Path

import pytest

from classifier.exceptions import EncoderError
from classifier.export.source import find_source, store_weights, transformer_folder


@pytest.fixture
def copy(tiny_model: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_model, tmp_path / "copy"))


def test_a_whole_folder_is_taken(copy: Path) -> None:
    source = find_source("tiny", copy)
    assert (source.folder, source.expected_digest) == (copy, None)


@pytest.mark.parametrize(
    ("removed", "complaint"),
    [
        ("config.json", r"is not a model: it holds no config\.json"),
        ("model.safetensors", r"holds no model\.safetensors"),
        ("tokenizer.json", r"holds no tokenizer\.json"),
    ],
)
def test_what_is_missing_is_named(copy: Path, removed: str, complaint: str) -> None:
    (copy / removed).unlink()
    with pytest.raises(EncoderError, match=complaint):
        find_source("tiny", copy)


def test_a_file_is_no_folder(copy: Path) -> None:
    with pytest.raises(EncoderError, match="is not a folder"):
        find_source("tiny", copy / "config.json")


def test_pickled_weights_are_refused_as_such(copy: Path) -> None:
    (copy / "model.safetensors").rename(copy / "pytorch_model.bin")
    with pytest.raises(EncoderError, match=r"pytorch_model\.bin, a pickle"):
        find_source("tiny", copy)


def test_weights_in_parts_are_refused(copy: Path) -> None:
    (copy / "model.safetensors").rename(copy / "model.safetensors.index.json")
    with pytest.raises(EncoderError, match="in parts"):
        find_source("tiny", copy)


def test_truncated_weights_are_refused(copy: Path) -> None:
    path = copy / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(EncoderError, match="cannot be read as weights"):
        find_source("tiny", copy)


def test_a_list_of_modules_that_is_none_is_refused(copy: Path) -> None:
    (copy / "modules.json").write_text("{}")
    with pytest.raises(EncoderError, match="does not list modules"):
        find_source("tiny", copy)


def test_a_transformer_in_a_folder_inside_is_found(copy: Path) -> None:
    text = (copy / "modules.json").read_text().replace('"path": ""', '"path": "0_Transformer"')
    (copy / "modules.json").write_text(text)
    inner = copy / "0_Transformer"
    inner.mkdir()
    for name in ("config.json", "model.safetensors", "tokenizer.json"):
        (copy / name).rename(inner / name)
    assert transformer_folder(find_source("tiny", copy).folder) == inner


def test_pickles_beside_the_weights_are_left_behind(copy: Path, tmp_path: Path) -> None:
    (copy / "pytorch_model.bin").write_bytes(b"pickle")
    store_weights(find_source("tiny", copy), tmp_path / "stored")
    assert (tmp_path / "stored" / "model.safetensors").is_file()
    assert not (tmp_path / "stored" / "pytorch_model.bin").exists()
