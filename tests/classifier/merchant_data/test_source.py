"""Reading the package name-suggestion-index, and what is said of one of another shape."""

import json
from pathlib import Path
from typing import Any

import pytest

from classifier.exceptions import InputFileError
from classifier.merchant_data.source import read_name_suggestions
from tests.classifier.merchant_data.suggestions import SUPERMARKET, archive, item, package


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return package(tmp_path / "index", {SUPERMARKET: [item("Aldi", ["de", [7.1, 51.2, 30]])]})


def rewrite(folder: Path, change: dict[str, Any]) -> None:
    path = folder / "dist/json/nsi.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))


def test_an_archive_reads_as_the_folder_does(folder: Path) -> None:
    unpacked, packed = read_name_suggestions(folder), read_name_suggestions(archive(folder))
    assert unpacked == packed
    assert unpacked.version == "1.2.3"
    assert unpacked.kinds[0].entries[0].included == ("de", "")


def test_a_missing_member_is_named(folder: Path) -> None:
    (folder / "dist/json/genericWords.json").unlink()
    with pytest.raises(InputFileError, match=r"index: dist/json/genericWords\.json cannot be read"):
        read_name_suggestions(folder)
    with pytest.raises(
        InputFileError, match=r"index\.tgz: dist/json/genericWords\.json is missing"
    ):
        read_name_suggestions(archive(folder))


def test_what_is_no_archive_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "index.tgz"
    path.write_bytes(b"not an archive")
    with pytest.raises(InputFileError, match=r"index\.tgz is not a folder or archive"):
        read_name_suggestions(path)


def test_what_is_not_json_is_refused(folder: Path) -> None:
    (folder / "dist/json/nsi.json").write_text("{")
    with pytest.raises(InputFileError, match=r"dist/json/nsi\.json is not JSON"):
        read_name_suggestions(folder)


@pytest.mark.parametrize(
    ("kind", "complaint"),
    [
        ({"properties": {}}, "nsi: brands/shop/x has no 'items'"),
        ({"properties": {}, "items": {}}, "nsi: brands/shop/x: items is not a list"),
        ([], "nsi: brands/shop/x is not an object"),
        (
            {"properties": {}, "items": [{"id": 7}]},
            "nsi: brands/shop/x: items.0 has no 'locationSet'",
        ),
        (
            {"properties": {"exclude": {"generic": ["("]}}, "items": []},
            "properties: exclude: generic.0 is no pattern",
        ),
        (
            {
                "properties": {},
                "items": [{"id": 7, "displayName": "A", "locationSet": {}, "tags": {}}],
            },
            "items.0: id is not a text",
        ),
    ],
)
def test_another_shape_is_refused_with_the_place(folder: Path, kind: Any, complaint: str) -> None:
    rewrite(folder, {"nsi": {"brands/shop/x": kind}})
    with pytest.raises(InputFileError) as refusal:
        read_name_suggestions(folder)
    assert complaint in str(refusal.value)
    assert str(refusal.value).startswith(f"{folder}: dist/json/nsi.json")
