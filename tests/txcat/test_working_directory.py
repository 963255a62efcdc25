"""What tests store is never left among the code."""

from pathlib import Path

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, storages
from pytest_django import Settings


def test_a_storage_that_names_no_place_writes_into_the_tests_own_folder(
    settings: Settings,
) -> None:
    backend = {"BACKEND": "django.core.files.storage.FileSystemStorage"}
    settings.STORAGES = {**settings.STORAGES, "artifacts": backend}
    name = storages["artifacts"].save("jobs/somebody/input", ContentFile(b"1"))
    try:
        place = Path(storages["artifacts"].path(name))
        assert Path(settings.DATA_DIR) in place.parents
    finally:
        storages["artifacts"].delete(name)


def test_the_store_of_the_tests_has_a_place_of_its_own() -> None:
    storage = storages["artifacts"]
    assert isinstance(storage, FileSystemStorage)
    assert Path(storage.location).is_absolute()
    assert Path(settings.DATA_DIR) in Path(storage.location).parents
