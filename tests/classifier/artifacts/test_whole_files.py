"""The default storage: nobody sees half a file."""

import errno
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.files import File
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import TemporaryUploadedFile

from classifier.artifacts.files import WholeFileStorage
from tests.classifier.artifacts.conftest import files_under


@pytest.fixture
def storage(tmp_path: Path) -> WholeFileStorage:
    return WholeFileStorage(location=tmp_path / "files")


class Chunks(File[bytes]):
    """A file whose chunks come one by one, with a look at the storage before each."""

    def __init__(self, storage: WholeFileStorage, ends_well: bool) -> None:
        super().__init__(None, "chunks")
        self.seen: list[bool] = []
        self._storage = storage
        self._ends_well = ends_well

    def chunks(self, chunk_size: int | None = None) -> Iterator[bytes]:
        for chunk in (b"one", b"two"):
            self.seen.append(self._storage.exists("jobs/x"))
            yield chunk
        if not self._ends_well:
            raise OSError(errno.ENOSPC, "No space left on device")


def test_a_file_is_not_there_before_it_is_whole(storage: WholeFileStorage) -> None:
    content = Chunks(storage, ends_well=True)
    assert storage.save("jobs/x", content) == "jobs/x"
    assert content.seen == [False, False]
    with storage.open("jobs/x") as file:
        assert file.read() == b"onetwo"
    assert len(files_under(Path(storage.location))) == 1


def test_a_file_that_ends_too_early_leaves_nothing(storage: WholeFileStorage) -> None:
    with pytest.raises(OSError, match="No space left"):
        storage.save("jobs/x", Chunks(storage, ends_well=False))
    assert not files_under(Path(storage.location))


def test_two_files_of_one_name_are_both_kept(storage: WholeFileStorage) -> None:
    first = storage.save("jobs/x", ContentFile(b"first"))
    second = storage.save("jobs/x", ContentFile(b"second"))
    assert first == "jobs/x"
    assert second != first
    assert [Path(storage.path(name)).read_bytes() for name in (first, second)] == [
        b"first",
        b"second",
    ]


def test_one_that_comes_while_another_of_its_name_is_written_gets_another_name(
    storage: WholeFileStorage,
) -> None:
    class Interrupted(Chunks):
        def chunks(self, chunk_size: int | None = None) -> Iterator[bytes]:
            yield b"slow"
            storage.save("jobs/x", ContentFile(b"fast"))

    name = storage.save("jobs/x", Interrupted(storage, ends_well=True))
    assert name != "jobs/x"
    assert Path(storage.path("jobs/x")).read_bytes() == b"fast"
    assert Path(storage.path(name)).read_bytes() == b"slow"


def test_an_upload_that_lies_on_the_disk_already_is_moved(storage: WholeFileStorage) -> None:
    with TemporaryUploadedFile("x.csv", "text/csv", 5, None) as upload:
        upload.write(b"a,b\n1")
        upload.flush()
        assert storage.save("jobs/x.csv", upload) == "jobs/x.csv"
    assert Path(storage.path("jobs/x.csv")).read_bytes() == b"a,b\n1"


def test_a_file_system_without_links_is_written_by_renaming(
    storage: WholeFileStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*names: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    storage.save("jobs/x", ContentFile(b"content"))
    assert files_under(Path(storage.location)) == {Path(storage.path("jobs/x"))}
    assert Path(storage.path("jobs/x")).read_bytes() == b"content"
