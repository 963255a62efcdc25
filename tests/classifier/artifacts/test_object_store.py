"""Any class of Django storage can be the store, though it has no paths and errors of its own."""

import shutil
from pathlib import Path

import pytest
from django.core.files.storage import InMemoryStorage
from pytest_django import Settings

from classifier.artifacts import keep_folder, local_folder, mend_folder
from classifier.exceptions import UnavailableError
from tests.artifacts import AwayError, put_store_away, use_storage
from tests.classifier.artifacts.conftest import FILES, read


def test_a_store_without_paths_keeps_and_gives_folders(draft: Path, settings: Settings) -> None:
    use_storage(settings, InMemoryStorage)
    digest = keep_folder(draft)
    shutil.rmtree(settings.LOCAL_DIR)
    assert read(local_folder(digest)) == FILES
    (local_folder(digest) / "config.json").write_bytes(FILES["config.json"].upper())
    assert mend_folder(digest)
    assert read(local_folder(digest)) == FILES


def test_a_store_that_does_not_answer_is_told_apart_from_one_that_has_nothing(
    draft: Path, settings: Settings
) -> None:
    digest = keep_folder(draft)
    put_store_away(settings)
    assert read(local_folder(digest)) == FILES
    with pytest.raises(
        UnavailableError, match=r"cannot be stored: .* AwayError: connection refused"
    ):
        keep_folder(draft)
    shutil.rmtree(settings.LOCAL_DIR)
    with pytest.raises(UnavailableError, match=r"manifest\.json cannot be fetched: .* AwayError"):
        local_folder(digest)


def test_an_error_that_is_not_the_stores_is_not_hidden(draft: Path, settings: Settings) -> None:
    put_store_away(settings)
    settings.ARTIFACT_STORAGE_ERRORS = []
    with pytest.raises(AwayError):
        keep_folder(draft)
