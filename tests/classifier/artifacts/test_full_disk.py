"""A disk that is full or may not be written: told in words, and nothing half made."""

import os
import shutil
from pathlib import Path

import pytest
from pytest_django import Settings

from classifier.artifacts import keep_folder, local_folder, mend_folder, scratch_folder
from classifier.exceptions import UnavailableError
from tests.artifacts import room_for_files_of
from tests.classifier.artifacts.conftest import FILES, files_under, read, write


@pytest.fixture
def digest(draft: Path) -> str:
    return keep_folder(draft)


def test_a_copy_that_does_not_fit_is_told_and_leaves_nothing(
    digest: str, settings: Settings
) -> None:
    shutil.rmtree(settings.LOCAL_DIR)
    model = "encoder/model.onnx"
    with (
        room_for_files_of(len(FILES[model]) - 1),
        pytest.raises(UnavailableError, match=f"{digest} cannot be .*File too large"),
    ):
        local_folder(digest)
    names = {path.name for path in files_under(Path(settings.LOCAL_DIR))}
    assert "model.onnx" not in names
    assert "manifest.json" not in names
    assert not files_under(Path(settings.LOCAL_DIR) / "artifacts" / "drafts")
    assert read(local_folder(digest)) == FILES


def test_a_copy_that_is_whole_is_only_read(digest: str) -> None:
    with room_for_files_of(0):
        assert read(local_folder(digest)) == FILES
        assert mend_folder(digest) is False


def test_a_folder_that_the_store_has_no_room_for_is_told(draft: Path, apart: Path) -> None:
    with (
        room_for_files_of(len(FILES["config.json"])),
        pytest.raises(UnavailableError, match=r"model\.onnx cannot be stored: .*File too large"),
    ):
        keep_folder(draft)
    stored = files_under(apart / "store")
    assert [path.read_bytes() for path in stored] == [FILES["config.json"]]
    assert read(local_folder(keep_folder(draft))) == FILES


def test_a_place_that_cannot_be_written_is_told(
    digest: str, settings: Settings, tmp_path: Path
) -> None:
    settings.LOCAL_DIR = tmp_path / "taken"
    settings.LOCAL_DIR.touch()
    with pytest.raises(UnavailableError, match=r"taken.* cannot be .*: Not a directory"):
        local_folder(digest)
    with pytest.raises(UnavailableError, match=r"taken.* cannot be"), scratch_folder():
        pass


def test_a_draft_that_does_not_fit_is_told_and_goes(settings: Settings) -> None:
    with (
        room_for_files_of(10),
        pytest.raises(UnavailableError, match="File too large"),
        scratch_folder() as scratch,
    ):
        (scratch / "draft").write_bytes(bytes(100))
    assert not scratch.exists()


def test_what_a_killed_process_left_goes_after_a_day(digest: str, settings: Settings) -> None:
    local = Path(settings.LOCAL_DIR)
    scratch, drafts = local / "scratch", local / "artifacts" / "drafts"
    write(scratch, {"draft-old/x": b"x", "draft-new/x": b"x"})
    write(drafts, {"old": b"x", "new": b"x"})
    for left in (scratch / "draft-old", drafts / "old"):
        os.utime(left, (0, 0))
    (local_folder(digest) / "config.json").unlink()
    local_folder(digest)
    with scratch_folder():
        pass
    assert [path.name for path in scratch.iterdir()] == ["draft-new"]
    assert [path.name for path in drafts.iterdir()] == ["new"]
