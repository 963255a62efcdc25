"""A folder goes into the store as blobs, each of them once."""

import hashlib
import shutil
from pathlib import Path
from typing import Any

import pytest
from django.core.files import File
from pytest_django import Settings

from classifier.artifacts import keep_folder, local_folder
from classifier.artifacts.files import WholeFileStorage
from classifier.engine.manifest import Manifest
from classifier.exceptions import BundleError, UnavailableError
from tests.artifacts import copied_blob, rewrite, stored_blob, use_storage
from tests.classifier.artifacts.conftest import FILES, files_under, is_stored, read, write


class FullStorage(WholeFileStorage):
    """A store that takes so many files, and no more."""

    def __init__(self, takes: int, **options: Any) -> None:
        super().__init__(**options)
        self._takes = takes

    def _save(self, name: str, content: File[Any]) -> str:
        if not self._takes:
            raise OSError(28, "No space left on device")
        self._takes -= 1
        return super()._save(name, content)


class CuttingStorage(WholeFileStorage):
    """A store that keeps a part and says nothing."""

    def size(self, name: str) -> int:
        return super().size(name) - 1


def digest_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_each_file_is_a_blob_under_its_digest_and_the_manifest_names_the_folder(
    draft: Path, apart: Path
) -> None:
    digest = keep_folder(draft)
    manifest = Manifest.read(stored_blob(digest), digest)
    assert set(manifest.files) == set(FILES)
    for content in FILES.values():
        found = digest_of(content)
        assert stored_blob(found) == apart / "store" / "blobs" / found[:2] / found
        assert stored_blob(found).read_bytes() == content
    assert len(files_under(apart / "store")) == len(FILES) + 1


def test_the_draft_becomes_this_machines_copy(draft: Path) -> None:
    inode = (draft / "config.json").stat().st_ino
    folder = local_folder(keep_folder(draft))
    assert read(folder) == FILES
    assert (folder / "config.json").stat().st_ino == inode


def test_the_same_files_are_the_same_folder_and_are_stored_once(
    draft: Path, tmp_path: Path, apart: Path
) -> None:
    first = keep_folder(draft)
    before = {path: path.stat().st_ino for path in files_under(apart / "store")}
    assert keep_folder(write(tmp_path / "again", FILES)) == first
    assert {path: path.stat().st_ino for path in files_under(apart / "store")} == before


def test_a_file_of_many_folders_lies_once_in_the_store_and_once_here(
    draft: Path, tmp_path: Path, apart: Path
) -> None:
    other = write(tmp_path / "other", {**FILES, "config.json": b"{}\n"})
    folders = [local_folder(keep_folder(each)) for each in (draft, other)]
    inodes = {(folder / "encoder/model.onnx").stat().st_ino for folder in folders}
    assert len(inodes) == 1
    # One model, two configs, two manifests.
    assert len(files_under(apart / "store")) == 5


@pytest.mark.parametrize("damage", [b"short", FILES["config.json"].upper()])
def test_a_damaged_blob_is_stored_anew(draft: Path, tmp_path: Path, damage: bytes) -> None:
    digest = keep_folder(draft)
    blob = stored_blob(digest_of(FILES["config.json"]))
    rewrite(blob, damage)
    assert keep_folder(write(tmp_path / "again", FILES)) == digest
    assert blob.read_bytes() == FILES["config.json"]


def test_a_damaged_copy_is_replaced_by_the_draft(draft: Path, tmp_path: Path) -> None:
    digest = keep_folder(draft)
    for path in (
        local_folder(digest) / "config.json",
        copied_blob(digest_of(FILES["config.json"])),
    ):
        rewrite(path, FILES["config.json"].upper())
    keep_folder(write(tmp_path / "again", FILES))
    assert read(local_folder(digest)) == FILES


def test_a_blob_that_is_said_to_be_verified_is_not_read(draft: Path, tmp_path: Path) -> None:
    keep_folder(draft)
    blob = stored_blob(digest_of(FILES["config.json"]))
    rewrite(blob, FILES["config.json"].upper())
    again = write(tmp_path / "again", FILES)
    keep_folder(again, verified={digest_of(FILES["config.json"])})
    assert blob.read_bytes() == FILES["config.json"].upper()


def test_a_file_that_is_not_what_the_drafts_manifest_says_is_refused_by_name(
    draft: Path, apart: Path
) -> None:
    manifest = Manifest.of(draft)
    manifest.write(draft)
    (draft / "config.json").write_bytes(FILES["config.json"].upper())
    with pytest.raises(BundleError, match=r"config\.json .* SHA-256 differs"):
        keep_folder(draft)
    assert not is_stored(manifest.digest)


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="holds no files"):
        keep_folder(tmp_path / "nothing")


@pytest.mark.parametrize("takes", range(len(FILES) + 1))
def test_a_store_that_fails_on_the_way_is_left_without_a_manifest(
    draft: Path, settings: Settings, takes: int
) -> None:
    digest = Manifest.of(draft).digest
    where = settings.STORAGES["artifacts"]["OPTIONS"]
    use_storage(settings, FullStorage, takes=takes, **where)
    with pytest.raises(UnavailableError, match=r"the artifact store says .*No space left"):
        keep_folder(draft)
    assert not is_stored(digest)
    use_storage(settings, FullStorage, takes=10, **where)
    assert keep_folder(draft) == digest
    shutil.rmtree(settings.LOCAL_DIR)
    assert read(local_folder(digest)) == FILES


def test_a_store_that_keeps_less_than_it_was_given_is_found_out(
    draft: Path, settings: Settings
) -> None:
    use_storage(settings, CuttingStorage, **settings.STORAGES["artifacts"]["OPTIONS"])
    with pytest.raises(UnavailableError, match="came out short"):
        keep_folder(draft)
