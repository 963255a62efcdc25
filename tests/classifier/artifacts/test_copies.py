"""A machine's copy is fetched, checked, and fetched again where it is damaged."""

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from pytest_django import Settings

from classifier.artifacts import keep_folder, local_folder, mend_folder
from classifier.exceptions import BundleError
from tests.artifacts import copied_blob, rewrite, stored_blob
from tests.classifier.artifacts.conftest import FILES, files_under, read, write

MODEL = "encoder/model.onnx"
BLOB = hashlib.sha256(FILES[MODEL]).hexdigest()


@pytest.fixture
def digest(draft: Path) -> str:
    kept = keep_folder(draft)
    shutil.rmtree(draft)
    return kept


def alter(path: Path) -> None:
    """Another byte, in place: all links to the file have it."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def make_a_folder_of(path: Path) -> None:
    path.unlink()
    path.mkdir()
    (path / "x").touch()


def make_a_file_of_its_folder(path: Path) -> None:
    shutil.rmtree(path.parent)
    path.parent.touch()


def remove_its_folder(path: Path) -> None:
    shutil.rmtree(path.parent)


DAMAGES = (alter, truncate, Path.unlink, make_a_folder_of, make_a_file_of_its_folder)


def test_a_folder_that_is_not_here_is_fetched(digest: str, settings: Settings) -> None:
    shutil.rmtree(settings.LOCAL_DIR)
    folder = local_folder(digest)
    assert folder == Path(settings.LOCAL_DIR) / "artifacts" / "folders" / digest
    assert read(folder) == FILES


def test_a_copy_that_is_whole_needs_no_store(digest: str, apart: Path) -> None:
    shutil.rmtree(apart / "store")
    assert read(local_folder(digest)) == FILES
    assert mend_folder(digest) is False


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_copy_is_named_in_the_log_and_fetched_again(
    damage: Callable[[Path], None], digest: str, caplog: pytest.LogCaptureFixture
) -> None:
    damage(local_folder(digest) / MODEL)
    assert mend_folder(digest) is True
    assert read(local_folder(digest)) == FILES
    assert f"{local_folder(digest) / MODEL} is " in caplog.text
    assert "it is fetched again" in caplog.text
    assert mend_folder(digest) is False


@pytest.mark.parametrize("damage", [d for d in DAMAGES if d is not alter])
def test_a_copy_that_is_not_there_in_full_is_found_without_hashing(
    damage: Callable[[Path], None], digest: str
) -> None:
    damage(local_folder(digest) / MODEL)
    assert read(local_folder(digest)) == FILES


@pytest.mark.parametrize("damage", [*DAMAGES, remove_its_folder])
def test_a_damaged_manifest_is_fetched_again(damage: Callable[[Path], None], digest: str) -> None:
    damage(local_folder(digest) / "manifest.json")
    assert read(local_folder(digest)) == FILES
    assert (local_folder(digest) / "manifest.json").read_bytes() == stored_blob(digest).read_bytes()


def test_a_folder_is_mended_without_the_blobs_that_lay_beside_it(
    digest: str, settings: Settings
) -> None:
    shutil.rmtree(Path(settings.LOCAL_DIR) / "artifacts" / "blobs")
    truncate(local_folder(digest) / MODEL)
    assert read(local_folder(digest)) == FILES


def test_damage_that_folders_share_is_mended_in_each(digest: str, tmp_path: Path) -> None:
    other = {**FILES, "config.json": b"{}\n"}
    second = keep_folder(write(tmp_path / "other", other))
    alter(local_folder(digest) / MODEL)
    assert mend_folder(digest)
    assert mend_folder(second)
    assert read(local_folder(digest)) == FILES
    assert read(local_folder(second)) == other


def test_a_file_that_is_in_memory_already_is_not_hashed(digest: str) -> None:
    alter(local_folder(digest) / MODEL)
    assert mend_folder(digest, verified={BLOB}) is False
    assert mend_folder(digest) is True


@pytest.mark.parametrize("damage", [alter, truncate])
def test_a_blob_that_is_damaged_in_the_store_too_is_named_and_put_nowhere(
    damage: Callable[[Path], None], digest: str, settings: Settings
) -> None:
    shutil.rmtree(settings.LOCAL_DIR)
    damage(stored_blob(BLOB))
    with pytest.raises(
        BundleError, match=rf"{MODEL} cannot be fetched: blob .*{BLOB}.* is damaged"
    ):
        local_folder(digest)
    bad = stored_blob(BLOB).read_bytes()
    assert all(path.read_bytes() != bad for path in files_under(Path(settings.LOCAL_DIR)))
    assert not copied_blob(BLOB).exists()


def test_a_blob_that_is_not_in_the_store_is_named(digest: str, settings: Settings) -> None:
    shutil.rmtree(settings.LOCAL_DIR)
    stored_blob(BLOB).unlink()
    with pytest.raises(BundleError, match=rf"{MODEL} cannot be fetched: blob .*{BLOB} is not in"):
        local_folder(digest)


def test_a_folder_that_was_never_kept_is_named() -> None:
    with pytest.raises(BundleError, match=r"manifest\.json cannot be fetched: blob blobs/ab/ab"):
        local_folder("ab" * 32)


def test_what_is_no_manifest_is_refused(tmp_path: Path) -> None:
    keep_folder(write(tmp_path / "odd", {"x": b"not a manifest"}))
    digest = hashlib.sha256(b"not a manifest").hexdigest()
    with pytest.raises(BundleError, match=r"manifest\.json is not JSON"):
        local_folder(digest)


def test_a_copy_that_cannot_be_mended_is_mended_when_the_store_is(digest: str) -> None:
    good = stored_blob(BLOB).read_bytes()
    alter(local_folder(digest) / MODEL)
    rewrite(stored_blob(BLOB))
    with pytest.raises(BundleError):
        mend_folder(digest)
    rewrite(stored_blob(BLOB), good)
    assert mend_folder(digest)
    assert read(local_folder(digest)) == FILES
